#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# maccount import: the files of msmtp, mpop, fetchmail and getmail become sections that work. What cannot be taken over is
# named with its line, and a password is never shown.

# shellcheck disable=SC2154  # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
}

import()
{
	run --separate-stderr maccount import "$@"
}

# assert_output_is: standard input is all that was printed
assert_output_is()
{
	assert_equal "$output" "$(cat)"
}

@test 'msmtp: the example of its manual' {
	cat >.msmtprc <<-'END'
	# Set default values: use the mail submission port 587, and always use TLS.
	# On this port, TLS is activated via STARTTLS.
	defaults
	port 587
	tls on

	# A freemail service
	account freemail
	host smtp.freemail.example
	from joe_smith@freemail.example
	auth on
	user joe.smith
	passwordeval gpg2 --no-tty -q -d ~/.msmtp-password.gpg

	# A second mail address at the same freemail service
	account freemail2 : freemail
	from joey@freemail.example

	# The SMTP server of your ISP
	account isp
	host mail.isp.example
	from smithjoe@isp.example
	auth on
	user 12345

	# Set default account to isp
	account default : isp
	END
	import .msmtprc
	assert_success
	assert_equal "$stderr" ''
	assert_output_is <<-'END'
	account = isp

	; from .msmtprc:8
	[freemail]
	address = joe_smith@freemail.example
	smtp = smtp://smtp.freemail.example
	user = joe.smith
	password-command = gpg2 --no-tty -q -d ~/.msmtp-password.gpg

	; from .msmtprc:16
	[freemail2]
	address = joey@freemail.example
	smtp = smtp://smtp.freemail.example
	user = joe.smith
	password-command = gpg2 --no-tty -q -d ~/.msmtp-password.gpg

	; from .msmtprc:20
	[isp]
	address = smithjoe@isp.example
	smtp = smtp://mail.isp.example
	user = 12345
	END
	mkdir -p "${config%/*}"
	printf '%s\n' "$output" >"$config"
	run -0 msend --dry-run -t <<<$'From: joey@freemail.example\nTo: a@example.org\n'
	assert_line --partial 'smtp.freemail.example'
}

@test 'msmtp: a system file with a relay, logs, proxies, certificates and reports' {
	cat >msmtprc <<-'END'
	account default
	host 2001:db8::25
	tls off
	from cron@host.example
	syslog LOG_MAIL
	aliases /etc/aliases
	set_from_header on
	dsn_notify failure,delay
	dsn_return headers
	proxy_host 127.0.0.1
	proxy_port 9050
	timeout off
	source_ip 192.0.2.1

	account x509
	host "mail.example.org"
	tls
	tls_starttls off
	tls_trust_file /etc/ssl/ca.pem
	tls_key_file ~/key.pem
	tls_cert_file ~/cert.pem
	tls_host_override mail.internal.example
	auth external
	from *@example.org
	logfile ~/.msmtp.log
	account local
	protocol lmtp
	socket /run/lmtp.sock
	END
	import msmtprc
	assert_success
	assert_equal "$stderr" ''
	assert_output_is <<-'END'
	account = default

	; from msmtprc:1
	[default]
	address = cron@host.example
	smtp = smtp+insecure://[2001:db8::25]:25
	log = syslog
	alias-file = /etc/aliases
	rewrite-from = always
	dsn-notify = failure,delay
	dsn-return = headers
	proxy = socks5://127.0.0.1:9050
	timeout = 0
	source-ip = 192.0.2.1
	auth = none

	; from msmtprc:15
	[x509]
	smtp = smtps://mail.example.org
	tls-ca-file = /etc/ssl/ca.pem
	tls-key-file = ~/key.pem
	tls-cert-file = ~/cert.pem
	tls-host = mail.internal.example
	auth = external
	aliases = *@example.org
	log = ~/.msmtp.log

	; from msmtprc:26
	[local]
	smtp = lmtp+unix:///run/lmtp.sock
	auth = none
	END
}

@test 'msmtp: what has no equivalent is named, once, with its line' {
	cat >.msmtprc <<-'END'
	bogus 1
	defaults
	tls_certcheck off
	tls_fingerprint 00:11
	account a
	host a.example
	auth ntlm
	nonsense word
	account b : a, missing
	eval echo host c.example
	tls on
	tls off
	auth plain
	port many
	account c
	user x
	END
	import .msmtprc
	assert_failure 78
	assert_equal "$(grep -c . <<<"$stderr")" 11
	for line in '1: bogus' '5: a' '3: tls_certcheck' '4: tls_fingerprint' '7: auth' '8: nonsense' '9: missing' '10: eval' '12: tls' \
		'14: port' '15: c'; do
		assert_regex "$stderr" "maccount: .msmtprc:$line: not taken over: "
	done
}

@test 'a login without encryption becomes one with it, except on this machine' {
	printf 'account a\nhost a.example\nauth on\nuser x\naccount b : a\nhost 127.0.0.1\n' >.msmtprc
	import .msmtprc
	assert_failure 78
	assert_line 'smtp = smtp://a.example:25'
	assert_line 'smtp = smtp+insecure://127.0.0.1:25'
	assert_regex "$stderr" '^maccount: .msmtprc:1: a: not taken over: a login without encryption'
	refute [ "$(wc -l <<<"$stderr")" -gt 1 ]
}

@test 'mpop: the example of its manual' {
	cat >.mpoprc <<-'END'
	# Set default values for all accounts
	defaults
	tls on
	# Use spamassassin's filter
	filter "spamc -c > /dev/null"
	delivery mda "/usr/bin/procmail -f '%F' -d $USER"

	account freemail
	host pop.freemail.example
	user john.smith
	passwordeval gpg --no-tty -q -d ~/.mpop-password.gpg
	pipelining off

	account provider : freemail
	host mail.provider.example
	tls_starttls off
	delivery mbox ~/Mail/provider
	keep on
	skipsize 2m
	uidls_file ~/.mpop_uidls/%U_at_%H
	account default : provider
	END
	import .mpoprc
	assert_success
	assert_equal "$stderr" ''
	assert_output_is <<-'END'
	account = provider

	; from .mpoprc:8
	[freemail]
	pop3 = pop3://pop.freemail.example
	filter = spamc -c > /dev/null
	pipe = /usr/bin/procmail -f '%F' -d $USER
	user = john.smith
	password-command = gpg --no-tty -q -d ~/.mpop-password.gpg
	pipelining = no

	; from .mpoprc:14
	; mpop's record is not read: before the first run, mfetch --mark-seen passes over the messages on the server
	[provider]
	pop3 = pop3s://mail.provider.example
	filter = spamc -c > /dev/null
	mbox = ~/Mail/provider
	user = john.smith
	password-command = gpg --no-tty -q -d ~/.mpop-password.gpg
	pipelining = no
	keep = yes
	max-size = 2m
	END
}

@test 'fetchmail: noise words, defaults, several users, quotes and escapes' {
	cat >.fetchmailrc <<-'END'
	set daemon 300   # a comment
	defaults proto pop3, timeout 45
	poll pop.provider.example with proto pop3:
	    user 'jsmith', with password secret1, is smith here, and has options ssl keep;
	        mda "/usr/bin/procmail -d %T"
	    user "j\0x6fnes" there has password "secret2" is jones here fetchall no rewrite sslcertck
	        ssl mda "/usr/bin/procmail -f %F -d %T" limit 50000
	poll imap.example.org via mail.example.org protocol IMAP service 1143:
	    user smith@example.org is smith here folder Lists ssl lmtp smtphost localhost/2424
	skip shell.example plugin "ssh %h nc localhost %p" port 110 user x is y here mda "cat"
	END
	import .fetchmailrc
	assert_failure 78
	assert_output_is <<-'END'
	; from .fetchmailrc:4
	; fetchmail's record is not read: before the first run, mfetch --mark-seen passes over the messages on the server
	[jsmith@pop.provider.example]
	pop3 = pop3s://pop.provider.example
	timeout = 45
	user = jsmith
	keep = yes
	pipe = /usr/bin/procmail -d smith

	; from .fetchmailrc:6
	[jones@pop.provider.example]
	pop3 = pop3s://pop.provider.example
	timeout = 45
	user = jones
	pipe = /usr/bin/procmail -f %F -d jones
	max-size = 50000

	; from .fetchmailrc:9
	[smith@example.org]
	imap = imaps://mail.example.org:1143
	timeout = 45
	user = smith@example.org
	folder = Lists
	lmtp = lmtp://localhost:2424
	recipient = smith
	search = unseen

	; from .fetchmailrc:10
	[x@shell.example]
	pop3 = pop3://shell.example
	timeout = 45
	tunnel = ssh shell.example nc localhost 110
	user = x
	pipe = cat
	END
	assert_equal "$(grep -v ': password: ' <<<"$stderr")" "maccount: .fetchmailrc:1: set daemon: not taken over: it is for the daemon; cron runs mfetch, or --watch stays
maccount: .fetchmailrc:10: skip: not taken over: mfetch -A serves every account"
	refute grep -q secret <<<"$stderr$output"
}

@test 'fetchmail: mailboxes of several recipients, other protocols and unknown words are named' {
	cat >fetchmailrc <<-'END'
	poll a.example proto imap user u is * here mda "deliver %T" folder INBOX Sent
	poll b.example proto etrn
	poll c.example proto pop3 user "x y" is x y here envelope "X-Envelope-To"
	  no sslcertck bogus preconnect "date" sslproto "ssl3" antispam 571 mda "x
	END
	import fetchmailrc
	assert_failure 78
	for line in '1: is … here' '1: mda' '1: folder' '2: b.example' '3: is … here' '3: envelope' '4: sslcertck' '4: a word' \
		'4: preconnect' '4: sslproto' '4: antispam' '5: the end of the file'; do
		assert_regex "$stderr" "maccount: fetchmailrc:$line: not taken over: "
	done
}

@test 'getmail: POP3 into a Maildir, IMAP to a command' {
	cat >getmailrc <<-'END'
	[retriever]
	type = SimplePOP3SSLRetriever
	server = pop.example.net
	username: jeff.plotzky@example.com
	password = mailpassword
	port = 1995

	[destination]
	type = Maildir
	path = ~/Maildir/

	[options]
	delete_after = 7
	max_message_size = 0
	max_messages_per_session = 10
	END
	cat >imap.rc <<-'END'
	[retriever]
	type = SimpleIMAPSSLRetriever
	server = imap.example.net
	username = jeff
	password_command = ("pass", "show", "it's mine")
	mailboxes = ("Work",)
	use_peek = false
	[destination]
	type = MDA_external
	path = /usr/bin/maildrop
	arguments = ("-d",
	    "jeff")
	[options]
	delete = true
	message_log = ~/.getmail/log
	END
	import --format=getmail getmailrc imap.rc
	assert_failure 78
	assert_output_is <<-'END'
	; from getmailrc:2
	[jeff.plotzky@example.com]
	pop3 = pop3s://pop.example.net:1995
	user = jeff.plotzky@example.com
	maildir = ~/Maildir/
	limit = 10
	keep = 7d

	; from imap.rc:2
	[jeff@imap.example.net]
	imap = imaps://imap.example.net
	user = jeff
	password-command = pass show 'it'\''s mine'
	folder = Work
	seen = yes
	pipe = /usr/bin/maildrop -d jeff
	END
	assert_equal "$stderr" "maccount: imap.rc:15: options.message_log: not taken over: mfetch keeps no log of messages
maccount: getmailrc:5: password: not taken over: it is not shown; --write keeps it in a file, or set password-command"
}

@test 'an account for sending and one for fetching become one if they agree' {
	printf 'account w\nhost a.example\ntls on\nauth on\nuser u\nfrom u@example.org\n' >.msmtprc
	printf 'account w\nhost b.example\ntls on\nuser u\ndelivery maildir ~/M\n' >.mpoprc
	import .msmtprc .mpoprc
	assert_success
	assert_output_is <<-'END'
	; from .msmtprc:1
	[w]
	address = u@example.org
	smtp = smtp://a.example:25
	user = u
	pop3 = pop3://b.example
	maildir = ~/M
	protocol = pop3
	END
	sed -i 's/user u/user v/' .mpoprc
	import .msmtprc .mpoprc
	assert_success
	assert_line '[w-2]'
	assert_equal "$stderr" 'maccount: .mpoprc:1: the account w becomes w-2'
}

# files_of USER: .msmtprc, .mpoprc, .fetchmailrc and getmailrc for the private servers, with passwords
files_of()
{
	local user=$1
	cat >.msmtprc <<-END
	defaults
	tls on
	tls_trust_file $SRV_CA
	account base
	host localhost
	port $(port_of "$SRV_SUBMISSIONS")
	tls_starttls off
	account work : base
	auth on
	user $user
	password $SRV_PASSWORD
	from $user@example.org
	END
	sed -i '/^account base/,/^account/{/^account base/d;/^account work/d}' .msmtprc
	sed -i '3a account work' .msmtprc
	cat >.mpoprc <<-END
	account work
	host localhost
	port $(port_of "$SRV_POP3S")
	tls on
	tls_starttls off
	tls_trust_file $SRV_CA
	user $user
	password $SRV_PASSWORD
	delivery maildir $PWD/mpop
	keep on
	END
	cat >.fetchmailrc <<-END
	poll localhost proto imap port $(port_of "$SRV_IMAPS")
	  user $user there with password "$SRV_PASSWORD" is me here ssl
	  sslcertfile $SRV_CA mda "cat >>$PWD/fetched" keep
	END
	cat >getmailrc <<-END
	[retriever]
	type = SimplePOP3SSLRetriever
	server = localhost
	port = $(port_of "$SRV_POP3S")
	username = $user
	password = $SRV_PASSWORD
	ca_certs = $SRV_CA
	[destination]
	type = Mboxrd
	path = $PWD/mbox
	END
}

@test 'the accounts of all four programs work: a message is sent and fetched' {
	local user
	user=$(fresh_user)
	files_of "$user"
	import --write .msmtprc .mpoprc .fetchmailrc
	assert_success
	assert_output ''
	import --write getmailrc # the section of the same name exists
	assert_failure 78
	sed 's/server = localhost/server = 127.0.0.1/' getmailrc >ip && mv ip getmailrc
	import --write getmailrc
	assert_success
	assert_equal "$stderr" ''
	refute grep -q "$SRV_PASSWORD" "$config"
	assert_equal "$(stat -c %a "$config" "$XDG_CONFIG_HOME"/mailverbs/passwords/*)" $'600\n600\n600\n600'
	printf 'Subject: imported\n\nx\n' | msend -a work "$user@example.org"
	mfetch -a "$user@localhost" # first: a server marks as read what POP3 fetched
	mfetch -a work
	mfetch -a "$user@127.0.0.1"
	grep -rqx 'Subject: imported' mpop/new
	grep -qx 'Subject: imported' fetched
	grep -qx 'Subject: imported' mbox
	: >fetched
	mfetch -a "$user@localhost" # nothing is fetched twice
	refute [ -s fetched ]
}

@test '--write: comments, order and mode stay; a failure changes nothing, and keeps no password' {
	local user=u
	files_of $user
	mkdir -p "${config%/*}"
	printf '; mine\ntimeout = 30\n\n[old]\naddress = old@example.net\nsmtp = smtps://x' >"$config"
	cp "$config" before
	chmod 640 "$config"
	chmod a-w "${config%/*}"
	if [[ $EUID -ne 0 ]]; then
		import --write .msmtprc
		assert_failure
	fi
	chmod u+w "${config%/*}"
	import --write --config=/proc/nothing/config.ini .msmtprc
	assert_failure
	printf 'account old\nhost a.example\ntls on\n' >msmtp.old
	import --write .msmtprc msmtp.old
	assert_failure 78
	assert_regex "$stderr" "there is an account 'old' already"
	assert_same_file before "$config"
	assert_equal "$(find "${config%/*}" -type f)" "$config"
	import --write .msmtprc
	assert_success
	assert_equal "$(head -c "$(wc -c <before)" "$config")" "$(<before)"
	assert_equal "$(stat -c %a "$config")" 640
	assert_equal "$(<"$XDG_CONFIG_HOME/mailverbs/passwords/work")" "$SRV_PASSWORD"
}

@test '--write: a flush that fails leaves no account without its password' {
	local at flushes file
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -shared -fPIC -O1 -o kill_at.so "$tests/crash/kill_at.c" -ldl
	printf 'account one\nhost smtp.example.org\nfrom a@example.org\nauth on\nuser a\npassword secret\ntls on\n' >.msmtprc
	chmod 600 .msmtprc
	written()
	{
		rm -rf "$XDG_CONFIG_HOME/mailverbs"
		run --separate-stderr env PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$PWD/kill_at.so" KILL_HOW="$1" KILL_AT="$2" \
			KILL_LOG="$PWD/calls" ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" maccount import --write .msmtprc
	}
	written none 0
	assert_success
	flushes=$(grep -c ' flush$' calls)
	for ((at = 1; at <= flushes; at++)); do
		written EIO "$at"
		[[ -e $config ]] || continue
		file=$(sed -n 's/^password-file = //p' "$config")
		assert_equal "$(cat "$file")" secret
	done
	assert [ "$flushes" -ge 4 ]
}

@test '--write: the default account is taken over into a new file, else named' {
	printf 'account a\nhost a.example\ntls on\naccount b : a\nhost b.example\naccount default : b\n' >.msmtprc
	import --write .msmtprc
	assert_success
	assert_equal "$(head -n 1 "$config")" 'account = b'
	rm "$config"
	mkdir -p "${config%/*}"
	printf '[old]\nsmtp = smtps://x\n' >"$config"
	import --write .msmtprc
	assert_failure 78
	assert_regex "$stderr" 'hint: set account = b above the first section of '
	grep -qx '\[b\]' "$config"
}

@test 'a value that our file cannot hold is named; a long one is folded' {
	printf 'account a\nhost a.example\ntls on\nauth on\nuser u\npasswordeval echo a ; echo b\naccount b : a\npasswordeval %s\n' \
		"printf '%s' $(printf 'word%d ' {1..60})" >.msmtprc
	import .msmtprc
	assert_failure 78
	assert_regex "$stderr" 'maccount: .msmtprc:1: password-command: not taken over: the value cannot be written'
	mkdir -p "${config%/*}"
	printf '%s\n' "$output" >"$config"
	run -0 mlist -n -a b -s imaps://x.example
	assert_line --partial "$(printf 'word%d ' {1..59})word60"
}

@test 'a file whose program is not known, a binary file and a missing one are refused' {
	echo 'account a' >rc
	import nothing
	assert_failure 66
	assert_equal "$stderr" 'maccount: nothing: No such file or directory'
	import rc
	assert_failure 64
	assert_regex "$stderr" 'hint: give --format='
	printf 'host a\0b\n' >.msmtprc
	import .msmtprc
	assert_failure 78
	import .mpoprc
	assert_failure 66
	: >.mpoprc
	import .mpoprc
	assert_failure 78
	assert_output ''
}
