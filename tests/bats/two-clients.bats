#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Two clients at work on one IMAP folder of a real Dovecot: mfetch or mdel, and another one that marks, expunges and appends
# while they are at it. Nothing is lost, and neither deletes what is the other's.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these
# shellcheck disable=SC2016  # commands are meant to have their own $

load helper

setup()
{
	mailverbs_setup
	export MAILVERBS_PROTOCOL=imap
	user=$(fresh_user)
	config_for "$user"
}

# letters N: of 100 KiB, so that no buffer between server and client has room for all
letters()
{
	local i body
	body=$(head -c 100000 /dev/zero | tr '\0' x | fold -w 72)
	for ((i = 1; i <= $1; i++)); do
		printf 'Subject: %d\nMessage-ID: <%d@example.org>\n\n%s\n' "$i" "$i" "$body" >"$i.eml"
	done
	deliver "$user" $(seq -f %g.eml "$1")
}

# other COMMAND...: the other client says these, one after the other, and waits for each answer
other()
{
	local line n=0 command
	exec 5<>"/dev/tcp/${SRV_IMAP%:*}/${SRV_IMAP##*:}"
	for command in "LOGIN $user@example.org \"$SRV_PASSWORD\"" 'SELECT INBOX' "$@" LOGOUT; do
		printf 'x%d %s\r\n' $((++n)) "$command" >&5
		while read -r -t 20 -u 5 line; do
			echo "$line"
			case $line in
			+*) printf 'Subject: appended\n\nx\n\r\n' | head -c 23 >&5 && printf '\r\n' >&5 ;;
			"x$n OK"*) break ;;
			x*) return 1 ;;
			esac
		done
	done
	exec 5>&-
}

# What it does to 200 messages: its own marks, its own expunges, those of messages that mfetch wants, an append.
at_work()
{
	other \
		'UID STORE 151:160 +FLAGS.SILENT (\Deleted)' \
		'UID STORE 161:170,141:150 +FLAGS.SILENT (\Deleted)' \
		'UID EXPUNGE 161:170,141:150' \
		'UID STORE 111:120 +FLAGS.SILENT (\Deleted \Seen)' \
		'APPEND INBOX {23}' \
		'UID STORE 171:175 +FLAGS.SILENT (\Flagged)' >other.said
}

# delivered FILE...: the subjects in them, each as often as it is there
delivered() { cat "$@" | sed -n 's/^Subject: //p' | sort -n; }

# there: UID and flags of what is in the folder
there() { other 'UID FETCH 1:* (FLAGS)' | tr -d '\r' | sed -n 's/ *\\Recent//; s/^.*FETCH (UID \([0-9]*\) FLAGS (\(.*\)))$/\1 \2/; T; s/ *$//p' | own_flags; }

# A command that takes a message, and lets the other client work behind the first.
taking()
{
	declare -f other at_work
	printf 'user=%q SRV_IMAP=%q SRV_PASSWORD=%q\n%s\n' "$user" "$SRV_IMAP" "$SRV_PASSWORD" \
		'cat >>got; [[ -e other.said ]] || at_work'
}

# as_left UID...: these with the other client's marks, and what it appended
as_left()
{
	local uid flags
	for uid in "$@" 201; do
		flags=
		((uid < 111 || uid > 120)) || flags=' \Deleted \Seen'
		((uid < 151 || uid > 160)) || flags=' \Deleted'
		((uid < 171 || uid > 175)) || flags=' \Flagged'
		echo "$uid$flags"
	done
}

@test 'of the messages that are fetched some go, others come and are marked: only what was fetched is deleted' {
	letters 200
	taking >take
	run -0 mfetch --pipe='bash take' 1-150
	assert_output ''
	grep -q '^x5 OK' other.said
	diff <(seq 140) <(delivered got) >&2
	diff <(as_left {151..160} {171..200}) <(there) >&2
}

@test 'with --keep nothing changes but by the other client, and the next run has what came' {
	letters 200
	taking >take
	run -0 mfetch --keep --pipe='bash take' 1-150
	diff <(seq 140) <(delivered got) >&2
	diff <(as_left {1..140} {151..160} {171..200}) <(there) >&2
	run -0 mfetch --keep --pipe='bash take'
	diff <(echo appended && seq 140 && seq 151 160 && seq 171 200) <(delivered got) >&2
}

@test 'mfetch into a Maildir, mdel, and the other client at the same time: each takes its own' {
	letters 200
	mfetch --maildir=box 1-100 3>&- &
	fetching=$!
	seq -f uid:%g 176 185 | mdel - 3>&- &
	deleting=$!
	at_work
	wait "$fetching"
	wait "$deleting"
	diff <(seq 100) <(delivered box/new/*) >&2
	# Dovecot 2.3.19, busy, once said OK to UID EXPUNGE and left what was marked: that is for the next run
	diff <(as_left {101..140} {151..160} {171..175} {186..200}) \
		<(there | awk '!(($1 <= 100 || ($1 >= 176 && $1 <= 185)) && /\\Deleted/)') >&2
}
