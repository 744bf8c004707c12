#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# How often we wait for a server: the cost of a distance. A flight is what goes out in one write
# before an answer is awaited; a transcript's C lines in a row must come as one (tests/replay.c), so
# each transcript below is an assertion too.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

load helper
load replay

setup()
{
	replay_setup
	wire_letter=$(sed 's/^/C: /' letter)
}

# relay_to HOST:PORT: the option to reach a real server through something that counts
relay_to()
{
	printf '! relay %s %s\n' "${1%:*}" "${1##*:}" >relay
	tunnel_to "$PWD/relay"
}

# fetch N [OPTION]...: a mailbox of N messages, fetched and deleted, with PIPELINING
fetch()
{
	local n=$1
	shift
	against - 0 mfetch --auth=plain "$@" <<-END
	S: +OK
	C: CAPA
	S: +OK\r\nPIPELINING\r\nUIDL\r\nTOP\r\nSASL PLAIN\r\n.
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: +OK
	C: UIDL
	C: LIST
	S: +OK
	S* $n \i uid-\i
	S: .
	S: +OK
	S* $n \i 20
	S: .
	C* $n RETR \i
	C: NOOP
	S* $n +OK\r\nSubject: \i\r\n\r\nmessage \i\r\n.
	S: +OK
	C* $n DELE \i
	C: QUIT
	S* $n +OK
	S: +OK
	END
}

@test "fetching and deleting takes 5 flights, whether there is 1 message or 100" {
	local n
	for n in 1 2 10 100; do
		rm -rf box "$XDG_STATE_HOME"
		fetch "$n" --maildir=box
		assert_equal "$(flights)" 5
		assert_equal "$(find box/new -type f | wc -l | tr -d ' ')" "$n"
	done
	# commands in each: CAPA, AUTH, UIDL and LIST, RETR and NOOP, DELE and QUIT
	assert_equal "$(paste -sd ' ' flights)" '1 1 2 101 101'
}

@test "with --keep and nothing new there are 4 flights: QUIT waits for nothing" {
	local i
	for i in 1 2; do
		against - 0 mfetch --keep --full-listing --maildir=box <<-END
		S: +OK
		C: CAPA
		S: +OK\r\nPIPELINING\r\n.
		C: UIDL
		C: LIST
		S: +OK\r\n1 one\r\n.\r\n+OK\r\n1 20\r\n.
		$([[ $i = 2 ]] || printf 'C: RETR 1\nC: NOOP\nS: +OK\\r\\n\\r\\nHi\\r\\n.\\r\\n+OK')
		C: QUIT
		END
	done
	assert_equal "$(paste -sd ' ' flights)" '1 2 1'
}

@test "listing 100 messages with their headers takes 4 flights, deleting 100 takes 3" {
	against - 0 mlist <<-'END'
	S: +OK
	C: CAPA
	S: +OK\r\nPIPELINING\r\nTOP\r\n.
	C: LIST
	S: +OK
	S* 100 \i 20
	S: .
	C* 100 TOP \i 0
	S* 100 +OK\r\nSubject: \i\r\n\r\n.
	C: QUIT
	END
	assert_equal "$(wc -l <<<"$output" | tr -d ' ')" 100
	assert_equal "$(paste -sd ' ' flights)" '1 1 100 1'
	against - 0 mdel all <<-'END'
	S: +OK
	C: CAPA
	S: +OK\r\nPIPELINING\r\n.
	C: LIST
	S: +OK
	S* 100 \i 20
	S: .
	C* 100 DELE \i
	C: QUIT
	S* 101 +OK
	END
	assert_equal "$(paste -sd ' ' flights)" '1 1 101'
}

@test "without PIPELINING there is one command to a flight, and 204 for 100 messages more than for none" {
	local n=100
	{
		printf 'S: +OK\nC: CAPA\nS: +OK\\r\\nUIDL\\r\\n.\n'
		printf 'C: UIDL\nS: +OK\nS* %d \\i uid-\\i\nS: .\n' $n
		printf 'C: LIST\nS: +OK\nS* %d \\i 20\nS: .\n' $n
		for ((i = 1; i <= n; i++)); do
			printf 'C: RETR %d\nS: +OK\\r\\n\\r\\nmessage\\r\\n.\n' $i
		done
		printf 'C: NOOP\nS: +OK\n'
		for ((i = 1; i <= n; i++)); do
			printf 'C: DELE %d\nS: +OK\n' $i
		done
		printf 'C: QUIT\nS: +OK\n'
	} >script
	against "$PWD/script" 0 mfetch --maildir=box
	assert_equal "$(flights)" $((2 * n + 5))
	assert_equal "$(sort -u flights)" 1
}

@test "what is unanswered is never more than 4 KiB, and is refilled before it runs dry" {
	local i command len=0 n=0
	{
		printf '%s\n' 'S: +OK' 'C: CAPA' 'S: +OK\r\nPIPELINING\r\n.' 'C: LIST' 'S: +OK' 'S* 2000 \i 20' 'S: .'
		for ((i = 1; i <= 2001; i++)); do
			command="DELE $i"
			((i <= 2000)) || command=QUIT
			if ((len + ${#command} + 2 > 4096)); then
				printf 'S* %d +OK\n' $n
				len=0 n=0
			fi
			printf 'C: %s\n' "$command"
			((len += ${#command} + 2, n += 1))
		done
		printf 'S* %d +OK\n' $n
	} >script
	against "$PWD/script" 0 mdel all
	# DELE NNNN and CRLF have 11 bytes
	local most
	most=$(sort -n flights | tail -n 1)
	((most > 300 && most <= 4096 / 8))
}

@test "submission with PIPELINING and CHUNKING: after EHLO all is one flight" {
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250-PIPELINING\r\n250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: BDAT 136 LAST
	$wire_letter
	C: QUIT
	S* 4 250 Ok
	END
	assert_equal "$(flights)" 2
}

@test "submission with PIPELINING and DATA: MAIL, RCPT, DATA, then the message and QUIT" {
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250 PIPELINING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok\r\n250 Ok\r\n354 go
	$wire_letter
	C: .
	C: QUIT
	S* 2 250 Ok
	END
	assert_equal "$(flights)" 3
}

@test "submission to 50 recipients takes no flight more" {
	local to
	mapfile -t to < <(printf 'user%02d@example.org\n' {1..50})
	against - 0 msend "${to[@]}" <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250 PIPELINING
	C: MAIL FROM:<alice@example.org>
	$(printf 'C: RCPT TO:<%s>\n' "${to[@]}")
	C: DATA
	S* 51 250 Ok
	S: 354 go
	$wire_letter
	C: .
	C: QUIT
	S* 2 250 Ok
	END
	assert_equal "$(flights)" 3
}

@test "submission with a login: AUTH with its initial response is a flight of its own" {
	against - 0 msend --user=alice --password-command='cat password' bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 AUTH PLAIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 235 welcome
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: BDAT 136 LAST
	$wire_letter
	C: QUIT
	S* 4 250 Ok
	END
	assert_equal "$(flights)" 3
}

@test "submission without PIPELINING: one command to a flight" {
	against - 0 msend bob@example.org carol@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 250 Ok
	C: RCPT TO:<carol@example.org>
	S: 250 Ok
	C: DATA
	S: 354 go
	$wire_letter
	C: .
	S: 250 Ok
	C: QUIT
	END
	assert_equal "$(flights)" 7
}

@test "submission without PIPELINING, with CHUNKING: the chunk goes with its command" {
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx\r\n250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 250 Ok
	C: BDAT 136 LAST
	$wire_letter
	S: 250 Ok
	C: QUIT
	END
}

# ---- over TLS, real servers: a flight is what came in one read ----

@test "over TLS 1.3 a submission takes 5 flights, the handshake's two among them, and the farewell" {
	local user
	user=$(fresh_user)
	config_for "$user" "auth = plain"
	run msend "$(relay_to "$SRV_SUBMISSIONS")" "$user@example.org" <letter
	assert_success
	# ClientHello, Finished, EHLO, AUTH, the message; close_notify waits for nothing
	assert_equal "$(flights)" 6
	await_mail "$user"
}

@test "over STARTTLS a submission takes 6 flights, and the farewell" {
	local user
	user=$(fresh_user)
	config_for "$user" "auth = plain"
	run msend "$(relay_to "$SRV_SUBMISSION")" --server="smtp://$SRV_SUBMISSION" "$user@example.org" <letter
	assert_success
	# EHLO, STARTTLS, ClientHello, Finished and EHLO, AUTH, the message
	assert_equal "$(flights)" 7
	await_mail "$user"
}

@test "over TLS to a server without CHUNKING a submission takes 6 flights, over STARTTLS 7, and the farewell" {
	local user n server
	require_postfix
	user=$(fresh_user)
	config_for "$user" "auth = plain"
	# ClientHello, Finished, EHLO, AUTH, MAIL and RCPT and DATA, the message
	# EHLO, STARTTLS, ClientHello, Finished and EHLO, AUTH, MAIL and RCPT and DATA, the message
	for n in "6 smtps://$SRV_POSTFIX_NO_CHUNKING_SMTPS" "7 smtp://$SRV_POSTFIX_NO_CHUNKING_SUBMISSION"; do
		server=${n#* }
		rm -f flights
		run msend "$(relay_to "${server#*://}")" --server="$server" "$user@example.org" <letter
		assert_success
		assert_equal "$server $(flights)" "$server $((${n% *} + 1))"
	done
	await_mail "$user" 2
}

@test "over TLS fetching and deleting takes 7 flights, 1 message or 100, and the farewell" {
	local n user files
	for n in 1 100; do
		user=$(fresh_user)
		config_for "$user" "auth = plain"
		mapfile -t files < <(yes letter | head -n "$n")
		deliver "$user" "${files[@]}"
		rm -f flights
		run mfetch "$(relay_to "$SRV_POP3S")" --maildir="box$n"
	assert_success
		assert_equal "$(find "box$n/new" -type f | wc -l | tr -d ' ')" "$n"
		# ClientHello, Finished, CAPA, AUTH, UIDL and LIST, RETR, DELE and QUIT
		assert_equal "$(flights)" 8
		assert_equal "$(mailbox_count "$user")" 0
	done
}

@test "over STLS fetching and deleting takes 8 flights, and the farewell" {
	local user
	user=$(fresh_user)
	config_for "$user" "auth = plain"
	deliver "$user" letter letter
	run mfetch "$(relay_to "$SRV_POP3")" --server="pop3://$SRV_POP3" --maildir=box
	assert_success
	# CAPA, STLS, ClientHello, Finished and CAPA, AUTH, UIDL and LIST, RETR, DELE and QUIT
	assert_equal "$(flights)" 9
	assert_equal "$(mailbox_count "$user")" 0
}

@test "over IMAP with TLS fetching and deleting takes 6 flights, 1 message or 1000, and the farewell" {
	local n user files
	for n in 1 1000; do
		user=$(fresh_user)
		config_for "$user" "auth = plain"
		mapfile -t files < <(yes letter | head -n "$n")
		deliver "$user" "${files[@]}"
		rm -f flights
		run mfetch "$(relay_to "$SRV_IMAPS")" --server="imaps://$SRV_IMAPS" --maildir="box$n"
		assert_success
		assert_equal "$(find "box$n/new" -type f | wc -l | tr -d ' ')" "$n"
		# ClientHello, Finished, AUTHENTICATE, ID and SELECT and the list, FETCH, STORE and EXPUNGE and LOGOUT
		assert_equal "$(flights)" 7
		assert_equal "$(mailbox_count "$user")" 0
	done
}

@test "over IMAP with TLS nothing new is known in 4 flights, and one new message is here in 5" {
	local user
	user=$(fresh_user)
	config_for "$user" "auth = plain"
	deliver "$user" letter letter
	imap_again()
	{
		rm -f flights
		run mfetch "$(relay_to "$SRV_IMAPS")" --server="imaps://$SRV_IMAPS" --keep --maildir=box
		assert_success
	}
	imap_again
	imap_again
	# ClientHello, Finished, AUTHENTICATE, SELECT and what came since; LOGOUT and close_notify wait for
	# nothing, so that the relay may see one flight or two
	assert_regex "$(flights)" '^[56]$'
	deliver "$user" letter
	imap_again
	assert_regex "$(flights)" '^[67]$'
	assert_equal "$(find box/new -type f | wc -l | tr -d ' ')" 3
}
