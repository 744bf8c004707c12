#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A folder whose UIDVALIDITY is another than it was (RFC 9051 section 2.3.1.1), against a real Dovecot: what is here already
# is not fetched again.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these

load helper

setup()
{
	mailverbs_setup
	export MAILVERBS_PROTOCOL=imap
	user=$(fresh_user)
	maildir=$(maildir_of "$user")
	config_for "$user"
}

# letter N [BODY [ID]]
letter()
{
	printf 'From: a@example.org\nSubject: letter %d\nMessage-ID: <%s@example.org>\n\n%s\n' "$1" "${3-$1}" "${2-body $1}"
}

# letters N...: into the mailbox, in this order
letters()
{
	local n files=()
	for n; do
		letter "$n" >"letter.$n"
		files+=("letter.$n")
	done
	deliver "$user" "${files[@]}"
}

# renumber: another UIDVALIDITY, other UIDs
renumber()
{
	local now
	now=$(sed -n '1s/.* V\([0-9]*\) .*/\1/p' "$maildir/dovecot-uidlist")
	rm -f "$maildir"/dovecot*
	printf '3 V%d N%d G%032x\n' $((now + 1)) $((now % 1000 + 100)) $((now + 1)) >"$maildir/dovecot-uidlist"
	give_to_server "$maildir"
}

subjects() { assert_equal "$(cat box/new/* | sed -n 's/^Subject: letter //p' | sort -n | xargs)" "$*"; }

# The journal knows NUMBER messages, under one UIDVALIDITY, and nothing else.
knows()
{
	run grep -rh '^[=~+]' "$XDG_STATE_HOME/mailverbs/journal"
	assert_equal "$(printf '%s\n' "${lines[@]}" | sed -n 's/^= [0-9]* 0 \(.*\):.*/\1/p' | sort | uniq -c | awk '{ print $1 }')" "$1"
}

@test 'what is here is not fetched again, what is new is, and that is said once' {
	letters 1 2 3 4
	run -0 mfetch --keep --maildir=box
	renumber
	letters 5
	run -0 mfetch --keep --maildir=box
	assert_output --regexp '^mfetch: localhost:[0-9]+: the server has numbered its messages anew \(UIDVALIDITY\); of 5 messages 4 are known by their headers$'
	subjects 1 2 3 4 5
	knows 5
	run -0 mfetch --keep --maildir=box --full-listing
	assert_output ''
	subjects 1 2 3 4 5
}

# restore_as N: a backup is played back: the same UIDVALIDITY, and the next UID is N
restore_as()
{
	local now
	now=$(sed -n '1s/.* V\([0-9]*\) .*/\1/p' "$maildir/dovecot-uidlist")
	rm -f "$maildir"/dovecot*
	printf '3 V%d N%d G%032x\n' "$now" "$1" 1 >"$maildir/dovecot-uidlist"
	give_to_server "$maildir"
}

@test 'a server restored from a backup gives UIDs again: what bears them now is not deleted unfetched' {
	letters 1 2 3
	run -0 mfetch --maildir=box
	is_left 0
	restore_as 1
	letters 4 5
	run -0 mfetch --maildir=box
	assert_line --partial 'the server has numbered its messages anew (UIDVALIDITY); of 2 messages 0 are known'
	subjects 1 2 3 4 5
	is_left 0
	run -0 mfetch --maildir=box --full-listing
	assert_output ''
	letters 6
	run -0 mfetch --maildir=box
	assert_output ''
	subjects 1 2 3 4 5 6
}

@test 'with --keep what a backup brought back is known, and what is new comes' {
	letters 1 2 3 4
	run -0 mfetch --keep --maildir=box
	rm "$maildir"/*/*
	restore_as 1
	letters 1 5
	run -0 mfetch --keep --maildir=box
	assert_line --partial 'of 2 messages 1 are known'
	subjects 1 2 3 4 5
	run -0 mfetch --keep --maildir=box --full-listing
	assert_output ''
	subjects 1 2 3 4 5
}

@test 'again and again: who was recognised is recognised once more' {
	letters 1 2 3
	run -0 mfetch --keep --mbox=box
	for i in 1 2 3; do
		renumber
		run -0 mfetch --keep --mbox=box
		assert_line --partial 'of 3 messages 3 are known'
	done
	assert_equal "$(grep -c '^Subject' box)" 3
}

@test 'a command gets nothing again either' {
	letters 1 2
	run -0 mfetch --keep --pipe='cat >>got'
	renumber
	letters 3
	run -0 mfetch --keep --pipe='cat >>got'
	assert_equal "$(grep -c '^Subject' got)" 3
}

@test 'without --keep what is here is deleted there, and nothing else' {
	letters 1 2 3
	run -0 mfetch --keep --maildir=box
	renumber
	letters 4
	run -0 mfetch --maildir=box
	subjects 1 2 3 4
	is_left 0
}

@test '--keep=10d counts from the day on which it was delivered' {
	letters 1 2
	run -0 mfetch --keep --maildir=box
	sed -i "s/^= [0-9]* \(.*:1\b\)/= $(($(date +%s) - 11 * 86400)) \1/" "$(grep -rl '^mailverbs journal' "$XDG_STATE_HOME/mailverbs/journal")"
	renumber
	run -0 mfetch --keep=10d --maildir=box
	subjects 1 2
	run -0 mlist -o subject
	assert_output 'letter 2'
}

@test 'the same header and another size, the same size and another header: fetched' {
	letters 1 2
	run -0 mfetch --keep --maildir=box
	rm -f "$maildir"/{new,cur}/*
	renumber
	letter 1 'body 1, changed' >changed.1
	letter 2 'body 2' 3 >changed.2
	deliver "$user" changed.1 changed.2
	run -0 mfetch --maildir=box
	assert_output --partial 'of 2 messages 0 are known'
	subjects 1 1 2 2
	is_left 0
}

@test 'one fingerprint, two messages: both are fetched' {
	letter 1 'body a' >l1
	letter 1 'body b' >l2
	deliver "$user" l1
	run -0 mfetch --keep --maildir=box
	renumber
	deliver "$user" l2
	run -0 mfetch --maildir=box
	assert_output --partial 'of 2 messages 0 are known'
	assert_equal "$(grep -h '^body' box/new/* | sort | xargs)" 'body a body a body b'
	is_left 0
}

@test 'two were delivered with one fingerprint, one is left: it is fetched' {
	letter 1 'body a' >l1
	letter 1 'body b' >l2
	deliver "$user" l1 l2
	run -0 mfetch --keep --maildir=box
	run -0 mdel 1
	renumber
	run -0 mfetch --maildir=box
	assert_equal "$(grep -h '^body' box/new/* | sort | xargs)" 'body a body b body b'
}

@test 'a header without Message-ID is not enough to go by' {
	printf 'Subject: letter 1\n\nbody\n' >l1
	deliver "$user" l1
	run -0 mfetch --keep --maildir=box
	renumber
	run -0 mfetch --keep --maildir=box
	subjects 1 1
	run -0 mfetch --keep --maildir=box --full-listing
	assert_output ''
	subjects 1 1
}

@test 'a header of any form is known again: no empty line, no body, folded, CRLF' {
	printf 'Subject: letter 1\nMessage-ID: <1>' >l1
	printf 'Subject: letter 2\nMessage-ID: <2>\n' >l2
	printf 'Subject: letter 3\nMessage-ID: <3>\n\n' >l3
	printf 'Subject: letter\n 4\r\nMessage-ID:\r\n <4>\r\n\r\n\n\n\nbody' >l4
	printf 'Subject: letter 5\nno field\nMessage-ID: <5>\n\nbody' >l5
	{
		echo 'Subject: letter 6'
		for i in {1..800}; do echo "X-$i: a line of seventy octets, or so, among many others of its kind"; done
		printf 'Message-ID: <6>\n\n'
	} >l6
	deliver "$user" l1 l2 l3 l4 l5 l6
	run -0 mfetch --keep --maildir=box
	renumber
	run -0 mfetch --keep --maildir=box
	assert_output --partial 'of 6 messages 6 are known'
}

@test 'a record made before there were fingerprints: all is fetched, and said' {
	letters 1 2
	run -0 mfetch --keep --maildir=box
	sed -i 's/^\([=+].*\) [0-9a-f]\{32\}$/\1/' "$(grep -rl '^mailverbs journal' "$XDG_STATE_HOME/mailverbs/journal")"
	run -0 mfetch --keep --maildir=box --full-listing
	renumber
	run -0 mfetch --keep --maildir=box
	assert_output --partial 'of 2 messages 0 are known'
	subjects 1 1 2 2
	knows 2
}

@test 'a fingerprint that is none is damage' {
	letters 1
	run -0 mfetch --keep --maildir=box
	journal=$(grep -rl '^mailverbs journal' "$XDG_STATE_HOME/mailverbs/journal")
	for bad in xyz "$(printf '%032d' 0)0" "$(printf '%031d' 0)G" ''; do
		sed -i "s/^\(+ [^ ]* [^ ]* 0\).*/\1 $bad/" "$journal"
		run mfetch --keep --maildir=box --full-listing
		assert_equal "$status" 74
		assert_output --partial ':2: the record of delivered messages is damaged here'
	done
}

@test '--dry-run tells it and changes nothing' {
	letters 1 2
	run -0 mfetch --keep --maildir=box
	renumber
	letters 3
	cp -R "$XDG_STATE_HOME" before
	run -0 mfetch --keep --maildir=box --dry-run
	assert_line 'would fetch 1 of 3 messages'
	diff -r before "$XDG_STATE_HOME" >&2
}
