#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --probe: what a server offers before and after the login, and whether that works, over one connection that ends in order.

# shellcheck disable=SC2154  # helper.bash, replay.bash and run set what is used here

load helper
load replay

setup()
{
	replay_setup
}

@test 'POP3: one connection shows what is offered before and after the login' {
	against - 0 mfetch --auth=user --probe <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK\r\nUSER\r\n.
	C: USER alice
	S: +OK
	C: PASS tanstaaf
	S: +OK
	C: CAPA
	S: +OK\r\nUIDL\r\nIMPLEMENTATION x\x1b[31m\r\n.
	C: QUIT
	END
	assert_output "server: tunnel
tls: none
offers: USER
login: alice: works
offers after login: UIDL
offers after login: IMPLEMENTATION x\\x1b[31m"
	# capabilities that are told after the login only
	against pop3-implementation 0 mlist --auth=user --probe
	refute_line --regexp '^offers:'
	assert_line 'offers after login: IMPLEMENTATION Shlemazle-Plotz-v302 \x1b[31m'
}

@test 'a refused login is shown, and the session ends in order' {
	against - 77 mlist --auth=user --probe <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK\r\nPIPELINING\r\n.
	C: USER alice
	C: PASS tanstaaf
	S: +OK\r\n-ERR wrong
	C: QUIT
	END
	assert_line 'offers: PIPELINING'
	assert_line 'login: alice: refused'
	assert_equal "$stderr" 'mlist: tunnel: -ERR wrong'
	MAILVERBS_PROTOCOL=imap against - 77 mlist --probe <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 NO wrong
	C: a2 LOGOUT
	END
	assert_line 'offers: SASL-IR'
	assert_line 'login: alice: refused'
	against - 77 msend --user=alice --auth=plain --password-command='cat password' --probe <<-'END'
	S: 220 hi
	C: EHLO [127.0.0.1]
	S: 250-hi\r\n250 AUTH PLAIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 535 wrong
	C: QUIT
	END
	assert_line 'login: alice: refused'
}

@test 'a login that fails without the server is not called refused' {
	against - 77 mlist --auth=user --password-command=false --probe <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK\r\n.
	C: QUIT
	END
	assert_line 'login: alice: failed'
	against - 75 mlist --auth=user --probe <<<$'S: +OK\nC: CAPA\nS: +OK\\r\\n.\nC: USER alice\n! close'
	assert_line 'login: alice: failed'
}

@test 'IMAP and SMTP: one connection too, and no folder is opened' {
	MAILVERBS_PROTOCOL=imap against - 0 mdel --probe <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 OK in
	C: a2 CAPABILITY
	S: * CAPABILITY IMAP4rev1 UIDPLUS\r\na2 OK
	C: a3 LOGOUT
	END
	assert_line 'login: alice: works'
	assert_line 'offers after login: UIDPLUS'
	refute_line 'offers: UIDPLUS'
	# a server that does not greet twice
	against - 0 msend --user=alice --auth=plain --password-command='cat password' --probe <<-'END'
	S: 220 hi
	C: EHLO [127.0.0.1]
	S: 250-hi\r\n250 AUTH PLAIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 235 in
	C: EHLO [127.0.0.1]
	S: 503 enough
	C: HELO [127.0.0.1]
	S: 503 enough
	C: QUIT
	END
	assert_output "server: tunnel
tls: none
offers: hi
offers: AUTH PLAIN
login: alice: works"
}

@test 'each tool writes one object with --probe --json, and takes --json for nothing else' {
	local tool
	for tool in 'mfetch' 'mdel' 'mmark'; do
		MAILVERBS_PROTOCOL=imap against - 0 "$tool" --probe --json <<-'END'
		S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] hi
		C: a1 LOGOUT
		END
		assert_equal "$(jq -r '.server, .tls, .login' <<<"$output")" $'tunnel\nnull\nworks'
		run -64 "$tool" --json 1
		assert_output "$tool: --json goes with --probe"
	done
	against - 0 msend --auth=none --probe --json <<-'END'
	S: 220 hi
	C: EHLO [127.0.0.1]
	S: 250-hi\r\n250 SIZE 5
	C: QUIT
	END
	assert_output '{"server":"tunnel","tls":null,"offers":["hi","SIZE 5"],"user":null,"login":null,"offers-after-login":null}'
	run -64 msend --json bob@example.org </dev/null
	assert_output 'msend: --json goes with --probe'
	ln -s "$abs_top_builddir/msend" sendmail
	run -64 ./sendmail --probe --json
}

@test 'mlist --probe --json writes one object' {
	local script=$'S: +OK\nC: CAPA\nS: +OK\\r\\nUSER\\r\\n.\nC: USER alice\nS: -ERR "no"\nC: QUIT'
	against - 77 mlist --auth=user --probe --json <<<"$script"
	assert_output '{"server":"tunnel","tls":null,"offers":["USER"],"user":"alice","login":"refused","offers-after-login":null}'
	against - 0 mlist --probe --json <<<$'S: +OK\nC: CAPA\nS: +OK\\r\\nUSER\\r\\n.\nC: QUIT'
	assert_output '{"server":"tunnel","tls":null,"offers":["USER"],"user":null,"login":null,"offers-after-login":null}'
	against - 75 mlist --probe --json <<<$'S: -ERR [SYS/TEMP] later\nC: QUIT'
	assert_output ''
}
