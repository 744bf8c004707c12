#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --watch over IMAP: one session that waits by IDLE (RFC 2177), against Dovecot and against scripts.
#
# shellcheck disable=SC2154  # stderr, output: run
# shellcheck disable=SC2016,SC2030,SC2031,SC2094  # scripts in quotes; a test's variables are its own; a file and a list of one name

load helper
load replay
load watching

setup()
{
	replay_setup
	export MAILVERBS_PROTOCOL=imap
	login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS IDLE] in'
	empty="$login
C: a2 SELECT \"INBOX\"
C: a3 UID FETCH 1:* (UID RFC822.SIZE)
S: * 0 EXISTS
S: * OK [UIDVALIDITY 77] valid
S: a2 OK selected
S: a3 OK listed"
}

# ---- Dovecot ----

@test "mail is there as soon as it comes, and gone from the server, in one session" {
	on_dovecot 'interval = 1000'
	give a
	watch
	await box_has a
	await said 1 IDLE
	give b
	await box_has a b
	await said 2 IDLE
	give c d
	await box_has a b c d
	await said 3 IDLE
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	assert_equal "$(mailbox_count "$user")" 0
	assert_equal "$(wire_trace "$user" in | grep -c SELECT)" 1
}

@test "with --keep nothing comes twice, and compressed it is the same" {
	on_dovecot 'interval = 1000'
	give a
	watch --keep --compress -v
	await box_has a
	give b
	await box_has a b
	idles() { [[ $(grep -c '+ idling' err) -ge $1 ]]; }
	await idles 2
	give c
	await box_has a b c
	await idles 3
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(mailbox_count "$user")" 3
	assert_equal "$(grep -c 'C: a[0-9]* SELECT' err)" 1
	assert_equal "$(grep -c 'COMPRESS DEFLATE' err)" 1
}

@test "while it waits, the mailbox is free for others" {
	on_dovecot 'interval = 1000'
	watch
	await said 1 IDLE
	run -0 mfetch
	assert_output ''
	give a
	await box_has a
	end_by TERM
	assert_equal "$status" 0
}

@test "IDLE is renewed, and finds what the server did not tell of" {
	on_dovecot 'interval = 1000'
	export MAILVERBS_IDLE=1
	watch
	await said 3 DONE
	unset MAILVERBS_IDLE
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	assert_equal "$(wire_trace "$user" in | grep -c SELECT)" 1
}

@test "SIGHUP ends the wait by the signal" {
	on_dovecot
	watch
	await said 1 IDLE
	end_by HUP
	assert_equal "$status" 129
	await said 1 LOGOUT
}

@test "a session that was killed is made anew, and that is told with -v alone" {
	on_dovecot 'interval = 1000'
	make_imap_gate
	watch --tunnel=./gate
	await said 1 IDLE
	give a
	await box_has a
	await said 2 IDLE
	kill "$(<gate.pid)"
	await said 2 SELECT
	give b
	await box_has a b
	await said 4 IDLE
	end_by TERM
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
}

# ---- scripts ----

idling='C: a4 IDLE
S: + idling'

@test "what comes while nobody waits is not missed" {
	plays "${empty/a3 OK/* 1 EXISTS\\r\\na3 OK}
$idling
C: DONE
S: a4 OK
C: a5 UID FETCH 1:* (UID RFC822.SIZE)
S: * 1 FETCH (UID 1 RFC822.SIZE 11)\r\na5 OK
C: a6 UID FETCH 1 (UID BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] {11}\r\nSubject: 01)\r\na6 OK
C: a7 UID STORE 1 +FLAGS.SILENT (\\\\Deleted)
C: a8 UID EXPUNGE 1
S: a7 OK\r\n* 1 EXPUNGE\r\na8 OK
C: a9 IDLE
S: + idling"
	assert_equal "$status" 0
	assert_equal "$(box)" 01
	assert_equal "$stderr" ''
}

@test "news that brings no mail does not end the wait" {
	plays "$empty
$idling
S: * 0 EXISTS
S: * OK still here
S: * 0 RECENT
S: * 1 FETCH (FLAGS (\\\\Seen))
! quiet 200
S: * 1 EXISTS
C: DONE
S: a4 OK
C: a5 UID FETCH 1:* (UID RFC822.SIZE)
S: a5 OK"
	assert_equal "$status" 0
}

@test "a server that has no IDLE is asked by NOOP" {
	plays "${empty/ IDLE/}
C: a4 NOOP
S: a4 OK
C: a5 UID FETCH 1:* (UID RFC822.SIZE)
S: a5 OK
C: a6 NOOP" -- --interval=1
	assert_equal "$status" 0
}

@test "a signal between two NOOPs ends the session with a goodbye" {
	cat >script.0 <<-END
	${empty/ IDLE/}
	S: * OK still here
	! run until grep -q 'still here' err; do sleep 0.02; done; kill -TERM "\$(cat pid)"
	C: a4 LOGOUT
	! stall
	END
	export REPLAY_VERDICT=$PWD/verdict
	run -0 timeout 60 bash -c 'echo $$ >pid; exec "$@" 2>err' - mfetch "${imap[@]}" "$(tunnel_to "$PWD/script.0")" --watch \
		--maildir=box -v
	assert_equal "$(<verdict)" ok
}

@test "a server that refuses the IDLE it offered is asked by NOOP" {
	plays "$empty
C: a4 IDLE
S: a4 NO not now
C: a5 NOOP
S: a5 OK
C: a6 UID FETCH 1:* (UID RFC822.SIZE)
S: a6 OK
C: a7 NOOP" -- --interval=1
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "a server that ends IDLE by itself is asked what is new, and idles again" {
	plays "$empty
$idling
S: a4 OK long enough
C: a5 UID FETCH 1:* (UID RFC822.SIZE)
S: a5 OK
C: a6 IDLE
S: + idling"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "a server that ends each IDLE at once is asked no more often than one without IDLE" {
	plays "$empty
$idling
S: a4 OK enough
C: a5 UID FETCH 1:* (UID RFC822.SIZE)
S: a5 OK
C: a6 IDLE
S: + idling\r\na6 OK enough
C: a7 NOOP
S: a7 OK
C: a8 UID FETCH 1:* (UID RFC822.SIZE)
S: a8 OK
C: a9 IDLE
S: + idling" -- --interval=1
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "whoever says goodbye, hangs up or talks nonsense while we wait: a new session, in silence" {
	local end
	for end in 'S: * BYE shutting down' '! close' 'S: + again' 'S: a9 OK what?' 'S: * OK [UIDVALIDITY 78] new' \
	    'S: * 1' 'S: * 1 FETCH (' 'S: hello'; do
		plays "$empty
$idling
$end" "$empty
$idling"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
	done
}

@test "with -v a new session is one line" {
	plays "$empty
$idling
S: * BYE shutting down" "$empty
$idling" -- -v
	assert_equal "$(grep -c 'connecting again' <<<"$stderr")" 1
	assert_regex "$stderr" 'BYE shutting down; connecting again in 1 s'
}

@test "who does not answer DONE is given up" {
	export MAILVERBS_IDLE=1
	plays "$empty
$idling
C: DONE
! quiet 2000" "$empty
C: a4 IDLE" -- --timeout=1
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "a login that is refused after a loss ends the watch" {
	printf '%s\n' "$empty" "$idling" 'S: * BYE' >script.0
	printf '%s\n' "${login%S: a1*}S: a1 NO [AUTHENTICATIONFAILED] no" >script.1
	printf '0\n' >turn
	printf '#!/bin/bash\nread -r n <turn\necho $((n + 1)) >turn\nexec "$abs_top_builddir/tests/replay" script.$n\n' >server
	chmod +x server
	run --separate-stderr mfetch "${imap[@]}" --tunnel='exec ./server' --watch --maildir=box
	assert_equal "$status" 77
	assert_regex "$stderr" 'AUTHENTICATIONFAILED'
}
