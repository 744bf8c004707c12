# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# By the hundred thousand: batches, the queue, large mailboxes, by tests/bench/run
# shellcheck disable=SC2154,SC2317,SC2034,SC2094  # work, bin, SRV_*, tool: tests/bench/run; by_*: contest; a file is read only

# ---- batches: to a server that drops them, so that the client is measured ----

# outbox COUNT: $work/names has the name of a letter, so many times
outbox()
{
	local i
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "$work/letter"
	done >"$work/names"
}

floor_batch()
{
	measured "$bin/floor_smtp" localhost "$sink" "$SRV_CA" bench x bench@example.org bob@example.org "$1" \
		"$(stat -c %s "$work/letter.crlf")" <"$work/letter.crlf"
}

# ours_batch OPTION...: of those in $work/names
ours_batch()
{
	measured msend --quiet -s "smtps://localhost:$sink" --batch "$@" - <"$work/names"
}

row_submit_fast_1000()
{
	row '1,000 messages of 2 KiB over one connection to a server that drops them'
	settings_for bench
	outbox 1000
	by_floor() { floor_batch 1000; }
	by_ours() { ours_batch; }
	contest 9 floor ours
	limit wall 1.3
	limit cpu 1.6
}

row_submit_fast_100000()
{
	row '100,000 messages of 2 KiB to a server that drops them: over 1, 4 and 16 connections, and 1,000 beside'
	settings_for bench
	by_floor() { floor_batch 100000; }
	by_ours() { ours_batch; }
	by_ours_4() { ours_batch --connections=4; }
	by_ours_16() { ours_batch --connections=16; }
	by_ours_1000() { ours_batch; }
	outbox 1000
	contest 1 ours_1000
	outbox 100000
	contestants=()
	contest 1 floor ours ours_4 ours_16
	contestants+=(ours_1000)
	limit wall 1.3
	limit cpu 1.6
	limit wall 1.3 ours_4
	limit cpu 1.6 ours_4
	limit wall 1.3 ours_16
	limit cpu 1.6 ours_16
	limit_growth 1 ours ours_1000
	rm -f "$work/names"
}

# limit_growth MIB X Y: X has at most so much more resident than Y
limit_growth()
{
	local a b
	a=$(median rss "$2") && b=$(median rss "$3") || return 0
	verdict "MiB resident of ${2/#ours/$tool} above ${3/#ours/$tool}" "$(calc "$a" "$b" 'a - b')" "$1"
}

# ---- the queue ----

# server_is PORT: the account's, in the configuration
server_is()
{
	sed -i "s|^smtp = .*|smtp = smtps://localhost:$1|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
}

# queued COUNT: so many letters wait, for a server that is away
queued()
{
	rm -rf "$XDG_STATE_HOME"
	outbox "$1"
	server_is 1
	msend --quiet --queue --batch - <"$work/names" >"$work/out" 2>"$work/err"
}

row_submit_queue_list()
{
	row 'a queue of 100,000 messages is listed, and by ls -l'
	settings_for bench
	queued 100000
	by_floor() { measured ls -l "$XDG_STATE_HOME/mailverbs/queue"; }
	by_ours() { measured msend --list-queue; }
	contest 3 floor ours
	limit wall 2
	rm -rf "$XDG_STATE_HOME" "$work/names"
}

row_submit_queue_flush()
{
	row '10,000 queued messages are sent, and a batch of as many'
	settings_for bench
	by_ours_batch() { outbox 10000; ours_batch; }
	by_ours_flush() {
		queued 10000
		server_is "$sink"
		measured msend --quiet --flush
	}
	contest 3 ours_batch ours_flush
	limit wall 1.2 ours_flush ours_batch
	rm -rf "$XDG_STATE_HOME" "$work/names"
}

# ---- mailboxes of a million ----

from_mailbox_of()
{
	echo "--tunnel=exec '$bin/mailbox_pop3' $1"
}

row_list_1000000()
{
	row 'mlist of 1,000,000 messages, and of 100,000: numbers, sizes, ids, from a server that has nothing else'
	tool=mlist
	settings_for bench
	by_ours_100000() { measured mlist -s pop3+insecure://localhost --auth=user "$(from_mailbox_of 100000)" -o number,size,uid; }
	by_ours_1000000() { measured mlist -s pop3+insecure://localhost --auth=user "$(from_mailbox_of 1000000)" -o number,size,uid; }
	contest 3 ours_100000 ours_1000000
	limit wall 12 ours_1000000 ours_100000
	limit_growth 54.9 ours_1000000 ours_100000 # 64 bytes for each of 900,000
}

row_fetch_journal_1000000()
{
	row 'nothing new: with a journal of 1,000,000 messages, and of 10'
	settings_for bench
	quiet_fetch() {
		"$runner" mfetch -q -s pop3+insecure://localhost --auth=user "$(from_mailbox_of "$1")" --keep "${@:2}"
	}
	fresh_box
	by_ours_10() { XDG_STATE_HOME=$work/state.10 runner=measured quiet_fetch 10 --maildir="$box"; }
	by_ours_1000000() { XDG_STATE_HOME=$work/state.1m runner=measured quiet_fetch 1000000 --maildir="$box"; }
	XDG_STATE_HOME=$work/state.10 runner=command quiet_fetch 10 --mark-seen --maildir="$box"
	XDG_STATE_HOME=$work/state.1m runner=command quiet_fetch 1000000 --mark-seen --maildir="$box"
	# the first run that finds nothing new remembers the mailbox
	XDG_STATE_HOME=$work/state.10 runner=command quiet_fetch 10 --maildir="$box"
	XDG_STATE_HOME=$work/state.1m runner=command quiet_fetch 1000000 --maildir="$box"
	contest 9 ours_10 ours_1000000
	limit_more 1 ours_1000000 ours_10
	rm -rf "$work/state.10" "$work/state.1m"
}
