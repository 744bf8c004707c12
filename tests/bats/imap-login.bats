#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# How an IMAP server is logged in to, whatever it offers: by transcripts.

# shellcheck disable=SC2154  # stderr, output: run

# shellcheck disable=SC2030,SC2031  # what run sets is a test's own

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load imap
load imap_servers

# ---- logging in ----

# logs_in N [OPTION]...: the script on standard input comes to the login; then command N selects the folder, which is empty
logs_in()
{
	local n=$1
	shift
	{
		cat
		cat <<-END
		C: a$n EXAMINE "INBOX"
		C: a$((n + 1)) UID FETCH 1:* (UID RFC822.SIZE)
		$( ((n > 2)) && echo "S: a$((n - 1)) OK")
		S: * OK [UIDVALIDITY 1]
		S: a$n OK\r\na$((n + 1)) OK
		C: a$((n + 2)) LOGOUT
		END
	} >script
	against "$PWD/script" 0 mlist -o number,size "$@"
}

@test 'capabilities that were told are not asked for' {
	logs_in 2 <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 OK [CAPABILITY IMAP4rev1] in
	END
}

@test 'capabilities that were not told are asked for, behind the login in its successor'\''s flight' {
	logs_in 4 <<-'END'
	S: * OK hi
	C: a1 CAPABILITY
	S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\na1 OK
	C: a2 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a2 OK in
	C: a3 CAPABILITY
	END
}

@test 'capabilities told by themselves during the login are known' {
	logs_in 2 <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: * CAPABILITY IMAP4rev1\r\na1 OK in
	END
}

@test 'without SASL-IR the response waits for the server' {
	logs_in 2 <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN
	S: +
	C: AGFsaWNlAHRhbnN0YWFm
	S: a1 OK [CAPABILITY IMAP4rev1] in
	END
}

@test 'a server with no mechanism gets LOGIN, quoted' {
	printf 'a"b\\c\n' >password
	logs_in 2 --auth=auto <<-'END'
	S: * OK [CAPABILITY IMAP4rev1] hi
	C: a1 LOGIN "alice" "a\\"b\\\\c"
	S: a1 OK [CAPABILITY IMAP4rev1] in
	END
}

@test 'LOGIN stands in for the PLAIN that a preset names' {
	logs_in 2 --auth=plain <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hi
	C: a1 LOGIN "alice" "tanstaaf"
	S: a1 OK [CAPABILITY IMAP4rev1] in
	END
}

@test 'a password that is not ASCII goes as literals' {
	printf 'p\303\244ss\n' >password
	logs_in 2 --auth=auto <<-'END'
	S: * OK [CAPABILITY IMAP4rev1] hi
	C: a1 LOGIN {5}
	S: + go on
	C: alice {5}
	S: +
	C: p\xc3\xa4ss
	S: a1 OK [CAPABILITY IMAP4rev1] in
	END
	refute [ -n "$(grep -a 'p.*ss' <<<"$stderr")" ]
}

@test 'LOGINDISABLED is heeded, and nothing of the password said' {
	against - 77 mlist --auth=auto <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi
	END
	against - 77 mlist --auth=plain <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi
	END
	assert_one_error
}

@test 'NetEase: ID goes before the folder, without a blank too many, and its refusal is no error' {
	local version
	version=$(mlist --version | sed -n '1s/.* //p')
	against - 0 mlist -o uid <<-END
	S: * OK Coremail System IMap Server Ready(163com[10774b260cc7a37d26d71b52404dcf5c])
	C: a1 CAPABILITY
	S: * CAPABILITY IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS APPENDLIMIT=71680000 XAPPLEPUSHSERVICE UIDPLUS X-CM-EXT-1 SASL-IR AUTH=XOAUTH2\r\na1 OK CAPABILITY completed
	C: a2 LOGIN "alice" "tanstaaf"
	S: a2 OK LOGIN completed
	C: a3 CAPABILITY
	C: a4 ID ("name" "mailverbs" "version" "$version")
	C: a5 SELECT "INBOX"
	C: a6 UID FETCH 1:* (UID)
	S: * CAPABILITY IMAP4rev1 ID UIDPLUS\r\na3 OK done
	S: a4 BAD Parse command error
	S: * 1 EXISTS\r\n* OK [UIDVALIDITY 1] UIDs valid\r\na5 OK [READ-WRITE] SELECT completed
	S: * 1 FETCH (UID 1320)\r\na6 OK Fetch completed
	C: a7 LOGOUT
	END
	assert_output 1320
}

@test 'a token that was refused is 77, with what the server adds' {
	against - 77 mlist --auth=xoauth2 <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] Gimap ready
	C: a1 AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0YW5zdGFhZgEB
	S: + eyJzdGF0dXMiOiI0MDAifQ==
	C: 
	S: a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
	END
	assert_regex "$stderr" 'NO \[AUTHENTICATIONFAILED\] Invalid credentials'
}

@test 'a greeting that is BYE says why, and is 75' {
	against - 75 mlist <<-'END'
	S: * BYE [UNAVAILABLE] too many connections
	END
	assert_regex "$stderr" 'BYE \[UNAVAILABLE\] too many connections'
}

@test 'PREAUTH needs no login' {
	against - 0 mlist -c <<-'END'
	S: * PREAUTH [CAPABILITY IMAP4rev1 STATUS=SIZE] hi
	C: a1 STATUS "INBOX" (MESSAGES SIZE)
	S: * STATUS INBOX (SIZE 5000000000 MESSAGES 7)\r\na1 OK
	C: a2 LOGOUT
	END
	assert_output $'7\t5000000000'
}

@test 'PREAUTH where STARTTLS is wanted is an error' {
	against - 76 mlist --server=imap:// <<-'END'
	S: * PREAUTH [CAPABILITY IMAP4rev1] hi
	END
}

@test 'no STARTTLS, and plaintext behind its consent: errors before a password' {
	against - 69 mlist --server=imap:// <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
	END
	against - 76 mlist --server=imap:// <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hi
	C: a1 STARTTLS
	S: a1 OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN
	END
	assert_regex "$stderr" 'plaintext after its consent to TLS'
}

@test 'a server that speaks UTF-8 only is told that we do, and gets the name as it is' {
	against - 0 mlist -o uid --folder='Wörk' <<-'END'
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ONLY] in
	C: a2 ENABLE UTF8=ACCEPT
	C: a3 SELECT "W\xc3\xb6rk"
	C: a4 UID FETCH 1:* (UID)
	S: * ENABLED UTF8=ACCEPT\r\na2 OK\r\n* 0 EXISTS\r\n* OK [UIDVALIDITY 1]\r\na3 OK\r\na4 OK
	C: a5 LOGOUT
	END
}

@test 'a server of IMAP4rev2 alone can all that is in it' {
	against - 0 mdel 1 <<-'END'
	S: * OK [CAPABILITY IMAP4rev2 AUTH=PLAIN] hi
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 OK [CAPABILITY IMAP4rev2] in
	C: a2 SELECT "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	S: * 1 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* LIST () "/" INBOX\r\na2 OK\r\n* 1 FETCH (UID 9 RFC822.SIZE 1)\r\na3 OK
	C: a4 UID STORE 9 +FLAGS.SILENT (\\Deleted)
	C: a5 UID EXPUNGE 9
	C: a6 LOGOUT
	S: a4 OK\r\n* 1 EXPUNGE\r\na5 OK
	END
}
