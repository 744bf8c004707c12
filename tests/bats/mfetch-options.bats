#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What narrows a run of mfetch, or makes it do something other than fetch, against Dovecot.
#
# shellcheck disable=SC2154  # stderr: run
# shellcheck disable=SC2016  # the commands' own shell expands them

load helper

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user" "maildir = $PWD/box"
}

# letter NAME [OCTETS]: a message with this Subject, and so long a body.
letter()
{
	printf 'From: a@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\n' "$1" "$1"
	printf '%*s' "${2-10}" '' | tr ' ' x | fold -w 70
	echo
}

# give NAME...: a message for each, in this order, in the user's mailbox.
give()
{
	local name
	for name; do
		letter "$name" >"$name.eml"
	done
	deliver "$user" "${@/%/.eml}"
}

# What is in the Maildir, or in FILE, by Subject, sorted.
subjects()
{
	cat "${@:-/dev/null}" | sed -n 's/^Subject: //p' | sort | xargs
}

box()
{
	find box -type f -print0 2>/dev/null | xargs -0 -r cat | sed -n 's/^Subject: //p' | sort | xargs
}

# ---- --max-size, --limit ----

@test "mfetch --max-size leaves a larger message on the server, says so once and exits with 0" {
	letter big 3000 >big.eml
	deliver "$user" big.eml
	give small
	run --separate-stderr mfetch --max-size=2k
	assert_success
	assert_regex "$stderr" '^mfetch: localhost: uid:[^ ]+ has [0-9]+ octets, more than max-size, so it stays on the server$'
	assert_equal "$(box)" small
	assert_equal "$(mailbox_count "$user")" 1
	run --separate-stderr mfetch --max-size=1M
	assert_success
	assert_equal "$stderr" ''
	assert_equal "$(box)" 'big small'
}

@test "mfetch --max-size tells of a message in one run and not in the next ones, of each destination" {
	local stays='^mfetch: localhost: uid:[^ ]+ has [0-9]+ octets, more than max-size, so it stays on the server$'
	letter big 3000 >big.eml
	deliver "$user" big.eml
	run -0 mfetch --quiet --max-size=2k # this does not count
	assert_output ''
	run -0 mfetch --dry-run --max-size=2k # nor does this
	assert_line --regexp "$stays"
	run -0 mfetch --max-size=2k
	assert_output --regexp "$stays"
	run -0 mfetch --max-size=2k
	assert_output ''
	letter bigger 4000 >big.eml
	deliver "$user" big.eml
	run -0 mfetch --max-size=2k
	assert_output --regexp "$stays"
	run -0 mfetch --max-size=2k
	assert_output ''
	# a run for one of them has not forgotten the other
	run -0 mfetch --max-size=2k 2
	assert_output ''
	run -0 mfetch --max-size=2k
	assert_output ''
	run -0 mfetch --max-size=2k --mbox=other
	assert_equal "${#lines[@]}" 2
	# another message with the id of one, and a torn line
	find "$XDG_STATE_HOME" -name '.*.large' -exec sed -i '1s/^/1/' {} +
	find "$XDG_STATE_HOME" -name '.*.large' -exec truncate -s -1 {} +
	run -0 mfetch --max-size=2k
	assert_equal "${#lines[@]}" 2
	assert_equal "$(mailbox_count "$user")" 2
}

@test "mfetch --max-size tells once of what came behind messages that are all here" {
	give one two
	run -0 mfetch --keep --max-size=2k
	assert_output ''
	letter big 3000 >big.eml
	deliver "$user" big.eml
	run -0 mfetch --keep --max-size=2k
	assert_output --partial 'more than max-size'
	run -0 mfetch --keep --max-size=2k
	assert_output ''
}

@test "mfetch --quiet says nothing of larger messages, and mpop's --skipsize means the same" {
	letter big 3000 >big.eml
	deliver "$user" big.eml
	run mfetch --quiet --skipsize=2k
	assert_success
	assert_output ''
	assert_equal "$(mailbox_count "$user")" 1
}

@test "--max-size=no on the command line takes the configuration's max-size back" {
	letter big 3000 >big.eml
	deliver "$user" big.eml
	config_for "$user" "maildir = $PWD/box" 'max-size = 2k'
	run mfetch -q
	assert_success
	assert_equal "$(box)" ''
	run mfetch --max-size=no
	assert_success
	assert_equal "$(box)" big
}

@test "mfetch --limit=N fetches the first N, the next run those behind them" {
	give a b c d e
	run mfetch --keep --limit=2
	assert_success
	assert_equal "$(box)" 'a b'
	run mfetch --keep --limit=2
	assert_success
	assert_equal "$(box)" 'a b c d'
}

@test "mfetch --limit without --keep deletes on the server no more than it fetched" {
	give a b c
	run mfetch --limit=1
	assert_success
	assert_equal "$(box)" a
	assert_equal "$(mailbox_count "$user")" 2
}

@test "a message over --max-size does not count for --limit" {
	letter big 3000 >big.eml
	deliver "$user" big.eml
	give a b
	run mfetch -q --max-size=2k --limit=1
	assert_success
	assert_equal "$(box)" a
}

@test "mfetch --dry-run counts what --limit and --max-size leave" {
	give a b c
	run mfetch --dry-run --limit=2
	assert_success
	assert_line 'would fetch 2 of 3 messages'
}

@test "the destination - is refused: a file of that name would take the mail" {
	local kind
	for kind in mbox maildir; do
		run -64 --separate-stderr mfetch --$kind=-
		assert_regex "$stderr" "^mfetch: the destination '-' is not a file"
		assert [ ! -e ./- ]
	done
}

@test "a size or a number that is none is a usage error" {
	for option in --max-size=10X --max-size= --max-size=0 --limit=0 --limit=-1 --limit=a; do
		run mfetch "$option"
		assert_failure 64
		assert_output --partial "${option%%=*}"
	done
}

# ---- --mark-seen ----

@test "mfetch --mark-seen fetches nothing, and later only what came since is new" {
	give old older
	run mfetch --mark-seen
	assert_success
	assert_output ''
	assert_equal "$(box)" ''
	give new
	run mfetch --keep
	assert_success
	assert_equal "$(box)" new
}

@test "what was only marked as seen is never deleted on the server" {
	give a b
	mfetch --mark-seen
	run mfetch
	assert_success
	run mfetch --keep=0s
	assert_success
	assert_equal "$(mailbox_count "$user")" 2
	assert_equal "$(box)" ''
}

@test "what was marked as seen can be fetched by name, and is deleted then" {
	give a b
	mfetch --mark-seen
	run mfetch all
	assert_success
	assert_equal "$(box)" 'a b'
	assert_equal "$(mailbox_count "$user")" 0
}

@test "mfetch --mark-seen takes nothing away from another destination" {
	give a
	mfetch --mark-seen --mbox=mbox
	run mfetch
	assert_success
	assert_equal "$(box)" a
}

@test "two destinations that take turns, one that keeps and one that deletes, miss nothing and get nothing twice" {
	keeping=(--keep --mbox=kept)
	give a b
	mfetch "${keeping[@]}"
	mfetch "${keeping[@]}" # with a bookmark now
	give c
	mfetch --keep
	mfetch "${keeping[@]}"
	assert_equal "$(subjects kept)" 'a b c'
	mfetch # deletes what it has delivered, below what the other one knows
	assert_equal "$(mailbox_count "$user")" 0
	give d e f g
	mfetch "${keeping[@]}"
	mfetch --keep
	give h
	mfetch
	give i j
	mfetch "${keeping[@]}"
	assert_equal "$(subjects kept)" 'a b c d e f g i j'
	mfetch
	assert_equal "$(box)" 'a b c d e f g h i j'
	assert_equal "$(mailbox_count "$user")" 0
}

@test "mfetch --mark-seen records what the operands name" {
	give a b c
	mfetch --mark-seen first:2
	run mfetch --keep
	assert_success
	assert_equal "$(box)" c
}

@test "marks stay when the record is rewritten" {
	give a
	mfetch --mark-seen
	journal=$(find "$XDG_STATE_HOME/mailverbs/journal" -name 'maildir*')
	printf '= 1790000000 0 gone%d\n' {1..1200} >>"$journal"
	printf '? 1790000000 gone%d\n' {1..1200} >>"$journal" # missing for weeks
	give b
	run mfetch --keep
	assert_success
	run grep -c gone "$journal"
	assert_output 0
	run mfetch --keep
	assert_equal "$(box)" b
}

@test "mfetch --mark-seen is a usage error where nothing is recorded" {
	config_for "$user"
	run mfetch --mark-seen
	assert_failure 64
	assert_output --partial 'standard output'
	run mfetch --mark-seen --keep
	assert_success
	run mfetch --mark-seen --limit=3 --keep
	assert_failure 64
}

@test "mfetch --mark-seen --dry-run records nothing" {
	give a b
	run mfetch --mark-seen --dry-run
	assert_success
	assert_line 'would record 2 of 2 messages'
	run mfetch
	assert_equal "$(box)" 'a b'
}

# ---- --headers ----

@test "mfetch --headers writes the headers and nothing of the bodies, to standard output" {
	give a b
	mfetch --headers >out
	assert_equal "$(subjects out)" 'a b'
	run grep -c xxx out
	assert_output 0
	run grep -c '^From ' out
	assert_output 2
	assert_equal "$(box)" ''
}

@test "mfetch --headers deletes nothing and records nothing" {
	give a b
	trace_user "$user"
	mfetch --headers >out
	mfetch --headers --maildir=box
	run wire_trace "$user" in
	assert_output --partial 'TOP 1 0'
	refute_output --partial RETR
	refute_output --partial DELE
	rm -r box
	run mfetch
	assert_success
	assert_equal "$(box)" 'a b'
}

@test "mfetch --headers --raw writes the header and the empty line behind it" {
	give a
	mfetch --headers --raw 1 >out
	sed '/^$/q' a.eml >expected
	assert_same_file expected out
}

# ---- --filter ----

@test "mfetch --filter: exit status 0 fetches, 1 deletes on the server, 2 leaves alone" {
	give get drop leave
	cat >judge <<-'END'
	#!/bin/sh
	case $(sed -n 's/^Subject: //p') in
	get) exit 0 ;;
	drop) exit 1 ;;
	leave) exit 2 ;;
	esac
	exit 3
	END
	chmod +x judge
	run mfetch --filter=./judge
	assert_success
	assert_output ''
	assert_equal "$(box)" get
	mapfile -t left < <(mailbox_files "$user")
	assert_equal "$(subjects "${left[@]}")" leave
}

@test "mfetch --filter --keep deletes what the filter wants deleted, and nothing else" {
	give get drop
	run mfetch --keep --filter='! grep -q drop'
	assert_success
	assert_equal "$(box)" get
	mapfile -t left < <(mailbox_files "$user")
	assert_equal "$(subjects "${left[@]}")" get
}

@test "a filter that fails leaves the message alone, is complained of (75), and the others are fetched" {
	give bad good
	run mfetch --filter='! grep -q bad || exit 9'
	assert_failure 75
	assert_output --partial 'exit status 9; message 1 uid:'
	assert_equal "$(box)" good
	assert_equal "$(mailbox_count "$user")" 1
}

@test "a filter that does not exist is a configuration error, and nothing is fetched or deleted" {
	give a b
	run mfetch --filter=./nowhere
	assert_failure 78
	run mfetch --filter='./nowhere | cat; exit 127'
	assert_failure 78
	assert_equal "$(box)" ''
	assert_equal "$(mailbox_count "$user")" 2
}

@test "the filter gets the header with LF line ends, and ACCOUNT, UID and SIZE in its environment" {
	give a
	uid=$(mlist -o uid)
	run mfetch --filter='cat >header; echo "$ACCOUNT $UID $SIZE" >environment'
	assert_success
	sed '/^$/q' a.eml >expected
	assert_same_file expected header
	assert_equal "$(cut -d' ' -f1,2 environment)" "test $uid"
	assert_regex "$(cut -d' ' -f3 environment)" '^[0-9]+$'
}

@test "what the filter prints does not get among the messages" {
	give a
	config_for "$user"
	mfetch --filter='echo noise; cat' >out
	run cat out
	refute_output --partial noise
	assert_equal "$(subjects out)" a
}

@test "mfetch --filter --limit=N fetches N although the filter leaves others alone before them" {
	give skip1 skip2 a b c
	run mfetch --limit=2 --filter='tee -a asked | grep -q skip && exit 2; exit 0'
	assert_success
	assert_equal "$(box)" 'a b'
	assert_equal "$(subjects asked)" 'a b skip1 skip2'
}

@test "the headers for a filter are asked for in one flight" {
	give a b c d e f
	trace_user "$user"
	mfetch --filter=true
	run wire_trace "$user" in
	assert_line --partial 'TOP 6 0'
	# Dovecot's trace has a time stamp for each read: all TOPs came in the same one
	assert_equal "$(wire_trace "$user" in | grep 'TOP ' | cut -d' ' -f1 | sort -u | wc -l)" 1
}

# ---- the progress line ----

# on_terminal COMMAND: runs it with standard error on a terminal of its own; what that was shown is
# in ./screen.
on_terminal()
{
	command -v script >/dev/null || skip 'script(1) is not installed'
	script -q -e -c "$1" screen </dev/null >/dev/null
}

# With a sleep for each message a fetch takes as long as on a slow line.
slowly="--pipe='sleep 0.4; cat >/dev/null'"

@test "a fetch of more than a second shows its progress on a terminal, and takes it away at the end" {
	give a b c d e
	config_for "$user"
	on_terminal "mfetch $slowly"
	run cat -v screen
	assert_output --regexp '[1-5]/5 messages, 0[.,]0/0[.,]0 MB, 0[.,]0 MB/s'
	# blanks over the line, and the cursor at its beginning: nothing stands there afterwards
	assert_equal "$(sed '/^Script /d' screen | tr -d '\n' | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 | grep -c messages)" 1
	assert_equal "$(sed '/^Script /d' screen | tr -d '\n' | tr '\r' '\n' | tail -n 1 | tr -d ' ')" ''
}

@test "a quick fetch, --quiet, and standard error in a file show no progress" {
	give a b c d e
	config_for "$user"
	on_terminal "mfetch --keep --pipe='cat >/dev/null'"
	run cat screen
	refute_output --partial messages
	on_terminal "mfetch --keep --quiet $slowly"
	run cat screen
	refute_output --partial messages
	run mfetch --pipe='sleep 0.4'
	assert_success
	assert_output ''
}

@test "a complaint in the middle pushes the progress line away first" {
	give a b c d
	config_for "$user"
	on_terminal "mfetch --pipe='sleep 0.6; ! grep -q \"Subject: d\"'" || true
	run cat -v screen
	assert_output --partial 'messages'
	assert_line --regexp '\^M *\^Mmfetch: .*exit status 1'
}

# ---- --raw -0 ----

@test 'with --raw -0 a message that contains NUL is refused and stays, the others are written' {
	local option
	config_for "$user" # over IMAP, Dovecot would give 0x80 for NUL
	printf 'Subject: letter 1\n\nhi\0From: boss@example.org\nSubject: forged\n\npay\n' | deliver "$user"
	give 'letter 2' 'letter 3'
	for option in --quiet --delete; do
		run -65 bash -c "mfetch $option --raw -0 >out"
		assert_line --partial 'a message that contains NUL cannot be written with --null'
		assert_equal "$(tr -dc '\0' <out | wc -c)" 2
		assert_equal "$(tr '\0' '\n' <out | grep -c forged)" 0
		assert_equal "$(tr '\0' '\n' <out | grep -c '^Subject: letter [23]$')" 2
	done
	assert_equal "$(mailbox_count "$user")" 1
	mfetch --delete >out
	assert_equal "$(wc -c <out | tr -d ' ')" "$(head -n 1 out | cat - <(printf 'Subject: letter 1\n\nhi\0From: boss@example.org\nSubject: forged\n\npay\n\n') | wc -c | tr -d ' ')"
	assert_equal "$(mailbox_count "$user")" 0
}
