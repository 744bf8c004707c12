#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A disk that loses what was written: nothing is deleted on the server that is not safely stored, also where the kernel
# reports the error late, and to another process first.

# shellcheck disable=SC2154  # abs_top_srcdir: tests/helper.bash; status, stderr: run

load helper
load replay
load dialog

setup_file()
{
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -shared -fPIC -O1 -o "$BATS_FILE_TMPDIR/late_error.so" \
		"$abs_top_srcdir/tests/crash/late_error.c" -ldl
}

setup()
{
	replay_setup
	library=$BATS_FILE_TMPDIR/late_error.so
}

# script N: a session in which N messages are fetched and nothing is deleted
script()
{
	local n
	hello
	lists "$1"
	# shellcheck disable=SC2046  # words
	asks $(seq "$1")
	for ((n = 1; n <= $1; n++)); do gives "$n" "message $n"; done
	given
}

# loses PATH AT N ARGUMENT...: the run fails with 74, having deleted nothing
loses()
{
	local path=$1 at=$2
	script "$3" >lost
	run --separate-stderr env PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$library" LATE_PATH="$path" LATE_AT="$at" \
		ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" \
		mfetch "${pop3[@]}" "$(tunnel_to "$PWD/lost")" "${@:4}"
	assert_equal "$status" 74
	refute grep -q 'DELE' "$REPLAY_VERDICT"
}

@test 'a Maildir, many messages' {
	loses /box/tmp/ 20 30 --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 0
}

@test 'a Maildir, few messages' {
	loses /box/tmp/ 2 3 --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 0
}

@test 'an mbox' {
	loses /box 2 3 --mbox=box # the first write is that of box.lock
	[[ ! -s box ]]
}

@test 'the spool of an mbox' {
	loses .spool 2 3 --mbox=box
	[[ ! -s box ]]
}

@test 'the record of what was delivered' {
	loses "$XDG_STATE_HOME" 3 3 --maildir=box # the second write is that of the note about the clock
}

@test 'standard output into a file' {
	script 3 >lost
	# shellcheck disable=SC2016  # bash expands it
	run --separate-stderr env PATH="$abs_top_builddir:$PATH" library="$library" bash -c 'LD_PRELOAD="$library" LATE_PATH=/out \
		ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" "$@" >out' - \
		mfetch "${pop3[@]}" "$(tunnel_to "$PWD/lost")" --keep
	assert_equal "$status" 74
	run -0 --separate-stderr cat out
}
