#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# SMTP servers as RFCs show them, and as they are met: each test plays one transcript (tests/transcripts, or the few
# lines that stand in it), to the last byte.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

load helper
load replay
load transcripts

account()
{
	printf '[test]\naddress = alice@example.org\ndomain = %s\n' "$1" >config
	smtp+=(--config=config --auth=none)
}

@test "RFC 5321: a transaction with a server without PIPELINING, one command at a time" {
	account bar.com
	sed -i 's/^Subject: .*/Subject: lines/; s/^Hi$/Blah blah blah...\n...etc. etc. etc./' letter
	against smtp-rfc5321 0 msend --from=Smith@bar.com Jones@foo.com Brown@foo.com
	assert_equal "$output$stderr" ''
}

@test "RFC 5321: one recipient of two is refused, nothing is sent, exit status 67" {
	account bar.com
	sed -i '7,$d' letter
	printf 'Hi, 7bit\n' >>letter
	against smtp-rfc5321-aborted 67 msend --from=Smith@bar.com Jones@foo.com Green@foo.com
	assert_equal "$stderr" 'msend: tunnel: Green@foo.com: 550 No such user here
msend: hint: nothing was sent: it goes to all recipients or to none; --partial sends to the others'
}

@test "RFC 2920: the pipelined transaction, in five flights" {
	account dbc.mtview.ca.us
	against smtp-rfc2920 0 msend --from=mrose@dbc.mtview.ca.us ned@innosoft.com dan@innosoft.com kvc@innosoft.com
	assert_equal "$(flights)" 3
}

@test "RFC 2920: all recipients are refused, each is told" {
	account dbc.mtview.ca.us
	against smtp-rfc2920-refused 67 msend --from=mrose@dbc.mtview.ca.us nsb@thumper.bellcore.com galvin@tis.com
	assert_equal "$stderr" 'msend: tunnel: 550 remote mail to <nsb@thumper.bellcore.com> not allowed
msend: tunnel: 550 remote mail to <galvin@tis.com> not allowed'
}

@test "RFC 3030: a message as one chunk, all in one flight, counted to the octet" {
	sed -i 's/^Subject: .*/Subject: dots/; s/^Hi$/.\n.hidden/' letter
	against smtp-rfc3030 0 msend bob@example.org
	assert_equal "$(flights)" 2
}

@test "BDAT to two recipients waits until both are taken" {
	against smtp-bdat-two 0 msend bob@example.org carol@example.org
}

@test "BDAT to two recipients, one refused: the message is not sent" {
	against smtp-bdat-two-refused 67 msend bob@example.org nobody@example.org
	assert_regex "$stderr" '550 5.1.1 no such user'
}

@test "BDAT to one recipient who is refused" {
	against smtp-bdat-one-refused 67 msend nobody@example.org
	assert_equal "$stderr" 'msend: tunnel: 550 5.1.1 <nobody@example.org>: no such user'
}

@test "one recipient is refused when the server waits for the message already: msend hangs up" {
	against smtp-refused-354 67 msend bob@example.org nobody@example.org
	assert_regex "$stderr" '^msend: tunnel: 550 5.1.1 <nobody@example.org>: no such user'
	assert_regex "$stderr" 'hint: nothing was sent'
}

@test "RFC 4954: AUTH PLAIN with an initial response" {
	against smtp-rfc4954-plain 0 msend --user=test --password-command='cat password' bob@example.org
}

@test "RFC 4954: AUTH CRAM-MD5 as RFC 2195 has it; refused, 77" {
	echo tanstaaftanstaaf >password
	against smtp-rfc4954-cram-md5 77 msend --user=tim --password-command='cat password' bob@example.org
	assert_equal "$stderr" 'msend: tunnel: 535 5.7.8 Authentication credentials invalid'
}

@test "AUTH LOGIN; refused in two lines, 77" {
	against smtp-login 77 msend --user=test --password-command='cat password' bob@example.org
	assert_equal "$stderr" 'msend: tunnel: 535 5.7.3 Authentication unsuccessful 5.7.3 really'
}

@test "XOAUTH2 refused: the server's reason is the hint" {
	printf 'stale\n' >password
	against - 77 msend --auth=xoauth2 --user=alice@example.org --password-command='cat password' bob@example.org <<-END
	S: 220 smtp.gmail.com ESMTP
	C: EHLO [127.0.0.1]
	S: 250-smtp.gmail.com at your service
	S: 250 AUTH LOGIN PLAIN XOAUTH2
	C: AUTH XOAUTH2 $(printf 'user=alice@example.org\1auth=Bearer stale\1\1' | base64 -w0)
	S: 334 $(printf '{"status":"400"}' | base64 -w0)
	C:
	S: 535-5.7.8 Username and Password not accepted.
	S: 535 5.7.8 https://support.google.com/mail/?p=BadCredentials
	C: QUIT
	END
	assert_equal "$(tail -n 1 <<<"$stderr")" 'msend: hint: the server adds: {"status":"400"}'
}

@test "XOAUTH2: a token longer than 512 octets goes in a second step" {
	local token
	token=$(printf 'A%.0s' {1..2000})
	printf '%s\n' "$token" >password
	against - 75 msend --auth=xoauth2 --user=alice@example.org --password-command='cat password' bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 AUTH XOAUTH2
	C: AUTH XOAUTH2
	S: 334
	C: $(printf 'user=alice@example.org\1auth=Bearer %s\1\1' "$token" | base64 -w0)
	S: 454 4.7.0 Temporary authentication failure
	C: QUIT
	END
}

@test "a server that does not know EHLO gets HELO; replies that are a code alone" {
	against smtp-helo 0 msend bob@example.org
}

@test "what a refused EHLO lists is not offered" {
	against smtp-helo-features 0 msend bob@example.org
}

@test "replies of many lines everywhere; the last one is told whole" {
	against smtp-multiline 65 msend bob@example.org
	assert_equal "$stderr" 'msend: tunnel: 552 5.3.4 Message is 5.3.4 too big for 5.3.4 this mailbox'
}

# refuse_smtp STEP CODE STATUS: msend on a server that says CODE at STEP
refuse_smtp()
{
	local step=$1 code=$2 expected=$3 script='' at line
	while read -r at line; do
		[[ $at != "$step" ]] || {
			script+="S: $code 0.0.0 words"$'\n'
			break
		}
		script+="$line"$'\n'
	done <<-END
	greeting S: 220 ready
	- C: EHLO [127.0.0.1]
	ehlo S: 250-mx\r\n250 AUTH PLAIN
	- C: AUTH PLAIN AHRlc3QAdGFuc3RhYWY=
	auth S: 235 welcome
	- C: MAIL FROM:<alice@example.org>
	mail S: 250 Ok
	- C: RCPT TO:<bob@example.org>
	rcpt S: 250 Ok
	- C: DATA
	data S: 354 go
	$(sed 's/^/- C: /' letter)
	- C: .
	end S: 250 Ok
	END
	[[ $step$code != ehlo5* ]] || script+=$'C: HELO [127.0.0.1]\nS: '"$code 0.0.0 words"$'\n'
	[[ $code = 421 ]] && script+=$'! close\n' || script+=$'C: QUIT\n'
	echo "# $step: $code" >&2
	against - "$expected" msend --user=test --password-command='cat password' bob@example.org <<<"$script"
	[[ $step = rcpt && $code != 421 ]] && who='bob@example.org: ' || who=
	assert_equal "$stderr" "msend: tunnel: $who$code 0.0.0 words"
}

@test "4xx is 75 at every command; 5xx is 67 for a recipient, 65 for the message, 77 for the login, else 69" {
	local step
	for step in greeting ehlo auth mail rcpt data end; do
		refuse_smtp $step 450 75
	done
	refuse_smtp greeting 554 69
	refuse_smtp ehlo 550 69
	refuse_smtp auth 535 77
	refuse_smtp mail 553 69
	refuse_smtp rcpt 550 67
	refuse_smtp data 554 69
	refuse_smtp end 554 65
}

@test "--partial: a recipient is refused, and then the message itself: both are said" {
	against - 65 msend --partial bob@example.org carol@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250-PIPELINING\r\n250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	S: 250 Ok\r\n550 no such user\r\n250 Ok
	C: BDAT 136 LAST
	$(sed 's/^/C: /' letter)
	C: QUIT
	S: 554 spam\r\n221 bye
	END
	assert_equal "$stderr" $'msend: tunnel: bob@example.org: 550 no such user\nmsend: tunnel: 554 spam'
	against - 69 msend --partial bob@example.org carol@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250 PIPELINING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 250 Ok\r\n550 no such user\r\n250 Ok\r\n554 not now
	C: QUIT
	END
	assert_equal "$stderr" $'msend: tunnel: bob@example.org: 550 no such user\nmsend: tunnel: 554 not now'
}

@test "421 at any command, and the server hangs up: its words are told, 75" {
	local step
	for step in greeting ehlo auth mail rcpt data end; do
		refuse_smtp $step 421 75
	done
}

@test "421 to the first of several pipelined commands: its words are told, not the hanging up" {
	against - 75 msend bob@example.org carol@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 421 4.3.2 shutting down
	! close
	END
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: 421 4.3.2 shutting down'
}

@test "MAIL is refused behind more recipients than one window takes: the rest is not asked" {
	local recipients
	mapfile -t recipients < <(printf "recipient-%04d@example.org\n" {1..300})
	against - 69 msend "${recipients[@]}" <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	$(printf "C: RCPT TO:<recipient-%04d@example.org>\n" {1..106})
	S: 550 5.7.1 not you
	S* 106 503 5.5.1 no sender
	C: QUIT
	END
	assert_equal "$stderr" 'msend: tunnel: 550 5.7.1 not you'
}

@test "more recipients than one window takes are asked in several flights, none unanswered" {
	local recipients
	mapfile -t recipients < <(printf "recipient-%04d@example.org\n" {1..150})
	against - 0 msend "${recipients[@]}" <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	$(printf "C: RCPT TO:<recipient-%04d@example.org>\n" {1..106})
	S* 107 250 Ok
	$(printf "C: RCPT TO:<recipient-%04d@example.org>\n" {107..150})
	C: DATA
	S* 44 250 Ok
	S: 354 go
	$wire_letter
	C: .
	C: QUIT
	S: 250 Ok
	END
}

@test "a message is not accepted by a reply that comes before its end: DATA, with PIPELINING and without, and BDAT" {
	against - 76 msend <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok\r\n250 Ok\r\n354 go\r\n250 queued
	END
	assert_equal "$stderr" 'msend: tunnel: a reply to nothing, before the end of the message'
	against - 76 msend <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx.example.org
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 250 Ok\r\n250 queued
	END
	against - 76 msend <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx.example.org
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok\r\n250 Ok\r\n354 go\r\n250 queued
	END
	assert_equal "$stderr" 'msend: tunnel: a reply to nothing: 250 Ok'
}

@test "421 to a pipelined recipient" {
	against - 75 msend bob@example.org carol@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 250 Ok
	S: 421 4.3.2 shutting down
	! close
	END
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: 421 4.3.2 shutting down'
}

@test "421 instead of an answer to a chunk: its words are told, and the message was not sent" {
	against - 75 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-PIPELINING
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: BDAT 136 LAST
	$wire_letter
	C: QUIT
	S: 421 4.3.2 shutting down
	! close
	END
	assert_equal "$stderr" 'msend: tunnel: 421 4.3.2 shutting down'
}

@test "421 while the message is being sent" {
	head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 70 >>letter
	against - 75 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	C: From: alice@example.org
	! interrupt
	S: 421 4.3.2 too slow
	! close
	END
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: 421 4.3.2 too slow'
	refute_regex "$stderr" 'may have been sent'
}

@test "the connection ends within the message: it was not sent, and nothing else is said" {
	head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 70 >>letter
	against - 75 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	C: From: alice@example.org
	! interrupt
	! close
	END
	assert_one_error
	refute_regex "$stderr" 'may have been sent'
}

@test "the connection ends behind the message: it may have been sent, and that is said" {
	against - 75 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	$wire_letter
	C: .
	C: QUIT
	! close
	END
	assert_one_error
	assert_regex "$stderr" 'hint: the message may have been sent'
}

@test "3xx where 2xx is due, and 2xx where 354 is due, are no consent" {
	against - 76 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 250 Ok
	C: DATA
	S: 250 Ok
	C: QUIT
	END
	against - 76 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<alice@example.org>
	S: 354 go
	C: QUIT
	END
}
