#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What providers do, and RFC 6856, over POP3: each test plays one transcript (tests/transcripts, or the few lines that
# stand in it), to the last byte.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

load helper
load replay
load transcripts

# ---- what providers do ----

# later: the pause is over that the server wants between two logins
later()
{
	find "$XDG_STATE_HOME" -name .login -delete
}

gmail=(--provider=gmail --server=pop3+insecure://pop.gmail.com --auth=plain --user=alice@gmail.com)

@test "Gmail: a message that could not be delivered is not hidden, for there is no QUIT" {
	local command='cat >message && { [ -e well ] || ! grep -q two message; } && cat message >>taken'
	against pop3-gmail-undelivered 75 mfetch "${gmail[@]}" --pipe="$command"
	# from now on the command takes everything, as the same destination
	later
	touch well
	against pop3-gmail-delivered 0 mfetch "${gmail[@]}" --pipe="$command"
	assert_equal "$(<taken)" $'\none\n\ntwo'
}

@test "Gmail: who looks at a terminal hides nothing" {
	export pop3 gmail
	printf 'exec mfetch %s\n' "$(printf '%q ' "${pop3[@]}" "${gmail[@]}" "$(tunnel_to "$abs_top_srcdir/tests/transcripts/pop3-gmail-look.txt")")" >look
	script -qec 'sh ./look' /dev/null </dev/null >seen
	assert_verdict
	assert_equal "$(tr -d '\r' <seen | tail -n 2 | head -n 1)" one
}

@test "Gmail: what --keep kept is hidden by the server, which is said" {
	against pop3-gmail-keep 0 mfetch "${gmail[@]}" --keep --maildir=box
	assert_equal "$stderr" 'mfetch: pop.gmail.com: the server itself deletes what was fetched (EXPIRE 0)'
	later
	against pop3-gmail-hidden 0 mfetch "${gmail[@]}" --keep --maildir=box
	assert_equal "$(box)" one
}

@test "Gmail: the user recent:NAME; what is listed again is not fetched again" {
	against pop3-gmail-recent 0 mfetch "${gmail[@]}" --user=recent:alice@gmail.com --keep --quiet --maildir=box
	later
	against pop3-gmail-recent-again 0 mfetch "${gmail[@]}" --user=recent:alice@gmail.com --keep --quiet --maildir=box
	assert_equal "$(box)" $'one\ntwo'
}

@test "Gmail: who comes too early waits here, and who was locked out is told to wait" {
	against pop3-gmail-locked 75 mfetch "${gmail[@]}"
	assert_equal "$stderr" 'mfetch: pop.gmail.com:110: -ERR [LOGIN-DELAY] minimum time between logins has not elapsed
mfetch: hint: the server wants a longer pause between two logins'
	against pop3-gmail-keep 0 mfetch "${gmail[@]}" --keep --quiet --maildir=box
	run mfetch "${pop3[@]}" "${gmail[@]}" "$(tunnel_to "$BATS_TEST_TMPDIR/script")" --keep --maildir=box
	assert_failure 75
	assert_output --partial 'wants 300 seconds between two logins, so not before'
}

@test "Gmail: POP that is off, and the wrong kind of password: the server's words and the provider's note" {
	against pop3-gmail-disabled 77 mfetch "${gmail[@]}"
	assert_regex "$stderr" 'not enabled for POP access'
	assert_regex "$stderr" 'hint: it is not about the password'
	against pop3-gmail-password 77 mfetch "${gmail[@]}"
	assert_regex "$stderr" 'Application-specific password required'
	assert_regex "$stderr" 'hint: Log in with an app password'
}

@test "QQ, 163, Yahoo, GMX: where a login fails, what to log in with" {
	against pop3-qq-password 77 mfetch --provider=qq --auth=auto --user=10001@qq.com
	assert_regex "$stderr" 'hint: .*authorization code'
	against pop3-163-password 77 mfetch --provider=163 --auth=auto --user=alice@163.com
	assert_regex "$stderr" 'hint: .*authorization code'
	against pop3-yahoo-password 77 mfetch --provider=yahoo --auth=auto --user=alice@yahoo.com
	assert_regex "$stderr" 'hint: .*app password'
	against pop3-gmx-disabled 77 mfetch --provider=gmx --auth=auto --user=alice@gmx.de
	assert_regex "$stderr" 'hint: Allow POP3 and IMAP'
}

@test "Yandex: a deletion that is not carried out is tried again, said once, and nothing comes twice" {
	against pop3-yandex 0 mfetch --maildir=box
	assert_equal "$output$stderr" ''
	against pop3-yandex-again 0 mfetch --maildir=box
	assert_equal "$stderr" 'mfetch: tunnel: what an earlier run deleted is still there: the server agrees to deletions and carries none out; look for a setting on its web site'
	against pop3-yandex-again 0 mfetch --maildir=box
	assert_equal "$output$stderr" ''
	assert_equal "$(box)" $'one\ntwo'
	against pop3-yandex-gone 0 mfetch --maildir=box
	assert_equal "$output$stderr" ''
	assert_equal "$(box | tail -n 1)" three
}

@test "Yandex: with --quiet it is not said, but to the next who may hear it" {
	against pop3-yandex 0 mfetch --maildir=box --quiet
	against pop3-yandex-again 0 mfetch --maildir=box --quiet
	assert_equal "$output$stderr" ''
	against pop3-yandex-again 0 mfetch --maildir=box
	assert_regex "$stderr" 'what an earlier run deleted is still there'
}

@test "WEB.DE: what it deleted itself, whatever --keep says, is no error" {
	against pop3-webde-keep 0 mfetch --provider=webde --auth=plain --keep --maildir=box
	later
	against pop3-webde-gone 0 mfetch --provider=webde --auth=plain --keep --maildir=box
	assert_equal "$output$stderr" ''
	assert_equal "$(box)" $'one\ntwo'
}

# ---- RFC 6856 ----

@test "RFC 6856: UTF8 and LANG go ahead of the login, in its flight" {
	printf 'gehe\xc3\xafm\n' >password
	LC_ALL=de_AT.UTF-8 against pop3-rfc6856-utf8 0 mfetch --auth=user --user=böb --maildir=box
	assert_equal "$(flights)" 5
	assert_equal "$(grep -h Subject box/new/*)" 'Subject: grün'
}

@test "RFC 6856: without PIPELINING only UTF8 is asked for; a name beyond ASCII that is refused has a hint" {
	printf 'gehe\xc3\xafm\n' >password
	LC_ALL=de_AT.UTF-8 against pop3-rfc6856-utf8-refused 77 mfetch --auth=user --user=böb --maildir=box
	assert_equal "$stderr" 'mfetch: tunnel: -ERR no
mfetch: hint: the server may not know names and passwords beyond ASCII (it does not offer UTF8 USER)'
}

@test "RFC 6856: errors come in the user's language, where it is not English" {
	local locale
	LC_ALL='' LC_MESSAGES='' LANG=de.UTF-8@euro against pop3-rfc6856-language 77 mlist --auth=auto
	assert_equal "$stderr" 'mlist: tunnel: -ERR [AUTH] Das Passwort ist falsch, möchte ich meinen'
	sed '/^C: LANG/d; /Nun auf Deutsch/d' "$abs_top_srcdir/tests/transcripts/pop3-rfc6856-language.txt" >english
	for locale in C C.utf8 POSIX en_GB.UTF-8 x 'de DE' 'de\nSTAT' "$(printf '%040d' 1)"; do
		LC_ALL=$locale against "$PWD/english" 77 mlist --auth=auto
	done
}
