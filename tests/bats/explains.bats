#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What does not work explains itself: a refused login, a file that cannot be read, a message that nobody types, a password
# on the command line; and what is shown fits the screen.

# shellcheck disable=SC2154  # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
}

# on_terminal COMMAND: runs the shell command on a terminal whose keyboard says the end of the file at once
on_terminal()
{
	run script -qec "$1" /dev/null </dev/null
	output=${output//$'\r'/}
	mapfile -t lines <<<"${output#^D??}"
}

@test 'a refused login names the user, the mechanism, and where the password came from' {
	local server
	echo wrong >password
	chmod 600 password
	printf '[a]\nuser = alice\ntls-ca-file = %s\npassword-file = %s\n' "$SRV_CA" "$PWD/password" \
		>"$XDG_CONFIG_HOME/config.ini"
	for server in "imaps://$SRV_IMAPS" "pop3s://$SRV_POP3S"; do
		run -77 mlist -C "$XDG_CONFIG_HOME/config.ini" -a a -s "$server"
		assert_line -n 0 --regexp 'Authentication failed\. \(user alice, [A-Z0-9-]+, password from password-file\)$'
		run -77 mlist -s "$server" -u bob@x --tls-ca-file="$SRV_CA" --auth=plain --password-command='echo wrong'
		assert_line -n 0 --partial ' (user bob@x, PLAIN, password from password-command)'
	done
	run -77 mlist -s "pop3s://$SRV_POP3S" -u bob --tls-ca-file="$SRV_CA" --auth=user --password-command='echo wrong'
	assert_line -n 0 --partial ' (user bob, USER, password from password-command)'
	printf 'machine localhost login carol password wrong\n' >"$HOME/.netrc"
	chmod 600 "$HOME/.netrc"
	run -77 msend -f a@example.org -s "smtps://$SRV_SUBMISSIONS" -u carol --tls-ca-file="$SRV_CA" b@example.org <<<x
	assert_line -n 0 --regexp ' 535 .*\(user carol, [A-Z0-9-]+, password from ~/.netrc\)$'
	refute_output --partial wrong
}

@test 'a refusal that is not about the login does not blame the password' {
	run -77 mlist -s "imaps://$SRV_IMAPS" -u bob --password-command='echo wrong'
	refute_output --partial '(user bob'
	run -77 mlist -s "imaps://$SRV_IMAPS" -u bob --tls-ca-file="$SRV_CA" --password-command='exit 1'
	refute_output --partial '(user bob'
}

@test 'a file that cannot be read is named with its option, before there is a connection' {
	local option tool
	printf 'not a certificate\n' >broken.pem
	for tool in "mlist" "msend -f a@example.org b@example.org"; do
		for option in tls-ca-file tls-cert-file tls-key-file; do
			# shellcheck disable=SC2086  # words
			run -78 $tool -s 127.0.0.1:1 --$option=missing.pem <<<x
			assert_line -n 0 "${tool%% *}: --$option: missing.pem: No such file or directory"
		done
		# shellcheck disable=SC2086
		run -78 $tool -s 127.0.0.1:1 --tls-cert-file=broken.pem --tls-key-file=broken.pem <<<x
		assert_output --partial broken.pem
	done
	printf '[a]\nimap = imaps://127.0.0.1:1\ntls-cert-file = /missing.pem\n' >config.ini
	run -78 mlist -C config.ini
	assert_output "mlist: config.ini:3: tls-cert-file: /missing.pem: No such file or directory"
	run -78 mlist -C config.ini -n
	assert_line --partial 'config.ini:3: tls-cert-file: /missing.pem: '
}

@test 'a private key without a certificate, or a certificate without its key, is an error' {
	local server=(-s 127.0.0.1:1)
	cat "$SRV_CLIENT_KEY" >key.pem
	sed '/PRIVATE KEY/,$d' "$SRV_CLIENT_CERT" >cert.pem
	run -78 mlist "${server[@]}" --tls-key-file=key.pem
	assert_output 'mlist: tls-key-file goes with tls-cert-file'
	run -78 mlist "${server[@]}" --tls-key-file=key.pem -n
	assert_line 'mlist: tls-key-file goes with tls-cert-file'
	printf '[a]\nimap = imaps://127.0.0.1:1\ntls-key-file = %s/key.pem\n' "$PWD" >config.ini
	run -78 mlist -C config.ini
	assert_output 'mlist: config.ini:3: tls-key-file goes with tls-cert-file'
	run -78 mlist "${server[@]}" --tls-cert-file=cert.pem
	assert_line --regexp '^mlist: .*client certificate cert.pem: '
	assert_line 'mlist: hint: if its private key is in another file: --tls-key-file=FILE'
	run -75 mlist "${server[@]}" --tls-cert-file=cert.pem --tls-key-file=key.pem
	assert_output 'mlist: 127.0.0.1:1: cannot connect: Connection refused'
}

@test 'msend FILE and msend -n on a terminal explain themselves' {
	echo x >letter
	on_terminal 'msend letter; echo $?'
	assert_output --partial "msend: 'letter' is a file; the operands are recipients"
	assert_output --partial 'hint: msend [RECIPIENT]... < FILE, or msend --batch FILE...'
	assert_output --regexp '64$'
	on_terminal 'msend -n bob@example.org'
	assert_output --partial 'hint: a dry run is --dry-run, or -P'
	on_terminal 'msend -s smtps://127.0.0.1:1 bob@example.org'
	assert_output --partial 'msend: type the message, its header first; Ctrl-D ends it'
	run -65 msend letter </dev/null # a local name, for a script
	refute_output --partial 'is a file'
}

@test 'a password for a proxy is refused on the command line, and taken from a file that only its owner can read' {
	local tool
	for tool in msend mfetch mlist mdel mmark; do
		run -64 "$tool" --proxy=socks5://u:secret@127.0.0.1:1 1
		assert_line -n 0 "$tool: --proxy: a password is not accepted on the command line"
		refute_output --partial secret
	done
	run -75 mlist --proxy=socks5://u@127.0.0.1:1 -s x.example
	printf '[a]\nimap = imaps://x.example\nproxy = socks5://u:secret@127.0.0.1:1\n' >config.ini
	chmod 644 config.ini
	run -78 mlist -C config.ini
	refute_output --partial secret
	chmod 600 config.ini
	run -75 mlist -C config.ini
	assert_output --partial 'proxy 127.0.0.1:1: '
}

@test '--help fits screens of 40 and of 80 columns, and is complete' {
	local tool width
	for tool in msend mfetch mlist mdel mmark maccount; do
		for width in 40 80; do
			run -0 env COLUMNS=$width "$tool" --help
			[ "${#lines[@]}" -gt 10 ]
			assert_equal "$(wc -L <<<"$output" | awk -v w=$width '$1 > w')" ''
		done
		assert_equal "$(COLUMNS=40 "$tool" --help | tr -s ' \n' ' ')" "$(COLUMNS=1000 "$tool" --help | tr -s ' \n' ' ')"
	done
}

@test 'mdel -n shows number, from and subject of what it would delete' {
	local user protocol
	user=$(fresh_user)
	printf 'From: Bob <bob@example.net>\nSubject: =?utf-8?q?h=C3=A4?= there\n\nx\n' | deliver "$user"
	for protocol in imap pop3; do
		config_for "$user"
		sed -i "s,^protocol = .*,protocol = $protocol," "$XDG_CONFIG_HOME/mailverbs/config.ini"
		run -0 mdel -n 1
		assert_line --regexp '^would delete 1 \(uid:[^)]*\), from Bob <bob@example.net>: hä there$'
	done
}
