#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --keep in a mailbox that it knows: what came since the last run, without the long list; and
# the long list wherever that is not all that the run needs. Over both protocols; stat.bats has what is POP3's alone.
# shellcheck disable=SC2154  # output, stderr: run
# shellcheck disable=SC2030,SC2031  # each test is a subshell, and means to be

load helper
load replay
load bookmark
load dialog

setup()
{
	replay_setup
}

# gives_all N...: messages, and the end of the answer
gives_all()
{
	local n
	for n; do gives "$n" message; done
	given
}

# fetches N...: these are asked for, and come
fetches() { asks "$@" && gives_all "$@"; }

# learn: a first run, which fetches the three
learn()
{
	rm -rf box "$XDG_STATE_HOME"
	{ hello; lists 3; fetches 1 2 3; quits; } >script
	against "$PWD/script" 0 mfetch --keep --maildir=box
	[[ -s $(bookmark) ]]
}

journal()
{
	local file
	file=$(bookmark)
	printf '%s\n' "${file%/*}/$(basename "$file" .bookmark | cut -c2-)"
}

# run_again [OPTION]...: on the transcript script, and without a word
run_again()
{
	against "$PWD/script" 0 mfetch --keep --maildir=box "$@"
	assert_equal "$output$stderr" ''
}

# asks_for_all [OPTION]...: the next run lists all three, without asking for anything else
asks_for_all()
{
	{ hello; lists 3; quits; } >script
	run_again "$@"
}

# sees_nothing_new [OPTION]...: the next run does not list them
sees_nothing_new()
{
	{ hello; news 3 0; quits; } >script
	run_again "$@"
}

@test "nothing new is known in one flight" {
	learn
	sees_nothing_new
	assert_equal "$(paste -sd ' ' flights)" '1 2 1'
	sees_nothing_new
	assert_equal "$(arrived)" 3
}

@test "new ones at the end are asked for, and no others; then nothing is new again" {
	learn
	{ hello; news 3 2; fetches 4 5; quits; } >script
	run_again
	{ hello; news 5 0; quits; } >script
	run_again
	assert_equal "$(arrived)" 5
}

@test "once a day all are listed, and where the clock went back" {
	learn
	as_if $((EPOCHSECONDS - 86000))
	sees_nothing_new
	as_if $((EPOCHSECONDS - 86400))
	asks_for_all
	sees_nothing_new
	as_if $((EPOCHSECONDS + 600))
	asks_for_all
	sees_nothing_new
}

@test "a run that saw only what is new does not put the day off" {
	learn
	as_if $((EPOCHSECONDS - 86390))
	{ hello; news 3 1; fetches 4; quits; } >script
	run_again
	run cut -d' ' -f9 "$(bookmark)"
	assert [ "$output" -le $((EPOCHSECONDS - 86390)) ]
}

@test "--full-listing lists all, on the command line and in the configuration" {
	learn
	asks_for_all --full-listing
	printf 'full-listing = yes\n[test]\n' >config
	asks_for_all --config=config
	sees_nothing_new
}

@test "operands, --headers, --mark-seen and --dry-run list all" {
	learn
	asks_for_all new
	asks_for_all "uid:$(id 1)" --limit=1 --max-size=1 --quiet
	asks_for_all --mark-seen
	sees_nothing_new
	{ hello; lists 3; quits; } >script
	against "$PWD/script" 0 mfetch --keep --maildir=box --dry-run
	assert_regex "$output" 'would fetch 0 of 3 messages'
	against "$PWD/script" 0 mfetch --keep --maildir=box --headers
}

@test "where something is due for deletion all are listed" {
	learn
	sees_nothing_new --keep=1d
	{ hello; lists 3; deletes 1 2 3; deleted 1 2 3; } >all_go
	cp all_go script
	run_again --keep=0s
	learn
	cp all_go script
	run_again --keep=no
}

@test "what --mark-seen took as delivered is no reason to list all, without --keep either" {
	{ hello; lists 3; quits; } >script
	against "$PWD/script" 0 mfetch --maildir=box --mark-seen
	asks_for_all --keep=no
	sees_nothing_new --keep=no
	{ hello; news 3 1; fetches 4; deletes 4; deleted 4; } >script
	run_again --keep=no
	assert_equal "$(arrived)" 1
}

@test "messages that were left alone are asked for in each run" {
	{ hello; lists 3; fetches 1 2; quits; } >script
	against "$PWD/script" 0 mfetch --keep --maildir=box --limit=2
	asks_for_all --max-size=8 --quiet
	{ hello; lists 3; fetches 3; quits; } >script
	run_again
	sees_nothing_new
}

@test "a bookmark that is missing, torn, or of another journal is none" {
	local file journal n size
	learn
	file=$(bookmark)
	size=$(stat -c %s "$file")
	cp "$file" whole-bookmark
	for n in 0 1 20 40 $((size - 6)) $((size - 1)); do
		head -c "$n" whole-bookmark >"$file"
		asks_for_all
		sees_nothing_new
	done
	printf 'more\n' >>"$file"
	asks_for_all
	rm "$file"
	asks_for_all
	head -c "$size" /dev/zero >"$file"
	asks_for_all
	# another program was at the journal: of the same length, of another
	journal=$(journal)
	[[ -s $journal ]]
	touch "$journal"
	asks_for_all
	cp "$journal" other
	mv other "$journal"
	asks_for_all
	printf '~ 0 %s\n' "$(key 9)" >>"$journal"
	asks_for_all
	sees_nothing_new
}

@test "a journal that is damaged is an error, with a bookmark too" {
	local -n options=${MAILVERBS_PROTOCOL:-pop3}
	learn
	sed -i 's/^= /# /' "$(journal)"
	run -74 mfetch "${options[@]}" "$(tunnel_to "$BATS_TEST_TMPDIR/script")" --keep --maildir=box
	assert_output --partial damaged
}

@test "a journal is not read where nothing is new; before anything is fetched it is" {
	local journal
	learn
	journal=$(journal)
	# damaged without a trace: nobody can know who does not read it
	touch -r "$journal" when
	printf '#' | dd of="$journal" conv=notrunc bs=1 seek="$(head -n 1 "$journal" | wc -c)" status=none
	touch -r when "$journal"
	sees_nothing_new
	{ hello; news 3 1; quits; } >script
	against "$PWD/script" 74 mfetch --keep --maildir=box
	assert_regex "$stderr" ':2: the record of delivered messages is damaged'
	assert_equal "$(arrived)" 3
}
