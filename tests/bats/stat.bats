#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --keep in a mailbox that it knows, as POP3 has it: STAT and UIDL of the last message tell that it only grew; and
# the long list wherever that could hide a message. What IMAP has too is in since.bats.
# shellcheck disable=SC2154  # pop3: tests/replay.bash; status, output, stderr: run
# shellcheck disable=SC2030,SC2031  # each test is a subshell, and means to be

load helper
load replay
load bookmark

setup()
{
	replay_setup
	hello='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: .'
	# the long list of three messages, each of 9 octets by the server's account
	whole='C: UIDL
C: LIST
S: +OK
S* 3 \i id-\i
S: .
S: +OK
S* 3 \i 9
S: .'
	message='S: +OK\r\n\r\nmessage\r\n.'
}

# learn: a first run, which fetches the three
learn()
{
	rm -rf box "$XDG_STATE_HOME"
	against - 0 mfetch --keep --maildir=box <<-END
	$hello
	$whole
	C* 3 RETR \i
	C: NOOP
	$message
	$message
	$message
	S: +OK
	C: QUIT
	END
	[[ -s $(bookmark) ]]
}

# run_again [OPTION]...: on what stands on standard input behind the capabilities
run_again()
{
	{
		printf '%s\n' "$hello"
		cat
	} >script
	against "$PWD/script" 0 mfetch --keep --maildir=box "$@"
	assert_equal "$output$stderr" ''
}

# asks_for_all: the next run lists all three, without asking for anything else
asks_for_all()
{
	run_again <<-END
	$whole
	C: QUIT
	END
}

# sees_nothing_new: the next run does not list them
sees_nothing_new()
{
	run_again <<-'END'
	C: STAT
	C: UIDL 3
	S: +OK 3 27
	S: +OK 3 id-3
	C: QUIT
	END
}

@test "few new ones at the end are asked for by number; then nothing is new again" {
	learn
	run_again <<-END
	C: STAT
	C: UIDL 3
	S: +OK 5 68 octets
	S: +OK 3 id-3
	C: UIDL 4
	C: LIST 4
	C: UIDL 5
	C: LIST 5
	S: +OK 4 id-4
	S: +OK 4 20 octets
	S: +OK 5 id-5
	S: +OK 5 21
	C: RETR 4
	C: RETR 5
	C: NOOP
	$message
	$message
	S: +OK
	C: QUIT
	END
	run_again <<-'END'
	C: STAT
	C: UIDL 5
	S: +OK 5 68
	S: +OK 5 id-5
	C: QUIT
	END
	assert_equal "$(arrived)" 5
}

@test "many new ones are listed with all others" {
	learn
	run_again <<-END
	C: STAT
	C: UIDL 3
	S: +OK 200 1800
	S: +OK 3 id-3
	C: UIDL
	C: LIST
	S: +OK
	S* 200 \i id-\i
	S: .
	S: +OK
	S* 200 \i 9
	S: .
	$(printf 'C: RETR %d\n' {4..200})
	C: NOOP
	S* 197 +OK\r\n\r\nmessage\r\n.
	S: +OK
	C: QUIT
	END
	assert_equal "$(arrived)" 200
}

@test "whatever does not fit is a reason to list all" {
	local answers script cases=0
	while IFS='|' read -r -a answers; do
		learn
		script=$(printf 'C: STAT\nC: UIDL 3\nS: %s\nS: %s\n' "${answers[0]}" "${answers[1]}")
		# Without the line, it may be a list of it: a NOOP finds the end.
		[[ ${answers[1]} != +OK ]] || script+=$'\nC: NOOP\nS: +OK'
		if [[ -n ${answers[2]-} ]]; then
			script+=$(printf '\nC: UIDL 4\nC: LIST 4\nS: %s\nS: %s\n' "${answers[2]}" "${answers[3]}")
		fi
		echo "# ${answers[*]}" >&2
		run_again <<-END
		$script
		$whole
		C: QUIT
		END
		((++cases))
	done <<-'END'
	+OK 3 27|+OK 3 other
	+OK 3 28|+OK 3 id-3
	+OK 3 27|-ERR no such message
	+OK 3 27|+OK
	+OK 3 27|+OK 2 id-3
	+OK 2 18|-ERR no such message
	+OK 0 0|-ERR no such message
	+OK 2 18|+OK 3 id-3
	-ERR what?|+OK 3 id-3
	+OK|+OK 3 id-3
	+OK 18446744073709551615 27|+OK 3 id-3
	+OK -1 -1|+OK 3 id-3
	+OK 3 27 octets|+OK 3 id-3 and more
	+OK 4 36|+OK 3 id-4
	+OK 4 36|+OK 3 id-3|-ERR no such message|+OK 4 9
	+OK 4 36|+OK 3 id-3|+OK 4 id-4|-ERR no such message
	+OK 4 36|+OK 3 id-3|+OK 4 id-4|+OK 4 10
	+OK 4 36|+OK 3 id-3|+OK 4 id-3|+OK 4 9
	+OK 4 36|+OK 3 id-3|+OK 4 id-1|+OK 4 9
	+OK 4 36|+OK 3 id-3|+OK 5 id-5|+OK 5 9
	END
	assert_equal $cases 20
}

@test "a session that deletes leaves nothing to tell by: the next one lists all" {
	learn
	run_again --keep=no uid:id-4 <<-END
	C: UIDL
	C: LIST
	S: +OK
	S* 4 \i id-\i
	S: .
	S: +OK
	S* 4 \i 9
	S: .
	C: RETR 4
	C: NOOP
	$message
	S: +OK
	C: DELE 4
	C: QUIT
	S: +OK
	S: +OK
	END
	asks_for_all
	sees_nothing_new
}

@test "without PIPELINING it takes the two round trips of a listing, and one more where something came" {
	local hello=$'S: +OK ready\nC: CAPA\nS: +OK\nS: TOP\nS: .'
	local whole='C: UIDL
S: +OK
S* 3 \i id-\i
S: .
C: LIST
S: +OK
S* 3 \i 9
S: .'
	against - 0 mfetch --keep --maildir=box <<-END
	$hello
	$whole
	C: RETR 1
	$message
	C: RETR 2
	$message
	C: RETR 3
	$message
	C: NOOP
	S: +OK
	C: QUIT
	END
	run_again <<-'END'
	C: STAT
	S: +OK 3 27
	C: UIDL 3
	S: +OK 3 id-3
	C: QUIT
	END
	run_again <<-END
	C: STAT
	S: +OK 2 18
	$whole
	C: QUIT
	END
}

@test "a server whose STAT and LIST do not agree is believed from the second run on" {
	learn
	run_again <<-END
	C: STAT
	C: UIDL 3
	S: +OK 3 30
	S: +OK 3 id-3
	$whole
	C: QUIT
	END
	run_again <<-'END'
	C: STAT
	C: UIDL 3
	S: +OK 3 30
	S: +OK 3 id-3
	C: QUIT
	END
}

# A small server of ours with the messages of the file `mail`: an id and a text in each line.
make_server()
{
	cat >server <<-'END'
	#!/bin/bash
	say() { printf '%s\r\n' "$@"; }
	mapfile -t mail <mail
	octets=0
	for line in "${mail[@]}"; do ((octets += ${#line})); done
	say '+OK hello'
	while read -r verb n; do
		verb=${verb%$'\r'} n=${n%$'\r'}
		echo "$verb${n:+ n}" >>asked
		case $verb${n:+ n} in
		CAPA) say +OK PIPELINING . ;;
		STAT) say "+OK ${#mail[@]} $octets" ;;
		'UIDL n') ((n > 0 && n <= ${#mail[@]})) && say "+OK $n ${mail[n - 1]%% *}" || say -ERR ;;
		'LIST n') ((n > 0 && n <= ${#mail[@]})) && say "+OK $n ${#mail[n - 1]}" || say -ERR ;;
		UIDL) say +OK; for i in "${!mail[@]}"; do say "$((i + 1)) ${mail[i]%% *}"; done; say . ;;
		LIST) say +OK; for i in "${!mail[@]}"; do say "$((i + 1)) ${#mail[i]}"; done; say . ;;
		'RETR n') say +OK '' "${mail[n - 1]%% *}" . ;;
		NOOP) say +OK ;;
		QUIT) say +OK && exit ;;
		esac
	done
	END
	chmod +x server
	: >mail
	: >asked
}

# filler: up to $sizes octets, one at least
filler() { printf '%0*d' $((RANDOM % sizes)) 0; }

# change N: something happens to `mail`; the message that comes has the id N
change()
{
	local lines mail
	mapfile -t mail <mail
	lines=${#mail[@]}
	case $((RANDOM % 6)) in
	0 | 1) echo "m$1 $(filler)" >>mail ;;
	2) sed -i "$((RANDOM % (lines + 1) + 1))d" mail ;;
	3) [[ $lines = 0 ]] || sed -i "$((RANDOM % lines + 1))i m$1 $(filler)" mail ;;
	4) shuf mail >mixed && mv mixed mail ;;
	5) [[ $lines = 0 ]] || {
		sed -i "$((RANDOM % lines + 1))d" mail
		sed -i "1i m$1 $(filler)" mail
	} ;;
	esac
}

# all_arrived_once: each id that was ever listed is there, and once
all_arrived_once()
{
	find box/new -type f -exec tail -qn 1 {} + 2>/dev/null | sort >arrived
	assert_equal "$(uniq -d arrived)" ''
	assert_equal "$(cut -d' ' -f1 mail | sort | comm -23 - arrived)" ''
}

@test "reordered, deleted from and inserted into, by chance: after a day at most nothing is missing, ever nothing twice" {
	local i
	RANDOM=${SINCE_SEED:-$$}
	echo "# SINCE_SEED=${SINCE_SEED:-$$}" >&2
	make_server
	# of one size, more or less, so that an exchange can go unnoticed; then of many
	for sizes in 1 3000; do
		for ((i = 0; i < 60; i++)); do
			change "$sizes-$i"
			sort mail >>listed
			mfetch "${pop3[@]}" --tunnel=./server --keep --maildir=box
			((i % 5)) || {
				[[ -z $(bookmark) ]] || as_if 1
				mfetch "${pop3[@]}" --tunnel=./server --keep --maildir=box
				all_arrived_once
			}
		done
	done
	# and both ways were gone
	assert [ "$(grep -c '^UIDL n' asked)" -gt 20 ]
	assert [ "$(grep -c '^UIDL$' asked)" -gt 20 ]
}

@test "an exchange of messages of one size is noticed after a day" {
	make_server
	printf 'm%d x\n' 1 2 3 4 >mail
	mfetch "${pop3[@]}" --tunnel=./server --keep --maildir=box
	sed -i -e 2d -e '1i m5 x' mail
	mfetch "${pop3[@]}" --tunnel=./server --keep --maildir=box
	assert_equal "$(arrived)" 4
	as_if $((EPOCHSECONDS - 86401))
	mfetch "${pop3[@]}" --tunnel=./server --keep --maildir=box
	assert_equal "$(arrived)" 5
}

@test "Dovecot: what comes at the end, what another program deletes in the middle" {
	local user
	user=$(fresh_user)
	config_for "$user"
	trace_user "$user"
	asked() { wire_trace "$user" in | cut -d' ' -f2- | tr -d '\r' | grep -E '^(STAT|UIDL|LIST|RETR)' | paste -sd' '; }
	local i
	for i in 1 2 3 4; do
		printf 'Subject: %d\n\nmessage %d\n' $i $i | deliver "$user"
	done
	mfetch --keep --maildir=box
	assert_equal "$(asked)" 'UIDL LIST RETR 1 RETR 2 RETR 3 RETR 4'
	rm -rf "$SRV_HOME/$user/trace"/*
	mfetch --keep --maildir=box
	printf 'Subject: 5\n\nmessage 5\n' | deliver "$user"
	mfetch --keep --maildir=box
	assert_equal "$(asked)" 'STAT UIDL 4 STAT UIDL 4 UIDL 5 LIST 5 RETR 5'
	rm -rf "$SRV_HOME/$user/trace"/*
	rm "$(mailbox_files "$user" | sed -n 2p)"
	printf 'Subject: 6\n\nmessage 6\n' | deliver "$user"
	mfetch --keep --maildir=box
	assert_equal "$(asked)" 'STAT UIDL 5 UIDL LIST RETR 5'
	assert_equal "$(arrived)" 6
}
