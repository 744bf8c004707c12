# SPDX-License-Identifier: ISC
#
# The suite itself: a test that hangs, or leaves a process, fails or passes, and cannot stop the others.

# shellcheck disable=SC2016,SC2154 # the inner files' variables; tests: helper.bash

load helper

# suite LINE...: a file of tests that begins as this one does. A test whose name begins with `hangs` has a second.
suite()
{
	printf '%s\n' "load '$tests/bats/helper'" '[[ $BATS_TEST_NAME != test_hangs* ]] || BATS_TEST_TIMEOUT=1' "$@" >inner.bats
	run env BATS_TEST_TIMEOUT=60 timeout 100 bats --formatter tap inner.bats
}

@test 'a process in the background does not outlive its test' {
	suite '@test "leaves one" { sleep 1000 & echo $! >"$OUT"; }' '@test "comes after it" { true; }'
	assert_success
	assert_line 'ok 2 comes after it'
	run ! kill -0 "$(<pid)"
}

@test 'what such a process started is ended too' {
	suite '@test "leaves two" { (sleep 1000 & echo $! >"$OUT"; wait) & while [[ ! -s $OUT ]]; do sleep 0.01; done; }'
	assert_success
	run ! kill -0 "$(<pid)"
}

@test 'a test that hangs fails, whatever it waits for, and the next one is run' {
	suite '@test "hangs in a pipe" { run bash -c "sleep 1000; true"; }' \
		'@test "does not hang" { true; }' \
		'@test "hangs in a redirection" { mkfifo fifo; read -r x <fifo; }' \
		'@test "does not hang either" { true; }'
	assert_failure
	assert_line --regexp '^not ok 1 hangs in a pipe'
	assert_line 'ok 2 does not hang'
	assert_line --regexp '^not ok 3 hangs in a redirection'
	assert_line 'ok 4 does not hang either'
}

# Instead of mlist and msend, grep shows what they were started with: the tools put SIGCHLD right at once.
@test 'the tools can be started with SIGCHLD ignored, and in another locale' {
	export MAILVERBS_SIGCHLD=ignore MAILVERBS_LOCALE=tr_TR.UTF-8 MAILVERBS_LOCPATH=$PWD
	mkdir build
	ln -s "$(type -P grep)" build/mlist
	ln -s "$(type -P grep)" build/msend
	export abs_top_builddir=$PWD/build
	suite '@test "they are" { mlist SigIgn /proc/self/status >"$OUT"; msend -z . /proc/self/environ >"$OUT.env"; }'
	assert_success
	read -r _ ignored <pid
	(((16#$ignored >> 16) & 1)) # signal 17
	grep -qzx LC_ALL=tr_TR.UTF-8 pid.env
	grep -qzx "LOCPATH=$PWD" pid.env
}

setup()
{
	mailverbs_setup
	export OUT=$PWD/pid
}
