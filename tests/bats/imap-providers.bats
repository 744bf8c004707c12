#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The large providers' IMAP servers as they are described (tests/transcripts/imap-*.txt): how each greets, says what
# it can do, logs in, opens a folder, names its folders, takes a deletion, and refuses.

# shellcheck disable=SC2154  # output, stderr, imap: tests/replay.bash

load helper
load replay

setup()
{
	export MAILVERBS_PROTOCOL=imap
	replay_setup
	imap+=(--timeout=20)
}

# as PROVIDER: from now on with its preset, but for the server
as()
{
	imap=(--provider="$1" --server=imap+insecure:// --user=alice --password-command='cat password' --timeout=20)
}

# The messages in the Maildir box: their subjects.
box()
{
	if [[ -d box/new ]]; then cat box/new/* 2>/dev/null; fi | sed -n 's/^Subject: //p' | sort
}

# hint REGEX: it is the second line, and there is no third
hint()
{
	assert_regex "${stderr_lines[1]-}" "^[a-z]+: hint: .*$1"
	assert_equal "${#stderr_lines[@]}" 2
}

# ---- Gmail ----

@test 'Gmail: fetched with a token, and deleted' {
	against imap-gmail 0 mfetch --auth=xoauth2 --maildir=box
	assert_equal "$(cat box/new/*)" $'Subject: hello\n\nHi!'
	assert_equal "$output$stderr" ''
}

@test 'Gmail: folders in another language, and what they are for, in one command' {
	against imap-gmail-folders 0 mlist --folders
	assert_output $'1\t0\t\tINBOX
2\t2\t\tBücher
3\t2\tall\t[Gmail]/Alle Nachrichten
0\t0\tdrafts\t[Gmail]/Entwürfe
4\t1\ttrash\t[Gmail]/Papierkorb'
	assert_equal "$stderr" ''
}

@test 'Gmail: the Trash is the one that is marked so, whatever label is called Trash' {
	against imap-gmail-trash 0 mdel --trash uid:107
	assert_equal "$output$stderr" ''
}

@test 'Gmail: too much in a day is 75; what came is here, and nothing is deleted' {
	against imap-gmail-overquota 75 mfetch --maildir=box
	assert_equal "$(box)" hello
	assert_regex "${stderr_lines[0]}" '^mfetch: tunnel: uid:108: BYE \[OVERQUOTA\] Account exceeded command or bandwidth limits'
	hint 'goes on in some hours'
}

@test 'Gmail: too many connections are no wrong password' {
	as gmail
	against imap-gmail-connections 75 mlist
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: NO [ALERT] Too many simultaneous connections. (Failure)'
	hint 'other mail programs'
}

@test 'Gmail: the wrong kind of password, and a login that the web has to allow' {
	as gmail
	against imap-gmail-password 77 mlist
	assert_regex "${stderr_lines[0]}" '^mlist: tunnel: NO \[ALERT\] Application-specific password required: https://support\.google\.com/'
	hint 'app password \(myaccount'
	against imap-gmail-web 77 mlist
	assert_regex "${stderr_lines[0]}" '^mlist: tunnel: NO \[ALERT\] Please log in via your web browser: https://'
	hint "sign in on the provider's web site"
}

# ---- Microsoft ----

@test 'Microsoft: a token in one step' {
	against imap-outlook 0 mlist --auth=xoauth2 -o uid
	assert_output $'41\n43'
}

@test 'Microsoft: a token of three thousand bytes goes in one step too' {
	local token
	token=$(printf 'A%.0s' {1..3000})
	printf '%s\n' "$token" >password
	sed "s/^\(C: a2 AUTHENTICATE XOAUTH2\) .*/\1 $(printf 'user=alice\1auth=Bearer %s\1\1' "$token" | base64 -w0)/" \
		"$abs_top_srcdir/tests/transcripts/imap-outlook.txt" >long
	against "$PWD/long" 0 mlist --auth=xoauth2 -o uid
	assert_output $'41\n43'
}

@test 'Microsoft: sizes that are estimates harm nothing' {
	against imap-outlook-fetch 0 mfetch --auth=xoauth2 --maildir=box
	assert_equal "$(box)" $'one\ntwo'
	assert_equal "$output$stderr" ''
}

@test 'Microsoft: the Trash is told without being offered' {
	against imap-outlook-trash 0 mdel --auth=xoauth2 --trash 2
	assert_equal "$output$stderr" ''
}

@test 'Microsoft: a token that is refused is 77, and the reason is heard' {
	as outlook
	against imap-outlook-token 77 mlist
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: NO AUTHENTICATE failed.'
	hint 'the server adds: \{"status":"400"'
	against imap-outlook-token-wrong 77 mlist
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: BAD Command Error. 12'
	hint 'token is missing, has expired'
	against imap-outlook-command 69 mlist -o uid
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: BAD Command Error. 10'
	hint 'token is missing, has expired'
}

@test 'Microsoft: a mailbox that may not be used is 69, and no folder that is missing' {
	as outlook
	against imap-outlook-not-connected 69 mlist -o uid
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: BAD User is authenticated but not connected.'
	hint 'IMAP may be switched off'
}

@test 'Microsoft: throttled, unavailable, or with a token that has expired meanwhile: 75' {
	as outlook
	against imap-outlook-unavailable 75 mlist -o uid
	assert_equal "$stderr" 'mlist: tunnel: NO Server Unavailable. 15'
	against imap-outlook-expired 75 mlist -o uid
	assert_equal "$stderr" 'mlist: tunnel: BYE Session invalidated - AccessTokenExpired'
	against imap-outlook-throttled 75 mfetch --maildir=box
	assert_equal "$stderr" 'mfetch: tunnel: BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds'
	assert_equal "$(box)" one
}

# ---- Yahoo, AOL ----

@test 'Yahoo: an application'\''s password' {
	against imap-yahoo 0 mlist -o uid
	assert_output $'10\n11'
}

@test 'Yahoo: what is refused for good, and what for now' {
	as yahoo
	against imap-yahoo-refused 77 mlist
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials'
	hint 'app password'
	against imap-yahoo-unavailable 75 mlist
	assert_equal "$stderr" 'mlist: tunnel: NO [UNAVAILABLE] AUTHENTICATE Server error - Please try again later'
	against imap-yahoo-limit 75 mlist -o uid
	assert_equal "$stderr" 'mlist: tunnel: NO [LIMIT] SELECT Rate limit hit.'
}

@test 'Yahoo: a message that can'\''t be read there keeps no other from here' {
	against imap-yahoo-fetch 75 mfetch --maildir=box
	assert_equal "$(box)" $'one\ntwo'
	assert_equal "$stderr" 'mfetch: tunnel: uid:11: NO [UNAVAILABLE] UID FETCH Server error while fetching messages'
}

@test 'Yahoo: the Trash, and an INBOX that is spelled otherwise' {
	against imap-yahoo-trash 0 mdel --trash 1
	assert_equal "$output$stderr" ''
}

# told FROM TO: the messages FROM down to TO are listed
told()
{
	local n
	for ((n = $1; n >= $2; n--)); do
		printf 'S: * %d FETCH (UID %d RFC822.SIZE 1)\n' "$n" "$n"
	done
}

@test 'Yahoo: 2,500 messages are listed and deleted by the thousand' {
	local hello=${abs_top_srcdir}/tests/transcripts/imap-yahoo.txt
	{
		sed '/^C~ a2/q' "$hello"
		cat <<-'END'
		C: a3 SELECT "INBOX"
		C: a4 UID FETCH 1:* (UID RFC822.SIZE)
		S: a2 OK ID completed
		S: * 2500 EXISTS
		S: * OK [UIDVALIDITY 1699999999] UIDs valid
		S: a3 OK [READ-WRITE] SELECT completed; now in selected state
		END
		told 2500 1501
		echo 'S: a4 OK [MESSAGELIMIT 1000 1501] FETCH completed with 1000 partial results'
		echo 'C: a5 UID FETCH 1:1500 (UID RFC822.SIZE)'
		told 1500 501
		echo 'S: a5 OK [MESSAGELIMIT 1000 501] FETCH completed with 1000 partial results'
		echo 'C: a6 UID FETCH 1:500 (UID RFC822.SIZE)'
		told 500 1
		cat <<-'END'
		S: a6 OK FETCH completed
		C: a7 UID STORE 1:1000 +FLAGS.SILENT (\\Deleted)
		C: a8 UID STORE 1001:2000 +FLAGS.SILENT (\\Deleted)
		C: a9 UID STORE 2001:2500 +FLAGS.SILENT (\\Deleted)
		C: a10 UID EXPUNGE 1:1000
		C: a11 UID EXPUNGE 1001:2000
		C: a12 UID EXPUNGE 2001:2500
		C: a13 LOGOUT
		END
		seq -f 'S: a%g OK done' 7 9
		echo 'S* 2500 * 1 EXPUNGE'
		seq -f 'S: a%g OK done' 10 13
	} >script
	against "$PWD/script" 0 mdel all
}

# ---- QQ ----

@test 'QQ: nothing is said that was not offered' {
	against imap-qq 0 mlist -o uid
	assert_output 7
}

@test 'QQ: fetched and deleted, without UIDPLUS' {
	against imap-qq-fetch 0 mfetch --maildir=box
	assert_equal "$(box)" one
	assert_equal "$output$stderr" ''
}

@test 'QQ: folders with Chinese names' {
	against imap-qq-folders 0 mlist --folders
	assert_output $'1\t1\t\tINBOX
4\t0\t\tDeleted Messages
3\t0\t\tDrafts
5\t0\t\tJunk
2\t0\t\tSent Messages
6\t3\t\t其他文件夹/QQ邮件订阅'
}

@test 'QQ: the Trash is found by its name' {
	against imap-qq-trash 0 mdel --trash 1
	assert_equal "$output$stderr" ''
}

@test 'QQ: a login that is refused is 77 in the server'\''s words, with what to log in with' {
	as qq
	against imap-qq-refused 77 mlist -o uid
	assert_regex "${stderr_lines[0]}" '^mlist: tunnel: NO Login fail\. Account is abnormal, '
	hint 'authorization code'
	against imap-qq-parameters 77 mlist -o uid
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: BAD Login parameters!'
	hint 'authorization code'
}

# ---- NetEase ----

@test 'NetEase: who it is goes ahead of the folder, and the mail is fetched and deleted' {
	as 163
	against imap-netease-fetch 0 mfetch --maildir=box
	assert_equal "$(box)" $'one\ntwo'
	assert_equal "$output$stderr" ''
}

@test 'NetEase: a folder that stays closed is 77 in the server'\''s words, and what is open' {
	as 163
	against imap-netease-unsafe 77 mlist -o uid
	assert_equal "${stderr_lines[0]}" \
		'mlist: tunnel: NO SELECT Unsafe Login. Please contact kefu@188.com for help'
	hint 'POP3 is not concerned'
}

@test 'NetEase: Chinese folders are shown, and opened by that name' {
	against imap-netease-folders 0 mlist --folders
	assert_output $'2\t1\t\tINBOX
6\t6\tjunk\t垃圾邮件
5\t0\ttrash\t已删除
4\t0\tsent\t已发送
\t\t\t病毒文件夹
3\t0\tdrafts\t草稿箱'
	against imap-netease-folder 0 mlist --folder=已删除 -o uid
	assert_output 12
}

@test 'NetEase: without MOVE a copy goes to the Trash, and then the message from the folder' {
	against imap-netease-trash 0 mdel --trash uid:1321
	assert_equal "$output$stderr" ''
}

@test 'NetEase: where a login is refused, what to log in with' {
	as 163
	against imap-netease-refused 77 mlist
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: NO LOGIN Login error or password error'
	hint 'authorization code'
}

# ---- iCloud ----

@test 'iCloud: a list of thirty capabilities' {
	against imap-icloud 0 mlist -o uid
	assert_output 3
}

@test 'iCloud: what it can do is asked behind the login; fetched and deleted' {
	against imap-icloud-fetch 0 mfetch --maildir=box
	assert_equal "$(box)" one
	assert_equal "$output$stderr" ''
}

@test 'iCloud: folders are listed and counted' {
	against imap-icloud-folders 0 mlist --folders
	assert_output $'1\t1\t\tINBOX\n2\t0\t\tArchive\n3\t0\t\tDeleted Messages'
}

@test 'iCloud: the Trash is found by its name, and a copy goes there' {
	against imap-icloud-trash 0 mdel --trash 1
	assert_equal "$output$stderr" ''
}

@test 'iCloud: where a login is refused, which password and which name' {
	as icloud
	against imap-icloud-refused 77 mlist
	assert_equal "${stderr_lines[0]}" 'mlist: tunnel: NO [AUTHENTICATIONFAILED] Authentication Failed'
	hint 'app-specific password'
	hint 'part before the @'
}

# ---- all of them ----

@test 'the presets know the IMAP servers of the large providers, and the port that Bridge listens on' {
	local case
	for case in gmail.com=imaps://imap.gmail.com outlook.com=imaps://outlook.office365.com \
		hotmail.com=imaps://outlook.office365.com yahoo.com=imaps://imap.mail.yahoo.com \
		aol.com=imaps://imap.aol.com icloud.com=imaps://imap.mail.me.com qq.com=imaps://imap.qq.com \
		foxmail.com=imaps://imap.qq.com 163.com=imaps://imap.163.com 126.com=imaps://imap.126.com \
		yeah.net=imaps://imap.yeah.net yandex.ru=imaps://imap.yandex.com mail.ru=imaps://imap.mail.ru \
		gmx.de=imaps://imap.gmx.net gmx.com=imaps://imap.gmx.com web.de=imaps://imap.web.de \
		t-online.de=imaps://secureimap.t-online.de zoho.eu=imaps://imap.zoho.eu \
		fastmail.com=imaps://imap.fastmail.com proton.me=imap://127.0.0.1:1143; do
		run -0 mlist --dry-run --account="alice@${case%%=*}"
		assert_line --regexp "^imap = ${case#*=}"$'\t'
	done
}

# says WORDS STATUS [HINT]: a server answers so to the login, to SELECT and to FETCH
says()
{
	local words=$1 expected=$2 re=${3-} login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm'
	for where in login folder fetch; do
		{
			printf '%s\n' "$login"
			[[ $where = login ]] && printf 'S: a1 %s\n' "$words"
			[[ $where = login ]] || cat <<-'END'
			S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in
			C: a2 SELECT "INBOX"
			C: a3 UID FETCH 1:* (UID RFC822.SIZE)
			END
			[[ $where = folder ]] && printf 'S: a2 %s\nS: a3 BAD no folder\n' "$words"
			[[ $where = fetch ]] && cat <<-END
			S: * 1 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\na2 OK\r\n* 1 FETCH (UID 9 RFC822.SIZE 1)\r\na3 OK
			C: a4 UID FETCH 9 (UID BODY.PEEK[])
			S: a4 $words
			C: a5 LOGOUT
			END
		} >script
		against "$PWD/script" "$expected" mfetch --maildir=box
		assert_equal "${stderr_lines[0]/uid:9: /}" "mfetch: tunnel: $words"
		if [[ $where$expected = folder66 ]]; then
			hint 'mlist --folders'
		elif [[ $re ]]; then
			hint "$re"
		else
			assert_equal "${#stderr_lines[@]}" 1
		fi
	done
}

@test 'what is over by itself is 75 wherever it is said, and no password is blamed' {
	as qq
	says 'NO [UNAVAILABLE] Backend error' 75
	says 'NO [LIMIT] Rate limit hit.' 75
	says 'NO [INUSE] the mailbox is locked' 75 'another program'
	says 'NO [SERVERBUG] Internal error' 75
	says 'NO [TEMPFAIL] SELECT completed' 75
	says 'NO [THROTTLED] slowly' 75
	says 'NO Server Unavailable. 15' 75
	says 'NO Request is throttled. Suggested Backoff Time: 89117 milliseconds' 75
	says 'NO [ALERT] Too many simultaneous connections. (Failure)' 75 'other mail programs'
	says 'NO [ALERT] Account exceeded command or bandwidth limits. (Failure)' 75 'in some hours'
	says 'NO [OVERQUOTA] Account exceeded command or bandwidth limits.' 75 'in some hours'
}

@test 'what somebody has to put right is not 75' {
	says 'NO [AUTHENTICATIONFAILED] not you' 77
	says 'NO [AUTHORIZATIONFAILED] not for you' 77
	says 'NO [PRIVACYREQUIRED] not without TLS' 77
	says 'NO [EXPIRED] the password is old' 77
	says 'NO [CONTACTADMIN] ask him' 77
	says 'NO [WEBALERT https://example.org/] look' 77 'web site'
	says 'NO [OVERQUOTA] the mailbox is full' 69 'no room'
	says 'NO [NONEXISTENT] not here' 66
	says 'NO [TRYCREATE] not here yet' 66
	says 'NO [CLIENTBUG] what was that' 70
}

@test 'a login that is refused: the note of each provider says what it takes' {
	local case
	for case in gmail:'app password' outlook:'OAuth 2' office365:'OAuth 2' yahoo:'app password' aol:'app password' \
		icloud:app-specific qq:authorization 163:authorization 126:authorization yeah:authorization \
		yandex:'app password' mailru:'external applications' gmx:'Allow POP3 and IMAP' webde:'Allow POP3 and IMAP' \
		t-online:'Passwort für' zoho:'Allow POP or IMAP' fastmail:'app password' proton:Bridge; do
		as "${case%%:*}"
		against - 77 mlist --auth=plain <<-'END'
		S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
		C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
		S: a1 NO [AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled
		END
		hint "${case#*:}"
	done
}

@test 'a message that others deleted while it was fetched is no error' {
	against - 0 mfetch --maildir=box <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 2 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\na2 OK
	S: * 1 FETCH (UID 8 RFC822.SIZE 16)\r\n* 2 FETCH (UID 9 RFC822.SIZE 16)\r\na3 OK
	C: a4 UID FETCH 8:9 (UID BODY.PEEK[])
	S: * 2 FETCH (UID 9 BODY[] {16}\r\nSubject: two\r\n\r\n)
	S: a4 NO [EXPUNGEISSUED] Some of the requested messages no longer exist
	C: a5 UID STORE 9 +FLAGS.SILENT (\\Deleted)
	C: a6 UID EXPUNGE 9
	C: a7 LOGOUT
	S: a5 OK\r\na6 OK\r\na7 OK
	END
	assert_equal "$(box)" two
	assert_equal "$stderr" ''
}

@test 'a message that others deleted before it went to the Trash: 75, for the next run knows' {
	sed '/^C: a8/,$d; s/^C: a7 .*/&\nC: a8 LOGOUT\nS: a7 NO [EXPUNGEISSUED] Some of the requested messages no longer exist/' \
		"$abs_top_srcdir/tests/transcripts/imap-gmail-trash.txt" >script
	against "$PWD/script" 75 mdel --trash uid:107
	assert_regex "$stderr" 'NO \[EXPUNGEISSUED\] Some of the requested'
}
