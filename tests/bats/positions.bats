#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Messages named by number or position: of a large IMAP folder mlist lists these, and not all.

# shellcheck disable=SC2154  # helper.bash, replay.bash and run set what is used here

load helper
load replay

fields='BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)]'
peek='BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)]'

setup()
{
	replay_setup
	export MAILVERBS_PROTOCOL=imap
	login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in'
	selected="C: a2 SELECT \"INBOX\"
S: * 10000 EXISTS
S: * OK [UIDVALIDITY 77] valid
S: a2 OK selected"
	all='C: a2 SELECT "INBOX"
C: a3 UID FETCH 1:* (UID)
S: * 4 EXISTS\r\n* OK [UIDVALIDITY 77] valid\r\na2 OK selected
S* 4 * \i FETCH (UID 10\i)
S: a3 OK listed
C: a4 LOGOUT'
}

# lists SET NUMBERS OPERAND...: mlist asks for SET, is told NUMBERS, and shows them; the UIDs are 10NUMBER
lists()
{
	local set=$1 numbers=$2 told='' shown='' n
	shift 2
	for n in $numbers; do
		told+="S: * $n FETCH (UID 10$n RFC822.SIZE 9)"$'\n'
		shown+="$n"$'\t'"10$n"$'\n'
	done
	against - 0 mlist -o number,uid "$@" <<<"$login
$selected
C: a3 FETCH $set (UID RFC822.SIZE)
${told}S: a3 OK listed
C: a4 LOGOUT"
	assert_output "${shown%$'\n'}"
}

@test 'only the messages named by number or position are listed' {
	lists 9998:10000 '9998 9999 10000' last:3
	lists 1:2 '1 2' first:2
	lists 7 7 7
	lists 9999:10000 '9999 10000' 9999-
	lists 1:2,7,9:11,10000 '1 2 7 9 10 11 10000' last:1 7 first:2 9-10 10-11
}

@test 'their headers come with the list' {
	against - 0 mlist -o number,subject last:2 <<-END
	$login
	C: a2 EXAMINE "INBOX"
	S: * 10000 EXISTS\r\n* OK [UIDVALIDITY 77] valid\r\na2 OK selected
	C: a3 FETCH 9999:10000 (UID RFC822.SIZE $peek)
	S: * 9999 FETCH (UID 5 RFC822.SIZE 9 $fields "Subject: five")
	S: * 10000 FETCH (UID 6 RFC822.SIZE 9 $fields "Subject: six")\r\na3 OK
	C: a4 LOGOUT
	END
	assert_output $'9999\tfive\n10000\tsix'
	against - 0 mlist -c last:2 <<-END
	$login
	C: a2 EXAMINE "INBOX"
	S: * 10000 EXISTS\r\n* OK [UIDVALIDITY 77] valid\r\na2 OK selected
	C: a3 FETCH 9999:10000 (UID RFC822.SIZE)
	S: * 9999 FETCH (UID 5 RFC822.SIZE 9)\r\n* 10000 FETCH (UID 6 RFC822.SIZE 8)\r\na3 OK
	C: a4 LOGOUT
	END
	assert_output $'2\t17'
}

@test 'what is told of other messages does not change which are shown' {
	against - 0 mlist -o uid,flags first:2 <<-END
	$login
	$selected
	C: a3 FETCH 1:2 (UID FLAGS)
	S: * 700 FETCH (UID 5 FLAGS (\\\\Seen))
	S: * 2 FETCH (UID 102 FLAGS ())
	S: * 10001 EXISTS
	S: * 1 FETCH (UID 101 FLAGS (\\\\Seen))\r\na3 OK
	C: a4 LOGOUT
	END
	assert_output $'101\t\\Seen\n102\t'
}

@test 'an operand that names no message is an error, and nothing is asked for' {
	against - 66 mlist -o uid 10001 20000-20005 <<-END
	$login
	$selected
	C: a3 LOGOUT
	END
	assert_equal "${stderr_lines[0]}" 'mlist: 10001: no such message'
	assert_equal "${stderr_lines[1]}" 'mlist: 20000-20005: no such message'
}

@test 'an operand or a query that needs the whole list gets it' {
	against - 0 mlist -o uid uid:102 last:1 <<<"$login"$'\n'"$all"
	assert_output $'102\n104'
	against - 0 mlist -o uid last:1 --search=seen <<-END
	$login
	$(sed '$d' <<<"$all")
	C: a4 UID SEARCH SEEN
	S: * SEARCH 103 104\r\na4 OK
	C: a5 LOGOUT
	END
	assert_output 104
}

@test 'a message that others deleted meanwhile: the whole list is asked for' {
	local answer
	for answer in 'a3 NO some are gone' '* 99 FETCH (UID 5)\r\na3 OK [EXPUNGEISSUED] some are gone'; do
		against - 0 mlist -o uid last:2 <<-END
		$login
		${selected/10000/100}
		C: a3 FETCH 99:100 (UID)
		S: $answer
		C: a4 UID FETCH 1:* (UID)
		S: * 1 EXPUNGE
		S* 99 * \\i FETCH (UID 10\\i)
		S: a4 OK
		C: a5 LOGOUT
		END
		assert_output $'1098\n1099'
	done
}
