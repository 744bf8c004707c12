#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mlist --search: against a real Dovecot, and against servers that answer in their own way.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these

load helper
load replay

setup()
{
	replay_setup
	user=$(fresh_user)
	config_for "$user"
	imap=(--server="imaps://$SRV_IMAPS")
	# what a server without quirks says up to its answer
	hello='S: * PREAUTH [CAPABILITY IMAP4rev1] ready
C: a1 SELECT "INBOX"
C: a2 UID FETCH 1:* (UID)
S: * 3 EXISTS
S: * OK [UIDVALIDITY 1] x
S: a1 OK x
S: * 1 FETCH (UID 2)
S: * 2 FETCH (UID 5)
S: * 3 FETCH (UID 9)
S: a2 OK x'
}

# letter FROM SUBJECT [BODY]: into the mailbox
letter()
{
	printf 'From: %s\nTo: me@example.org\nSubject: %s\nDate: Sun, 01 Nov 2026 10:00:00 +0000\n\n%s\n' \
		"$1" "$2" "${3-x}" | deliver "$user"
}

# finds QUERY NUMBERS [OPERAND]...: it lists the messages with these numbers
finds()
{
	local query=$1 numbers=$2
	shift 2
	run --separate-stderr mlist "${imap[@]}" --search="$query" -o number "$@"
	assert_equal "$status: ${lines[*]}$stderr" "0: $numbers"
}

# asked QUERY ANSWER...: of uids 2, 5 and 9 a server's answer names these; what mlist says is in $output. The operand 1- needs
# the list of all messages.
asked()
{
	local query=$1
	shift
	{
		printf '%s\n' "$hello" "C: a3 UID SEARCH $query"
		printf '%s\n' "$@"
	} >script
	against "$PWD/script" "$code" mlist --server=imap+insecure:// --auth=none --timeout=5 --search="$words" -o uid 1-
}

@test 'a server finds by who, what, when, how large and which flag' {
	letter 'Alice <alice@example.org>' 'monthly report'
	letter 'Bob <bob@example.net>' 'report, monthly' "$(head -c 5000 /dev/zero | tr '\0' x)"
	letter '=?utf-8?q?J=C3=BCrgen?= <j@example.org>' '=?utf-8?q?Gr=C3=BC=C3=9Fe?=' 'Die Rechnung'
	finds from:alice 1
	finds 'FROM:Bob subject:report' 2
	finds 'subject:"monthly report"' 1
	finds 'from:alice or from:bob' '1 2'
	finds '-(from:alice or from:bob)' 3
	finds subject:grüße 3
	finds 'from:jürgen or (from:bob subject:"report, monthly")' '2 3'
	finds body:rechnung 3
	finds larger:4k 2
	finds smaller:4k '1 3'
	finds since:2d '1 2 3'
	finds before:2d ''
	finds sent-on:2026-11-01 '1 2 3'
	finds unseen '1 2 3'
	finds seen ''
}

@test 'operands and the query both narrow what is listed, and counted' {
	letter alice@example.org one
	letter bob@example.org two
	letter alice@example.org three
	finds from:alice '1 3'
	finds from:alice 3 last:2
	finds from:alice 1 1 2
	run -0 mlist "${imap[@]}" --search=from:alice -c
	assert_equal "${output%%$'\t'*}" 2
	run -1 mlist "${imap[@]}" --search=from:carol -e
	assert_output ''
	run -0 mlist "${imap[@]}" --search=from:alice -o subject
	assert_output $'one\nthree'
}

@test 'what is found can be deleted' {
	letter alice@example.org one
	letter bob@example.org two
	mlist "${imap[@]}" --search=from:alice -o uid | mdel "${imap[@]}" -
	finds text:example.org 1
	run -0 mlist "${imap[@]}" -o subject
	assert_output two
}

@test 'a query that is none is 64 before anything is connected' {
	run --separate-stderr mlist --tunnel='touch connected' --server=imap+insecure:// --search='form:alice'
	assert_equal "$status" 64
	assert_regex "$stderr" "^mlist: --search: 'form' is not one of from: to: "
	assert [ ! -e connected ]
}

@test 'POP3 cannot search, and that is said' {
	run --separate-stderr mlist --search=unseen
	assert_equal "$status" 78
	assert_equal "${stderr_lines[0]}" 'mlist: --search: POP3 cannot search'
}

@test 'what is not ASCII goes as a literal, and its charset is named' {
	code=0 words='subject:Grüße seen'
	asked 'CHARSET UTF-8 SUBJECT {7}' 'S: + go on' 'C: Grüße SEEN' 'S: * SEARCH 9 2' 'S: a3 OK x' 'C: a4 LOGOUT'
	assert_output $'2\n9'
}

@test 'an answer of IMAP4rev2 is a set' {
	code=0 words=unseen
	asked UNSEEN 'S: * ESEARCH (TAG "a3") UID MIN 5 ALL 5:4294967295' 'S: a3 OK x' 'C: a4 LOGOUT'
	assert_output $'5\n9'
}

@test 'nothing found, in either form, is no error' {
	code=0 words=unseen
	asked UNSEEN 'S: * ESEARCH (TAG "a3") UID' 'S: a3 OK x' 'C: a4 LOGOUT'
	assert_output ''
	asked UNSEEN 'S: * SEARCH' 'S: a3 OK x' 'C: a4 LOGOUT'
	assert_output ''
	asked UNSEEN 'S: a3 OK x' 'C: a4 LOGOUT'
	assert_output ''
}

@test 'a query that the server refuses fails in its words' {
	code=69 words=subject:ä
	asked 'CHARSET UTF-8 SUBJECT {2}' 'S: a3 NO [BADCHARSET (US-ASCII)] not here'
	assert_equal "$stderr" 'mlist: tunnel: NO [BADCHARSET (US-ASCII)] not here'
}

@test 'a search that finds more than there is ends' {
	code=76 words=unseen
	asked UNSEEN 'S% 2000 * SEARCH 1\r\n' '! interrupt'
	assert_equal "$stderr" 'mlist: tunnel: invalid IMAP: a search that finds more messages than there are'
	asked UNSEEN 'S: * SEARCH 0' '! interrupt'
	assert_equal "$stderr" 'mlist: tunnel: invalid IMAP: a search that finds UID 0'
	asked UNSEEN 'S: * ESEARCH (TAG "a3") UID ALL 1:x' '! interrupt'
	assert_equal "$stderr" 'mlist: tunnel: invalid IMAP: a search result that is not a UID'
}

@test 'a folder whose name has a line end is not asked for' {
	against - 66 mlist --server=imap+insecure:// --auth=none --timeout=5 --folder='raw:a\x0d\x0aa2 DELETE x' <<-'END'
	S: * PREAUTH [CAPABILITY IMAP4rev1] ready
	END
	assert_regex "$stderr" 'has a line end in its name'
}

# found STATUS ANSWER...: these lines answer the search of a server with 10000 messages
found()
{
	local code=$1
	shift
	{
		printf '%s\n' 'S: * PREAUTH [CAPABILITY IMAP4rev1] ready' 'C: a1 SELECT "INBOX"' \
			'S: * 10000 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\na1 OK x' 'C: a2 UID SEARCH SEEN'
		printf '%s\n' "$@"
	} >script
	against "$PWD/script" "$code" mlist --server=imap+insecure:// --auth=none --timeout=5 --search=seen -o uid
}

@test 'if only unique ids are shown, the search alone tells them' {
	found 0 'S: * SEARCH 9 2 5 2\r\na2 OK x' 'C: a3 LOGOUT'
	assert_output $'2\n5\n9'
	found 0 'S: * SEARCH\r\na2 OK x' 'C: a3 LOGOUT'
	assert_output ''
	found 0 'S: * ESEARCH (TAG "a2") UID ALL 7,3\r\na2 OK x' 'C: a3 LOGOUT'
	assert_output $'3\n7'
	found 69 'S: a2 NO not today'
	assert_output ''
	found 76 'S: * SEARCH 0'
	assert_output ''
}

@test 'a range of unique ids is compared with the list, since it may name more than there are' {
	found 0 'S: * ESEARCH (TAG "a2") UID ALL 1:4294967295\r\na2 OK x' 'C: a3 UID FETCH 1:* (UID)' \
		'S* 10000 * \i FETCH (UID \i)' 'S: a3 OK x' 'C: a4 UID SEARCH SEEN' \
		'S: * ESEARCH (TAG "a4") UID ALL 1:3\r\na4 OK x' 'C: a5 LOGOUT'
	assert_output $'1\n2\n3'
}
