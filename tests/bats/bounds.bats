#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The work that a server, a message or a list of recipients can make of us grows as they do, and no faster. Counted in
# instructions, by valgrind's callgrind: a busy machine changes nothing.
#
# Each case is so large that work which grew with the square of its size would need several times its limit. Without
# valgrind, and with the sanitizers, the cases are only run.

# shellcheck disable=SC2154  # stderr, output: run

load helper
load replay

setup()
{
	replay_setup
	replay_hellos
	imap_login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS LIST-STATUS] in'
	! are_sanitized && command -v valgrind >/dev/null || return 0
	local tool
	mkdir counted
	for tool in msend mfetch mlist mdel; do
		printf '#!/bin/sh\nexec valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="%s" "%s" "$@"\n' \
			"$PWD/instructions.%p" "$abs_top_builddir/$tool" >"counted/$tool"
	done
	chmod +x counted/*
	PATH=$PWD/counted:$PATH
}

# costs MILLIONS TRANSCRIPT STATUS TOOL...: as against(), with no more instructions than that
costs()
{
	rm -rf instructions.* "$XDG_STATE_HOME" box
	against "${@:2}"
	have_cost "$1"
}

# have_cost MILLIONS: what ran took no more instructions than that
have_cost()
{
	local -i limit=$1 counted
	[[ -d counted ]] || return 0
	counted=$(cat instructions.* | awk '/Collected/ { n += $NF } END { print int(n / 1000000) }')
	echo "$counted million instructions" >&2
	((counted > 0 && counted <= limit))
}

imap_costs()
{
	MAILVERBS_PROTOCOL=imap costs "$@"
}

@test 'STATUS of 2,000 folders in the wrong order, and of folders that there are not' {
	{
		printf '%s\n' "$imap_login" 'C: a2 LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))'
		seq 2000 | sed 's/.*/S: * LIST () "\/" F&/'
		seq 2000 -1 1 | sed 's/.*/S: * STATUS F& (MESSAGES 1 UNSEEN 1)/'
		printf '%s\n' 'S* 2000 * STATUS none (MESSAGES 1 UNSEEN 1)' 'S: a2 OK' 'C: a3 LOGOUT'
	} >script
	imap_costs 120 "$PWD/script" 0 mlist --folders
	assert_equal "$(wc -l <<<"$output")" 2000
}

@test '2,000 encoded words, each in another charset than the one before it' {
	{
		printf '%s\n' "$pop3_hello" 'C: LIST' 'S: +OK\r\n1 9\r\n.' 'C: TOP 1 0' 'S: +OK' 'S: Subject:'
		seq 2000 | awk '{ print "S:  =?iso-8859-" NR % 9 + 1 "?q?a?=" }'
		printf '%s\n' 'S:' 'S: .' 'C: QUIT'
	} >script
	costs 50 "$PWD/script" 0 mlist -o subject
}

@test '2,000 EXPUNGE, of the first and of the middle, on a list of 10,000' {
	{
		printf '%s\n' "$imap_login" 'C: a2 SELECT "INBOX"' 'C: a3 UID FETCH 1:* (UID)'
		printf '%s\n' 'S: * 10000 EXISTS' 'S: * OK [UIDVALIDITY 7]' 'S: a2 OK' 'S* 10000 * \i FETCH (UID \i)'
		seq 1000 | awk '{ print "S: * 1 EXPUNGE\nS: * " 5000 - NR " EXPUNGE" }'
		printf '%s\n' 'S: a3 OK' 'C: a4 LOGOUT'
	} >script
	imap_costs 150 "$PWD/script" 0 mlist -o uid
	assert_equal "$(wc -l <<<"$output")" 8000
}

@test '8,000 messages whose UIDs come backwards, while UIDNEXT says 1' {
	{
		printf '%s\n' "$imap_login" 'C: a2 SELECT "INBOX"' 'C: a3 UID FETCH 1:* (UID RFC822.SIZE)'
		printf '%s\n' 'S: * 8000 EXISTS' 'S: * OK [UIDVALIDITY 7]' 'S: * OK [UIDNEXT 1]' 'S: a2 OK'
		seq 8000 | awk '{ print "S: * " NR " FETCH (UID " 8001 - NR " RFC822.SIZE 9)" }'
		printf '%s\n' 'S: a3 OK' 'C: a4 LOGOUT'
	} >script
	imap_costs 200 "$PWD/script" 66 mfetch --keep --maildir=box uid:9000
}

@test '8,000 messages with one unique id' {
	printf '%s\n' "$pop3_hello" 'C: UIDL' 'S: +OK' 'S* 8000 \i same' 'S: .' 'C: QUIT' >script
	costs 60 "$PWD/script" 0 mlist -o uid
}

@test '4,000 recipients, of whom each second one is refused' {
	{
		sed '/^To:/,$d' letter
		printf 'To: r0@example.org'
		printf ',\n r%d@example.org' {1..3999}
		echo
		sed '1,/^To:/d' letter
	} >many
	mv many letter
	{
		printf '%s\n' 'S: 220 ready' 'C: EHLO [127.0.0.1]' 'S: 250 mx' 'C~ MAIL .*' 'S: 250 ok'
		for _ in {1..2000}; do printf '%s\n' 'C~ RCPT .*' 'S: 250 ok' 'C~ RCPT .*' 'S: 550 no'; done
		printf '%s\n' 'C: QUIT'
	} >script
	costs 250 "$PWD/script" 67 msend -t
}

@test 'aliases that name the next one ten times, 25 deep, and a chain of names used twice each' {
	seq 0 24 | awk '{ printf "a%d: ", $1; for (i = 0; i < 10; i++) printf "%sa%d", i ? ", " : "", $1 + 1; print "" }' >aliases
	echo 'a25: bob@example.org' >>aliases
	printf '[test]\naddress = alice@example.org\nauth = none\nalias-file = %s\n' "$PWD/aliases" >config
	smtp+=(--config=config)
	costs 20 - 0 msend a0 <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<alice@example.org>
	S: 250 ok
	C: RCPT TO:<bob@example.org>
	S: 250 ok
	C: DATA
	S: 354 go
	$(sed 's/^/C: /' letter)
	C: .
	S: 250 ok
	C: QUIT
	END
}

@test 'mfetch -A with 500 accounts, of which the last has no destination' {
	{
		seq 500 | sed 's|.*|[a&]\naddress = a&@example.org\npop3 = pop3s://localhost:1\nprovider = none\npassword = x\nmaildir = box|'
		printf '[last]\naddress = z@example.org\npop3 = pop3s://localhost:1\nprovider = none\n'
	} >config
	chmod 600 config
	run -64 mfetch --config=config -A
	assert_line --partial "the account 'last' has no destination"
	have_cost 250
}
