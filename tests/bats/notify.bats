#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --watch with several folders: one session in which the server announces what comes into each of them (NOTIFY,
# RFC 5465), against Dovecot and against scripts.
#
# shellcheck disable=SC2154,SC2034  # stderr, output: run; me: raw
# shellcheck disable=SC2016,SC2030,SC2031  # scripts in quotes; a test's variables are its own

load helper
load replay
load imap
load watching

setup()
{
	replay_setup
	export MAILVERBS_PROTOCOL=imap
	login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS IDLE NOTIFY] in'
	notify='C: a2 NOTIFY SET (selected-delayed (MessageNew MessageExpunge)) (mailboxes ("INBOX" "work") (MessageNew MessageExpunge))'
	empty="$login
$notify
S: a2 OK notifying
$(turn 3 INBOX)
$(turn 5 work)
$(left 7 INBOX)"
	folders=(--folder=INBOX --folder=work --keep)
	three=("${folders[@]}" --folder=Lists)
}

# turn TAG FOLDER [NEXT]: the client's turn to an empty folder whose UIDNEXT is this
turn()
{
	printf 'C: a%d SELECT "%s"\nC: a%d UID FETCH 1:* (UID RFC822.SIZE)\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 77] valid\n' \
		"$1" "$2" $(($1 + 1))
	printf 'S: * OK [UIDNEXT %d] next\nS: a%d OK selected\nS: a%d OK listed\n' "${3-1}" "$1" $(($1 + 1))
}

# left TAG FOLDER [NEXT]: the client asks for the folder that it has left
left()
{
	printf 'C: a%d STATUS "%s" (UIDNEXT UIDVALIDITY)\nS: * STATUS "%s" (UIDNEXT %d UIDVALIDITY 77)\nS: a%d OK\n' \
		"$1" "$2" "$2" "${3-1}" "$1"
}

# give_to FOLDER NAME...: a message with this subject for each, as another client appends it
give_to()
{
	local folder=$1 name text
	shift
	for name; do
		printf -v text 'Subject: %s\r\nFrom: a@example.org\r\nDate: Sun, 01 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%s@example.org>\r\n\r\nx\r\n' \
			"$name" "$name"
		raw "x2 APPEND $folder {${#text}+}" "$text" >made
		grep -q '^x2 OK' made
	done
}

on_dovecot_with_folders()
{
	on_dovecot 'interval = 1000'
	me=$user@example.org
	raw 'x2 CREATE work' 'x3 CREATE Lists' >made
	rm -f "$(maildir_of "$user")/../trace"/*
}

# ---- Dovecot ----

@test "one session watches all folders: what comes into one is fetched from it, at once and once" {
	on_dovecot_with_folders
	give_to INBOX a
	watch "${three[@]}" --hook='echo "$FOLDER $COUNT" >>hooked'
	await box_has a
	await said 1 IDLE
	give_to work b
	await box_has a b
	await said 2 IDLE
	give_to Lists c d
	await box_has a b c d
	await said 3 IDLE
	give_to INBOX e
	await box_has a b c d e
	await said 4 IDLE
	give_to Lists f
	await box_has a b c d e f
	await said 5 IDLE
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	assert_equal "$(box)" 'a b c d e f'
	assert_equal "$(wire_trace "$user" in | grep -c AUTHENTICATE)" 0
	assert_equal "$(wire_trace "$user" in | grep -c 'NOTIFY SET')" 1
	# three at first, and one for each announcement
	assert_equal "$(wire_trace "$user" in | grep -c SELECT)" 7
	assert_equal "$(awk '{ n[$1] += $2 } END { print n["INBOX"], n["work"], n["Lists"] }' hooked)" '2 1 3'
}

@test "while it waits, each folder is free for other runs" {
	on_dovecot_with_folders
	watch "${three[@]}"
	await said 1 IDLE
	run -0 mfetch "${three[@]}"
	assert_output ''
	give_to work a
	await box_has a
	end_by TERM
	assert_equal "$status" 0
}

@test "messages are deleted in the folder that they came into, and that is no news" {
	on_dovecot_with_folders
	watch --folder=INBOX --folder=work
	await said 1 IDLE
	give_to INBOX a b
	await box_has a b
	give_to work c
	await box_has a b c
	emptied() { [[ $(raw 'x2 STATUS INBOX (MESSAGES)' 'x3 STATUS work (MESSAGES)' | grep -c 'MESSAGES 0') = 2 ]]; }
	await emptied
	turns=$(wire_trace "$user" in | grep -c SELECT)
	sleep 0.5
	assert_equal "$(wire_trace "$user" in | grep -c SELECT)" "$turns"
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
}

@test "a folder that is deleted meanwhile is reported once, the others are watched on, and it may come back" {
	on_dovecot_with_folders
	export MAILVERBS_IDLE=1
	give_to work a
	watch "${three[@]}"
	await box_has a
	await said 1 IDLE
	raw 'x2 DELETE Lists' >made
	await grep -q "doesn't exist: Lists" err
	give_to INBOX b
	await box_has a b
	give_to work c
	await box_has a b c
	raw 'x2 CREATE Lists' >made
	give_to Lists d
	await box_has a b c d
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(grep -c "doesn't exist" err)" 1
}

@test "a folder that is made anew meanwhile: what is the same does not come again, and the rest comes" {
	on_dovecot_with_folders
	give_to work a b c
	watch "${three[@]}"
	await box_has a b c
	await said 1 IDLE
	raw 'x2 DELETE work' 'x3 CREATE work' >made
	give_to work a
	give_to work d
	await box_has a b c d
	await said 2 IDLE
	give_to INBOX e
	await box_has a b c d e
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(box)" 'a b c d e'
}

@test "a folder that a pattern takes in is found by the next check" {
	on_dovecot_with_folders
	export MAILVERBS_IDLE=1
	give_to work a
	watch --keep --folder='*'
	await box_has a
	raw 'x2 CREATE later' >made
	give_to later b
	await box_has a b
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
}

@test "a session that was cut is made anew, and nothing comes twice" {
	on_dovecot_with_folders
	make_imap_gate
	give_to work a
	watch "${three[@]}" --tunnel=./gate
	await box_has a
	await said 1 IDLE
	kill "$(<gate.pid)"
	await said 2 'NOTIFY SET'
	give_to Lists b
	await box_has a b
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	assert_equal "$(box)" 'a b'
}

@test "SIGTERM during the wait ends the session with a goodbye, SIGHUP by the signal" {
	on_dovecot_with_folders
	watch "${three[@]}"
	await said 1 IDLE
	end_by HUP
	assert_equal "$status" 129
	await said 1 LOGOUT
}

# ---- scripts ----

idling='C: a8 IDLE
S: + idling'

@test "an announcement is followed by the turn of that folder alone, and others are ignored" {
	plays "$empty
$idling
S: * STATUS work (MESSAGES 0 UIDNEXT 1)
S: * STATUS other (MESSAGES 5 UIDNEXT 6 UIDVALIDITY 3)
S: * STATUS \"INBOX\" (UIDNEXT 1 UIDVALIDITY 77)
S: * 0 EXISTS
! quiet 200
S: * STATUS inbox (MESSAGES 1 UIDNEXT 2)
C: DONE
S: a8 OK
$(turn 9 INBOX 2)
$(left 11 work)
C: a12 IDLE
S: + idling
S: * 1 EXISTS
C: DONE
S: a12 OK
$(turn 13 INBOX 3)
C: a15 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "what is announced during other turns, or comes as a folder is left, is not missed" {
	plays "${empty/a5 OK selected/* STATUS INBOX (MESSAGES 1 UIDNEXT 2)\\r\\na5 OK selected}
$(turn 8 INBOX 2)
C: a10 STATUS \"work\" (UIDNEXT UIDVALIDITY)
S: * STATUS work (UIDNEXT 2 UIDVALIDITY 77)
S: a10 OK
$(turn 11 work 2)
$(left 13 INBOX 2)
C: a14 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "another UIDVALIDITY is news" {
	plays "$empty
$idling
S: * STATUS INBOX (UIDNEXT 1 UIDVALIDITY 78)
C: DONE
S: a8 OK
$(turn 9 INBOX)
! close" "$empty
$idling" -- "${folders[@]}"
	assert_equal "$status" 0
}

@test "an announcement that was wrong hides none that comes later" {
	plays "$empty
$idling
S: * STATUS INBOX (UIDNEXT 4294967295)
C: DONE
S: a8 OK
$(turn 9 INBOX)
$(left 11 work)
C: a12 IDLE
S: + idling
S: * STATUS work (UIDNEXT 4294967295)
C: DONE
S: a12 OK
$(turn 13 work)
$(left 15 INBOX)
C: a16 IDLE
S: + idling
S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2)
C: DONE
S: a16 OK
$(turn 17 INBOX 2)
$(left 19 work)
C: a20 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "a smaller UIDNEXT is news too: the folder may be another one by this name" {
	plays "$login
$notify
S: a2 OK notifying
$(turn 3 INBOX 9)
$(turn 5 work)
$(left 7 INBOX 9)
$idling
S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2)
C: DONE
S: a8 OK
$(turn 9 INBOX 2)
$(left 11 work)
C: a12 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "a server whose STATUS and SELECT disagree for good does not have us turn for ever" {
	plays "${empty%"$(left 7 INBOX)"}$(left 7 INBOX 5)
$(turn 8 INBOX)
$(left 10 work)
C: a11 IDLE
S: + idling
S: * STATUS INBOX (UIDNEXT 5)
! quiet 200
S: * STATUS work (UIDNEXT 2)
C: DONE
S: a11 OK
$(turn 12 work)
$(left 14 INBOX 5)
C: a15 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "texts, flags and folders that nobody asked for, while it waits: nothing is delivered or missed" {
	plays "$empty
$idling
S: * 1 FETCH (UID 1 BODY[] {11}\r\nSubject: 01)
S: * 1 FETCH (UID 4294967295 FLAGS (\\\\Deleted))
S: * STATUS other (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)
S: * STATUS \"\" (MESSAGES 1 UIDNEXT 2)
S: * STATUS work (UIDNEXT 0 UIDVALIDITY 0)
S: * STATUS work ()
S: * LIST (\\\\NonExistent) \"/\" work
S: * VANISHED 1:4
! quiet 200
S: * STATUS work (MESSAGES 1 UIDNEXT 2)
C: DONE
S: a8 OK
C: a9 SELECT \"work\"
C: a10 UID FETCH 1:* (UID RFC822.SIZE)
S: * 1 EXISTS
S: * OK [UIDVALIDITY 77] valid
S: * OK [UIDNEXT 2] next
S: a9 OK selected
S: * 1 FETCH (UID 1 RFC822.SIZE 11)
S: a10 OK listed
C: a11 UID FETCH 1 (UID BODY.PEEK[])
S: * STATUS INBOX (MESSAGES 1 UIDNEXT 1)
S: * 1 FETCH (UID 1 BODY[] {11}\r\nSubject: 02)
S: a11 OK
C: a12 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(arrived)" '02 '
}

@test "a server that does not offer NOTIFY, or refuses it, is asked now and then" {
	local session refusal
	for refusal in '' 'NO not for you' 'BAD what?' 'NO [BADEVENT (FlagChange)] no'; do
		session="$login
$notify
S: a2 $refusal
$(turn 3 INBOX)
$(turn 5 work)
C: a7 LOGOUT
S: * BYE\r\na7 OK"
		if [[ -z $refusal ]]; then
			session="${login/ NOTIFY/}
$(turn 2 INBOX)
$(turn 4 work)
C: a6 LOGOUT
S: * BYE\r\na6 OK"
		fi
		plays "$session" "$session" -- "${folders[@]}" --interval=1
		assert_equal "$status" 0
		assert_equal "$stderr" ''
	done
}

@test "whoever announces no more, says goodbye, hangs up or talks nonsense: a new session, in silence" {
	local end
	for end in "S: * OK [NOTIFICATIONOVERFLOW] too much
C: DONE
S: a8 OK
C: a9 LOGOUT
S: * BYE\r\na9 OK" 'S: * BYE shutting down' '! close' 'S: + again' 'S: a9 OK what?' 'S: * STATUS INBOX (UIDNEXT {1'; do
		plays "$empty
$idling
$end" "$empty
$idling" -- "${folders[@]}"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
	done
}

@test "an overflow outside the wait is noticed before the next one" {
	plays "${empty/a6 OK listed/* OK [NOTIFICATIONOVERFLOW] too much\\r\\na6 OK listed}
C: a8 LOGOUT
S: * BYE\r\na8 OK" "$empty
$idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "a folder that is gone when it was left has its turn, and is reported once" {
	plays "${empty%S: \* STATUS*}S: a7 NO no such folder
C: a8 SELECT \"INBOX\"
C: a9 UID FETCH 1:* (UID RFC822.SIZE)
S: a8 NO no such folder
S: a9 BAD nothing selected
C: a10 STATUS \"work\" (UIDNEXT UIDVALIDITY)
S: * STATUS work (UIDNEXT 2 UIDVALIDITY 77)
S: a10 OK
C: a11 SELECT \"INBOX\"
C: a12 UID FETCH 1:* (UID RFC822.SIZE)
S: a11 NO no such folder
S: a12 BAD nothing selected
$(turn 13 work 2)
C: a15 IDLE
S: + idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$(grep -c 'no such folder' <<<"$stderr")" 1
}

@test "a folder that is missing from the start, whichever, does not end the watch of the others" {
	plays "${empty%C: a5*}C: a5 SELECT \"work\"
C: a6 UID FETCH 1:* (UID RFC822.SIZE)
S: a5 NO no such folder
S: a6 BAD nothing selected
$(left 7 INBOX)
$idling" -- "${folders[@]}"
	assert_equal "$status" 0
	assert_equal "$(grep -c 'no such folder' <<<"$stderr")" 1
}

@test "a watch of folders that are all missing ends" {
	cat >script <<-END
	$login
	$notify
	S: a2 OK notifying
	C: a3 SELECT "INBOX"
	C: a4 UID FETCH 1:* (UID RFC822.SIZE)
	S: a3 NO no such folder
	S: a4 BAD nothing selected
	C: a5 SELECT "work"
	C: a6 UID FETCH 1:* (UID RFC822.SIZE)
	S: a5 NO no such folder
	S: a6 BAD nothing selected
	C: a7 LOGOUT
	S: * BYE\r\na7 OK
	END
	run -66 timeout 60 mfetch "${imap[@]}" "$(tunnel_to "$PWD/script")" --watch --maildir=box "${folders[@]}"
	assert_equal "$(<verdict)" ok
}

@test "more folders than a command line holds are asked now and then" {
	local many=() i
	for ((i = 0; i < 100; i++)); do
		many+=("--folder=$i$(printf '%080d' 0)")
	done
	on_dovecot 'interval = 1'
	watch --folder=INBOX "${many[@]}" --keep
	await said 2 'SELECT "INBOX"'
	end_by TERM
	assert_equal "$(wire_trace "$user" in | grep -c NOTIFY || true)" 0
}
