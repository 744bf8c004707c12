# SPDX-License-Identifier: ISC
#
# Where the password of a login comes from, who gets to see it, and what is said where it is refused.

# shellcheck disable=SC2154  # `run --separate-stderr` sets some, and setup() the others

load helper
load terminal
load login

@test 'the password is taken from the first of its places that has one' {
	write_password_catcher
	{
		printf '[test]\naddress = %s\n' "$me"
		printf 'password = from the configuration\n'
		printf 'password-file = ~/secret\n'
		printf 'password-command = echo from the command\n'
	} >"$config"
	(umask 077 && echo 'from the file' >"$HOME/secret")
	(umask 077 && printf 'machine mail.example.org login %s password from-netrc\n' "$me" >"$HOME/.netrc")
	assert_equal "$(caught --password-command='echo from the option')" 'from the option'
	assert_equal "$(caught)" 'from the command'
	sed -i '/^password-command/d' "$config"
	assert_equal "$(caught)" 'from the file'
	sed -i '/^password-file/d' "$config"
	assert_equal "$(caught)" 'from the configuration'
	sed -i '/^password/d' "$config"
	assert_equal "$(caught)" 'from-netrc'
	rm "$HOME/.netrc"
	run ! caught
	assert_equal "$(<said)" "mlist: no password for $me at mail.example.org
mlist: hint: set password-command, password-file or password, add a line to ~/.netrc or ~/.authinfo, or run this on a terminal to be asked"
}

@test 'a password from ~/.authinfo, in each tool that logs in' {
	local tool
	sed -i '/^password/d' "$config"
	(umask 077 && printf 'machine localhost login %s password %s\n' "$me" "$SRV_PASSWORD" >"$HOME/.authinfo")
	printf 'machine localhost login bob password wrong\n' >"$HOME/.netrc"
	for tool in msend mfetch mlist; do
		run -0 "$tool" --probe
		assert_line --regexp '^login: .*: works$'
	done
	printf 'machine localhost login %s password wrong\n' "$me" >"$HOME/.authinfo"
	run -77 mlist -c
	assert_line --partial 'password from ~/.authinfo)'
	chmod 640 "$HOME/.authinfo"
	run -78 mlist -c
	assert_line "mlist: hint: chmod 600 $HOME/.authinfo"
}

@test 'without a password msend ends with 77 and names the places' {
	sed -i '/^password/d' "$config"
	run -77 call msend
	assert_line -n 0 "msend: no password for $me at localhost"
	for place in password-command password-file /.netrc terminal; do
		assert_line -n 1 --partial "$place"
	done
	assert_equal "${#lines[@]}" 2
}

@test 'only the first line counts, and of ~/.netrc only the right machine and login' {
	write_password_catcher
	sed -i '/^password/d' "$config"
	assert_equal "$(caught --password-command='printf "one\r\ntwo\n"')" one
	assert_equal "$(caught --password-command='printf one; exec sleep 0')" one
	cat >"$HOME/.netrc" <<-END
	machine other.example.org login $me password a
	machine mail.example.org login other@example.org password b
	machine mail.example.org
	    login $me
	    password "c d"
	default login x password e
	END
	chmod 600 "$HOME/.netrc"
	assert_equal "$(caught)" 'c d'
}

@test 'a password-command that fails ends it: 77, behind its own words' {
	run -77 mlist --password-command='echo no such entry >&2; echo not-this; exit 3'
	assert_line -n 0 'no such entry'
	assert_line -n 1 'mlist: password-command: the command failed: exit status 3'
	refute_output --partial not-this
	run -77 mlist --password-command='kill -9 $$'
	assert_output 'mlist: password-command: the command failed: ended by signal 9'
	run -77 mlist --password-command=true
	assert_output 'mlist: password-command: the password is empty'
	run -77 mlist --password-command='printf "a\000b\n"'
	assert_output --partial 'NUL'
}

@test 'a password-command that never ends its output is ended' {
	write_password_catcher
	run -78 timeout 20 mlist -s pop3+insecure://mail.example.org --auth=user --tunnel='sh catcher.sh' --password-command=yes -c
	assert_output --partial 'the command prints more than 16 MiB'
}

@test 'password-command gets no input: not the message of msend' {
	run -0 call msend --password-command="cat; echo $SRV_PASSWORD"
	await_mail "$user"
	assert_arrived letter.eml "$(mailbox_files "$user")"
}

@test 'a password-file that others can read is refused, with the chmod to run' {
	write_password_catcher
	sed -i 's|^password = .*|password-file = ~/secret|' "$config"
	echo x >"$HOME/secret"
	for mode in 644 640 604 620; do
		chmod $mode "$HOME/secret"
		run -78 mlist
		assert_line -n 0 --partial "mlist: password-file: $HOME/secret: others may read it (mode $mode)"
		assert_line -n 1 "mlist: hint: chmod 600 $HOME/secret"
		assert_equal "${#lines[@]}" 2
	done
	for mode in 600 400; do
		chmod $mode "$HOME/secret"
		assert_equal "$(caught)" x
	done
	rm "$HOME/secret"
	run -78 mlist
	assert_output "mlist: password-file: $HOME/secret: No such file or directory"
}

@test 'a password in a configuration that others can read is refused, with the chmod to run' {
	for mode in 644 640 604; do
		chmod $mode "$config"
		run -78 mlist
		assert_line -n 0 "mlist: $config:3: password: others can read this file, which has a password in it"
		assert_line -n 1 "mlist: hint: chmod 600 $config"
		assert_equal "${#lines[@]}" 2
	done
	chmod 600 "$config"
	run -0 mlist
	sed -i 's/^password = .*/password-command = cat ~\/x/' "$config"
	chmod 644 "$config"
	echo "$SRV_PASSWORD" >"$HOME/x"
	run -0 mlist
}

@test 'a .netrc that others can read is refused, if the password is in it' {
	sed -i '/^password/d' "$config"
	echo "machine localhost login $me password $SRV_PASSWORD" >"$HOME/.netrc"
	chmod 644 "$HOME/.netrc"
	run -78 mlist
	assert_line -n 1 "mlist: hint: chmod 600 $HOME/.netrc"
	chmod 600 "$HOME/.netrc"
	run -0 mlist
}

@test 'a .netrc or .authinfo that is a FIFO: its writer is waited for, but not for ever' {
	local file
	write_password_catcher
	sed -i '/^password/d' "$config"
	for file in .netrc .authinfo; do
		mkfifo -m 600 "$HOME/$file"
		run -78 timeout 10 mlist -s pop3+insecure://mail.example.org --auth=user --tunnel='sh catcher.sh' --count
		assert_line --partial ": $HOME/$file: nobody writes into this FIFO"
		echo "machine mail.example.org login $me password c" >"$HOME/$file" 3>&- &
		assert_equal "$(caught)" c
		wait $!
		rm "$HOME/$file"
	done
}

@test 'a systemd credential can be the password-file' {
	require_root 'the file must be of root'
	write_password_catcher
	mkdir creds
	echo credential >creds/mail
	chmod 440 creds/mail
	export CREDENTIALS_DIRECTORY=$PWD/creds
	sed -i 's|^password = .*|password-file = '"$PWD"'/creds/mail|' "$config"
	assert_equal "$(caught)" credential
	chmod 444 creds/mail
	run ! caught
}

@test 'on a terminal the password is asked for, and not shown' {
	sed -i '/^password/d' "$config"
	on_terminal "mlist --count" "$SRV_PASSWORD"
	cat screen
	assert_equal "$(<status)" 0
	grep -q "Password for $me at localhost: " screen
	grep -q '^0.0' screen
	run ! grep -q "$SRV_PASSWORD" screen
}

@test 'msend asks on the terminal although its standard input is the message' {
	sed -i '/^password/d' "$config"
	on_terminal "msend $me <letter.eml" "$SRV_PASSWORD"
	cat screen
	assert_equal "$(<status)" 0
	run ! grep -q "$SRV_PASSWORD" screen
	await_mail "$user"
	assert_arrived letter.eml "$(mailbox_files "$user")"
}

@test 'after three wrong passwords from the terminal it is 77, and none is shown' {
	sed -i '/^password/d' "$config"
	for command in "mlist -s imaps://$SRV_IMAPS" "mlist -s pop3s://$SRV_POP3S" \
		"mlist -s pop3s://$SRV_POP3S --auth=user" "msend -f $me $me <letter.eml"; do
		on_terminal "$command" wrong-horse-battery wrong-horse-staple wrong-horse-shoe
		cat screen
		assert_equal "$(<status)" 77
		assert_equal "$(grep -c 'Password for' screen)" 3
		assert_equal "$(grep -c 'password from the prompt' screen)" 3
		run ! grep -q wrong-horse screen
	done
}

@test 'a password mistyped once is asked for again, in the same connection' {
	sed -i '/^password/d' "$config"
	for command in "mlist -v --count -s imaps://$SRV_IMAPS" "mlist -v --count -s pop3s://$SRV_POP3S" \
		"mlist -v --count -s pop3s://$SRV_POP3S --auth=user" "msend -v -f $me $me <letter.eml"; do
		on_terminal "$command" wrong-horse-battery "$SRV_PASSWORD"
		cat screen
		assert_equal "$(<status)" 0
		assert_equal "$(grep -c 'password from the prompt' screen)" 1
		assert_equal "$(grep -cE '^(S: (220|\+OK|\* OK)|< (220|\+OK|\* OK)).*[Rr]eady' screen)" 1
		run ! grep -qE "wrong-horse|$SRV_PASSWORD" screen
	done
}

@test 'an empty password, and a server that hangs up, end the questions' {
	sed -i '/^password/d' "$config"
	on_terminal "mlist -s pop3s://$SRV_POP3S" wrong-horse-battery ''
	assert_equal "$(<status)" 77
	grep -q 'the password is empty' screen
	cat >script <<-'END'
	S: +OK
	C: CAPA
	S: -ERR
	C: USER me
	S: +OK
	C: PASS wrong-horse-battery
	S: -ERR [AUTH] not this one
	END
	# shellcheck disable=SC2154  # helper.bash sets it
	echo "exec mlist -s pop3+insecure://localhost --user=me --tunnel=\"exec '$abs_top_builddir/tests/replay' script\"" >run
	on_terminal 'sh run' wrong-horse-battery again
	cat screen
	assert_equal "$(<status)" 77
	assert_equal "$(grep -c 'not this one' screen)" 2
}

# ---- who gets to see it ----

@test 'no child has the password in its environment or among its arguments' {
	export -n SRV_PASSWORD
	sed -i 's/^password = .*/password = horse-with-a-name/' "$config"
	run -75 mlist --tunnel="{ env; tr '\\0' '\\n' </proc/\$PPID/cmdline; } >seen.tunnel; exit 1"
	run -77 mlist --password-command="{ env; tr '\\0' '\\n' </proc/\$PPID/cmdline; } >seen.command; echo x"
	config_for "$user"
	deliver "$user" letter.eml
	mfetch --keep --pipe="{ env; tr '\\0' '\\n' </proc/\$PPID/cmdline; } >seen.pipe; cat >/dev/null"
	for file in seen.tunnel seen.command seen.pipe; do
		grep -q '^HOME=' $file
		run ! grep -E "horse-with-a-name|$SRV_PASSWORD" $file
	done
}

@test 'a password in the environment is not taken' {
	sed -i '/^password/d' "$config"
	PASSWORD=$SRV_PASSWORD MAILVERBS_PASSWORD=$SRV_PASSWORD run -77 mlist
}

# ---- the note of a provider ----

provider_with_note()
{
	cat >"$XDG_CONFIG_HOME/mailverbs/providers.ini" <<-END
	[mine]
	name = My Mail
	domains = example.org
	smtp = smtps://$SRV_SUBMISSIONS
	pop3 = pop3s://$SRV_POP3S
	note = Make an app password in the settings,
	    and log in with that.
	END
	sed -i '/^\(smtp\|pop3\|imap\) =/d' "$config"
}

@test 'the note of the provider is the hint where a login fails' {
	provider_with_note
	for tool in msend mlist mfetch mdel; do
		run -77 call $tool --password-command='echo wrong'
		assert_line -n 0 --partial uthentication
		assert_line -n 1 "$tool: hint: Make an app password in the settings, and log in with that."
		assert_equal "${#lines[@]}" 2
	done
}

@test 'the note of the provider is shown at no other failure, and not where all went well' {
	provider_with_note
	for tool in msend mlist; do
		run -0 call $tool
		refute_output --partial 'app password'
		run call $tool --user=later
		refute_output --partial 'app password'
		sed -i '/^tls-ca-file/d' "$config"
		run -77 call $tool
		refute_output --partial 'app password'
		echo "tls-ca-file = $SRV_CA" >>"$config"
	done
}

@test '-v shows of a SCRAM server only that it challenged, not what guesses can be tried against' {
	config_for "$(fresh_user)"
	run -0 mlist -v --auth=scram-sha-256 --count
	assert_line 'S: + ***'
	refute_line --regexp '^S: \+ [^*]'
}
