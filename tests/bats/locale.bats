#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Protocol words, schemes, keys and field names are compared as ASCII, whatever the locale. In Turkish, the small
# letter of I is not i.

# shellcheck disable=SC2034  # imap, pop3: replay.bash

load helper
load replay

setup_file()
{
	export LOCPATH=$BATS_FILE_TMPDIR/locales
	mkdir "$LOCPATH"
	command -v localedef >/dev/null || skip 'no localedef'
	localedef -c -i tr_TR -f ISO-8859-9 "$LOCPATH/tr_TR"
}

setup()
{
	replay_setup
	export LC_ALL=tr_TR LANG=tr_TR
	[[ $(locale charmap) = ISO-8859-9 ]]
}

@test 'SMTP: keywords and mechanisms in small letters' {
	smtp+=(--user=alice --auth=Plain --password-command='cat password')
	printf 'to: bob@example.org\nSUBJECT: hi\nmime-version: 1.0\nmessage-ID: <1@example.org>\n' >letter
	printf 'date: Sat, 21 Nov 2026 10:00:00 +0000\nfrom: alice@example.org\nbcc: carol@example.org\n\nhi\n' >>letter
	against - 0 msend -t <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-pipelining
	S: 250-mime
	S: 250-size
	S: 250 auth login plain
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: 235 in
	C: MAIL FROM:<alice@example.org> SIZE=152
	C: RCPT TO:<bob@example.org>
	C: RCPT TO:<carol@example.org>
	C: DATA
	S: 250 ok
	S: 250 ok
	S: 250 ok
	S: 354 go on
	C: to: bob@example.org
	C: SUBJECT: hi
	C: mime-version: 1.0
	C: message-ID: <1@example.org>
	C: date: Sat, 21 Nov 2026 10:00:00 +0000
	C: from: alice@example.org
	C:
	C: hi
	C: .
	C: QUIT
	S: 250 queued
	S: 221 bye
	END
}

@test 'IMAP: everything in small letters, the URL in capitals, inbox as a folder' {
	imap=(--provider=none --server=IMAP+INSECURE:// --user=alice --password-command='cat password')
	export MAILVERBS_PROTOCOL=imap
	against - 0 mlist --auth=Login --folder=inbox -o uid,flags <<-'END'
	S: * ok [capability imap4rev1 auth=login logindisabled] ready
	C: a1 AUTHENTICATE LOGIN
	S: + VXNlcm5hbWU6
	C: YWxpY2U=
	S: + UGFzc3dvcmQ6
	C: dGFuc3RhYWY=
	S: a1 ok [capability imap4rev1 literal-] in
	C~ a2 (SELECT|EXAMINE) "INBOX"
	C: a3 UID FETCH 1:* (UID FLAGS)
	S: * 1 exists
	S: * ok [uidvalidity 7] valid
	S: a2 ok [read-only] selected
	S: * 1 fetch (uid 5 flags (\\seen))
	S: a3 ok done
	C: a4 LOGOUT
	S: * bye
	S: a4 ok
	END
	assert_output $'5\t\\seen'
}

@test 'POP3: capabilities in small letters' {
	pop3=(--provider=none --server=POP3+INSECURE:// --user=alice --auth=PLAIN --password-command='cat password')
	against - 0 mlist -c <<-'END'
	S: +OK ready
	C: CAPA
	S: +ok
	S: pipelining
	S: sasl login plain
	S: uidl
	S: .
	C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm
	S: +ok in
	C: STAT
	S: +ok 2 20
	C: QUIT
	END
}

@test 'configuration: schemes, flags and words in any letters' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cat >"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-'END'
	[work]
	address = Iris@INFO.example
	imap = IMAPS://MAIL.INFO.EXAMPLE
	auth = LOGIN
	END
	run -0 mlist -n -a iris@info.example
	assert_line --partial 'auth = '
	assert_line --partial 'account work'
}
