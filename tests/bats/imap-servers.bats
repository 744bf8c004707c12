#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# IMAP servers that follow a script: how the conversation goes, flight by flight, with each kind of server, and what
# becomes of it where one is odd, broken or hostile.

# shellcheck disable=SC2154  # stderr, output: run
# shellcheck disable=SC2030,SC2031  # what run sets is a test's own

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load imap
load imap_servers

# ---- fetching and deleting ----

@test 'fetching and deleting takes four flights behind the greeting' {
	against - 0 mfetch --maildir=box <<-END
	$known
	$fetching
	$(message 1 10)
	$(message 2 20)
	$(message 3 30)
	S: a4 OK
	$removing
	S: * 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\na5 OK\r\na6 OK
	END
	assert_equal "$(paste -sd ' ' "$REPLAY_FLIGHTS")" '1 2 1 3'
	assert_equal "$(arrived)" '01 02 03 '
}

@test 'answers in any order, with the UID behind the text, and news in between' {
	against - 0 mfetch --maildir=box <<-END
	$known
	$fetching
	S: * 4 EXISTS\r\n* 0 RECENT\r\n* OK still here\r\n* 3 FETCH (FLAGS (\\\\Seen) UID 30)
	S: * 3 FETCH (BODY[] {11}\r\nSubject: 03 UID 30 FLAGS (a b))
	$(message 1 10 ' FLAGS ()')
	S: * 2 FETCH (FLAGS (\\\\Deleted) BODY[] "Subject: 02" UID 20)
	S: a4 OK
	$removing
	S: a5 OK\r\na6 OK
	END
	assert_equal "$(arrived | tr ' ' '\n' | sort | paste -sd ' ')" '01 02 03'
}

@test 'what comes in another order is deleted all the same, where nothing is recorded of it' {
	against - 0 mfetch --delete <<-END
	$known
	$fetching
	$(message 3 30)
	$(message 1 10)
	$(message 2 20)
	S: a4 OK
	$removing
	S: a5 OK\r\na6 OK
	END
}

@test 'a message that another client deleted meanwhile is not delivered, and that is no error' {
	against - 0 mfetch --maildir=box <<-END
	$known
	$fetching
	$(message 1 10)
	$(message 3 30)
	S: * 2 EXPUNGE\r\na4 OK
	C: a5 UID STORE 10,30 +FLAGS.SILENT (\\\\Deleted)
	C: a6 UID EXPUNGE 10,30
	C: a7 LOGOUT
	S: a5 OK\r\na6 OK
	END
	assert_equal "$(arrived)" '01 03 '
	assert_equal "$stderr" ''
}

@test 'a message that the server does not give is complained of, and the others are served' {
	against - 75 mfetch --maildir=box <<-END
	$known
	$fetching
	$(message 1 10)
	S: * 2 FETCH (UID 20 BODY[] NIL)
	$(message 3 30)
	S: a4 NO [SERVERBUG] some could not be read
	C: a5 UID STORE 10,30 +FLAGS.SILENT (\\\\Deleted)
	C: a6 UID EXPUNGE 10,30
	C: a7 LOGOUT
	S: a5 OK\r\na6 OK
	END
	assert_equal "$(arrived)" '01 03 '
}

@test 'a message that was not asked for, and one that comes twice, is not delivered' {
	against - 0 mfetch --maildir=box uid:20 <<-END
	$known
	C: a4 UID FETCH 20 (UID BODY.PEEK[])
	$(message 1 10)
	$(message 2 20)
	$(message 2 20)
	S: a4 OK
	C: a5 UID STORE 20 +FLAGS.SILENT (\\\\Deleted)
	C: a6 UID EXPUNGE 20
	C: a7 LOGOUT
	S: a5 OK\r\na6 OK
	END
	assert_equal "$(arrived)" '02 '
}

# breaks STATUS LINE...: what the server says to FETCH ends the session with STATUS; of its messages only those
# before arrive, and nothing is deleted
breaks()
{
	local status=$1
	shift
	rm -rf box "$XDG_STATE_HOME"
	{
		printf '%s\n' "$known" "$fetching"
		printf '%s\n' "$@"
	} >script
	against "$PWD/script" "$status" mfetch --maildir=box
	assert_one_error
}

@test 'a literal shorter or longer than announced is no message' {
	breaks 76 'S: * 1 FETCH (UID 10 BODY[] {11}\r\nSubject: 01and more of it)'
	assert_equal "$(arrived)" ''
	breaks 76 'S: * 1 FETCH (UID 10 BODY[] {40}\r\nSubject: 01)\r\n* 2 FETCH (UID 20 BODY[] {11}\r\nSubject: 02)' 'S: a4 OK'
	assert_equal "$(arrived)" ''
	breaks 75 'S: * 1 FETCH (UID 10 BODY[] {4000}\r\nSubject: 01)' '! close'
	assert_equal "$(arrived)" ''
}

@test 'a text that does not say whose it is, or says another, is no message' {
	breaks 76 'S: * 1 FETCH (BODY[] {11}\r\nSubject: 01)' 'S: a4 OK'
	assert_equal "$(arrived)" ''
	breaks 76 'S: * 1 FETCH (BODY[] {11}\r\nSubject: 01 UID 20)' 'S: a4 OK'
	assert_equal "$(arrived)" ''
}

@test 'BYE in the middle: what was whole is delivered, in the server'\''s words, and 75' {
	breaks 75 "$(message 1 10)" 'S: * BYE [UNAVAILABLE] shutting down' '! close'
	assert_regex "$stderr" 'BYE \[UNAVAILABLE\] shutting down'
	assert_equal "$(arrived)" '01 '
}

@test 'an answer to nothing, a wrong tag, no IMAP at all: 76' {
	breaks 76 'S: a5 OK you did not ask for this'
	breaks 76 'S: x OK'
	breaks 76 'S: a4 MAYBE'
	breaks 76 'S: + go on'
	breaks 76 'S: * 1 FETCH (UID 10'
	breaks 76 'S: * 1 FETCH UID 10'
	breaks 76 'S: * 1 FETCH (UID 10))'
	breaks 76 'S: *'
	breaks 76 'S: * 1'
	breaks 76 'S: hello'
	breaks 76 'S: * \x00'
	breaks 76 'S: a4 BAD what?'
}

@test 'talk without end ends' {
	{
		printf '%s\n' "$known" "$fetching"
		printf '! interrupt\nS* 0 * OK \\i bottles\n'
	} >script
	against "$PWD/script" 76 mfetch --maildir=box
	assert_regex "$stderr" 'talks without end'
}

@test 'more messages than there are end the list' {
	against - 76 mlist -o number,size <<-END
	$login
	C: a2 EXAMINE "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$selected
	! interrupt
	S* 0 * \i FETCH (UID \i RFC822.SIZE 1)
	END
}

@test 'a list with holes is not taken for whole' {
	against - 75 mfetch --maildir=box <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$selected
	S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\na3 OK
	END
}

@test 'a message that the server leaves out of its list does not keep the others from being served' {
	against - 0 mlist -o number,uid <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$selected
	S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\n* 2 FETCH ()\r\n* 3 FETCH (UID 30 RFC822.SIZE 12)\r\na3 OK
	C: a4 LOGOUT
	END
	assert_output $'1\t10\n2\t\n3\t30'
	against - 66 mfetch --keep --maildir=box last:2 <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$selected
	S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\n* 3 FETCH (UID 30 RFC822.SIZE 12)\r\na3 OK
	C: a4 UID FETCH 30 (UID BODY.PEEK[])
	S: * 3 FETCH (UID 30 BODY[] {12}\r\nSubject: x\r\n)\r\na4 OK
	C: a5 LOGOUT
	END
	assert_regex "$stderr" 'message 2'
	assert_equal "$(cat box/new/*)" 'Subject: x'
}

@test 'messages that go away while they are listed leave the list' {
	against - 0 mlist -o number,uid <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$selected
	S: * 3 FETCH (UID 30 RFC822.SIZE 1)\r\n* 1 FETCH (UID 10 RFC822.SIZE 1)\r\n* 1 EXPUNGE\r\n* 1 FETCH (UID 20 RFC822.SIZE 1)\r\na3 OK
	C: a4 LOGOUT
	END
	assert_output $'1\t20\n2\t30'
}

@test 'a list that comes in any order is in order: for numbers, for positions, and for the headers fetched by it' {
	local list='C: a3 UID FETCH 1:* (UID RFC822.SIZE)
'"$selected"'
S: * 3 FETCH (UID 30 RFC822.SIZE 13)
S: * 1 FETCH (UID 10 RFC822.SIZE 11)
S: * 4 FETCH (UID 40 RFC822.SIZE 14)
S: * 1 EXPUNGE
S: * 1 FETCH (UID 20 RFC822.SIZE 12)
S: a3 OK listed'
	local fields='BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)]'
	against - 0 mlist -o number,uid,size all <<-END
	$login
	C: a2 SELECT "INBOX"
	$list
	C: a4 LOGOUT
	END
	assert_output $'1\t20\t12\n2\t30\t13\n3\t40\t14'
	against - 0 mlist -o number,uid,subject 2- uid:20 first:1 <<-END
	$login
	C: a2 SELECT "INBOX"
	$list
	C~ a4 UID FETCH 20,30,40 \(UID BODY.PEEK.*\)
	S: * 3 FETCH (UID 40 $fields "Subject: forty")
	S: * 1 FETCH ($fields "Subject: twenty" UID 20)
	S: * 2 FETCH (UID 30 $fields "Subject: thirty")\r\na4 OK
	C: a5 LOGOUT
	END
	assert_equal "$(sort <<<"$output")" $'1\t20\ttwenty\n2\t30\tthirty\n3\t40\tforty'
	against - 0 mdel 1 last:1 <<-END
	$login
	C: a2 SELECT "INBOX"
	$list
	C: a4 UID STORE 20,40 +FLAGS.SILENT (\\\\Deleted)
	C: a5 UID EXPUNGE 20,40
	C: a6 LOGOUT
	S: * 1 EXPUNGE\r\n* 2 EXPUNGE\r\na4 OK\r\na5 OK
	END
}

@test 'of a list in which two messages have one UID nothing is fetched' {
	against - 76 mfetch --maildir=box uid:10 <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$selected
	S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\n* 2 FETCH (UID 10 RFC822.SIZE 12)\r\n* 3 FETCH (UID 30 RFC822.SIZE 12)\r\na3 OK
	END
	assert_equal "${stderr_lines[0]}" 'mfetch: tunnel: two messages have one UID'
}

@test 'an alert is shown' {
	against - 0 mlist -o uid <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID)
	S: * OK [ALERT] Mailbox is nearly \xc2\x9bfull
	S: * 0 EXISTS\r\n* OK [UIDVALIDITY 1]\r\na2 OK\r\na3 BAD nothing there
	C: a4 LOGOUT
	END
	assert_equal "$stderr" 'mlist: tunnel: Mailbox is nearly \xc2\x9bfull'
}

# opened WORDS ANSWER: the folder is, with these words, and its SELECT is answered so
opened()
{
	cat <<-END
	$login
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 1 EXISTS\r\n* OK [UIDVALIDITY 77] valid${1:+\r\n* $1}
	S: a2 $2\r\n* 1 FETCH (UID 10 RFC822.SIZE 12)\r\na3 OK
	END
}

@test 'where the server lets nobody delete, nothing is fetched for it, and --keep fetches' {
	local words
	for words in 'OK [PERMANENTFLAGS ()] none' 'OK [PERMANENTFLAGS (\\Seen \\*)] few' \
		'OK [PERMANENTFLAGS (\\Seen \\Deletedx x\\Deleted)] odd' 'OK [READ-ONLY] now'; do
		opened "$words" 'OK [READ-WRITE] x' >script
		against "$PWD/script" 69 mfetch --maildir=box
		assert_equal "${stderr_lines[0]}" "mfetch: tunnel: the server does not let you delete messages in 'INBOX'"
		[[ ! -e box ]]
	done
	opened '' 'OK [READ-ONLY] x' >script
	against "$PWD/script" 69 mdel 1
	assert_equal "$stderr" "mdel: tunnel: the server does not let you delete messages in 'INBOX'"
	{
		opened 'OK [PERMANENTFLAGS ()] none' 'OK [READ-ONLY] x'
		cat <<-'END'
		C: a4 UID FETCH 10 (UID BODY.PEEK[])
		S: * 1 FETCH (UID 10 BODY[] {11}\r\nSubject: 01)\r\na4 OK
		C: a5 LOGOUT
		END
	} >script
	against "$PWD/script" 0 mfetch --keep --maildir=box
	assert_equal "$(arrived)" '01 '
}

@test 'where the server says nothing of rights, or in letters of its own, what is named is deleted' {
	local words
	for words in '' 'OK [PERMANENTFLAGS (\\SEEN \\DELETED)] x' 'OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] x' \
		'OK [PERMANENTFLAGS] x' 'OK [PERMANENTFLAGS (\\Seen] x' 'OK [PERMANENTFLAGS \\Seen] x'; do
		{
			opened "$words" OK
			cat <<-'END'
			C: a4 UID STORE 10 +FLAGS.SILENT (\\Deleted)
			C: a5 UID EXPUNGE 10
			C: a6 LOGOUT
			S: a4 OK\r\n* 1 EXPUNGE\r\na5 OK
			END
		} >script
		against "$PWD/script" 0 mdel 1
	done
}

@test 'of several folders one that is for reading only is told of, and the others are fetched' {
	against - 69 mfetch --maildir=box --folder=Old --folder=New <<-'END'
	S: * PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS] in
	C: a1 SELECT "Old"
	C: a2 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\na1 OK [READ-ONLY] x\r\n* 1 FETCH (UID 10 RFC822.SIZE 12)\r\na2 OK
	C: a3 SELECT "New"
	C: a4 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\na3 OK [READ-WRITE] x\r\n* 1 FETCH (UID 10 RFC822.SIZE 12)\r\na4 OK
	C: a5 UID FETCH 10 (UID BODY.PEEK[])
	S: * 1 FETCH (UID 10 BODY[] {11}\r\nSubject: 01)\r\na5 OK
	C: a6 UID STORE 10 +FLAGS.SILENT (\\Deleted)
	C: a7 UID EXPUNGE 10
	C: a8 LOGOUT
	S: a6 OK\r\n* 1 EXPUNGE\r\na7 OK
	END
	assert_equal "$(arrived)" '01 '
	assert_equal "${stderr_lines[0]}" "mfetch: tunnel: the server does not let you delete messages in 'Old'"
}

@test 'a folder that is refused: its words, not those about the list' {
	against - 66 mlist -o number,size --folder=Sent <<-END
	$login
	C: a2 EXAMINE "Sent"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	S: a2 NO [NONEXISTENT] no such mailbox\r\na3 BAD no mailbox selected
	END
	assert_regex "$stderr" 'NONEXISTENT'
}

@test 'what the server lacks in UIDVALIDITY cannot be done without' {
	against - 76 mlist -o number,size <<-END
	$login
	C: a2 EXAMINE "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 1 EXISTS\r\na2 OK\r\n* 1 FETCH (UID 1 RFC822.SIZE 1)\r\na3 OK
	END
}

# ---- without UIDPLUS ----

# without_uidplus DELETED...: a server where these UIDs are marked; what follows on standard input is behind the list
without_uidplus()
{
	{
		sed 's/ UIDPLUS//; s/(UID RFC822.SIZE)/(UID RFC822.SIZE)/' <<<"$known"
		printf 'C: a4 UID SEARCH DELETED\nS: * SEARCH%s\\r\\na4 OK\n' "${*/#/ }"
		cat
	} >script
}

@test 'without UIDPLUS what is marked is only ours, and EXPUNGE waits for the marks' {
	without_uidplus 20 <<-'END'
	C: a5 UID STORE 10,20 +FLAGS.SILENT (\\Deleted)
	S: a5 OK
	C: a6 EXPUNGE
	C: a7 LOGOUT
	S: * 1 EXPUNGE\r\n* 1 EXPUNGE\r\na6 OK
	END
	against "$PWD/script" 0 mdel 1-2
}

@test 'without UIDPLUS nothing is deleted where another client has marked something' {
	without_uidplus 20 30 </dev/null
	against "$PWD/script" 69 mdel 1-2
	assert_regex "$stderr" '1 other messages are marked as deleted'
}

@test 'without UIDPLUS marks that were refused are not expunged' {
	without_uidplus <<-'END'
	C: a5 UID STORE 10,20 +FLAGS.SILENT (\\Deleted)
	S: a5 NO read-only
	END
	against "$PWD/script" 69 mdel 1-2
}

@test 'a deletion that is refused is an error' {
	against - 69 mdel 1 <<-END
	${known/SIZE)/SIZE)}
	C: a4 UID STORE 10 +FLAGS.SILENT (\\\\Deleted)
	C: a5 UID EXPUNGE 10
	C: a6 LOGOUT
	S: a4 NO [NOPERM] not yours\r\na5 OK
	END
	assert_regex "$stderr" 'NOPERM'
}

# ---- an OK behind which messages stay ----

# agrees [LINE...]: the first session's server agrees to the deletion of 10 and 20, and says LINEs first
agrees()
{
	{
		# with -v less is asked for
		printf '%s\n' "${known/"C: a3 UID FETCH 1:* (UID RFC822.SIZE)"/'C~ a3 UID FETCH 1:\* \(UID( RFC822.SIZE)?\)'}"
		cat <<-END
		C: a4 UID STORE 10,20 +FLAGS.SILENT (\\\\Deleted)
		C: a5 UID EXPUNGE 10,20
		C: a6 LOGOUT
		END
		printf 'S: %s\n' "$@" 'a4 OK' 'a5 OK done' '* BYE' 'a6 OK'
	} >said.1
}

# shows UID...: the second session's server has these
shows()
{
	local uid n=0
	{
		cat <<-END
		$login
		C: a2 SELECT "INBOX"
		C: a3 UID FETCH 1:* (UID)
		S: * $# EXISTS
		S: * OK [UIDVALIDITY ${validity:-77}]
		S: a2 OK
		END
		for uid; do
			printf 'S: * %d FETCH (UID %d)\n' $((++n)) "$uid"
		done
		printf 'S: a3 OK\nC: a4 LOGOUT\n'
	} >said.2
}

# deletes STATUS SESSIONS [OPTION]...: the first two messages, in so many sessions
deletes()
{
	local expected=$1 sessions=$2
	shift 2
	rm -f sessions "$REPLAY_VERDICT"
	run --separate-stderr mdel "${imap[@]}" --tunnel="
		echo x >>sessions; exec '$abs_top_builddir/tests/replay' said.\$((\$(wc -l <sessions)))" "$@" 1 2
	assert_verdict
	assert_equal "$status $(wc -l <sessions)" "$expected $sessions"
}

@test 'mdel says it where the server agrees to a deletion and the messages stay' {
	agrees
	shows 10 20 30
	deletes 69 2
	assert_equal "${stderr_lines[0]}" 'mdel: tunnel: the server agreed to the deletion, and 2 of 2 messages are there still'
	assert_one_error
	agrees '* 1 EXPUNGE'
	shows 20 30
	deletes 69 2 7
	assert_equal "${stderr_lines[0]}" 'mdel: 7: no such message'
	assert_equal "${stderr_lines[1]}" 'mdel: tunnel: the server agreed to the deletion, and 1 of 2 messages are there still'
}

@test 'mmark says it where the server agrees to a move and the messages stay' {
	agrees
	sed -i '/^C: a4/,$d' said.1
	cat >>said.1 <<-'END'
	C: a4 STATUS "Old" (UIDVALIDITY)
	S: a4 OK
	C: a5 UID COPY 10,20 "Old"
	S: a5 OK [COPYUID 9 10,20 1:2] copied
	C: a6 UID STORE 10,20 +FLAGS.SILENT (\\Deleted)
	C: a7 UID EXPUNGE 10,20
	C: a8 LOGOUT
	S: a6 OK\r\na7 OK\r\n* BYE\r\na8 OK
	END
	shows 10 20 30
	run --separate-stderr mmark "${imap[@]}" --tunnel="
		echo x >>sessions; exec '$abs_top_builddir/tests/replay' said.\$((\$(wc -l <sessions)))" --move=Old 1 2
	assert_verdict
	assert_equal "$status" 69
	assert_equal "${stderr_lines[0]}" 'mmark: tunnel: the server agreed to the move, and 2 of 2 messages are there still'
}

# creates LAST: `mmark --copy --create`, where CREATE is refused and the server then says LAST of the folder
creates()
{
	{
		printf '%s\n' "${known/"UID RFC822.SIZE"/UID}"
		cat <<-END
		C: a4 STATUS "New" (UIDVALIDITY)
		S: a4 NO no such folder
		C: a5 CREATE "New"
		S: a5 NO not now
		C: a6 STATUS "New" (UIDVALIDITY)
		S: a6 $1
		END
		[[ $1 != OK* ]] || printf '%s\n' 'C: a7 UID COPY 10 "New"' 'S: a7 OK [COPYUID 5 10 1] copied'
		printf 'C~ a[78] LOGOUT\nS: * BYE\n'
	} >said.1
	rm -f "$REPLAY_VERDICT"
	run --separate-stderr mmark "${imap[@]}" --tunnel="exec '$abs_top_builddir/tests/replay' said.1" --copy=New --create 1
	assert_verdict
}

@test '--create: a folder that another process has made at the same moment is there; else the refusal is the error' {
	creates 'OK there'
	assert_equal "$status$stderr" 0
	creates 'NO still not'
	assert_equal "$status" 69
	assert_equal "${stderr_lines[0]}" 'mmark: tunnel: NO not now'
	assert_one_error
}

@test 'mdel raises no alarm where a server does not tell of each message that goes' {
	agrees
	shows 30
	deletes 0 2
	assert_equal "$stderr" ''
	shows
	validity=78 shows 10 20
	deletes 0 2
	assert_equal "$stderr" ''
	printf 'S: * BYE too many sessions\n' >said.2
	deletes 0 2
	assert_equal "$stderr" ''
	deletes 0 2 -v
	assert_regex "$stderr" "cannot tell whether they are gone: tunnel: BYE too many sessions"
}

@test 'one session is enough where as many went as were deleted, whenever the server tells of it' {
	{
		printf '%s\n' "${known/S: a3 OK/S: * 3 EXPUNGE$'\n'S: a3 OK}"
		cat <<-'END'
		C: a4 UID STORE 10,20 +FLAGS.SILENT (\\Deleted)
		C: a5 UID EXPUNGE 10,20
		C: a6 LOGOUT
		S: * 1 EXPUNGE\r\n* 1 EXPUNGE\r\na4 OK\r\na5 OK
		END
	} >said.1
	deletes 0 1
	agrees '* 2 EXPUNGE' '* 1 EXPUNGE'
	deletes 0 1
}
