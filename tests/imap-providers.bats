#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The large providers' IMAP servers as they are described (tests/transcripts/imap-*.txt): how each greets, says what
# it can do, logs in and opens a folder.

# shellcheck disable=SC2154  # output, stderr, imap: tests/replay.bash

load helper
load replay

setup()
{
	export MAILVERBS_PROTOCOL=imap
	replay_setup
}

@test 'Gmail: fetched with a token, and deleted' {
	against imap-gmail 0 mfetch --auth=xoauth2 --timeout=5 --maildir=box
	assert_equal "$(cat box/new/*)" $'Subject: hello\n\nHi!'
	assert_equal "$output$stderr" ''
}

@test 'Microsoft: a token in one step' {
	against imap-outlook 0 mlist --auth=xoauth2 --timeout=5 -o uid
	assert_output $'41\n43'
}

@test 'Microsoft: a mailbox that may not be used is told in the server'\''s words' {
	against imap-outlook-not-connected 66 mlist --auth=xoauth2 --timeout=5 -o uid
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: BAD User is authenticated but not connected.'
}

@test 'Yahoo: an application'\''s password' {
	against imap-yahoo 0 mlist --timeout=5 -o uid
	assert_output $'10\n11'
}

@test 'QQ: nothing is said that was not offered' {
	against imap-qq 0 mlist --timeout=5 -o uid
	assert_output 7
}

@test 'QQ: a login that is refused is 77 in the server'\''s words' {
	against imap-qq-refused 77 mlist --timeout=5 -o uid
	assert_regex "${stderr_lines[0]}" '^mlist: tunnel: NO Login fail\. Account is abnormal, '
}

@test 'NetEase: a folder that stays closed is told in the server'\''s words' {
	against imap-netease-unsafe 66 mlist --timeout=5 -o uid
	assert_equal "${stderr_lines[0]}" \
		'mlist: tunnel: NO SELECT Unsafe Login. Please contact kefu@188.com for help'
}

@test 'iCloud: a list of thirty capabilities' {
	against imap-icloud 0 mlist --timeout=5 -o uid
	assert_output 3
}
