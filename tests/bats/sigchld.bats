#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A parent that ignores SIGCHLD (Nagios plugins, Perl daemons, `trap '' CHLD`) hands that on. How a child of ours ended
# must be known all the same.

# shellcheck disable=SC2154  # helper.bash, replay.bash and run set what is used here; a test is a subshell

load helper
load replay
load dialog

setup()
{
	replay_setup
	cat >deaf <<-'END'
	#!/bin/bash
	trap '' CHLD
	exec "$@"
	END
	chmod +x deaf
}

# deaf TOOL SCRIPT [ARGUMENT]...: with SIGCHLD ignored
deaf()
{
	run --separate-stderr ./deaf "$1" --provider=none "$(tunnel_to "$2")" "${@:3}"
	assert_verdict
}

@test 'with SIGCHLD ignored: password-command' {
	printf '%s\n' 'S: +OK ready' 'C: CAPA' 'S: -ERR' 'C: USER alice' 'S: +OK' 'C: PASS tanstaaf' 'S: +OK' \
		'C: CAPA' 'S: -ERR' 'C: STAT' 'S: +OK 0 0' 'C: QUIT' >script
	deaf mlist script -c -s pop3+insecure:// -u alice --auth=user --password-command='cat password'
	assert_equal "$status" 0
	printf '%s\n' 'S: +OK ready' 'C: CAPA' 'S: -ERR' >script
	deaf mlist script -c -s pop3+insecure:// -u alice --auth=user --password-command='cat password; exit 3'
	assert_equal "$status" 77
}

@test 'with SIGCHLD ignored: the status of --pipe counts, and the message is deleted or stays' {
	{ hello; lists 2; asks 1 2; gives 1 one; gives 2 two; given; deletes 1; deleted 1; } >script
	deaf mfetch script -s pop3+insecure:// -u alice --auth=none --pipe='grep -q one'
	assert_equal "$status" 75
	assert_regex "$stderr" 'grep -q one: exit status 1'
}

@test 'with SIGCHLD ignored: --filter' {
	printf '%s\n' 'S: +OK ready' 'C: CAPA' 'S: +OK' 'S: PIPELINING' 'S: TOP' 'S: .' >script
	{ lists 1; echo 'C: TOP 1 0'; echo 'C: NOOP'; printf 'S: +OK\\r\\nSubject: m\\r\\n\\r\\n.\n'; given; quits; } >>script
	deaf mfetch script -s pop3+insecure:// -u alice --auth=none --maildir=in --filter='exit 2'
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test 'with SIGCHLD ignored: the worst status of --connections' {
	local n
	for n in 1 2; do sed "s/<1@/<$n@/" letter >"$n.eml"; done
	cat >refusing <<-END
	#!/bin/bash
	say() { printf '%s\r\n' "\$@"; }
	say '220 ready'
	while IFS= read -r line; do
		case \$line in
		RCPT*) say '550 5.1.1 no such user' ;;
		QUIT*) exit ;;
		*) say '250 ok' ;;
		esac
	done
	END
	chmod +x refusing
	run -67 --separate-stderr ./deaf msend "${smtp[@]}" --tunnel='exec ./refusing' --connections=2 --batch 1.eml 2.eml
}
