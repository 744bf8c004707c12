#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --hook: a command after a run or a round that delivered something, and only then. Against Dovecot.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these
# shellcheck disable=SC2016  # the hook's own shell expands them

load helper
load watching

setup()
{
	mailverbs_setup
	export MAILVERBS_PROTOCOL=imap
	user=$(fresh_user)
	config_for "$user" "maildir = $PWD/box"
	note='echo "$ACCOUNT $FOLDER $COUNT" >>ran'
}

teardown()
{
	[[ -z $pid ]] || end_by TERM
	mailverbs_teardown
}

# has_run LINE...: the hook ran so often, and wrote these
has_run()
{
	[[ $(cat ran 2>/dev/null) == "$(printf '%s\n' "$@")" ]]
}

@test 'the hook runs once, after everything has been recorded and deleted, with account, folder and count' {
	give a b
	run -0 mfetch --hook="$note; mlist -c >left; mfetch --keep all >>left 2>&1; echo \$? >>left"
	assert_output ''
	has_run 'test INBOX 2'
	assert_equal "$(cat left)" $'0\t0\n0'
}

@test 'the hook does not run if nothing was delivered' {
	run -0 mfetch --hook="$note"
	give a
	run -0 mfetch --keep
	run -0 mfetch --keep --hook="$note"
	run -0 mfetch --hook="$note" --filter='exit 2' all
	assert [ ! -e ran ]
}

@test 'the hook does not run for --dry-run, --headers, --mark-seen and what is only shown' {
	give a
	run -0 mfetch --hook="$note" --dry-run
	run -0 mfetch --hook="$note" --headers
	run -0 mfetch --hook="$note" --mark-seen
	config_for "$user" "hook = $note"
	run -0 mfetch
	assert_line 'Subject: a'
	assert [ ! -e ran ]
}

@test 'to standard output, the hook runs if something was recorded or deleted, and its output is not mixed in' {
	config_for "$user" 'hook = echo hooked; cat'
	give a
	run -0 --separate-stderr mfetch --keep
	assert_line 'Subject: a'
	refute_line hooked
	assert_equal "$stderr" hooked
	run -0 --separate-stderr mfetch --delete
	refute_line hooked
	assert_equal "$stderr" hooked
	run -0 --separate-stderr mfetch --delete
	assert_equal "$output$stderr" ''
}

@test 'a hook that fails is an error of its own (75), and the messages are delivered all the same' {
	give a
	run -75 mfetch --hook='exit 7'
	assert_output "mfetch: hook 'exit 7': exit status 7"
	assert_equal "$(box), $(mailbox_count "$user")" 'a, 0'
	give b
	run -75 mfetch --hook='kill -9 $$'
	assert_output "mfetch: hook 'kill -9 \$\$': ended by signal 9"
	give c
	run -78 mfetch --hook='no-such-program | true; no-such-program'
	assert_line "mfetch: hook 'no-such-program | true; no-such-program': not found (exit status 127)"
	give d
	run -78 mfetch --hook=no-such-program
	assert_output "mfetch: hook: cannot run 'no-such-program': No such file or directory"
	give e
	run -66 mfetch --hook=false all 9
	assert_equal "$(box), $(mailbox_count "$user")" 'a b c d e, 0'
}

@test 'the hook runs for what was delivered before the run failed' {
	config_for "$user"
	give a b c
	run -75 mfetch --hook="$note" --pipe='! grep -q "Subject: b"'
	has_run 'test INBOX 2'
}

@test 'with several folders the hook runs for each that had messages' {
	give a b
	mmark --copy=Work --create 1
	mmark --copy=Empty --create 1
	run -0 mfetch --keep --folder=Empty
	run -0 mfetch --keep --folder='*' --hook="$note"
	run -0 sort ran
	assert_output $'test INBOX 2\ntest Work 1'
}

@test 'with --all-accounts each account that had messages runs its hook' {
	local other
	other=$(fresh_user)
	{
		sed '1s/.*/[one]/' "$XDG_CONFIG_HOME/mailverbs/config.ini"
		sed "1s/.*/[two]/; s/$user/$other/; s/box/box2/" "$XDG_CONFIG_HOME/mailverbs/config.ini"
		sed "1s/.*/[three]/; s/$user/$(fresh_user)/; s/box/box3/" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	} >all.ini
	chmod 600 all.ini
	give a
	user=$other give b c
	run -0 mfetch -C all.ini -A --hook="$note"
	run -0 sort ran
	assert_output $'one INBOX 1\ntwo INBOX 2'
}

@test 'a watch runs the hook in each round that delivered something, and survives its failure' {
	give a
	watch --hook="$note; exit 3"
	await has_run 'test INBOX 1'
	give b
	await has_run 'test INBOX 1' 'test INBOX 1'
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(grep -c "exit status 3" err)" 1
}

@test 'a signal leaves the hook time to end' {
	give a
	mfetch --hook="touch begun; sleep 0.2; $note" 3>&- &
	pid=$!
	await test -e begun
	end_by TERM
	has_run 'test INBOX 1'
}

@test 'after a fetch by POP3 the hook runs with the folder INBOX' {
	give a
	run -0 mfetch --protocol=pop3 --hook="$note"
	has_run 'test INBOX 1'
}
