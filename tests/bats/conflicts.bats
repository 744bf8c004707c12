#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Options that cannot take effect together, or not with this server, are errors; and the choice of the protocol.

# shellcheck disable=SC2154,SC2034  # helper.bash, replay.bash and run set what is used here; a test is a subshell

load helper
load replay

setup()
{
	replay_setup
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
}

@test 'options that exclude each other are errors' {
	local options
	for options in '--tunnel=cat --proxy=socks5://host' '--tunnel=cat -4' '-4 -6' '--tunnel=cat --source-ip=127.0.0.1'; do
		# shellcheck disable=SC2086  # words are wanted
		run -64 mlist -n --server=pop3s://host $options
		assert_output --partial 'cannot be combined'
	done
	printf '[a]\ntunnel = cat\npop3 = pop3s://host\n' >"$config"
	run -78 mlist -n -6
	assert_output --partial 'cannot be combined'
	run -64 mlist --probe --server=pop3s://host 1
}

@test 'an option that has no effect with the server is an error, a key for all accounts is not' {
	run -78 mlist -n --server=pop3+insecure://host --tls-host=x
	run -78 mlist -n --server=imap+insecure://host --tls-pin=sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
	run -78 msend "${smtp[@]}" --require-tls bob@example.org <letter
	run -78 mlist -n --server=pop3s://host --compress
	run -78 mlist -n --server=imaps://host --auth=user
	printf 'tls-host = x\ncompress = yes\n[a]\npop3 = pop3+insecure://host\n' >"$config"
	run -0 mlist -n
	refute_output --partial tls-host
}

@test 'of two servers IMAP is used, unless --protocol or the key says pop3' {
	printf '[a]\npop3 = pop3+insecure://\nimap = imap+insecure://\n' >"$config"
	MAILVERBS_PROTOCOL=x x=()
	echo 'S: * BYE not now' >script
	run -75 mlist --auth=none "$(tunnel_to script)"
	assert_verdict
	echo 'S: -ERR [SYS/TEMP] not now' >script
	run -75 mlist --auth=none --protocol=pop3 "$(tunnel_to script)"
	assert_verdict
}

@test '--protocol that the server named does not speak is an error' {
	run -78 mlist --server=pop3s://x.example --user=x --protocol=imap --dry-run
	assert_line 'mlist: --protocol=imap: the server is pop3://'
	run -78 mlist --server=imaps://x.example --user=x --protocol=pop3 --dry-run
	assert_line 'mlist: --protocol=pop3: the server is imap://'
	run -0 mlist --server=x.example --user=x --protocol=POP3 --dry-run
	assert_line --partial 'server: pop3s://x.example'
}

@test "a server that only sends is not one to read from" {
	local tool
	for tool in mlist 'mmark --seen' mfetch mdel; do
		# shellcheck disable=SC2086  # words are wanted
		run -78 $tool --server=smtp://x.example --user=x 1
		assert_output --partial 'smtp:// is not an imap server'
	done
}

@test '--pipelining=no: one command at a time' {
	against - 0 mfetch --pipelining=no --maildir=in --timeout=5 <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK
	S: PIPELINING
	S: .
	C: UIDL
	S: +OK
	S: 1 a
	S: .
	C: LIST
	S: +OK
	S: 1 9
	S: .
	C: RETR 1
	S: +OK\r\n\r\none\r\n.
	C: NOOP
	S: +OK
	C: DELE 1
	S: +OK
	C: QUIT
	S: +OK
	END
}

# flight ANSWER...: a script of three messages of 20, 30 and 40 octets that are asked for in one flight; the answers
flight()
{
	cat <<-END
	S: +OK ready
	C: CAPA
	S: +OK
	S: PIPELINING
	S: .
	C: UIDL
	C: LIST
	S: +OK\\r\\n1 a\\r\\n2 b\\r\\n3 c\\r\\n.
	S: +OK\\r\\n1 20\\r\\n2 30\\r\\n3 40\\r\\n.
	C: RETR 1
	C: RETR 2
	C: RETR 3
	C: NOOP
	$(printf 'S: %s\n' "$@")
	END
}

@test 'an answer that a server leaves out of a flight, or gives twice, gives no message the id of its neighbour' {
	local to odd one two three
	one='+OK\r\nSubject: 1\r\n\r\n4567\r\n.' two='+OK\r\nSubject: 2\r\n\r\n45678901234567\r\n.'
	three='+OK\r\nSubject: 3\r\n\r\n456789012345678901234567\r\n.'
	for to in --maildir=in --mbox=in '--pipe=cat >>in' --keep; do
		for odd in "$two|$three|+OK" "$one|$three|+OK" "$one|$one|$two"; do
			rm -rf in "$XDG_STATE_HOME"
			IFS='|' read -ra answers <<<"$odd"
			flight "${answers[@]}" >script
			run -76 --separate-stderr mfetch --server=pop3+insecure://x --auth=none "$(tunnel_to script)" "$to" --timeout=2
			assert_regex "${stderr_lines[0]}" 'an answer is missing or too much$'
			assert_equal "${stderr_lines[1]}" 'mfetch: hint: --pipelining=no asks for one message after the other'
			run grep -rhE '^= ' "$XDG_STATE_HOME"
			refute_output --regexp "$([[ $odd = "$two"* ]] && echo '20 a' || echo '30 b')"
		done
	done
}

@test 'the last message of a flight, too, is not the one before it' {
	local one='+OK\r\nSubject: 1\r\n\r\n4567\r\n.' two='+OK\r\nSubject: 2\r\n\r\n45678901234567\r\n.'
	flight "$one" "$two" "$two" '+OK' >script
	printf '%s\n' 'C: QUIT' 'S: +OK' >>script
	run -76 --separate-stderr mfetch --server=pop3+insecure://x --auth=none "$(tunnel_to script)" --maildir=in --keep --timeout=2
	assert_regex "${stderr_lines[0]}" 'uid:c: message 3 has not 40 octets, .* as the one before it'
	run grep -rhE '^= ' "$XDG_STATE_HOME"
	refute_output --partial ' c'
}

@test 'a server whose sizes are wrong may hit that of a neighbour' {
	flight '+OK\r\nSubject: 1\r\n\r\n456\r\n.' '+OK\r\nSubject: 2\r\n\r\n456789012345678901234567\r\n.' \
		'+OK\r\nSubject: 3\r\n\r\n45678901234567\r\n.' '+OK' >script
	printf '%s\n' 'C: QUIT' 'S: +OK' >>script
	run -0 mfetch --server=pop3+insecure://x --auth=none "$(tunnel_to script)" --maildir=in --keep
	assert_equal "$(cat in/new/* | grep -c ^Subject:)" 3
}
