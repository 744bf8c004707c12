#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --watch, against Dovecot.
#
# shellcheck disable=SC2016  # the commands' own shell expands them

load helper
load watching

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user" "maildir = $PWD/box" 'interval = 1'
}

lines_in()
{
	[[ -e $1 && $(wc -l <"$1") -ge $2 ]]
}

@test "mfetch --watch fetches what is there, and what comes later" {
	give a
	watch
	await box_has a
	give b
	await box_has a b
	give c
	await box_has a b c
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	assert_equal "$(mailbox_count "$user")" 0
}

@test "mfetch --watch ends with 0 on SIGTERM, and by the signal on SIGINT and SIGHUP" {
	give a
	watch
	await box_has a
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	give b
	# A background job of a shell without job control ignores SIGINT.
	watch
	await box_has a b
	end_by HUP
	assert_equal "$status" 129
}

@test "SIGTERM in the middle of a fetch finishes the message in hand; the next run has the rest" {
	give a b c
	run mfetch --watch --pipe='cat >>got; kill -TERM $PPID'
	assert_success
	assert_output ''
	assert_equal "$(grep -c '^Subject: ' got)" 1
	run mfetch --pipe='cat >>got; kill -TERM $PPID'
	assert_equal "$(grep -c '^Subject: ' got)" 2
}

@test "between two looks the mailbox is free for others" {
	config_for "$user" "maildir = $PWD/box" 'interval = 1000'
	give a
	watch
	await box_has a
	give b
	mailbox_is_free()
	{
		mfetch --quiet
	}
	await mailbox_is_free
	assert_equal "$(box)" 'a b'
	end_by TERM
	assert_equal "$status" 0
}

# A way to the server that is open while there is a file `up`, and writes down each attempt.
make_gate()
{
	cat >gate <<-END
	#!/bin/bash
	echo >>attempts
	[[ -e up ]] || exit 1
	exec '${abs_top_srcdir:?}/tests/servers/relay' ${SRV_POP3S##*:}
	END
	chmod +x gate
}

@test "mfetch --watch reconnects after failures, and says the same one once" {
	make_gate
	give a
	watch --tunnel=./gate
	await lines_in attempts 3
	assert_equal "$(wc -l <err)" 1
	touch up
	await box_has a
	rm up
	await lines_in err 2
	end_by TERM
	assert_equal "$status" 0
}

@test "the pause doubles with each failure in a row" {
	make_gate
	watch --tunnel=./gate
	await lines_in attempts 1
	begin=${EPOCHREALTIME/[.,]/}
	await lines_in attempts 4 # after 1, 2 and 4 seconds
	took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	end_by TERM
	((took > 6500 && took < 9500)) || fail "$took ms"
}

@test "mfetch --watch ends when the login is refused" {
	sed -i 's/^password = .*/password = wrong/' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run mfetch --watch
	assert_failure 77
}

@test "mfetch --watch says of a message over --max-size once that it stays there" {
	printf 'Subject: big\n\n%03000d\n' 0 >big.eml
	deliver "$user" big.eml
	trace_user "$user"
	watch --max-size=2k
	looks()
	{
		[[ $(wire_trace "$user" in | grep -c UIDL) -ge 3 ]]
	}
	await looks
	end_by TERM
	assert_equal "$(grep -c 'more than max-size' err)" 1
}

@test "mfetch --watch and what does not go with it: a usage error" {
	for option in --mark-seen --headers --dry-run --probe all; do
		run mfetch --watch "$option"
		assert_failure 64
	done
	run mfetch --interval=5
	assert_failure 64
}
