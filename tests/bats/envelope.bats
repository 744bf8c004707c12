#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Who gets it and from whom: what msend makes of a header, and of one that is not as it should be.
# shellcheck shell=bash disable=SC2154 # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
	sender=$(fresh_user) rcpt=$(fresh_user) other=$(fresh_user)
	config_for "$sender"
}

# send [OPTION]...: a message from standard input, in which S, R and O are the users' addresses
send()
{
	sed "s/@S@/$sender@example.org/; s/@R@/$rcpt@example.org/; s/@O@/$other@example.org/" | msend "$@"
}

# refused TEXT [OPTION]...: with 65 and a line that says so, and nobody gets it
refused()
{
	local text=$1
	shift
	run -65 --separate-stderr send "$@"
	assert_regex "${stderr_lines[0]}" "^msend: $text"
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 00
}

@test 'the newest Resent- block alone says who gets it and who sends it' {
	send <<-END
	Resent-From: @S@
	Resent-To: @R@
	Resent-Date: Sat, 21 Nov 2026 12:00:00 +0000
	Received: from somewhere
	Resent-From: other@example.net
	Resent-To: @O@
	From: first@example.net
	To: @O@
	Bcc: @O@
	Subject: passed on

	Read this.
	END
	run cat "$(mailbox_files "$rcpt")"
	assert_line "Return-Path: <$sender@example.org>"
	assert_line "Resent-To: $other@example.org"
	assert_line 'From: first@example.net'
	refute_line --regexp '^Bcc'
	assert_equal "$(mailbox_count "$other")" 0
}

@test 'with recipients on the command line a Resent- block adds none' {
	send "$rcpt@example.org" <<-END
	Resent-From: @S@
	Resent-To: @O@
	From: first@example.net

	Read this.
	END
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 10
}

@test 'no recipient at all is refused, with a hint' {
	refused 'the message has no recipient' <<-END
	From: @S@
	Subject: nobody
	END
	assert_regex "${stderr_lines[1]}" 'hint: name some'
}

@test 'two From fields are refused, even with --from' {
	refused 'the message has 2 From fields' -f "$sender@example.org" <<-END
	From: @S@
	From: boss@example.org
	To: @R@
	END
}

@test 'several authors and no Sender: refused, unless --from tells who sends' {
	printf 'From: @S@, boss@example.org\nTo: @R@\n\n' >letter
	refused 'From has several addresses' <letter
	send --from="$sender@example.org" <letter
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'a NUL, a line of 999 bytes in the header, an empty message: refused' {
	refused 'the message has a NUL byte' < <(printf 'From: @S@\nTo: @R@\n\na\0b\n')
	refused 'a line of the header' < <(printf 'To: @R@\nSubject: %0990d\n\n' 0)
	refused 'the message is empty' "$rcpt@example.org" </dev/null
}

@test 'recipients after a line that is no field: refused' {
	refused "'hello' is not a header field, but 'Bcc' follows it" < <(printf 'To: @R@\nhello\nBcc: @O@\n\nbody\n')
}

@test 'a field for recipients with bytes around its name that nobody sees: refused' {
	local name
	for name in $'\fBcc' $'Bcc\v' $'Bcc\xc2\xa0' $'\xef\xbb\xbfTo' $'resent-cc\001'; do
		refused '.* is not a header field' < <(printf 'To: @R@\n%s: @O@\nSubject: x\n\nbody\n' "$name")
	done
	refused '.* is not a header field' "$rcpt@example.org" < <(printf '\fBcc: @O@\nSubject: x\n\nbody\n')
}

@test 'a line end within an operand: refused, for another address may have been put in' {
	run -64 --separate-stderr msend "$rcpt@example.org"$'\r\nBcc: <'"$other@example.org>" < <(printf 'Subject: x\n\n')
	assert_regex "$stderr" 'is not a valid address: control character'
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 00
	printf 'Subject: x\n\n' | send " $rcpt@example.org"$'\r\n'
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'a text alone gets a header' {
	echo 'It works.' | send "$rcpt@example.org"
	run cat "$(mailbox_files "$rcpt")"
	assert_line "From: $sender@example.org"
	assert_line --regexp '^Date: .'
	assert_line --regexp '^Message-ID: <.+>'
	assert_equal "${lines[-1]}" 'It works.'
}

@test 'the From_ line of an mbox does not go out' {
	printf 'From a@example.net Sat Nov 21 12:00:00 2026\nFrom: @S@\nTo: @R@\nSubject: mbox\n\nhi\n' | send
	run cat "$(mailbox_files "$rcpt")"
	assert_line 'Subject: mbox'
	refute_line --partial '12:00:00 2026'
}

@test 'a bare CR ends a line' {
	printf 'From: @S@\nTo: @R@\nSubject: cr\n\none\rtwo\n' | send
	run cat "$(mailbox_files "$rcpt")"
	assert_line 'one'
	assert_line 'two'
}

# ---- recipients that are refused ----

letter()
{
	printf 'From: @S@\nSubject: x\n\nhello\n' | send "$@"
}

@test 'one refused recipient: nobody gets it, and a hint tells of --partial' {
	run -67 --separate-stderr letter "$rcpt@example.org" nosuch1@example.org nosuch2@example.org
	assert_equal "${#stderr_lines[@]}" 3
	assert_regex "$stderr" '550 .*nosuch1'
	assert_regex "$stderr" '550 .*nosuch2'
	assert_regex "$stderr" 'hint: nothing was sent: .*--partial'
	assert_equal "$(mailbox_count "$rcpt")" 0
}

@test '--partial: the others get it, each refused one has a line, exit status 67' {
	run -67 --separate-stderr letter --partial nosuch1@example.org "$rcpt@example.org" nosuch2@example.org \
		"$other@example.org"
	assert_equal "${#stderr_lines[@]}" 2
	assert_regex "${stderr_lines[0]}" "^msend: $SRV_SUBMISSIONS: 550 .*nosuch1"
	assert_regex "${stderr_lines[1]}" "^msend: $SRV_SUBMISSIONS: 550 .*nosuch2"
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 11
}

@test '--partial with nobody left: nothing is sent' {
	run -67 --separate-stderr letter --partial nosuch1@example.org nosuch2@example.org
	assert_equal "${#stderr_lines[@]}" 2
	run -75 --separate-stderr letter --partial later@example.org
	assert_equal "${#stderr_lines[@]}" 1
}

@test 'partial = yes in the configuration, with a recipient to be tried again later: 75' {
	echo 'partial = yes' >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -75 letter later@example.org "$rcpt@example.org"
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test '--partial without PIPELINING and CHUNKING' {
	require_postfix
	run -67 letter --partial -s "smtp+insecure://$SRV_POSTFIX_BARE" --auth=none nosuch1@example.org "$rcpt@example.org"
	await_mail "$rcpt"
}

# ---- LMTP ----

@test 'lmtp: to several recipients, without a login' {
	letter -s "lmtp://$SRV_LMTP" "$rcpt@example.org" "$other@example.org"
	assert_equal "$(mailbox_count "$rcpt")$(mailbox_count "$other")" 11
}

@test 'lmtp: refused recipients as by SMTP: all or none, or --partial' {
	run -67 letter -s "lmtp://$SRV_LMTP" "$rcpt@example.org" nosuch1@example.org
	assert_equal "$(mailbox_count "$rcpt")" 0
	run -67 letter --partial -s "lmtp://$SRV_LMTP" "$rcpt@example.org" nosuch1@example.org
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'lmtp: a recipient whose mailbox fails at delivery has a line, the others get it' {
	mkdir -p "$(maildir_of "$other")"
	rmdir "$(maildir_of "$other")"
	touch "$(maildir_of "$other")" # no directory
	give_to_server "$(dirname "$(maildir_of "$other")")"
	run -75 --separate-stderr letter -s "lmtp://$SRV_LMTP" "$other@example.org" "$rcpt@example.org"
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "${stderr_lines[0]}" "4.. .*$other@example.org"
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'lmtp+unix: a socket in the file system' {
	letter -s "lmtp+unix://$SRV_DIR/dovecot/run/lmtp" "$rcpt@example.org"
	assert_equal "$(mailbox_count "$rcpt")" 1
	run -64 letter -s lmtp+unix://relative "$rcpt@example.org"
}

# ---- what the servers are asked to do ----

@test 'a report of success is sent, for the recipient and the envelope id that were given' {
	require_postfix
	letter -s "smtps://$SRV_POSTFIX_SMTPS" -N success,failure -R headers -V 'QQ 314' "$rcpt@example.org"
	await_mail "$sender"
	run cat "$(mailbox_files "$sender")"
	assert_line 'Original-Envelope-Id: QQ 314'
	assert_line "Original-Recipient: rfc822;$rcpt@example.org"
	assert_line --regexp '^Action: (delivered|relayed)'
}

@test 'what the server does not offer is refused before anything is sent, and named' {
	require_postfix
	while read -r extension options; do
		# shellcheck disable=SC2086 # words are wanted
		run -69 --separate-stderr letter -s "smtp+insecure://$SRV_POSTFIX_BARE" --auth=none $options -v \
			"$rcpt@example.org"
		assert_regex "$stderr" "msend: $SRV_POSTFIX_BARE: this needs $extension, which the server does not offer"
		refute_regex "$stderr" 'MAIL FROM'
	done <<-END
	DSN --dsn-notify=never
	DELIVERBY --deliver-by=120,notify
	FUTURERELEASE --hold-for=60
	FUTURERELEASE --hold-until=2026-12-24T18:00
	MT-PRIORITY --priority=3
	END
}

@test 'sendmail -N never -R hdrs -V id' {
	require_postfix
	ln -s "$abs_top_builddir/msend" sendmail
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_POSTFIX_SMTPS|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	printf 'Subject: x\n\nhello\n' |
		./sendmail -N never -R hdrs -V id -i "$rcpt@example.org"
	await_mail "$rcpt"
}

@test 'domain: EHLO has its A-labels, and text that is no host name is refused before anything is sent' {
	local name
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '%s\n' "printf '220 x\\r\\n'" 'read -r line' "echo \"\$line\" >heard" >server.sh
	domain()
	{
		printf '[test]\naddress = alice@a.example\nsmtp = smtp+insecure://x\nauth = none\ntunnel = exec sh server.sh\ndomain = %s\n' "$1" \
			>"$XDG_CONFIG_HOME/mailverbs/config.ini"
		run --separate-stderr msend bob@x.example <<<$'Subject: x\n\nhi'
	}
	for name in 'bücher.example=xn--bcher-kva.example' localhost my_host.example '[192.0.2.1]' '[IPv6:2001:db8::1]'; do
		domain "${name%=*}"
		assert_equal "$(grep -a ^EHLO heard | tr -d '\r')" "EHLO ${name#*=}"
		rm heard
	done
	for name in 'a b' 'x>y' a..b .a a. -a a- 'a@b' '"' '[a b]' '[]' '[1.2.3.4' 'a,b'; do
		domain "$name"
		assert_equal "$status" 78
		assert_regex "$stderr" "config.ini:6: domain: '.*' is not a host name or \\[ADDRESS\\]"
		assert [ ! -e heard ]
	done
}
