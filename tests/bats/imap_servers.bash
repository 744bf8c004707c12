# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What imap-servers.bats and imap-login.bats share; each loads helper first.

# shellcheck disable=SC2034  # for the tests

# shellcheck disable=SC2154  # stderr, output: run

# shellcheck disable=SC2030,SC2031  # what run sets is a test's own

setup()
{
	replay_setup
	export MAILVERBS_PROTOCOL=imap
	login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in'
	# what follows is behind SELECT, or EXAMINE, in its flight
	selected='S: * 3 EXISTS
S: * OK [UIDVALIDITY 77] valid
S: * OK [UIDNEXT 31] next
S: a2 OK selected'
	listed='S: * 1 FETCH (UID 10 RFC822.SIZE 12)
S: * 2 FETCH (UID 20 RFC822.SIZE 12)
S: * 3 FETCH (UID 30 RFC822.SIZE 12)
S: a3 OK listed'
	# a session up to the list
	known="$login
C: a2 SELECT \"INBOX\"
C: a3 UID FETCH 1:* (UID RFC822.SIZE)
$selected
$listed"
	fetching='C: a4 UID FETCH 10,20,30 (UID BODY.PEEK[])'
	removing='C: a5 UID STORE 10,20,30 +FLAGS.SILENT (\\Deleted)
C: a6 UID EXPUNGE 10,20,30
C: a7 LOGOUT'
}
