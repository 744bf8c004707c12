# SPDX-License-Identifier: ISC
#
# mfetch, over POP3 and IMAP, msend's queue, copies and filters, and mmark killed, cut off and out of disk: a sample of
# tests/crash/matrix, of tests/crash/queue and of tests/crash/marks, another one in each run.
# `make check-crash` does all of it. CRASH_SECONDS and CRASH_SEED choose how long, and which.

# shellcheck disable=SC2154  # abs_top_srcdir: tests/helper.bash

load helper

setup_file()
{
	"$abs_top_srcdir/tests/crash/matrix" --messages=12 --list >"$BATS_FILE_TMPDIR/trials"
}

# crash SCRIPT ARGUMENT...: one of tests/crash; what failed is shown.
crash()
{
	run "$abs_top_srcdir/tests/crash/$1" "${@:2}"
	assert_success
}

matrix()
{
	crash matrix --messages=12 --trials="$BATS_FILE_TMPDIR/trials" ${CRASH_SEED:+--seed="$CRASH_SEED"} "$@"
}

@test 'whatever is killed, cut or full: nothing is lost, twice or torn' {
	matrix --sample="${CRASH_SECONDS:-33}"
	echo "# ${lines[0]}" >&3 # the seed
	assert_line --regexp '^[0-9]+ trials, [1-9][0-9]* killed, 0 failed$'
}

@test 'the sample is taken from trials of every kind' {
	local kind
	for kind in {kill,cut,fail,twice,race}' '{pop3,imap}' maildir delete' 'kill imap maildir '{folders,trash,copy,expunge,former,search,hook,watch,stay}; do
		grep -q "^$kind " "$BATS_FILE_TMPDIR/trials" || fail "no trial: $kind"
	done
	if [[ $EUID -eq 0 ]]; then
		grep -q '^full pop3 maildir ' "$BATS_FILE_TMPDIR/trials"
		grep -q '^full imap maildir ' "$BATS_FILE_TMPDIR/trials"
	fi
}

@test 'several runs at the same time: nothing is lost or twice' {
	matrix --only='^race ' --sample=8
	assert_line --regexp '^[1-9][0-9]* trials, 0 killed, 0 failed$'
}

@test 'letters in the queue: whatever is killed, cut or full, none is lost, torn, or twice without a word' {
	crash queue --sample="${CRASH_SECONDS:-16}" ${CRASH_SEED:+--seed="$CRASH_SEED"}
	echo "# ${lines[0]}" >&3 # the seed
	assert_line --regexp '^[0-9]+ trials, [1-9][0-9]* killed, 0 failed$'
}

@test 'messages that are moved, copied and appended: whatever is killed or cut, none is lost, changed or there twice without a word' {
	crash marks --sample="${CRASH_SECONDS:-4}" ${CRASH_SEED:+--seed="$CRASH_SEED"}
	echo "# ${lines[0]}" >&3 # the seed
	assert_line --regexp '^[0-9]+ trials, [1-9][0-9]* killed, 0 failed$'
}

@test 'a line cut in the first of two folders: the message there comes in the next run' {
	printf 'cut imap %s folders in 11001\n' maildir mbox lmtp >"$BATS_TEST_TMPDIR/trials"
	crash matrix --messages=12 --trials="$BATS_TEST_TMPDIR/trials"
	assert_line '3 trials, 0 killed, 0 failed'
}

@test 'a system call that fails once: the exit status is honest, and nothing is lost or twice' {
	local hows=(EINTR short EIO EDQUOT EMFILE ESTALE) sinks=(maildir mbox) protocols=(imap pop3)
	crash faults --sample=3 \
		--only="${protocols[RANDOM % 2]} (${sinks[RANDOM % 2]} ${hows[RANDOM % 6]}|pipe short)|(pop3|queue) lmtp ${hows[RANDOM % 6]}"
	assert_line --regexp '^[1-3] trials, 0 failed; seed ' # of some kinds there are fewer
}

@test 'few descriptors: a name that cannot be looked up for want of one is not called unknown' {
	local n
	for n in 8 9 10 11; do
		status=0
		# by its path: a shell that starts it has too few, too
		(ulimit -n "$n" && "$abs_top_builddir/mlist" --provider=none --server=imap+insecure://localhost:9 --user=alice --password-command='echo x') \
			>said 2>&1 || status=$?
		[[ $status = 75 || $status = 73 ]] || { echo "$n: $status: $(<said)" >&2 && false; }
	done
}
