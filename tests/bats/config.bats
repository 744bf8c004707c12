# SPDX-License-Identifier: ISC
#
# The configuration: which value holds, which account, which preset; --dry-run tells.

# shellcheck disable=SC2034,SC2154  # from: config.bash; abs_top_builddir: helper.bash

load helper
load config

# ---- which value holds ----

@test 'the command line stands above the section, the section above the global keys, these above the preset' {
	presets <<-END
	[mine]
	domains = example.org
	pop3 = pop3s://preset.example.org
	auth = login
	END
	configure <<-END
	timeout = 30
	auth = plain
	domain = global.example.org

	[one]
	address = $me
	timeout = 20
	provider = mine
	END
	run -0 plan mlist
	assert_value timeout 20 "$config:7"
	assert_value auth plain "$config:2"
	assert_value pop3 pop3s://preset.example.org 'preset mine'
	run -0 plan mlist --timeout=10 --auth=login
	assert_value timeout 10 'command line'
	assert_value auth login 'command line'
	sed -i -e '/^auth/d' -e '/^timeout = 20/d' "$config"
	run -0 plan mlist
	assert_value timeout 30 "$config:1"
	assert_value auth login 'preset mine'
	sed -i '/^timeout/d' "$config"
	run -0 plan mlist
	refute_value timeout
}

@test 'the last of several equal options counts' {
	configure <<<"[one]"$'\n'"address = $me"
	run -0 plan mlist --timeout=10 -s a.example --timeout=11 --server=b.example
	assert_value timeout 11 'command line'
	assert_value server b.example 'command line'
}

@test 'a flag can be set in every way people write it, and unset' {
	for yes in yes on true 1 YES; do
		printf '[one]\naddress = %s\nkeep = %s\npop3 = pop3s://x\n' "$me" "$yes" | configure
		run mfetch --dry-run --tunnel=false
		[ "$yes" = 1 ] && assert_value keep 1 "$config:3" || assert_value keep yes "$config:3"
	done
	for no in no off false; do
		printf '[one]\naddress = %s\nkeep = %s\npop3 = pop3s://x\n' "$me" "$no" | configure
		run mfetch --dry-run --tunnel=false
		assert_value keep no "$config:3"
	done
	run mfetch --dry-run --tunnel=false --keep=10d
	assert_value keep 10d 'command line'
}

@test 'every tool ignores the keys of the others' {
	config_for "$user" 'maildir = ~/Mail' 'keep = yes' 'columns = uid' 'full-name = A' 'from = x@example.org'
	run -0 mlist
	assert_output ''
	run -0 plan mlist
	refute_value maildir
	assert_value columns uid "$config:11"
	run -0 plan msend
	refute_value columns
	assert_value full-name A "$config:12"
}

@test 'the configuration really is what the tools use' {
	deliver "$user" <<<'Subject: x'
	config_for "$user" 'columns = number,subject'
	run -0 mlist
	assert_output $'1\tx'
	run -0 mlist -o number
	assert_output 1
}

# ---- syntax ----

@test 'comments, blank lines, blanks around keys and CRLF do not count' {
	{
		echo '; a comment'
		echo '# another'
		echo
		echo 'timeout=30 ; behind a value'
		echo '[one]'
		echo "address   =   $me  "
		printf 'user\t=\tme\r\n'
		echo '  ; an indented comment'
		echo 'full-name = a;b ;c'
	} | configure
	run -0 plan msend -s x
	assert_value timeout 30 "$config:4"
	assert_value address "$me" "$config:6"
	assert_value user me "$config:7"
	assert_value full-name 'a;b' "$config:9"
}

@test 'an indented line continues the value above it' {
	configure <<-END
	[one]
	address = $me
	aliases = one@example.net
	    two@example.net
	    three@example.net
	tunnel =
	    ssh gate.example.org
	    nc mail.example.org 995
	END
	run -0 plan msend -s x
	assert_value aliases 'one@example.net two@example.net three@example.net' "$config:3"
	assert_value tunnel 'ssh gate.example.org nc mail.example.org 995' "$config:6"
	for from in one@example.net three@example.net; do
		run -0 plan msend -s x
		assert_line 'account one'
	done
}

@test 'a value of more than a line can hold goes on below it' {
	pin1=$SRV_PIN
	configure <<-END
	[one]
	address = $me
	password-command = printf '%s%s%s\n' 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
	    'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'
	    zzz >~/asked; echo $SRV_PASSWORD
	pop3 = pop3s://$SRV_POP3S
	tls-pin = $pin1
	END
	run -0 mlist
	assert_equal "$(wc -c <"$HOME/asked")" "$((93 + 117 + 3 + 1))"
}

@test 'a password with a semicolon behind a blank is refused, and one without is whole' {
	configure <<-END
	[one]
	address = $me
	password = correct ;horse
	END
	run -78 mlist
	assert_line -n 0 --partial "config.ini:3: password: ' ;' begins a comment here"
	assert_line -n 1 --partial 'password-file'
	refute_output --partial horse
	sed -i 's/^password = .*/password = correct;horse #x/' "$config"
	cat >catcher.sh <<-'END'
	printf '+OK\r\n'
	while read -r line; do
		case $line in
		PASS*) echo "$line" | tr -d '\r' >caught; printf -- '-ERR\r\n' ;;
		CAPA*) printf -- '-ERR\r\n' ;;
		*) printf '+OK\r\n' ;;
		esac
	done
	END
	run ! mlist -s pop3+insecure://x --auth=user --tunnel='sh catcher.sh'
	assert_equal "$(<caught)" 'PASS correct;horse #x'
}

@test 'a value ends before a semicolon behind a blank, which --dry-run shows' {
	configure <<-END
	[one]
	address = $me
	pop3 = pop3s://x.example ; the one in the cellar
	password-command = echo a; echo b
	END
	run -0 plan mlist
	assert_value pop3 pop3s://x.example "$config:3"
	assert_value password-command 'echo a; echo b' "$config:4"
}

@test 'but a command or a password that would end there is an error, with file, line and key' {
	for key in password-command password pipe filter tunnel; do
		printf '[one]\naddress = %s\npop3 = pop3s://x.example\n%s = echo a ; echo b\n' "$me" "$key" | configure
		chmod 600 "$config"
		run -78 --separate-stderr mlist
		# shellcheck disable=SC2154  # run's
		assert_equal "${#stderr_lines[@]}" 2
		assert_regex "${stderr_lines[0]}" "^mlist: $config:4: $key: ' ;' begins a comment here, so it can't be told from the (command|password)\$"
		assert_regex "${stderr_lines[1]}" '^mlist: hint: '
	done
	printf '[one]\naddress = %s\npop3 = pop3s://x.example\npipe = cat >/dev/null;\n echo a\t; echo b\n' "$me" | configure
	run -78 mlist
	assert_output --partial "pipe: ' ;' begins a comment"
}

@test 'only ~/ at the beginning of a path is the home directory' {
	configure <<-END
	[one]
	address = $me
	pop3 = pop3s://x
	tls-ca-file = ~/ca.pem
	tls-cert-file = /etc/~/x
	tls-key-file = ~alice/key
	password-command = cat ~/x
	END
	run -78 plan mlist # none of these files exists
	assert_value tls-ca-file "$HOME/ca.pem" "$config:4"
	assert_value tls-cert-file /etc/~/x "$config:5"
	assert_value tls-key-file '~alice/key' "$config:6"
	assert_value password-command 'cat ~/x' "$config:7"
	run -78 plan mlist --tls-ca-file='~/other.pem'
	assert_value tls-ca-file "$HOME/other.pem" 'command line'
}

# ---- which account ----

two_accounts()
{
	configure <<-END
	[one]
	address = one@example.org
	pop3 = pop3s://one.example.org
	smtp = smtps://one.example.org

	[two]
	address = two@example.org
	pop3 = pop3s://two.example.org
	smtp = smtps://two.example.org
	END
}

@test 'the only account needs no name' {
	configure <<<$'[only]\naddress = x@example.org\npop3 = pop3s://x'
	run -0 plan mlist
	assert_line 'account only'
}

@test 'of several accounts the key account says which, and -a says it again' {
	two_accounts
	run -78 plan mlist
	assert_line -n 0 'mlist: which account?'
	assert_line -n 1 'mlist: hint: accounts: one, two'
	sed -i '1i account = two' "$config"
	run -0 plan mlist
	assert_line 'account two'
	assert_value pop3 pop3s://two.example.org "$config:9"
	run -0 plan mlist -a one
	assert_line 'account one'
	run -0 plan mlist --account=one@example.org
	assert_line 'account one'
	run -0 plan mlist -a ONE@example.org -s x
	assert_line 'account one'
	sed -i '1s/.*/account = three/' "$config"
	run -78 plan mlist
	assert_line -n 0 "mlist: there is no account 'three'"
}

@test 'the sender chooses in msend, before the key account' {
	two_accounts
	sed -i '1i account = two' "$config"
	from=one@example.org run -0 plan msend
	assert_line 'account one'
	from=stranger@example.org run -0 plan msend
	assert_line 'account two'
	from=one@example.org run -0 plan msend -a two
	assert_line 'account two'
	from=one@example.org run -0 plan msend -f two@example.org
	assert_line 'account two'
}

@test 'an address that no section has needs none: the preset of its domain does' {
	presets <<-END
	[mine]
	domains = example.com example.net
	pop3 = pop3s://pop.example.net
	smtp = smtp://smtp.example.net
	END
	two_accounts
	for address in a@example.net b@EXAMPLE.com; do
		run -0 plan mlist -a $address
		assert_line "account $address"
		assert_value address $address 'command line'
		assert_value pop3 pop3s://pop.example.net 'preset mine'
		run -0 plan msend -a $address
		assert_value smtp smtp://smtp.example.net 'preset mine'
	done
	rm "$config"
	run -0 plan mlist -a a@example.net
	assert_value pop3 pop3s://pop.example.net 'preset mine'
	run -78 mlist -a a@unknown.example
	assert_line -n 0 --partial "no mail server is known for a@unknown.example (looked in: $XDG_CONFIG_HOME/mailverbs/config.ini, $MAILVERBS_DATADIR/providers.ini)"
	assert_line -n 1 --partial 'hint: maccount add a@unknown.example'
}

@test 'with --server no account is needed' {
	run -0 mlist -s "pop3s://$SRV_POP3S" -u "$me" --tls-ca-file="$SRV_CA" --password-command="echo $SRV_PASSWORD" -c
	assert_output $'0\t0'
	printf 'From: %s\n\nx\n' "$me" |
		msend -s "$SRV_SUBMISSIONS" -u "$me" --tls-ca-file="$SRV_CA" --password-command="echo $SRV_PASSWORD" "$me"
	await_mail "$user"
}

@test 'several addresses can have one login: user' {
	config_for "$user" "user = $me"
	sed -i 's/^address = .*/address = other@example.org/' "$config"
	deliver "$user" <<<'Subject: x'
	run -0 mlist -o subject
	assert_output x
}

# ---- presets ----

@test 'a preset is taken by the domain, whatever its case, and only by the whole of it' {
	presets <<-END
	[mine]
	domains = example.net
	    Example.COM
	pop3 = pop3s://pop.example.net
	END
	for address in a@example.net a@EXAMPLE.NET a@example.com; do
		run -0 plan mlist -a $address
		assert_value pop3 pop3s://pop.example.net 'preset mine'
	done
	for address in a@sub.example.net a@example.ne a@xexample.net a@net; do
		run -0 plan mlist -a $address -s x
		refute_value pop3
	done
}

@test '--provider names a preset; none takes none' {
	presets <<-END
	[mine]
	pop3 = pop3s://mine.example.net
	[yours]
	domains = example.net
	pop3 = pop3s://yours.example.net
	END
	run -0 plan mlist -a a@example.net
	assert_value pop3 pop3s://yours.example.net 'preset yours'
	run -0 plan mlist -a a@example.net --provider=mine
	assert_value pop3 pop3s://mine.example.net 'preset mine'
	run -0 plan mlist -a a@example.net --provider=auto
	assert_value pop3 pop3s://yours.example.net 'preset yours'
	run -0 plan mlist -a a@example.net --provider=none -s x
	refute_value pop3
	run -78 plan mlist -a a@example.net --provider=his
	assert_line -n 0 "mlist: there is no provider 'his'"
	printf '[one]\naddress = a@example.net\nprovider = mine\n' | configure
	run -0 plan mlist
	assert_value pop3 pop3s://mine.example.net 'preset mine'
}

@test 'the installed presets know the servers of well-known providers' {
	for address in alice@qq.com alice@gmail.com alice@outlook.com alice@gmx.de; do
		run -0 plan msend -a $address
		assert_line --regexp $'^smtp = smtps?://[^\t ]*\t\\(preset '
	done
	run -0 plan mlist -a 10001@qq.com
	assert_value pop3 pop3s://pop.qq.com 'preset qq'
}

@test 'the own presets override single keys of the installed ones' {
	presets <<-END
	[qq]
	pop3 = pop3s://pop.other.example
	END
	run -0 plan mlist -a 10001@qq.com
	assert_value pop3 pop3s://pop.other.example 'preset qq'
	run -0 plan msend -a 10001@qq.com
	assert_value smtp smtps://smtp.qq.com 'preset qq'
}

@test 'a key of the account stands above its preset' {
	configure <<-END
	[one]
	address = 10001@qq.com
	pop3 = pop3s://own.example
	END
	run -0 plan mlist
	assert_value pop3 pop3s://own.example "$config:3"
}

# ---- other programs' spellings ----

@test 'the spellings of msmtp and mpop mean the same' {
	run -0 mlist --host=localhost --port="${SRV_POP3S#*:}" --user="$me" --tls-trust-file="$SRV_CA" \
		--passwordeval="echo $SRV_PASSWORD" -c
	assert_output $'0\t0'
	config_for "$user"
	mv "$config" elsewhere.ini
	run -0 mlist --file=elsewhere.ini -c
	run -0 mlist -C elsewhere.ini --serverinfo
	assert_line --regexp '^login: .*: works$'
	run -0 plan mlist --file=elsewhere.ini --pretend -d
	sed -i -e 's/^password = \(.*\)/passwordeval = echo \1/' -e 's/^tls-ca-file/tls-trust-file/' elsewhere.ini
	run -0 mlist -C elsewhere.ini -c
}

@test '--host takes an IPv6 address with and without brackets' {
	local host
	for host in ::1 '[::1]'; do
		run -0 mlist --host="$host" --port=1 --user=x --dry-run
		assert_line 'server: pop3s://[::1]:1'
	done
}

@test '--host takes the place of the server of the account' {
	config_for "$user"
	sed -i 's|^pop3 = .*|pop3 = pop3s://nowhere.invalid|' "$config"
	run -0 mlist --host="$SRV_POP3S" -c
	run -0 mlist --host=localhost --port="${SRV_POP3S#*:}" -c
	run -75 mlist --host=localhost --port=1 -c
	assert_output --partial 'localhost:1: '
}

@test 'each server URL has its port and its TLS' {
	for case in pop3s=995 pop3=110 pop3+insecure=110; do
		run -75 mlist -s "${case%=*}://here" -u x --tunnel=true
		assert_line -n 0 --partial "here:${case#*=}: "
	done
	for case in smtps=465 smtp=587 smtp+insecure=587; do
		run -75 msend -f x@example.org -s "${case%=*}://here" -u x --tunnel=true x@example.org <<<$'x: y\n\nz'
		assert_line -n 0 --partial "here:${case#*=}: "
	done
	run -75 mlist -s here -u x --tunnel=true
	assert_line -n 0 --partial here:993:
	run -75 mlist -s here -u x --tunnel=true --protocol=pop3
	assert_line -n 0 --partial here:995:
	run -75 mlist -s '[::1]:4711' -u x --tunnel=true
	assert_line -n 0 --partial '[::1]:4711: '
	run -75 mlist -s 'POP3S://here/' -u x --tunnel=true
	assert_line -n 0 --partial here:995:
	run -75 mlist -s 'pop3s://here:4711/' -u x --tunnel=true
	assert_line -n 0 --partial here:4711:
	for url in pop3s://here/INBOX pop3s://here:1/x pop3s://here:1x pop3s://here: 'pop3s://[::1' pop3s://u@here pop3s://here//; do
		run -64 mlist -s "$url" -u x --tunnel=true
	done
}

# ---- where it is ----

@test 'the configuration is where XDG_CONFIG_HOME says, else in ~/.config' {
	config_for "$user"
	run -0 plan mlist
	assert_value address "$me" "$config:2"
	unset XDG_CONFIG_HOME
	run -0 plan mlist
	assert_value address "$me" "$HOME/.config/mailverbs/config.ini:2"
	mkdir -p other/mailverbs
	sed 's/^timeout.*//; /^address/a timeout = 5' "$config" >other/mailverbs/config.ini
	chmod 600 other/mailverbs/config.ini
	XDG_CONFIG_HOME=$PWD/other run -0 plan mlist
	assert_value timeout 5 "$PWD/other/mailverbs/config.ini:3"
	# what is no absolute path does not count
	XDG_CONFIG_HOME=other run -0 plan mlist
	refute_value timeout
	XDG_CONFIG_HOME='' run -0 plan mlist
	refute_value timeout
}

@test '-C reads that file instead' {
	config_for "$user"
	printf '[mine]\naddress = %s\npop3 = pop3s://x\n' "$me" >mine.ini
	run -0 plan mlist -C mine.ini
	assert_line 'account mine'
	run -0 plan mlist --config="$PWD/mine.ini"
	assert_value pop3 pop3s://x "$PWD/mine.ini:3"
}

@test 'without HOME the tools work as far as they can' {
	config_for "$user"
	mv "$config" mine.ini
	run -0 homeless '' mlist -C mine.ini -c
	assert_output $'0\t0'
	run -0 homeless '' mdel -C mine.ini new
	run -0 homeless '' mlist -s "pop3s://$SRV_POP3S" -u "$me" --tls-ca-file="$SRV_CA" \
		--password-command="echo $SRV_PASSWORD" -c
	run -78 homeless '' mlist
	assert_line -n 0 'mlist: no account is configured'
	echo 'tls-cert-file = ~/x' >>mine.ini
	run -78 homeless '' mlist -C mine.ini
	assert_output --partial "tls-cert-file: '~/x': HOME is not set"
	sed -i '$d' mine.ini
	run -78 homeless '' mfetch -C mine.ini
	assert_output --partial 'HOME is not set'
}

@test 'without HOME, as services run, the home directory is that of the user'\''s account' {
	config_for "$user" 'maildir = ~/Mail'
	mkdir account
	mv "$XDG_CONFIG_HOME" account/.config
	printf 'Subject: x\n\nx\n' | deliver "$user"
	run -0 homeless "$PWD/account" mfetch --keep
	run -0 homeless "$PWD/account" mfetch --keep
	assert_equal "$(find account/Mail/new -type f | wc -l)" 1
	assert [ -d account/.local/state/mailverbs/journal ]
	run -78 homeless relative mlist
	run -0 env PATH="$abs_top_builddir:$PATH" HOME=relative ACCOUNT_HOME="$PWD/account" LD_PRELOAD="$BATS_TEST_TMPDIR/homeless.so" \
		ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" XDG_CONFIG_HOME= XDG_STATE_HOME= mlist -c
	assert_output --regexp '^1	'
}

@test 'a configuration that cannot be read is an error, and not an empty one' {
	mkdir "$config"
	run -78 mlist -s "$SRV_POP3S"
	assert_output --partial "$config: "
	assert_equal "${#lines[@]}" 1
}

@test 'words are understood in any case, and shown as the manual has them' {
	configure <<-'END'
		[a]
		address = a@example.org
		imap = imaps://127.0.0.1
		pop3 = pop3s://127.0.0.1
		protocol = IMAP
		login-delay = Wait
	END
	run --separate-stderr plan mlist --auth=NONE
	assert_success
	assert_line --partial 'protocol = imap'
	assert_line --partial 'login-delay = wait'
	assert_line --partial 'auth = none'
	run --separate-stderr plan mlist --protocol=IMAP --folders
	assert_success
	assert_line 'would list the folders'
}

# fragment NAME: a file of config.d, from standard input
fragment()
{
	(umask 077 && mkdir -p "$XDG_CONFIG_HOME/mailverbs/config.d")
	(umask 077 && cat >"$XDG_CONFIG_HOME/mailverbs/config.d/$1")
}

@test 'fragments in config.d add accounts and keys; config.ini comes first, then the fragments by name' {
	printf '[one]\naddress = one@example.org\nimap = imaps://config.example\n' | configure
	printf 'timeout = 7\n[two]\naddress = two@example.org\nimap = imaps://two.example\n' | fragment 20.ini
	printf '[one]\nimap = imaps://fragment.example\nfolder = First\n[two]\nfolder = A\n' | fragment 10.ini
	printf '[one]\nfolder = Last\n[two]\nfolder = B\n' | fragment 30.ini
	printf 'nonsense\n' | tee >(fragment .hidden.ini) | fragment backup.ini~
	run -0 plan mlist -a one
	assert_line --partial 'imap = imaps://config.example'
	assert_line "folder = First	($XDG_CONFIG_HOME/mailverbs/config.d/10.ini:3)"
	assert_line "timeout = 7	($XDG_CONFIG_HOME/mailverbs/config.d/20.ini:1)"
	run -0 plan mlist -a two@example.org
	assert_line --partial 'folder = A'
	run -78 mlist -a nobody
	assert_line 'mlist: hint: accounts: one, two'
}

@test '--config and MAILVERBS_CONFIG stand for config.ini and its fragments, in each tool' {
	printf '[one]\naddress = one@example.org\nimap = imaps://config.example\n' | configure
	printf '[two]\naddress = two@example.org\n' | fragment 1.ini
	(umask 077 && sed 's/one/three/' "$config" >other.ini)
	run -0 plan mlist -C other.ini
	assert_line 'account three'
	export MAILVERBS_CONFIG=other.ini
	run -0 plan mlist
	assert_line 'account three'
	run -0 plan mlist --config="$config"
	assert_line 'account one'
	run -78 mmark -a two --seen 1
	assert_line 'mmark: hint: accounts: three'
	run -78 maccount status two
	assert_line 'maccount: hint: accounts: three'
	ln -s "$abs_top_builddir/msend" sendmail
	MAILVERBS_CONFIG=missing.ini run -78 ./sendmail bob@example.org <<<'Subject: x'
	assert_output 'sendmail: missing.ini: No such file or directory'
	MAILVERBS_CONFIG='' run -78 mlist -a none
	assert_line 'mlist: hint: accounts: one, two'
}

@test 'a fragment is checked as config.ini is' {
	printf '[one]\naddress = one@example.org\nimap = imaps://config.example\n' | configure
	echo 'tmieout = 3' | fragment 1.ini
	run -78 mlist
	assert_line -n 0 "mlist: $XDG_CONFIG_HOME/mailverbs/config.d/1.ini:1: unknown key 'tmieout'"
	printf '[two]\npassword = x\n' | fragment 1.ini
	chmod 644 "$XDG_CONFIG_HOME/mailverbs/config.d/1.ini"
	run -78 mlist
	assert_line --partial 'hint: chmod 600 '
	printf '[two]\naddress = x@example.org\n' | fragment 1.ini
	chmod 666 "$XDG_CONFIG_HOME/mailverbs/config.d/1.ini"
	run -78 mlist
	run -78 maccount add --yes --password-command=true x@example.org
	printf '[two]\naddress = x@example.org\n' | fragment 1.ini
	chmod 600 "$XDG_CONFIG_HOME/mailverbs/config.d/1.ini"
	run -0 plan mlist -a one
	chmod o+w "$XDG_CONFIG_HOME/mailverbs/config.d"
	run -78 mlist
	assert_line -n 0 "mlist: $XDG_CONFIG_HOME/mailverbs/config.d: others can write in this directory"
}

@test 'a configuration from a pipe is waited for; a FIFO into which nobody writes is an error, and what is endless' {
	run -0 mlist -C <(printf '[one]\naddress = %s\n' "$me" && printf 'pop3 = pop3s://x:1\n') --dry-run 1
	assert_line 'server: pop3s://x:1'
	mkfifo fifo
	run -78 mlist -C fifo --count
	assert_output "mlist: fifo: nobody writes into this FIFO"
	(umask 077 && printf '[one]\naddress = %s\npop3 = pop3s://x:1\n' "$me" >fifo) 3>&- &
	until run mlist -C fifo --dry-run 1 && ((status == 0)); do :; done
	assert_line 'server: pop3s://x:1'
	wait $!
	run -78 mlist -C /dev/zero --count
	assert_output 'mlist: /dev/zero: more than 16 MiB'
}

@test 'a server of another protocol is named with its file, line and key' {
	printf '[a]\naddress = a@example.org\nsmtp = pop3s://h\nimap = smtps://h\n[b]\naddress = b@example.org\npop3 = imap://h\n' >c.ini
	run -78 msend -C c.ini -a a x@example.org <<<$'Subject: x\n\nhi'
	assert_line 'msend: c.ini:3: smtp: pop3s:// is not an smtp server'
	run -78 mlist -C c.ini -a a
	assert_line 'mlist: c.ini:4: imap: smtps:// is not an imap server'
	run -78 mfetch -C c.ini -a b
	assert_line 'mfetch: c.ini:7: pop3: imap:// is not a pop3 server'
	run -78 msend -C c.ini -a a -s imaps://h x@example.org <<<$'Subject: x\n\nhi'
	assert_line 'msend: --server: imaps:// is not an smtp server'
}
