#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What a server says of its customs in CAPA: LOGIN-DELAY and EXPIRE. Dovecot says neither, so the
# server here is a small one of ours, behind --tunnel.

load helper

setup()
{
	mailverbs_setup
	cat >server <<-'END'
	#!/bin/bash
	echo >>visits
	say() { printf '%s\r\n' "$@"; }
	say '+OK hello'
	while read -r line; do
		case ${line%$'\r'} in
		CAPA) say +OK USER UIDL ${SAYS:+"$SAYS"} . ;;
		PASS*) say "${LOGIN:-+OK}" ;;
		UIDL | LIST) say +OK '1 1' . ;;
		RETR*) say +OK 'Subject: a' '' x . ;;
		QUIT) say +OK && exit ;;
		*) say +OK ;;
		esac
	done
	END
	chmod +x server
	pop3=(--server=pop3+insecure://pop.example.org --user=alice --tunnel=./server
		--auth=user --password-command='echo secret')
}

visits()
{
	wc -l <visits
}

# await_visits N: so many there are within ten seconds.
await_visits()
{
	local tries=0
	until [[ -e visits && $(visits) -ge $1 ]]; do
		((++tries < 500)) || fail "no $1 visits: $(cat err)"
		sleep 0.02
	done
}

@test "who comes too early is told until when (75), and the server is not bothered" {
	SAYS='LOGIN-DELAY 600' run mfetch "${pop3[@]}" --maildir=box
	assert_success
	run mfetch "${pop3[@]}" --maildir=box
	assert_failure 75
	assert_line --index 0 --regexp '^mfetch: pop\.example\.org: the server wants 600 seconds between two logins, so not before [0-9-]+ [0-9:]+$'
	assert_line --index 1 'mfetch: hint: --login-delay=wait waits until then'
	run mlist "${pop3[@]}"
	assert_failure 75
	assert_equal "$(visits)" 1
	run mfetch "${pop3[@]}" --user=bob --maildir=box
	assert_success
}

@test "--login-delay=wait logs in when it may, a signal ends the wait, and =ignore does not care" {
	SAYS='LOGIN-DELAY 600' mfetch "${pop3[@]}" --maildir=box
	SAYS='LOGIN-DELAY 600' run -0 mlist "${pop3[@]}" -o uid --login-delay=ignore
	assert_equal "$(visits)" 2
	record=$(find "$XDG_STATE_HOME" -name .login)
	run -124 timeout 0.5 mlist "${pop3[@]}" --login-delay=wait -o uid
	assert_equal "$(visits)" 2
	echo "$(($(date +%s) - 599)) 600" >"$record"
	echo 1 | run -0 mdel "${pop3[@]}" --login-delay=wait -
	assert_equal "$(visits)" 3
	run -64 mdel "${pop3[@]}" --login-delay=never all
	assert_output --partial "'never' is not one of refuse wait ignore"
}

@test "once the delay is over, and when the server wants none any more, all is as ever" {
	SAYS='LOGIN-DELAY 600 USER' mfetch "${pop3[@]}" --maildir=box
	record=$(find "$XDG_STATE_HOME" -name .login)
	read -r when delay <"$record"
	assert_equal "$delay" 600
	echo "$((when - 601)) 600" >"$record"
	run mfetch "${pop3[@]}" --maildir=box
	assert_success
	run mfetch "${pop3[@]}" --maildir=box
	assert_success
}

@test "a login in the future, and a record that is damaged, keep nobody out" {
	SAYS='LOGIN-DELAY 600' mfetch "${pop3[@]}" --maildir=box
	record=$(find "$XDG_STATE_HOME" -name .login)
	echo "99999999999 600" >"$record"
	run mfetch "${pop3[@]}" --maildir=box
	assert_success
	echo "17" >"$record"
	run mfetch "${pop3[@]}" --maildir=box
	assert_success
}

@test "a refused login is no login" {
	SAYS='LOGIN-DELAY 600' LOGIN='-ERR [AUTH] no' run mfetch "${pop3[@]}" --maildir=box
	assert_failure 77
	SAYS='LOGIN-DELAY 600' run mfetch "${pop3[@]}" --maildir=box
	assert_success
}

@test "mfetch --watch comes as often as the server wants, not as often as it was told to" {
	SAYS='LOGIN-DELAY 3' mfetch "${pop3[@]}" --keep --watch --interval=1 --maildir=box 2>err &
	pid=$!
	await_visits 1
	begin=${EPOCHREALTIME/[.,]/}
	await_visits 3
	took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	status=0
	kill -TERM "$pid"
	wait "$pid" || status=$?
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	((took > 5500)) || fail "twice after $took ms"
}

@test "a server that deletes sooner than --keep=AGE wants is remarked on, without an error" {
	SAYS='EXPIRE 5' run mfetch "${pop3[@]}" --maildir=box --keep=10d
	assert_success
	assert_output 'mfetch: pop.example.org: the server deletes messages after 5 days, which is sooner than --keep=10d'
	for says in 'EXPIRE 10' 'EXPIRE 30 USER' 'EXPIRE NEVER'; do
		SAYS=$says run mfetch "${pop3[@]}" --maildir=box --keep=10d
		assert_success
		assert_output ''
	done
	SAYS='EXPIRE 5' run mfetch "${pop3[@]}" --maildir=box --keep=10d --quiet
	assert_output ''
}

@test "a server that deletes what was fetched whatever we do (EXPIRE 0) is remarked on with --keep" {
	SAYS='EXPIRE 0' run mfetch "${pop3[@]}" --maildir=box --keep
	assert_success
	assert_output --partial '(EXPIRE 0)'
	SAYS='EXPIRE 0' run mfetch "${pop3[@]}" --maildir=box
	assert_success
	assert_output ''
}

@test "a server that wants a delay without sense gets a day at most" {
	SAYS='LOGIN-DELAY 4294967295' mfetch "${pop3[@]}" --maildir=box
	run mfetch "${pop3[@]}" --maildir=box
	assert_failure 75
	assert_output --partial 'wants 86400 seconds'
}
