#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A session that fails ends in order: QUIT or LOGOUT goes out if the server is waiting for a command, and only then. Nobody
# waits for the answer.
# shellcheck disable=SC2154  # replay.bash, run

load helper
load replay

setup()
{
	replay_setup
	smtp+=(--user=alice --auth=plain --password-command='cat password')
}

over_imap() { MAILVERBS_PROTOCOL=imap against "$@"; }

hi='S: +OK ready
C: CAPA
S: +OK\r\nPIPELINING\r\n.'
refused='C: USER alice
C: PASS tanstaaf
S: +OK\r\n-ERR wrong
C: QUIT'
imap_hi='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm'

@test 'POP3: a refused login is followed by QUIT in each tool' {
	local tool
	for tool in mfetch mlist 'mdel 1'; do
		# shellcheck disable=SC2086
		against - 77 $tool --auth=user <<<"$hi"$'\n'"$refused"
	done
}

@test 'POP3: a refusal before PASS went out is followed by QUIT, and PASS never goes' {
	against - 77 mlist --auth=user <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK\r\n.
	C: USER alice
	S: -ERR who?
	C: QUIT
	END
}

@test 'POP3: a password that cannot be had, and a refused list, are followed by QUIT' {
	against - 77 mlist --auth=user --password-command=false <<<"$hi"$'\nC: QUIT'
	against - 69 mfetch --keep --maildir=box <<<"$hi"$'\nC: UIDL\nC: LIST\nS: -ERR no\\r\\n+OK 1\\r\\n1 9\\r\\n.\nC: QUIT'
}

@test 'IMAP: a refused login is followed by LOGOUT in each tool' {
	local tool
	for tool in mfetch mlist 'mdel 1' 'mmark --seen 1'; do
		# shellcheck disable=SC2086
		over_imap - 77 $tool <<<"$imap_hi"$'\nS: a1 NO wrong\nC: a2 LOGOUT'
	done
}

@test 'IMAP: a folder that cannot be selected is followed by LOGOUT' {
	over_imap - 66 mlist --folder=nowhere <<<"$imap_hi"'
S: a1 OK [CAPABILITY IMAP4rev1] in
C~ a2 EXAMINE "nowhere"
C~ a3 .*
S: a2 NO [NONEXISTENT] no such folder
S: a3 BAD no folder
C: a4 LOGOUT'
}

@test 'SMTP: a refused login is followed by QUIT' {
	against - 77 msend <<-'END'
	S: 220 hi
	C: EHLO [127.0.0.1]
	S: 250-hi\r\n250 AUTH PLAIN
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 535 wrong
	C: QUIT
	END
}

@test 'nothing is said to a server that said goodbye, broke the protocol, or awaits more of a command' {
	over_imap - 75 mlist <<-'END'
	S: * BYE too many of you
	! stall
	END
	over_imap - 75 mlist <<<"$imap_hi"'
S: * BYE overloaded
S: a1 NO later, please try again
! stall'
	over_imap - 76 mlist <<<"$imap_hi"$'\nS: nonsense\n! stall'
	against - 76 mlist --auth=user <<<"$hi"$'\nC: USER alice\nC: PASS tanstaaf\nS: nonsense\n! stall'
}

@test 'POP3: no QUIT makes the server delete a message that was retrieved and could not be stored' {
	against - 75 mfetch --pipe='exit 74' <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK\r\nEXPIRE 0\r\nPIPELINING\r\n.
	C: UIDL
	C: LIST
	S: +OK\r\n1 a\r\n.\r\n+OK\r\n1 9\r\n.
	C: RETR 1
	C: NOOP
	S: +OK\r\nA: b\r\n\r\nc\r\n.\r\n+OK
	! stall
	END
}
