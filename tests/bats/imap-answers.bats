#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mmark, mdel and mfetch with IMAP servers that follow a script: an answer counts for no more than what it says.

# shellcheck disable=SC2154  # `run --separate-stderr` and tests/replay.bash set these
# shellcheck disable=SC2030,SC2031  # each test is a process of its own

load helper
load replay

setup()
{
	replay_setup
	export MAILVERBS_PROTOCOL=imap
	printf 'Date: Mon, 2 Mar 2020 03:04:05 +0100\nSubject: new\n\nx\n' >letter
}

# append [OPTION]...: of the file letter
append()
{
	mmark "$@" <letter
}

# hello: up to the login
hello()
{
	printf 'S: * OK [CAPABILITY %s] ready\nC: a1 LOGIN "alice" "tanstaaf"\nS: a1 OK [CAPABILITY %s]\n' "${caps-IMAP4rev1 UIDPLUS}" "${caps-IMAP4rev1 UIDPLUS}"
}

# appending ANSWER: the end of the message is answered so
appending()
{
	hello
	cat <<-END
	C: a2 STATUS "Old" (UIDVALIDITY)
	S: a2 OK
	C: a3 APPEND "Old" "02-Mar-2020 03:04:05 +0100" {57}
	S: + go
	C: Date: Mon, 2 Mar 2020 03:04:05 +0100
	C: Subject: new
	C:
	C: x
	C:
	S: $1
	END
}

# selected [LINE]...: a folder with the UIDs 10 and 20; the server says LINE, too
selected()
{
	hello
	cat <<-END
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID)
	S: * 2 EXISTS
	S: * OK [UIDVALIDITY 1] ok
	$(printf 'S: %s\n' "$@")
	S: a2 OK selected
	S: * 1 FETCH (UID 10)
	S: * 2 FETCH (UID 20)
	S: a3 OK
	END
}

@test '--append prints a UID only if it is one, and nothing that a terminal obeys' {
	local code
	against - 0 append --append=Old < <(appending 'a3 OK [APPENDUID 77 4711] done')
	assert_equal "$output" 4711
	for code in '[APPENDUID 77 \x1b[31m5]' '[APPENDUID 77 0]' '[APPENDUID 77 4294967296]' '[APPENDUID 77 5:7]' '[APPENDUID 5]' \
		'[APPENDUID one two]' ''; do
		against - 0 append --append=Old < <(appending "a3 OK $code done")
		assert_equal "$output" ''
		assert_equal "$stderr" 'mmark: tunnel: the server does not tell the UID of the message'
	done
}

@test '--append gives the time of the Date field, and leaves out a byte order mark and the From_ line of an mbox' {
	mv letter plain
	for first in '' $'\xef\xbb\xbf' $'From alice@example.org Mon Mar  2 03:04:05 2020\n' $'>From alice@example.org Mon Mar  2 03:04:05 2020\n'; do
		printf '%s' "$first" | cat - plain >letter
		against - 0 append --append=Old < <(appending 'a3 OK [APPENDUID 77 4711] done')
	done
}

@test '--append says that the message was appended, if its UID cannot be printed' {
	local to
	for to in '>&-' '>/dev/full'; do
		unprinted() { eval "append \"\$@\" $to"; }
		against - 74 unprinted --append=Old < <(appending 'a3 OK [APPENDUID 77 4711] done')
		assert_regex "$stderr" '^mmark: standard output: [A-Z][a-z ]*; the message was appended \(uid:4711\)$'
	done
}

@test '--append says that the message may be there, if the end of it was not answered' {
	local last
	for last in '* BYE gone' 'a3 OKAY' '* 1 EXISTS'; do
		appending "$last" >said
		against "$PWD/said" "$([[ $last == a3* ]] && echo 76 || echo 75)" append --append=Old
		assert_regex "$stderr" '; the message may have been appended$'
	done
	against - 75 append --append=Old < <(appending 'a3 NO [LIMIT] too much')
	assert_equal "$stderr" 'mmark: tunnel: NO [LIMIT] too much'
}

# A server that does not keep a flag may answer STORE with OK.
@test 'a flag that the folder does not keep is 69, before anything is changed' {
	local list='\\Seen \\Deleted \\Draft'
	against - 69 mmark --flag=work --copy=Old 1 < <(selected "* OK [PERMANENTFLAGS ($list)] kept")
	assert_equal "$stderr" "mmark: tunnel: the server does not let you change work in 'INBOX'"
	against - 69 mmark --unflag=answered 1 < <(selected "* OK [PERMANENTFLAGS ($list \\\\*)] kept")
	assert_equal "$stderr" "mmark: tunnel: the server does not let you change \\Answered in 'INBOX'"
	against - 69 mmark --seen 1 < <(selected '* OK [PERMANENTFLAGS ()] none')
	against - 69 mmark --unseen 1 < <(selected | sed 's/^S: a2 OK/& [READ-ONLY]/')
	{
		selected "* OK [PERMANENTFLAGS ($list Work)] kept"
		printf 'C: a4 UID STORE 10 +FLAGS.SILENT (work)\nS: a4 OK\n'
	} >said
	against "$PWD/said" 0 mmark --flag=work 1
	{
		selected '* OK [PERMANENTFLAGS (\\*)] those of the system are not mentioned'
		printf 'C: a4 UID STORE 10 +FLAGS.SILENT (\\\\Seen work)\nS: a4 OK\n'
	} >said
	against "$PWD/said" 0 mmark --seen --flag=work 1
}

@test 'a list of flags in one option is an error, not a keyword of that name' {
	local flag
	for flag in seen,flagged work,seen; do
		run -64 mmark "${imap[@]}" --flag="$flag" 1
		assert_output "mmark: '$flag' is more than one flag: give the option once for each"
	done
	run -64 mmark "${imap[@]}" --unflag=seen,flagged 1
	{
		selected
		printf 'C: a4 UID STORE 10 +FLAGS.SILENT (work,home)\nS: a4 OK\n'
	} >said
	against "$PWD/said" 0 mmark --flag=work,home 1
}

# copied CODE: the answer to a copy of 10 and 20
copied()
{
	cat <<-END
	C: a5 UID COPY 10,20 "Trash"
	S: a5 OK $1 done
	END
}

# moves STATUS: the first two, in the session said.1; the next one finds said.2
moves()
{
	: >sessions
	run --separate-stderr mmark "${imap[@]}" --tunnel="
		echo x >>sessions; exec '$abs_top_builddir/tests/replay' said.\$((\$(wc -l <sessions)))" --move=Trash 1 2
	assert_verdict
	assert_equal "$status" "$1"
}

@test 'a move by COPY deletes only what the server says that it has copied' {
	local code
	selected | sed 's/\* 2 EXISTS/* 1 EXISTS/; /UID 20/d' >said.2
	for code in '[COPYUID 5 20 1]' '[COPYUID 5 11:20,30 1:2]' '[COPYUID 5 30:20 1]'; do
		{
			selected
			printf 'C: a4 STATUS "Trash" (UIDVALIDITY)\nS: a4 OK\n'
			copied "$code"
			cat <<-'END'
			C: a6 UID STORE 20 +FLAGS.SILENT (\\Deleted)
			C: a7 UID EXPUNGE 20
			C: a8 LOGOUT
			S: a6 OK\r\n* 2 EXPUNGE\r\na7 OK\r\n* BYE\r\na8 OK
			END
		} >said.1
		moves 69
		assert_equal "${stderr_lines[0]}" 'mmark: tunnel: the server agreed to the move, and 1 of 2 messages are there still'
	done
	{
		selected
		printf 'C: a4 STATUS "Trash" (UIDVALIDITY)\nS: a4 OK\n'
		copied '[COPYUID 5 30 1]'
	} >said.1
	selected >said.2
	moves 69
	assert_equal "${stderr_lines[0]}" 'mmark: tunnel: the server agreed to the move, and 2 of 2 messages are there still'
}

# A server that copied nothing, because the messages are gone or may not be copied, agrees like that, too.
@test 'a copy that the server agrees to and does not tell of, although it could, deletes nothing' {
	local code caps
	for code in '' '[UNKNOWN 1]' '[APPENDUID 5 1]'; do
		{
			selected
			printf 'C: a4 STATUS "Trash" (UIDVALIDITY)\nS: a4 OK\n'
			copied "$code"
		} >said
		against "$PWD/said" 69 mmark --move=Trash 1 2
		assert_equal "$stderr" 'mmark: tunnel: the server agreed to a copy without telling what it copied (COPYUID), so nothing is deleted'
	done
	# a server without UIDPLUS cannot tell
	caps=IMAP4rev1
	{
		selected
		cat <<-'END'
		C: a4 STATUS "Trash" (UIDVALIDITY)
		S: a4 OK
		C: a5 UID SEARCH DELETED
		S: * SEARCH
		S: a5 OK
		C: a6 UID COPY 10,20 "Trash"
		S: a6 OK done
		C: a7 UID SEARCH DELETED
		S: * SEARCH
		S: a7 OK
		C: a8 UID STORE 10,20 +FLAGS.SILENT (\\Deleted)
		S: a8 OK
		C: a9 EXPUNGE
		C: a10 LOGOUT
		S: * 1 EXPUNGE
		S: * 1 EXPUNGE
		S: a9 OK
		S: * BYE
		S: a10 OK
		END
	} >said
	against "$PWD/said" 0 mmark --move=Trash 1 2
	# nor is anything lost by a copy alone
	caps='IMAP4rev1 UIDPLUS'
	{
		selected
		printf 'C: a4 STATUS "Trash" (UIDVALIDITY)\nS: a4 OK\n'
		copied ''
	} >said
	against "$PWD/said" 0 mmark --copy=Trash 1 2
}

@test '--copy says it if the server copied less than it was asked for' {
	{
		selected
		printf 'C: a4 STATUS "Trash" (UIDVALIDITY)\nS: a4 OK\n'
		copied '[COPYUID 5 20 1]'
	} >said
	against "$PWD/said" 69 mmark --copy=Trash 1 2
	assert_equal "$stderr" 'mmark: tunnel: the server copied 1 of 2 messages'
	{
		selected
		printf 'C: a4 STATUS "Trash" (UIDVALIDITY)\nS: a4 OK\n'
		copied '[COPYUID 5 10:20 1:2]'
	} >said
	against "$PWD/said" 0 mmark --copy=Trash 1 2
}

@test 'a server that says BYE and does not hang up is not waited for until the timeout' {
	local since=$EPOCHSECONDS
	{
		hello
		printf 'C: a2 SELECT "INBOX"\nC: a3 UID FETCH 1:* (UID)\nS: * BYE too many sessions\n! stall\n'
	} >said
	against "$PWD/said" 75 mmark --timeout=30 --seen 1
	assert_equal "$stderr" 'mmark: tunnel: BYE too many sessions'
	((EPOCHSECONDS - since < 20))
}

@test 'ids on standard input may have the line ends of other systems' {
	{
		selected
		printf 'C: a4 UID STORE 10,20 +FLAGS.SILENT (\\\\Seen)\nS: a4 OK\n'
	} >said
	marks() { printf '10\r\n20\r\n' | mmark "$@"; }
	against "$PWD/said" 0 marks --seen -
}

# Without UIDPLUS everything that is marked goes: that nothing else is must have been said.
@test 'mdel without UIDPLUS deletes nothing if the search for other marks has no result' {
	{
		caps=IMAP4rev1 selected
		printf 'C: a4 UID SEARCH DELETED\nS: a4 OK done\n'
	} | sed 's/FETCH 1:\* (UID)/FETCH 1:* (UID RFC822.SIZE)/' >said
	against "$PWD/said" 76 mdel 1
	assert_equal "$stderr" 'mdel: tunnel: the server agrees to a search and gives no result, so nothing is deleted'
}

# finds RESULT: mdel would delete what a search finds
finds()
{
	{
		hello
		printf 'C: a2 SELECT "INBOX"\nS: * 2 EXISTS\nS: * OK [UIDVALIDITY 1] ok\nS: a2 OK\n'
		printf 'C: a3 UID SEARCH SUBJECT x\nS: %s\nS: a3 OK done\n' "$1"
	} >said
}

@test 'the result of another search, or one by number, is not taken for UIDs that were found' {
	finds '* ESEARCH (TAG "a3") UID ALL 20'
	against "$PWD/said" 0 mlist -o uid --search=subject:x
	assert_equal "$output" 20
	finds '* ESEARCH (TAG "a2") UID ALL 10,20'
	against "$PWD/said" 0 mlist -o uid --search=subject:x
	assert_equal "$output" ''
	finds '* ESEARCH (TAG "a3") ALL 1:2'
	against "$PWD/said" 76 mlist -o uid --search=subject:x
	assert_equal "$output" ''
}

# lists ANSWER...: with the answers to the list in place of the usual ones
lists()
{
	hello
	cat <<-END
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 2 EXISTS
	S: * OK [UIDVALIDITY 1] ok
	S: a2 OK selected
	$(printf 'S: %s\n' "$@")
	S: a3 OK
	C: a4 LOGOUT
	S: a4 OK
	END
}

@test 'of two UIDs for one message none is believed' {
	against - 0 mlist -o number,uid < <(lists '* 1 FETCH (UID 20 UID 10)' '* 2 FETCH (UID 20 UID 20)')
	assert_equal "$output" $'1\t\n2\t20'
}

# unnamed [LINE]...: a folder of two messages, of which the second one has no UID
unnamed()
{
	hello
	cat <<-END
	C: a2 SELECT "INBOX"
	C~ a3 UID FETCH 1:[*] [(]UID( RFC822[.]SIZE)?[)]
	S: * 2 EXISTS
	S: * OK [UIDVALIDITY 1] ok
	S: a2 OK selected
	S: * 1 FETCH (UID 10)
	S: * 2 FETCH (UID 0)
	S: a3 OK
	$(printf '%s\n' "$@")
	END
}

@test 'a message without a UID cannot be deleted, marked or moved: it is named, 66, and the others are served' {
	local why='message 2: the server gives it no UID'
	against - 66 mdel 1 2 < <(unnamed 'C: a4 UID STORE 10 +FLAGS.SILENT (\\Deleted)' 'C: a5 UID EXPUNGE 10' 'C: a6 LOGOUT' \
		'S: a4 OK\r\n* 1 EXPUNGE\r\na5 OK\r\na6 OK')
	assert_equal "$stderr" "mdel: tunnel: $why"
	against - 66 mmark --seen 2 1 < <(unnamed 'C: a4 UID STORE 10 +FLAGS.SILENT (\\Seen)' 'S: a4 OK' 'C: a5 LOGOUT' 'S: a5 OK')
	assert_equal "$stderr" "mmark: tunnel: $why"
	against - 66 mmark --copy=Old all < <(unnamed 'C: a4 STATUS "Old" (UIDVALIDITY)' 'S: a4 OK' 'C: a5 UID COPY 10 "Old"' 'S: a5 OK' \
		'C: a6 LOGOUT' 'S: a6 OK')
	assert_equal "$stderr" "mmark: tunnel: $why"
	against - 66 mdel 2 < <(unnamed 'C: a4 LOGOUT' 'S: a4 OK')
}
