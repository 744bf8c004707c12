#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# In which order logins are tried, and what follows one that the server offers but cannot do. A wrong password is never
# tried twice.
# shellcheck disable=SC2154,SC2034  # smtp, pop3, imap: replay.bash

load helper
load replay

setup()
{
	replay_setup
	imap=(--provider=none --server=imap+insecure:// --user=alice --password-command='cat password')
	pop3=(--provider=none --server=pop3+insecure:// --user=alice --password-command='cat password')
	smtp+=(--user=alice --password-command='cat password')
}

over_imap() { MAILVERBS_PROTOCOL=imap against "$@"; }

# ---- the initial response on the command's line ----

@test 'IMAP: a server that answers the one-line AUTHENTICATE with BAD is asked in two steps' {
	local auth
	for auth in auto plain; do
		over_imap - 77 mlist --auth=$auth <<-'END'
		S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Coremail ready
		C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
		S: a1 BAD Parse command error
		C: a2 AUTHENTICATE PLAIN
		S: +
		C: AGFsaWNlAHRhbnN0YWFm
		S: a2 NO [AUTHENTICATIONFAILED] wrong
		END
		assert_output ''
		assert_regex "$stderr" 'AUTHENTICATIONFAILED. wrong'
	done
}

@test 'IMAP: and then by LOGIN, unless the server says LOGINDISABLED' {
	over_imap - 77 mlist <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Coremail ready
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 BAD Parse command error
	C: a2 AUTHENTICATE PLAIN
	S: a2 BAD Parse command error
	C: a3 LOGIN "alice" "tanstaaf"
	S: a3 NO wrong
	END
	assert_regex "$stderr" 'NO wrong'
	over_imap - 77 mlist <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN LOGINDISABLED] Coremail ready
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 BAD Parse command error
	C: a2 AUTHENTICATE PLAIN
	S: a2 BAD Parse command error
	END
}

@test 'SMTP: 501 to the one-line AUTH is followed by two steps, then by the next mechanism' {
	against - 77 msend bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 AUTH PLAIN LOGIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 501 5.5.4 syntax: AUTH mechanism
	C: AUTH PLAIN
	S: 504 5.5.4 not really
	C: AUTH LOGIN
	S: 334 VXNlcm5hbWU6
	C: YWxpY2U=
	S: 334 UGFzc3dvcmQ6
	C: dGFuc3RhYWY=
	S: 535 5.7.8 wrong
	C: QUIT
	END
	assert_regex "$stderr" '535 5.7.8 wrong'
}

@test 'POP3: -ERR about the syntax is followed by two steps' {
	against - 77 mlist --auth=plain <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK
	S: SASL PLAIN
	S: .
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: -ERR too many arguments
	C: AUTH PLAIN
	S: +
	C: AGFsaWNlAHRhbnN0YWFm
	S: -ERR [AUTH] wrong
	END
}

# ---- wrong passwords ----

@test 'a wrong password is tried once, in each protocol' {
	over_imap - 77 mlist <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] ready
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 NO Login failed.
	END
	against - 77 mlist <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK
	S: USER
	S: SASL PLAIN LOGIN
	S: .
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: -ERR Login failed.
	END
	against - 77 msend bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 AUTH CRAM-MD5 PLAIN LOGIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 535 5.7.8 wrong
	C: QUIT
	END
}

@test 'a refusal for now is not followed by another mechanism' {
	against - 75 msend bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 AUTH CRAM-MD5 PLAIN LOGIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 454 4.7.0 later
	C: QUIT
	END
	over_imap - 75 mlist <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] ready
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 NO [UNAVAILABLE] later
	END
}

# ---- the order ----

@test 'a password in private goes before CRAM-MD5, also by USER and LOGIN' {
	against - 77 mlist <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK
	S: USER
	S: SASL CRAM-MD5
	S: .
	C: USER alice
	S: +OK
	C: PASS tanstaaf
	S: -ERR wrong
	END
	over_imap - 77 mlist <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5] ready
	C: a1 LOGIN "alice" "tanstaaf"
	S: a1 NO [AUTHENTICATIONFAILED] wrong
	END
}

@test 'a command that the server does not know is followed by CRAM-MD5' {
	against - 77 mlist <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK
	S: USER
	S: SASL CRAM-MD5
	S: .
	C: USER alice
	S: -ERR unknown command
	C: AUTH CRAM-MD5
	S: -ERR [AUTH] no
	END
}

@test 'a server without secrets: SCRAM is refused without a reason, and PLAIN is tried once' {
	over_imap - 77 mlist <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=CRAM-MD5 AUTH=PLAIN] ready
	C: a1 AUTHENTICATE SCRAM-SHA-256
	S: a1 NO AUTHENTICATE failed
	C: a2 AUTHENTICATE SCRAM-SHA-1
	S: a2 NO AUTHENTICATE failed
	C: a3 AUTHENTICATE PLAIN
	S: +
	C: AGFsaWNlAHRhbnN0YWFm
	S: a3 NO AUTHENTICATE failed
	END
}

@test 'a named mechanism is not replaced by another' {
	over_imap - 77 mlist --auth=scram-sha-256 <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=PLAIN] ready
	C: a1 AUTHENTICATE SCRAM-SHA-256
	S: a1 NO AUTHENTICATE failed
	END
}

# ---- where it happened, and what to do ----

@test "no hint advises to go without encryption" {
	local scheme tool to
	for scheme in smtp pop3 imap; do
		case $scheme in
		smtp) printf '%s\n' 'S: 220 ready' 'C: EHLO [127.0.0.1]' 'S: 250 mx' 'C: QUIT' >script ;;
		pop3) printf '%s\n' 'S: +OK' 'C: CAPA' 'S: +OK' 'S: .' >script ;;
		imap) printf '%s\n' 'S: * OK [CAPABILITY IMAP4rev1] hi' >script ;;
		esac
		tool=mlist to=()
		[[ $scheme != smtp ]] || tool=msend to=(bob@example.org)
		MAILVERBS_PROTOCOL=$scheme against "$PWD/script" 69 $tool --server=$scheme://mail.example.org \
			"${to[@]}"
		assert_regex "$stderr" "hint: try ${scheme}s://"
		refute_regex "$stderr" 'insecure|without'
	done
}

@test 'the hint that the port begins with TLS is for a server that says nothing, not for one that hangs up' {
	echo '! close' >script
	against "$PWD/script" 75 mlist
	refute_regex "$stderr" 'begins with TLS'
	echo '! stall' >script
	against "$PWD/script" 75 mlist --timeout=1
	assert_regex "$stderr" 'pop3s:// is for a port that begins with TLS'
}

@test 'an error in an exchange names the server' {
	over_imap - 76 mlist --auth=cram-md5 <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready
	C: a1 AUTHENTICATE CRAM-MD5
	S: + !!!
	C: *
	S: a1 BAD cancelled
	END
	assert_regex "$stderr" '^mlist: tunnel: CRAM-MD5: the server'
	assert_one_error
}
