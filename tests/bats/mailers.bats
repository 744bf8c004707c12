#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The programs that people send mail with, each with msend as their mailer, by its own name or as sendmail, to a real
# Postfix.
# shellcheck shell=bash disable=SC2154 # helper.bash and run set what is used here

load helper

setup()
{
	require_postfix
	mailverbs_setup
	sender=$(fresh_user) rcpt=$(fresh_user)
	config_for "$sender"
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_POSTFIX_SMTPS|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	mkdir bin
	ln -s "$abs_top_builddir/msend" bin/sendmail
	sendmail=$BATS_TEST_TMPDIR/bin/sendmail
}

require()
{
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# The one message that came for USER, in $mail.
arrived()
{
	await_mail "$1"
	mail=$(mailbox_files "$1")
	assert_equal "$(mailbox_count "$1")" 1
}

# assert_field NAME VALUE
assert_field()
{
	assert_equal "$(sed -n "/^$/q; s/^$1: //p" "$mail")" "$2"
}

envelope_sender()
{
	sed -n 's/^Return-Path: <\(.*\)>$/\1/p' "$mail"
}

# ---- git ----

# A repository with one commit, and its patch.
a_patch()
{
	export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2026-11-21 12:00 +0000' GIT_COMMITTER_DATE='2026-11-21 12:00 +0000'
	git config --global user.name 'Alice Example'
	git config --global user.email "$sender@example.org"
	git init -q repo
	git -C repo commit -q --allow-empty -m 'Nothing'
	echo hello >repo/file
	git -C repo add file
	git -C repo commit -q -m 'Say hello'
	git -C repo format-patch -q -1 -o "$BATS_TEST_TMPDIR"
}

require_git_email()
{
	git send-email --dump-aliases </dev/null >/dev/null 2>&1 || skip "git send-email is not installed"
}

send_patch()
{
	git -C repo send-email --quiet --confirm=never --suppress-cc=all "$@" "$BATS_TEST_TMPDIR"/0001-*.patch </dev/null
}

@test 'git send-email --sendmail-cmd=msend' {
	require_git_email
	other=$(fresh_user)
	a_patch
	send_patch --sendmail-cmd=msend --to="$rcpt@example.org" --cc="$other@example.org"
	arrived "$rcpt"
	assert_field Subject '[PATCH] Say hello'
	assert_equal "$(envelope_sender)" "$sender@example.org"
	arrived "$other"
}

@test 'git send-email with sendemail.smtpServer being the path of sendmail' {
	require_git_email
	a_patch
	git config --global sendemail.smtpServer "$sendmail"
	git config --global sendemail.envelopeSender "$sender+list@example.org"
	send_patch --to="$rcpt@example.org"
	arrived "$rcpt"
	assert_field Subject '[PATCH] Say hello'
	assert_equal "$(envelope_sender)" "$sender+list@example.org"
}

# ---- mutt ----

# mutt_sends PROGRAM MAILER: 8-bit text, an attachment, a blind copy
mutt_sends()
{
	require "$1"
	other=$(fresh_user)
	echo 'an attachment' >file.txt
	cat >muttrc <<-END
	set sendmail="$2" realname="Alice Example" from=$sender@example.org
	set use_envelope_from=yes copy=no charset=utf-8 use_8bitmime=yes
	END
	printf 'Grüße\n.\nthe end\n' |
		"$1" -F muttrc -s 'hello 1' -b "$other@example.org" -a file.txt -- "$rcpt@example.org"
	arrived "$rcpt"
	assert_field Subject 'hello 1'
	assert_equal "$(envelope_sender)" "$sender@example.org"
	run cat "$mail"
	assert_line --partial Gr
	assert_line '.'
	assert_line 'the end'
	assert_line --partial 'file.txt'
	refute_output --partial "$other"
	arrived "$other"
}

@test 'mutt, set sendmail = msend' {
	mutt_sends mutt msend
}

@test 'mutt, set sendmail = /usr/sbin/sendmail -oem -oi (its default)' {
	mutt_sends mutt "$sendmail -oem -oi"
}

@test 'neomutt, set sendmail = msend' {
	mutt_sends neomutt msend
}

# ---- mail(1) in its three editions ----

@test 's-nail, set mta=msend' {
	require s-nail
	printf 'It works.\n.\nYes.\n' |
		s-nail -:/ -Smta="$abs_top_builddir/msend" -Sfrom="Alice <$sender@example.org>" -Sv15-compat \
			-Ssendwait -r "$sender@example.org" -s 'hello s-nail' "$rcpt@example.org"
	arrived "$rcpt"
	assert_field Subject 'hello s-nail'
	assert_equal "$(envelope_sender)" "$sender@example.org"
	run cat "$mail"
	assert_line 'Yes.'
}

@test 'mail of mailutils, by sendmail' {
	require mail.mailutils
	printf 'It works.\n' |
		mail.mailutils -E "set sendmail=sendmail:$sendmail" -r "$sender@example.org" -s 'hello mailutils' \
			"$rcpt@example.org"
	arrived "$rcpt"
	assert_field Subject 'hello mailutils'
	assert_field To "<$rcpt@example.org>"
	run cat "$mail"
	assert_line 'It works.'
}

@test 'mail of bsd-mailx, by sendmail' {
	require bsd-mailx
	echo "set sendmail=$sendmail" >"$HOME/.mailrc"
	printf 'It works.\n' | bsd-mailx -s 'hello mailx' -r "$sender@example.org" "$rcpt@example.org"
	arrived "$rcpt"
	assert_field Subject 'hello mailx'
	run cat "$mail"
	assert_line 'It works.'
}

# ---- sendmail ----

# What Debian's cron and Fedora's cronie write, for a crontab with MAILTO.
cron_mail()
{
	cat <<-END
	From: ${cron_from:-$sender@example.org} (Cron Daemon)
	To: ${cron_to:-$rcpt@example.org}
	Subject: Cron <root@host> test -e /nonexistent
	MIME-Version: 1.0
	Content-Type: text/plain; charset=UTF-8
	Content-Transfer-Encoding: 8bit
	X-Cron-Env: <SHELL=/bin/sh>

	done
	END
}

@test "Debian's cron: sendmail -i -FCronDaemon -B8BITMIME -oem RECIPIENT" {
	cron_mail | "$sendmail" -i -FCronDaemon -B8BITMIME -oem "$rcpt@example.org"
	arrived "$rcpt"
	assert_field Subject 'Cron <root@host> test -e /nonexistent'
}

@test "cronie: sendmail -FCronDaemon -i -odi -oem -oi -t -f SENDER" {
	cron_mail | "$sendmail" -FCronDaemon -i -odi -oem -oi -t -f "$sender@example.org"
	arrived "$rcpt"
	assert_equal "$(envelope_sender)" "$sender@example.org"
}

@test 'PHP: sendmail -t -i, with -f from its fifth argument' {
	printf 'To: %s@example.org\r\nSubject: php\r\nX-PHP-Originating-Script: 0:a.php\r\n\r\nHello\r\n' "$rcpt" |
		"$sendmail" -t -i -f"$sender@example.org"
	arrived "$rcpt"
	assert_field From "$sender@example.org"
}

@test 'sendmail without -i: a lone dot ends the message, and nobody need close the pipe' {
	mkfifo pipe
	"$sendmail" "$rcpt@example.org" <pipe 3>&- &
	exec 4>pipe
	printf 'Subject: dot\n\none\n.\ntwo\n' >&4
	wait $!
	exec 4>&-
	arrived "$rcpt"
	run cat "$mail"
	assert_line one
	refute_line two
}

@test 'sendmail -i, sendmail -oi and msend: a lone dot ends nothing' {
	for command in "$sendmail -i" "$sendmail -oem -oi -odb" msend; do
		user=$(fresh_user)
		printf 'Subject: dot\n\none\n.\ntwo\n' | $command "$user@example.org"
		arrived "$user"
		run cat "$mail"
		assert_line .
		assert_line two
	done
}

@test "sendmail's options that mean nothing here are accepted" {
	cron_mail | "$sendmail" -bm -m -n -G -U -v -Ac -B 7BIT -L tag -O DeliveryMode=b -em -p SMTP:host -h 3 -d0.1 -d -oQ/tmp -t \
		2>/dev/null
	arrived "$rcpt"
}

@test "sendmail -f '' and -f '<>' are the null sender" {
	for null in '' '<>'; do
		user=$(fresh_user)
		cron_mail | "$sendmail" -i -f "$null" "$user@example.org"
		arrived "$user"
		assert_equal "$(envelope_sender)" MAILER-DAEMON # so Postfix calls it when it delivers
	done
}

@test 'what sendmail does beside sending is refused in a sentence' {
	for mode in d s i t v; do
		run -64 --separate-stderr "$sendmail" -b$mode </dev/null
		assert_regex "${stderr_lines[0]}" "^sendmail: -b: -b$mode \\(.*\\) is not supported$"
	done
}

@test 'sendmail has no long options, not even --help: callers pass on what others chose' {
	run -64 --separate-stderr "$sendmail" --help
	assert_regex "$stderr" 'hint: .*short options only'
}

@test 'install-sendmail-link makes a link that works, and replaces nothing' {
	[[ -e $abs_top_builddir/Makefile ]] || skip 'no Makefile'
	make -s -C "$abs_top_builddir" install-sendmail-link DESTDIR="$PWD/root" sbindir=/sbin bindir=/bin
	assert_equal "$(readlink root/sbin/sendmail)" /bin/msend
	assert_equal "$(readlink root/bin/mailq)" /bin/msend
	run make -s -C "$abs_top_builddir" install-sendmail-link DESTDIR="$PWD/root" sbindir=/sbin bindir=/bin
	assert_failure
	assert_line --partial 'is there already'
}

# ---- a machine that only sends: bare names ----

@test 'mail of cron from root to root arrives: alias-file, and the address of the account' {
	printf 'mailer: root\nroot: postmaster,\n  %s@example.org\npostmaster: root2\nroot2: %s@example.org\n' \
		"$rcpt" "$rcpt" >aliases
	echo "alias-file = $PWD/aliases" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	cron_from=root cron_to=root cron_mail | "$sendmail" -FCronDaemon -i -odi -oem -oi -t -f root
	arrived "$rcpt"
	assert_equal "$(envelope_sender)" "$sender@example.org"
	assert_field From "\"root (Cron Daemon)\" <$sender@example.org>"
	assert_field To root
}

@test 'a recipient without a domain and without an alias gets the one of the key domain' {
	echo 'domain = example.org' >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	cron_from=root cron_mail | "$sendmail" -i "$rcpt"
	arrived "$rcpt"
}

@test 'an alias that is a command is refused, and nothing is sent' {
	echo 'root: "|/usr/bin/vacation root"' >aliases
	echo "alias-file = $PWD/aliases" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -78 --separate-stderr "$sendmail" -i root "$rcpt@example.org" < <(cron_mail)
	assert_regex "${stderr_lines[0]}" "^sendmail: $PWD/aliases:1: root: "
}

@test 'rewrite-from: never leaves From alone, always replaces every one and keeps its name' {
	for when in never always; do
		user=$(fresh_user)
		sed -i '/^rewrite-from/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
		echo "rewrite-from = $when" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
		printf 'From: Alice <%s>\nSubject: x\n\nhello\n' \
			"$([[ $when = never ]] && echo alice || echo alice@example.net)" |
			msend -a test "$user@example.org"
		arrived "$user"
		case $when in
		never) assert_field From 'Alice <alice>' ;;
		always)
			assert_field From "Alice <$sender@example.org>"
			assert_equal "$(envelope_sender)" "$sender@example.org"
			;;
		esac
	done
}

@test 'a sender with +detail chooses the account of the address without it' {
	cat >>"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-END
	[other]
	address = other@example.net
	aliases = $sender+own@example.org *@example.com
	smtp = smtps://$SRV_SUBMISSIONS
	password = secret
	END
	for from in "$sender+list@example.org:test" "$sender@example.org:test" "other+x@example.net:other" "a+b@example.com:other"; do
		run -0 msend --dry-run "$rcpt@example.org" < <(printf 'From: %s\n\n' "${from%:*}")
		assert_line "account ${from#*:}"
	done
}
