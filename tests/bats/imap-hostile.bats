#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# IMAP servers that are broken or mean harm, and those that give a thousand messages at once and no more: the right
# thing or an error, soon, in little memory, and nothing deleted that was not safe here.

# shellcheck disable=SC2154  # stderr, output: run

load helper
load replay
load imap

setup()
{
	replay_setup
	export MAILVERBS_PROTOCOL=imap
	login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS LITERAL+] in'
	asked='C: a2 SELECT "INBOX"
C: a3 UID FETCH 1:* (UID RFC822.SIZE)'
	selected='S: * 3 EXISTS
S: * OK [UIDVALIDITY 77] valid
S: a2 OK selected'
	listed='S: * 1 FETCH (UID 10 RFC822.SIZE 12)
S: * 2 FETCH (UID 20 RFC822.SIZE 12)
S: * 3 FETCH (UID 30 RFC822.SIZE 12)
S: a3 OK listed'
	known="$login
$asked
$selected
$listed"
	fetching='C: a4 UID FETCH 10,20,30 (UID BODY.PEEK[])'
	kib=$(printf 'x%.0s' {1..1024})
}

# breaks STATUS LINE...: to FETCH the server says this; nothing is deleted, and the error is one line
breaks()
{
	local status=$1
	shift
	rm -rf box "$XDG_STATE_HOME"
	printf '%s\n' "$known" "$fetching" "$@" >script
	against "$PWD/script" "$status" mfetch --maildir=box
	assert_one_error
	assert_harmless "$stderr"
}

# list_breaks STATUS LINE...: the same of what it says to SELECT and the list
list_breaks()
{
	local status=$1
	shift
	rm -rf box "$XDG_STATE_HOME"
	printf '%s\n' "$login" "$asked" "$@" >script
	against "$PWD/script" "$status" mfetch --maildir=box
	assert_one_error
	assert_equal "$(arrived)" ''
}

# in_little_memory STATUS TOOL [ARGUMENT]...: against the file script, in 64 MiB of address space for
# data, which the sanitizers' build can't do
in_little_memory()
{
	rm -rf "$XDG_STATE_HOME"
	(
		are_sanitized || ulimit -d 65536
		against "$PWD/script" "$@"
	)
}

# ---- without end ----

@test "a line, a string, a list of lists without end: 76, in little memory" {
	local begin
	for begin in '* OK ' '* 1 FETCH (UID ' '* 1 FETCH (UID 10 BODY[] "' '* 1 FETCH (UID 10 X-' '* SEARCH ' 'a4 OK ' 'a4' '+ '; do
		printf '%s\n' "$known" "$fetching" "S> $begin" '! interrupt' "S% 0 $kib" >script
		in_little_memory 76 mfetch --maildir=box
		assert_equal "$(arrived)" ''
	done
	printf '%s\n' "$known" "$fetching" 'S> * 1 FETCH (UID 10 X ' '! interrupt' 'S% 0 (' >script
	in_little_memory 76 mfetch --maildir=box
	printf '%s\n' "$known" "$fetching" '! interrupt' 'S% 0 * 1 FETCH (FLAGS (\\Seen))\r\n' >script
	in_little_memory 76 mfetch --maildir=box
}

@test "what brings nothing and never ends: empty lines, blanks, answers that name nothing, what nobody asked for: 76" {
	local answer
	for answer in 'S* 0 ' 'S% 0 '"${kib//x/ }" 'S> * 1 FETCH (UID 10 X {9223372036854775807}\r\n'; do
		printf '%s\n' "$known" "$fetching" '! interrupt' "$answer" "S% 0 $kib" >script
		in_little_memory 76 mfetch --maildir=box
		assert_equal "$(arrived)" ''
		assert_one_error
	done
	printf '%s\n' "${known/SELECT/EXAMINE}" 'C: a4 UID SEARCH SEEN' '! interrupt' 'S* 0 * SEARCH' >script
	in_little_memory 76 mlist --search=seen -o number
	printf '%s\n' "${login/UIDPLUS/LIST-STATUS}" 'C: a2 LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))' \
		'S: * LIST () "/" INBOX' '! interrupt' 'S* 0 * STATUS INBOX (MESSAGES 1 UNSEEN 1)' >script
	in_little_memory 76 mlist --folders
}

@test "before the login a few long lines, which at the least rate would hold us for hours, are without end: 76" {
	local hello=${login%%$'\n'*}
	printf '%s\n' "$hello" 'C~ a1 AUTHENTICATE.*' "S* 100 * OK $kib" 'S: a1 OK' '! stall' >script
	against "$PWD/script" 76 mlist
	assert_regex "$stderr" 'the server talks without end'
}

@test "a literal of 2^63 octets and more: never taken for a message" {
	local size
	for size in 9223372036854775807 9223372036854775808 18446744073709551616 18446744073709551626 99999999999999999999999 -1 0x10 ''; do
		breaks 76 "S: * 1 FETCH (UID 10 BODY[] {$size}\\r\\nSubject: 01)" 'S: a4 OK'
		assert_equal "$(arrived)" ''
	done
	breaks 76 'S: * 1 FETCH (UID 10 BODY[] {4611686018427387904}\r\nSubject: 01)'
	assert_equal "$(arrived)" ''
}

@test "{11+} is a client's way, and of a server's literal the same size" {
	against - 0 mfetch --keep --maildir=box uid:10 <<-END
	$known
	C: a4 UID FETCH 10 (UID BODY.PEEK[])
	S: * 1 FETCH (UID 10 BODY[] {11+}\r\nSubject: 01)\r\na4 OK
	C: a5 LOGOUT
	END
	assert_equal "$(arrived)" '01 '
}

@test "goodbye without end: what came whole is here" {
	printf '%s\n' "$known" "$fetching" "$(message 1 10)" '! interrupt' 'S* 0 * BYE \i' >script
	against "$PWD/script" 76 mfetch --maildir=box
}

# ---- numbers that are not what they were ----

@test "EXISTS that goes down, and up again, hides no message and invents none" {
	list_breaks 75 "$selected" 'S: * 1 EXISTS' 'S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\na3 OK'
	against - 0 mlist -o number,uid <<-END
	$login
	$asked
	$selected
	S: * 1 EXISTS\r\n* 4294967295 EXISTS\r\n* 3 EXISTS
	$listed
	C: a4 LOGOUT
	END
	assert_output $'1\t10\n2\t20\n3\t30'
}

@test "EXPUNGE of what is not there, more often than there are messages" {
	list_breaks 75 "${selected/3 EXISTS/4 EXISTS}" 'S: * 9 EXPUNGE\r\n* 0 EXPUNGE' 'S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\na3 OK'
	printf '%s\n' "$known" "$fetching" '! interrupt' 'S* 0 * 1 EXPUNGE' >script
	in_little_memory 76 mfetch --maildir=box
}

@test "EXPUNGE in the middle of a fetch, with texts whose UID comes last: none is taken for another" {
	breaks 76 'S: * 1 EXPUNGE' 'S: * 1 FETCH (BODY[] {11}\r\nSubject: 01 UID 10)' 'S: * 1 FETCH (BODY[] {11}\r\nSubject: 02)' 'S: a4 BAD'
	assert_equal "$(arrived)" ''
}

@test "UIDs out of order, repeated, 0 or too large" {
	against - 0 mlist -o number,uid <<-END
	$login
	$asked
	$selected
	S: * 1 FETCH (UID 30 RFC822.SIZE 1)\r\n* 2 FETCH (UID 10 RFC822.SIZE 1)\r\n* 3 FETCH (UID 20 RFC822.SIZE 1)\r\na3 OK
	C: a4 LOGOUT
	END
	assert_output $'1\t30\n2\t10\n3\t20'
}

@test "a message without a UID, size or flags that can be read is listed, and keeps no other from being served" {
	local odd
	for odd in 'UID 0 RFC822.SIZE 12' 'UID 4294967296 RFC822.SIZE 12' 'UID NIL RFC822.SIZE 12' 'RFC822.SIZE 12'; do
		rm -rf box "$XDG_STATE_HOME"
		against - 66 mfetch --maildir=box <<-END
		$login
		$asked
		$selected
		S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\n* 2 FETCH ($odd)\r\n* 3 FETCH (UID 30 RFC822.SIZE 12)\r\na3 OK
		C: a4 UID FETCH 10,30 (UID BODY.PEEK[])
		$(message 1 10)
		$(message 3 30)
		S: a4 OK
		C: a5 UID STORE 10,30 +FLAGS.SILENT (\\\\Deleted)
		C: a6 UID EXPUNGE 10,30
		C: a7 LOGOUT
		S: a5 OK\r\n* 3 EXPUNGE\r\n* 1 EXPUNGE\r\na6 OK\r\n* BYE\r\na7 OK
		END
		assert_regex "$stderr" 'message 2: the server gives it no UID'
	done
	for odd in 'UID 20 RFC822.SIZE NIL' 'UID 20 RFC822.SIZE 18446744073709551616' 'UID 20'; do
		against - 0 mlist -o number,uid <<-END
		$login
		$asked
		$selected
		S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\n* 2 FETCH ($odd)\r\n* 3 FETCH (UID 30 RFC822.SIZE 12)\r\na3 OK
		C: a4 LOGOUT
		END
		assert_output $'1\t10\n2\t20\n3\t30'
	done
}

@test "LOGOUT answered before STORE and EXPUNGE is legal; another answer out of order is not" {
	against - 0 mdel 1 <<-END
	$login
	$asked
	$selected
	$listed
	C: a4 UID STORE 10 +FLAGS.SILENT (\\\\Deleted)
	C: a5 UID EXPUNGE 10
	C: a6 LOGOUT
	S: * BYE\r\na6 OK\r\na5 OK\r\n* 1 EXPUNGE\r\na4 OK
	END
	against - 76 mdel 1 <<-END
	$login
	$asked
	S: * 3 EXISTS\r\n* OK [UIDVALIDITY 77]\r\na3 OK
	END
}

@test "one UID for two messages: neither can be named, so nothing is fetched or deleted" {
	list_breaks 76 "$selected" 'S: * 1 FETCH (UID 10 RFC822.SIZE 1)\r\n* 2 FETCH (UID 20 RFC822.SIZE 1)\r\n* 3 FETCH (UID 10 RFC822.SIZE 1)\r\na3 OK'
	against - 76 mdel all <<-END
	$login
	$asked
	$selected
	S: * 1 FETCH (UID 10 RFC822.SIZE 1)\r\n* 2 FETCH (UID 10 RFC822.SIZE 1)\r\n* 3 FETCH (UID 20 RFC822.SIZE 1)\r\na3 OK
	END
	assert_regex "$stderr" 'two messages have one UID'
}

@test "without UIDPLUS a search that makes no sense does not mean that nothing else is marked" {
	local answer
	for answer in '* SEARCH x' '* SEARCH 10 x 20' '* SEARCH 10 -1' '* SEARCH 4294967296'; do
		against - 76 mdel 1 <<-END
		${known/ UIDPLUS/}
		C: a4 UID SEARCH DELETED
		S: $answer\r\na4 OK
		END
	done
}

@test "UIDVALIDITY missing, 0, or another than it was: nothing is fetched or deleted" {
	list_breaks 76 'S: * 1 EXISTS\r\na2 OK\r\na3 OK'
	list_breaks 76 'S: * OK [UIDVALIDITY 0]\r\n* 1 EXISTS\r\na2 OK\r\na3 OK'
	list_breaks 76 'S: * OK [UIDVALIDITY 18446744073709551616]\r\n* 1 EXISTS\r\na2 OK\r\na3 OK'
	list_breaks 76 "$selected" 'S: * OK [UIDVALIDITY 78] new'
	breaks 76 "$(message 1 10)" 'S: * OK [UIDVALIDITY 78] new' "$(message 2 20)" "$(message 3 30)" 'S: a4 OK'
	assert_equal "$(arrived)" ''
	assert_regex "$stderr" 'UIDVALIDITY changed'
}

@test "UIDNEXT that lies: what is listed and known does not come twice" {
	local next
	for next in 0 1 31 4294967295 4294967296 x; do
		rm -rf box "$XDG_STATE_HOME"
		printf '%s\n' "${known/S: a2 OK/S: * OK [UIDNEXT $next] next\\r\\na2 OK}" >first
		printf '%s\n' "$fetching" "$(message 1 10)" "$(message 2 20)" "$(message 3 30)" 'S: a4 OK' 'C: a5 LOGOUT' >>first
		against "$PWD/first" 0 mfetch --keep --maildir=box
		printf '%s\n' "$(sed '/^C: a4/,$d' first)" 'C: a4 LOGOUT' >second
		against "$PWD/second" 0 mfetch --keep --full-listing --maildir=box
		assert_equal "$(LC_ALL=C arrived | fold -w3 | sort | tr -d '\n')" '01 02 03 '
	done
}

# ---- answers ----

@test "answers to nothing, twice, out of order, and a + that nobody asked for: 76" {
	breaks 76 'S: a3 OK again'
	breaks 76 'S: a5 OK' 'S: a4 OK'
	breaks 76 "$(message 1 10)" 'S: + go on' 'S: a4 OK'
	assert_equal "$(arrived)" ''
	list_breaks 76 "S: a3 OK" "$selected"
}

# refuses_each N UID...: each of them is asked for alone, from tag aN on, and refused
refuses_each()
{
	local -i tag=$1
	local uid answers=
	for uid in "${@:2}"; do
		printf 'C: a%d UID FETCH %s (UID BODY.PEEK[])\n' "$tag" "$uid"
		answers+="S: a$((tag++)) NO [UNAVAILABLE] not now"$'\n'
	done
	printf %s "$answers"
}

@test "NO to everything is one complaint, and nothing is deleted" {
	printf '%s\n' "$known" "$fetching" 'S: a4 NO [UNAVAILABLE] not now' "$(refuses_each 5 10 20 30)" 'C: a8 LOGOUT' >script
	against "$PWD/script" 75 mfetch --maildir=box
	assert_one_error
	assert_regex "$stderr" 'not now.*hint: that is about 3 messages, uid:10 is the first'
}

@test "a server that refuses set after set is not asked for all of 10,000 messages" {
	{
		printf '%s\n' "$login" "$asked" 'S: * 10000 EXISTS' "${selected#*$'\n'}"
		echo 'S* 10000 * \i FETCH (UID \i RFC822.SIZE 12)'
		echo 'S: a3 OK listed'
		seq 0 7 | awk '{ printf "C: a%d UID FETCH %d:%d (UID BODY.PEEK[])\n", $1 + 4, $1 * 500 + 1, $1 * 500 + 500 }'
		printf 'S: a%d NO [UNAVAILABLE] not now\n' {4..11}
		seq 8 14 | awk '{ printf "C: a%d UID FETCH %d:%d (UID BODY.PEEK[])\n", $1 + 4, $1 * 500 + 1, $1 * 500 + 500 }'
		printf 'S: a%d NO [UNAVAILABLE] not now\n' {12..18}
		echo 'C: a19 LOGOUT'
	} >script
	against "$PWD/script" 75 mfetch --maildir=box
	assert_one_error
	assert_regex "$stderr" 'that is about 10000 messages, uid:1 is the first'
}

@test "a message that the server cannot read keeps none of the others back" {
	# It gives what stands before it, and refuses the rest.
	against - 75 mfetch --maildir=box <<-END
	$known
	$fetching
	$(message 1 10)
	S: a4 NO [SERVERBUG] cannot read it
	C: a5 UID FETCH 20 (UID BODY.PEEK[])
	C: a6 UID FETCH 30 (UID BODY.PEEK[])
	S: a5 NO [SERVERBUG] cannot read it
	$(message 3 30)
	S: a6 OK
	C: a7 UID STORE 10,30 +FLAGS.SILENT (\\\\Deleted)
	C: a8 UID EXPUNGE 10,30
	C: a9 LOGOUT
	S: * 1 EXPUNGE\r\n* 2 EXPUNGE\r\na7 OK\r\na8 OK
	END
	assert_one_error
	assert_regex "$stderr" 'tunnel: uid:20: NO \[SERVERBUG\] cannot read it'
	assert_equal "$(arrived)" '01 03 '
}

@test "NIL, an empty text and a missing one: only what is a message is delivered and deleted" {
	against - 66 mfetch --maildir=box <<-END
	$known
	$fetching
	S: * 1 FETCH (UID 10 BODY[] NIL)
	$(message 2 20)
	S: * 3 FETCH (UID 30)
	S: a4 OK
	C: a5 UID STORE 20 +FLAGS.SILENT (\\\\Deleted)
	C: a6 UID EXPUNGE 20
	C: a7 LOGOUT
	S: a5 OK\r\na6 OK
	END
	assert_equal "$(arrived)" '02 '
}

@test "an empty text, a piece of a text, another section: no message, and nothing is deleted" {
	local answer
	for answer in 'BODY[] {0}\r\n' 'BODY[] ""' 'BODY[]<0> {11}\r\nSubject: 01' 'BODY[]<5> {11}\r\nSubject: 01' \
		'BODY[HEADER] {11}\r\nSubject: 01' 'BODY[TEXT] {11}\r\nSubject: 01' 'BODY[1] "Subject: 01"' 'RFC822.HEADER "x"' \
		'BODY[HEADER.FIELDS (SUBJECT)] "Subject: 01"' 'BODY NIL' 'BODY ("text" "plain")' 'BINARY[] ~{11}\r\nSubject: 01'; do
		against - 66 mfetch --maildir=box <<-END
		$login
		$asked
		${selected/3 EXISTS/1 EXISTS}
		S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\na3 OK
		C: a4 UID FETCH 10 (UID BODY.PEEK[])
		S: * 1 FETCH (UID 10 $answer)\r\na4 OK
		C: a5 LOGOUT
		END
		assert_equal "$(arrived)" ''
		assert_one_error
	done
}

@test "an empty header is none for a filter to reject" {
	local answer
	for answer in 'BODY[HEADER] {0}\r\n' 'BODY[HEADER] ""' 'BODY[HEADER.FIELDS (X)] "x"' 'BODY[HEADER]<0> "x"'; do
		against - 66 mfetch --maildir=box --filter='grep -q ^List-Id' <<-END
		$login
		$asked
		${selected/3 EXISTS/1 EXISTS}
		S: * 1 FETCH (UID 10 RFC822.SIZE 12)\r\na3 OK
		C: a4 UID FETCH 10 (UID BODY.PEEK[HEADER])
		S: * 1 FETCH (UID 10 $answer)\r\na4 OK
		C: a5 LOGOUT
		END
		assert_one_error
	done
}

@test "a header that comes ahead of the whole text does not stand for it" {
	breaks 75 'S: * 1 FETCH (UID 10 BODY[HEADER] {11}\r\nSubject: 00 BODY[] {11}\r\nSubject: 01)' '! close'
	assert_equal "$(arrived)" '01 '
}

@test "an alert that comes with every answer is shown once; two are shown both" {
	against - 0 mfetch --maildir=box <<-END
	$login
	$asked
	S: * OK [ALERT] nearly full
	S: * 0 EXISTS
	S: * OK [UIDVALIDITY 77] valid
	S: * OK [ALERT] moving on Monday
	S: a2 OK [ALERT] nearly full
	S: a3 OK [ALERT] nearly full
	C: a4 LOGOUT
	END
	assert_equal "$stderr" $'mfetch: tunnel: nearly full\nmfetch: tunnel: moving on Monday'
}

@test "an alert that comes with the deletion is shown too" {
	against - 0 mdel 1 <<-END
	${known}
	C: a4 UID STORE 10 +FLAGS.SILENT (\\\\Deleted)
	C: a5 UID EXPUNGE 10
	C: a6 LOGOUT
	S: a4 OK\r\n* 1 EXPUNGE\r\na5 OK [ALERT] one less
	END
	assert_equal "$stderr" 'mdel: tunnel: one less'
}

# ---- MESSAGELIMIT (RFC 9738) ----

@test "a list that comes in pieces is listed whole" {
	against - 0 mlist -o number,uid <<-END
	$login
	$asked
	${selected/3 EXISTS/5 EXISTS}
	S: * 5 FETCH (UID 50 RFC822.SIZE 1)\r\n* 4 FETCH (UID 40 RFC822.SIZE 1)\r\na3 OK [MESSAGELIMIT 2 40] partial
	C: a4 UID FETCH 1:39 (UID RFC822.SIZE)
	S: * 3 FETCH (UID 30 RFC822.SIZE 1)\r\n* 2 FETCH (UID 20 RFC822.SIZE 1)\r\na4 OK [MESSAGELIMIT 2 20] partial
	C: a5 UID FETCH 1:19 (UID RFC822.SIZE)
	S: * 1 FETCH (UID 10 RFC822.SIZE 1)\r\na5 OK
	C: a6 LOGOUT
	END
	assert_output $'1\t10\n2\t20\n3\t30\n4\t40\n5\t50'
}

@test "a list in pieces that begins with the oldest is listed whole too" {
	against - 0 mlist -o number,uid <<-END
	$login
	$asked
	$selected
	S: * 1 FETCH (UID 10 RFC822.SIZE 1)\r\n* 2 FETCH (UID 20 RFC822.SIZE 1)\r\na3 OK [MESSAGELIMIT 2 20] partial
	C: a4 UID FETCH 21:* (UID RFC822.SIZE)
	S: * 3 FETCH (UID 30 RFC822.SIZE 1)\r\na4 OK
	C: a5 LOGOUT
	END
	assert_output $'1\t10\n2\t20\n3\t30'
}

@test "a list that is cut where nobody knows is not taken for whole" {
	list_breaks 75 "$selected" 'S: a3 OK [MESSAGELIMIT 2 40] partial'
	list_breaks 75 "$selected" 'S: * 1 FETCH (UID 10 RFC822.SIZE 1)\r\n* 3 FETCH (UID 30 RFC822.SIZE 1)\r\na3 OK [MESSAGELIMIT 2 20]'
}

@test "texts that come in pieces all come, and are deleted in commands of so many" {
	against - 0 mfetch --maildir=box <<-END
	$known
	$fetching
	$(message 3 30)
	$(message 2 20)
	S: a4 OK [MESSAGELIMIT 2 20] partial
	C: a5 UID FETCH 10 (UID BODY.PEEK[])
	$(message 1 10)
	S: a5 OK
	C: a6 UID STORE 10,20 +FLAGS.SILENT (\\\\Deleted)
	C: a7 UID STORE 30 +FLAGS.SILENT (\\\\Deleted)
	C: a8 UID EXPUNGE 10,20
	C: a9 UID EXPUNGE 30
	C: a10 LOGOUT
	S: a6 OK\r\na7 OK\r\na8 OK\r\na9 OK
	END
	assert_equal "$(LC_ALL=C arrived | fold -w3 | sort | tr -d '\n')" '01 02 03 '
	assert_equal "$stderr" ''
}

@test "a limit that the server names is kept to" {
	against - 0 mfetch --maildir=box <<-END
	${known/UIDPLUS/UIDPLUS MESSAGELIMIT=2}
	C: a4 UID FETCH 10,20 (UID BODY.PEEK[])
	C: a5 UID FETCH 30 (UID BODY.PEEK[])
	$(message 1 10)
	$(message 2 20)
	S: a4 OK
	$(message 3 30)
	S: a5 OK
	C: a6 UID STORE 10,20 +FLAGS.SILENT (\\\\Deleted)
	C: a7 UID STORE 30 +FLAGS.SILENT (\\\\Deleted)
	C: a8 UID EXPUNGE 10,20
	C: a9 UID EXPUNGE 30
	C: a10 LOGOUT
	S: a6 OK\r\na7 OK\r\na8 OK\r\na9 OK
	END
}

@test "a server that gives nothing of what it left out is not asked for ever" {
	printf '%s\n' "$known" "$fetching" 'S: a4 OK [MESSAGELIMIT 2 20] partial' 'C: a5 LOGOUT' >script
	against "$PWD/script" 66 mfetch --maildir=box
	assert_equal "$(arrived)" ''
}

@test "a deletion that was not whole is an error" {
	against - 69 mdel 1 <<-END
	${known}
	C: a4 UID STORE 10 +FLAGS.SILENT (\\\\Deleted)
	C: a5 UID EXPUNGE 10
	C: a6 LOGOUT
	S: a4 OK [MESSAGELIMIT 1 20] partial\r\na5 OK
	END
	assert_regex "$stderr" 'MESSAGELIMIT'
}

@test "a search in pieces finds all; one that does not get further ends" {
	against - 0 mlist --search=seen -o number,uid <<-END
	$login
	$asked
	$selected
	$listed
	C: a4 UID SEARCH SEEN
	S: * SEARCH 30\r\na4 OK [MESSAGELIMIT 1 30] partial
	C: a5 UID SEARCH SEEN UID 1:29
	S: * SEARCH 10\r\na5 OK
	C: a6 LOGOUT
	END
	assert_output $'1\t10\n3\t30'
	against - 69 mlist --search=seen -o number,uid <<-END
	$login
	$asked
	$selected
	$listed
	C: a4 UID SEARCH SEEN
	S: * SEARCH 30\r\na4 OK [MESSAGELIMIT 1 30] partial
	C: a5 UID SEARCH SEEN UID 1:29
	S: * SEARCH\r\na5 OK [MESSAGELIMIT 1 30] partial
	END
}

# ---- LITERAL+ (RFC 7888) ----

@test "a literal goes along in one flight where the server lets it" {
	against - 0 mlist --search='subject:Grüße seen' -o number,uid <<-END
	$login
	$asked
	$selected
	$listed
	C: a4 UID SEARCH CHARSET UTF-8 SUBJECT {7+}
	C: Gr\xc3\xbc\xc3\x9fe SEEN
	S: * SEARCH 20\r\na4 OK
	C: a5 LOGOUT
	END
	assert_output $'2\t20'
	printf 'p\303\244ss\n' >password
	against - 77 mlist --auth=login <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 LITERAL-] hi
	C: a1 LOGIN {5+}
	C: alice {5+}
	C: p\xc3\xa4ss
	S: a1 NO [AUTHENTICATIONFAILED] no
	END
}

@test "a password that goes as a literal: neither it nor its length is in the trace" {
	printf 'p\303\244ss\n' >password
	against - 77 mlist -v --auth=login <<-'END'
	S: * OK [CAPABILITY IMAP4rev1] hi
	C: a1 LOGIN {5}
	S: + go on
	C: alice {5}
	S: + go on
	C: p\xc3\xa4ss
	S: a1 NO [AUTHENTICATIONFAILED] no
	END
	assert_regex "$stderr" 'C: alice \*\*\*'
	refute_regex "$stderr" 'alice \{|ss$'
}
