#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Servers that want a secret sent in the clear, or accept without proof: TLS and passwords.

# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load hostile

# is_hidden WORDS: these are shown, and the password in no form
is_hidden()
{
	output=$stderr assert_output --partial "$1"
	refute_regex "$stderr" 'tanstaaf|AGFsaWNlAHRhbnN0YWFm'
}

# ---- TLS ----

@test "STARTTLS: what comes behind the consent in plaintext is an error and is not used" {
	against - 76 msend --server=smtp://mail.example.org bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 STARTTLS
	C: STARTTLS
	S: 220 go ahead
	S: 250 AUTH PLAIN
	END
	assert_regex "$stderr" 'plaintext after its consent to TLS'
	against - 76 mlist --server=pop3://mail.example.org <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: STLS
	S: .
	C: STLS
	S: +OK begin
	S: +OK injected
	END
	assert_regex "$stderr" 'plaintext after its consent to TLS'
}

@test "STARTTLS: a server that goes on in plaintext is an error, and gets no command" {
	against - 76 msend --server=smtp://mail.example.org --user=test --auth=plain \
	    --password-command='cat password' bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-AUTH PLAIN
	S: 250 STARTTLS
	C: STARTTLS
	S: 220 go ahead
	C+
	S: 250 AUTH PLAIN
	END
	assert_regex "$stderr" 'the server went on in plaintext'
}

@test "STARTTLS: what was offered before it is forgotten: no AUTH behind it, no secret" {
	local host=${SRV_SUBMISSIONS%:*} port=${SRV_SUBMISSIONS##*:}
	# the real server's greeting is taken for the answer to EHLO, in which there is no AUTH
	against - 77 msend --server="smtp://$host" --tls-ca-file="$SRV_CA" --user=test --auth=plain \
	    --password-command='cat password' bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-AUTH PLAIN
	S: 250 STARTTLS
	C: STARTTLS
	S: 220 go ahead
	! relay $host $port
	END
	assert_regex "$stderr" 'does not offer AUTH'
}

@test "STARTTLS is not offered: no secret is sent, 69" {
	local auth
	for auth in auto plain; do
		against - 69 msend --server=smtp://mail.example.org --user=test --auth=$auth \
		    --password-command='cat password' bob@example.org <<-'END'
		S: 220 ready
		C: EHLO [127.0.0.1]
		S: 250-mx
		S: 250 AUTH PLAIN LOGIN
		C: QUIT
		END
		assert_regex "$stderr" 'does not offer STARTTLS'
		against - 69 mlist --server=pop3://mail.example.org --auth=$auth <<-'END'
		S: +OK
		C: CAPA
		S: +OK
		S: USER
		S: SASL PLAIN
		S: .
		END
		assert_regex "$stderr" 'does not offer STLS'
	done
}

@test "STLS is refused by a server that knows no CAPA: no secret is sent, 69" {
	against - 69 mlist --server=pop3://mail.example.org --auth=user <<-'END'
	S: +OK
	C: CAPA
	S: -ERR what?
	C: STLS
	S: -ERR what?
	END
}

@test "STARTTLS is offered and refused: 69, for a while 75; no secret is sent" {
	local code
	for code in 554 454; do
		against - $((code == 554 ? 69 : 75)) msend --server=smtp://mail.example.org --user=test \
		    --auth=plain --password-command='cat password' bob@example.org <<-END
		S: 220 ready
		C: EHLO [127.0.0.1]
		S: 250-mx
		S: 250-AUTH PLAIN
		S: 250 STARTTLS
		C: STARTTLS
		S: $code TLS not available
		C: QUIT
		END
	done
}

@test "a port that wants plaintext, asked for TLS: told, with the scheme to use" {
	against - 76 mlist --server=pop3s://mail.example.org <<<$'C+\nS: +OK ready'
	assert_regex "$stderr" 'does not speak TLS on this port'
	assert_regex "$stderr" 'hint: pop3:// '
}

# ---- passwords ----

@test "without TLS a password goes to loopback only" {
	local host
	for host in mail.example.org 192.0.2.1 '[2001:db8::1]' localhost.example.org; do
		against - 77 mlist --server=pop3+insecure://"$host" --auth=auto <<-'END'
		S: +OK
		C: CAPA
		S: +OK
		S: USER
		S: SASL PLAIN LOGIN
		S: .
		END
		assert_regex "$stderr" 'without TLS'
		against - 77 mlist --server=pop3+insecure://"$host" --auth=auto <<-'END'
		S: +OK
		C: CAPA
		S: -ERR unknown
		END
		assert_regex "$stderr" 'without TLS'
		against - 77 msend --server=smtp+insecure://"$host" --user=test --password-command='cat password' \
		    bob@example.org <<-'END'
		S: 220 ready
		C: EHLO [127.0.0.1]
		S: 250-mx
		S: 250 AUTH PLAIN LOGIN
		C: QUIT
		END
		assert_regex "$stderr" 'without TLS'
	done
	for host in '' localhost 127.0.0.1 127.1.2.3 '[::1]'; do
		against - 77 mlist --server=pop3+insecure://"$host" --auth=auto <<-'END'
		S: +OK
		C: CAPA
		S: +OK
		S: USER
		S: .
		C: USER alice
		S: +OK
		C: PASS tanstaaf
		S: -ERR no
		END
	done
}

@test "a preset's mechanism is not the user's word: no password in the clear" {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '[far]\ndomains = example.org\npop3 = pop3+insecure://mail.example.org\nauth = plain\n' \
		>"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	printf '[test]\naddress = alice@example.org\nprovider = far\npassword-command = cat password\n' >config
	pop3=(--config=config)
	against - 77 mlist <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: SASL PLAIN
	S: .
	END
	assert_regex "$stderr" 'without TLS'
}

@test "--auth by name sends the password without TLS; a token never goes" {
	against - 77 mlist --server=pop3+insecure://mail.example.org --auth=user <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: USER
	S: .
	C: USER alice
	S: +OK
	C: PASS tanstaaf
	S: -ERR no
	END
	against - 77 mlist --server=pop3+insecure://mail.example.org --auth=xoauth2 <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: SASL XOAUTH2
	S: .
	END
	assert_regex "$stderr" 'TLS only'
}

@test "a secret that the server repeats is shown neither in the error nor in the trace" {
	against - 77 mlist -v --server=pop3+insecure:// --auth=user <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: USER
	S: .
	C: USER alice
	S: +OK
	C: PASS tanstaaf
	S: -ERR [AUTH] tanstaaf is wrong
	END
	is_hidden '[AUTH] *** is wrong'
	against - 77 msend -v --server=smtp+insecure:// --user=alice --auth=plain \
	    --password-command='cat password' bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 AUTH PLAIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 535 AGFsaWNlAHRhbnN0YWFm is tanstaaf
	END
	is_hidden '535 *** is ***'
	against - 77 mlist -v --server=imap+insecure:// --auth=login <<-'END'
	S: * OK [CAPABILITY IMAP4rev1] ready
	C: a1 LOGIN "alice" "tanstaaf"
	S: * NO [ALERT] tanstaaf is too short
	S: a1 NO [AUTHENTICATIONFAILED] tanstaaf is wrong
	END
	is_hidden '*** is wrong'
	is_hidden '*** is too short'
}

@test "a password with a line end in it never becomes two commands" {
	printf 'sec\rDELE 1\n' >password
	against - 78 mlist --auth=user <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: USER
	S: .
	END
}

# scram ANSWER: a server that goes through SCRAM-SHA-1 and then says ANSWER, without knowing the
# password. (The client's nonce is random: no transcript can have it.)
scram()
{
	cat >scram <<-'END'
	#!/bin/bash
	say() { printf '%s\r\n' "$1"; }
	say '+OK'
	read -r capa
	printf '+OK\r\nSASL SCRAM-SHA-1\r\nUIDL\r\n.\r\n'
	read -r auth mechanism first
	nonce=$(base64 -d <<<"${first%$'\r'}" | sed 's/.*,r=//')
	say "+ $(printf 'r=%sXYZ,s=%s,i=4096' "$nonce" "$(printf salt | base64)" | base64 -w0)"
	read -r final
	say "$1"
	read -r empty && say '+OK logged in'
	while read -r line; do
		[[ $line = QUIT* ]] || printf '%s\n' "$line" >>secrets
		say '+OK'
	done
	END
	chmod +x scram
	run --separate-stderr mlist "${pop3[@]}" --auth=auto --tunnel="./scram '$1'"
	assert_equal "$status" "${2-77}"
	assert_regex "$stderr" 'did not prove that it knows the password'
	[[ ! -e secrets ]]
}

@test "SCRAM: a server that accepts without proof is not believed" {
	scram '+OK welcome'
}

@test "SCRAM: a server with a wrong proof is not believed" {
	scram "+ $(printf 'v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=' | base64 -w0)"
}

@test "a server that accepts a login that was not made: 76" {
	printf '%01000d\n' 1 >password
	against - 76 mlist --auth=plain <<-'END'
	S: +OK
	C: CAPA
	S: +OK
	S: SASL PLAIN
	S: .
	C: AUTH PLAIN
	S: +OK
	END
}
