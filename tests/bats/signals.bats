#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# SIGTERM, SIGINT and SIGHUP in the middle of mfetch, against Dovecot: it leaves by that signal, and
# nothing is lost or doubled. signals-imap.bats is the same over IMAP.
#
# shellcheck disable=SC2016  # the commands' own shell expands them

load helper

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user"
}

# give N: messages with the subjects 1 to N in the user's mailbox.
give()
{
	local i
	for ((i = 1; i <= $1; i++)); do
		printf 'Subject: %d\nFrom: a@example.org\n\n%01500d\n' "$i" 0 >"$i.eml"
	done
	deliver "$user" $(seq -f %g.eml "$1")
}

# delivered FILE...: the subjects in them, in numerical order, on one line.
delivered()
{
	cat "$@" | sed -n 's/^Subject: //p' | sort -n | xargs
}

@test "a signal between two messages: the first is delivered once, the rest by the next run" {
	for signal in TERM INT HUP; do
		rm -f got
		give 5
		run mfetch --pipe="cat >>got; kill -$signal \$PPID"
		assert_failure $((128 + $(kill -l "$signal")))
		assert_output --partial interrupted
		assert_equal "$(grep -c '^Subject: ' got)" 1
		run mfetch --pipe="cat >>got; kill -$signal \$PPID"
		assert_equal "$(grep -c '^Subject: ' got)" 2
		mdel -q all
	done
}

@test "a signal while the server is silent ends the wait at once" {
	local protocol=${MAILVERBS_PROTOCOL:-pop3}
	mkfifo started
	mfetch --server="$protocol+insecure://localhost:1110" --tunnel='echo $PPID >started; cat' 2>err 3>&- &
	read -r pid <started
	kill -TERM "$pid"
	wait $! || status=$?
	assert_equal "$status" 143
	assert_equal "$(cat err)" 'mfetch: localhost:1110: interrupted'
}

# A run with ARGUMENTs that is killed after so many milliseconds.
kill_after()
{
	local ms=$1 pid status=0
	shift
	mfetch "$@" 2>err 3>&- &
	pid=$!
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid" || status=$?
	[[ $status -eq 0 || $status -eq 143 ]] || {
		echo "after $ms ms: exit status $status: $(cat err)" >&2
		return 1
	}
}

# The moments are spread over a run's length, whatever the machine makes of it.
moments()
{
	local begin=${EPOCHREALTIME/[.,]/} end i
	mfetch --keep "$@"
	end=${EPOCHREALTIME/[.,]/}
	for ((i = 0; i < 4; i++)); do
		echo $(((end - begin) * (RANDOM % 1000) / 1000 / 1000))
	done
}

@test "killed by SIGTERM at random moments, a Maildir gets each message once" {
	give 100
	for ms in $(moments --maildir=measured); do
		rm -rf box
		[[ $(mailbox_count "$user") -eq 100 ]] || { mdel -q all && give 100; }
		kill_after "$ms" --maildir=box
		run mfetch --maildir=box
		assert_success
		assert_equal "$(delivered box/new/*)" "$(seq 100 | xargs)"
		assert_equal "$(mailbox_count "$user")" 0
	done
}

@test "killed by SIGTERM at random moments, an mbox gets each message once" {
	give 100
	for ms in $(moments --mbox=measured); do
		rm -f box
		[[ $(mailbox_count "$user") -eq 100 ]] || give 100
		kill_after "$ms" --mbox=box
		run mfetch --mbox=box
		assert_success
		assert_equal "$(delivered box)" "$(seq 100 | xargs)"
	done
}

# ---- commands and pipes that do not go on ----

# start_to FILE [ARGUMENT]...: mfetch in the background; its errors go to err, its process id to pid.
start_to()
{
	sh -c 'exec >"$1"; shift; echo $$ >pid; exec "$@"' sh "$1" mfetch "${@:2}" 2>err 3>&- &
	runner=$!
}

start()
{
	start_to /dev/null "$@"
}

@test 'SIGTERM while standard output takes nothing ends it at once, and the message stays' {
	printf 'Subject: big\n\n%0300000d\n' 0 >big.eml
	deliver "$user" big.eml
	mkfifo out
	start_to out
	exec 7<out
	read -r -n 1 -u 7 # it writes
	for ((i = 0; i < 500; i++)); do # until the pipe is full and the writer sleeps
		[[ $(<"/proc/$(<pid)/wchan") == *pipe* ]] && break
		sleep 0.01
	done
	kill -TERM "$(<pid)"
	wait "$runner" || status=$?
	exec 7<&-
	assert_equal "$status" 143
	assert_equal "$(mailbox_count "$user")" 1
	assert_equal "$(<err)" 'mfetch: standard output: interrupted'
}

@test 'SIGTERM while a command is at work: it may end what it does, and that counts' {
	give 2
	mkfifo started go
	start --pipe='cat >one; echo >started; read x <go; cat one >>got'
	read -r <started
	kill -TERM "$(<pid)"
	echo >go
	wait "$runner" || status=$?
	assert_equal "$status" 143
	assert_equal "$(delivered got)" 1
	assert_equal "$(mailbox_count "$user")" 2 # nothing is deleted by a run that a signal ends
	mfetch -k --pipe='cat >one; echo >started; read x <go; cat one >>got' 3>&- &
	read -r <started
	echo >go
	wait $!
	assert_equal "$(delivered got)" '1 2'
}

@test 'SIGTERM while a command hangs: it is ended after a while, and the message stays' {
	give 2
	mkfifo started
	start --pipe='trap "echo ended >ended; exit 0" TERM; echo >started; while :; do sleep 0.1; done'
	read -r <started
	kill -TERM "$(<pid)"
	wait "$runner" || status=$?
	assert_equal "$status" 143
	assert_equal "$(<ended)" ended
	assert_equal "$(mailbox_count "$user")" 2
	assert_regex "$(<err)" 'ended while at work, for a signal asked to stop'
	assert_equal "$(wc -l <err)" 1
}

@test 'SIGTERM while a command reads nothing: the same' {
	printf 'Subject: big\n\n%0300000d\n' 0 >big.eml
	deliver "$user" big.eml
	mkfifo started
	start --pipe='echo >started; exec sleep 100'
	read -r <started
	kill -TERM "$(<pid)"
	wait "$runner" || status=$?
	assert_equal "$status" 143
	assert_equal "$(mailbox_count "$user")" 1
}

@test 'SIGTERM while a filter hangs: it is ended at once, and nothing is deleted' {
	give 2
	mkfifo started
	start --maildir=box --filter='cat >/dev/null; trap "exit 1" TERM; echo >started; while :; do sleep 0.1; done'
	read -r <started
	kill -TERM "$(<pid)"
	wait "$runner" || status=$?
	assert_equal "$status" 143
	assert_equal "$(mailbox_count "$user")" 2
}
