#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# maccount add: finds the servers, tests the login in both directions, and adds one section to the configuration; nothing
# else in it changes, whatever happens.

# shellcheck disable=SC2154  # helper.bash and run set what is used here

# shellcheck disable=SC2013,SC2154  # helper.bash, replay.bash and run set what is used here; a test is a subshell

load helper
load maccount
load terminal

setup_file()
{
	start_internet
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -shared -fPIC -O1 -o "$BATS_FILE_TMPDIR/kill_at.so" "$abs_top_srcdir/tests/crash/kill_at.c" -ldl
}

teardown_file()
{
	stop_internet
}

setup()
{
	mailverbs_setup
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	user=$(fresh_user) me=$user@example.org
	printf '%s\n' "$SRV_PASSWORD" >password
	chmod 600 password
	internet <<-END
	+_imaps._tcp.example.org SRV 0 1 $(port_of "$SRV_IMAPS") localhost
	+_submissions._tcp.example.org SRV 0 1 $(port_of "$SRV_SUBMISSIONS") localhost
	localhost A 127.0.0.1
	END
}

add()
{
	run --separate-stderr maccount add --tls-ca-file="$SRV_CA" --timeout=2 "$@"
}

# for scripts
add_yes()
{
	add --yes --password-command="cat $PWD/password" "$@"
}

# before: a configuration that is there, with comments
before()
{
	mkdir -p "${config%/*}"
	printf '; mine\n\n# another\ntimeout = 30   ; seconds\n\n[old]\n  address=old@example.net\n;[%s]\nsmtp = smtps://x\nuser = a\n\t b ; last' \
		"$me" >before.ini
	cp before.ini "$config"
	chmod 640 "$config"
}

# the section that is added
section()
{
	cat <<-END
	[${1-$me}]
	address = $me
	imap = imaps://localhost:$(port_of "$SRV_IMAPS") ; SRV _imaps._tcp.example.org, signed
	smtp = smtps://localhost:$(port_of "$SRV_SUBMISSIONS") ; SRV _submissions._tcp.example.org, signed
	tls-ca-file = $(realpath "$SRV_CA")
	END
}

# Nothing is left behind, and the configuration is as it was.
refute_changed()
{
	assert_same_file before.ini "$config"
	assert_equal "$(ls "${config%/*}")" config.ini
}

@test 'a new configuration is made for its user alone, and works' {
	echo hello | deliver "$user"
	add_yes "$me"
	assert_success
	assert_output ''
	assert_equal "$stderr" ''
	{
		section
		echo "password-command = cat $PWD/password"
	} >expected
	assert_same_file expected "$config"
	assert_equal "$(stat -c %a "$config" "${config%/*}")" $'600\n700'
	assert_equal "$(ls "${config%/*}")" config.ini
	run -0 mlist -c -a "$me"
	assert_output --partial 1
	printf 'Subject: x\n\nx\n' | msend -a "$me" "$me"
}

@test 'the login is tested with the keys of config.d, which the mail tools will use' {
	before
	(umask 077 && mkdir "${config%/*}/config.d")
	(umask 077 && echo 'auth = external' >"${config%/*}/config.d/all.ini")
	add_yes "$me"
	assert_failure
	assert_regex "$stderr" 'the login at imaps://.* failed; nothing was written'
	assert_same_file before.ini "$config"
	# likewise if config.ini is a link; and an account of a fragment is found then
	mv "$config" real.ini
	ln -s "$PWD/real.ini" "$config"
	add_yes "$me"
	assert_failure
	printf '[there]\naddress = %s\n' "$me" >"${config%/*}/config.d/all.ini"
	add_yes "$me"
	assert_failure 78
	assert_regex "$stderr" "all.ini:2: the account 'there' is for $me already"
	rm "${config%/*}/config.d/all.ini"
	add_yes "$me"
	assert_success
}

@test 'comments, order and the mode of the configuration stay, and a link to it too' {
	before
	mkdir dotfiles
	mv "$config" dotfiles/real.ini
	ln -s "$PWD/dotfiles/real.ini" "$config"
	add_yes --name=new "$me"
	assert_success
	{
		cat before.ini
		printf '\n\n'
		section new
		echo "password-command = cat $PWD/password"
	} >expected
	assert_same_file expected dotfiles/real.ini
	[[ -L $config ]]
	assert_equal "$(stat -c %a dotfiles/real.ini)" 640
	assert_equal "$(ls dotfiles)" real.ini
}

@test 'an account that exists is refused, by section and by address' {
	add_yes --name=work "$me"
	assert_success
	cp "$config" before.ini
	add_yes --name=other "${me^^}"
	assert_failure 78
	assert_regex "$stderr" "the account 'work' is for $me already"
	add_yes --name=work x@example.org
	assert_failure 78
	assert_regex "$stderr" "there is an account 'work' already"
	refute_changed
}

@test 'an empty section is one that exists' {
	mkdir -p "${config%/*}"
	printf '[new]\n[b]\naddress = b@example.net\n' >"$config"
	cp "$config" before.ini
	add_yes --name=new "$me"
	assert_failure 78
	refute_changed
}

@test 'a name that would not be one section is refused' {
	local name
	before
	for name in 'a]b' $'a\nb' 'a ;b' ' a' 'a ' "$(printf '%060d' 1)"; do
		add_yes --name="$name" "$me"
		assert_failure 64
		refute_changed
	done
}

@test 'without a terminal nothing is asked, and the error names the option' {
	before
	add "$me"
	assert_failure 64
	assert_regex "$stderr" 'hint: give --yes'
	add --yes "$me"
	assert_failure 64
	assert_regex "$stderr" 'hint: give --password-command=COMMAND'
	refute_changed
}

@test 'a refused login writes nothing, in either direction' {
	before
	echo wrong >password
	add_yes "$me"
	assert_failure 77
	assert_regex "$stderr" 'the login at imaps://localhost:[0-9]* failed; nothing was written'
	refute_changed
	internet <<-END
	+_submissions._tcp.example.org SRV 0 1 $(port_of "$SRV_SUBMISSIONS") localhost
	localhost A 127.0.0.1
	END
	add_yes "$me"
	assert_failure 77
	assert_regex "$stderr" 'the login at smtps://localhost:[0-9]* failed; nothing was written'
	refute_changed
}

@test '--yes does not take a server outside the domain that only unsigned DNS names' {
	before
	internet <<-END
	_imaps._tcp.example.net SRV 0 1 $(port_of "$SRV_IMAPS") mail.example.org
	mail.example.org A 127.0.0.1
	END
	add_yes "$user@example.net"
	assert_failure 69
	refute_changed
}

@test 'a password command that the configuration could not hold is refused' {
	before
	add --yes --password-command="cat $PWD/password ; true" "$me"
	assert_failure 78
	add --yes --password-command=$'cat password\n[x]' "$me"
	assert_failure 64
	refute_changed
}

@test 'a configuration that others can write, or with a mistake, is left alone' {
	before
	chmod 666 "$config"
	add_yes "$me"
	assert_failure 78
	chmod 600 "$config"
	printf '\nnonsense\n' >>"$config"
	cp "$config" before.ini
	add_yes "$me"
	assert_failure 78
	refute_changed
}

@test 'two at the same time: the second one is refused' {
	before
	exec {held}<"${config%/*}"
	flock -n "$held"
	add_yes "$me"
	assert_failure 75
	assert_regex "$stderr" 'another process adds an account'
	refute_changed
}

@test 'an edit in the meantime is not lost' {
	before
	printf '#!/bin/sh\necho "; edited" >>"%s"\ncat "%s"\n' "$config" "$PWD/password" >edit
	chmod 755 edit
	cat before.ini - <<<'; edited' >once.ini
	add --yes --password-command="$PWD/edit" "$me"
	assert_failure 75
	assert_regex "$stderr" 'was changed in the meantime'
	assert_equal "$(head -c "$(wc -c <once.ini)" "$config")" "$(<once.ini)"
	refute grep -q "address = $me" "$config"
}

# preloaded HOW AT: an add with tests/crash/kill_at.c
preloaded()
{
	run --separate-stderr env PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$BATS_FILE_TMPDIR/kill_at.so" KILL_HOW="$1" KILL_AT="$2" KILL_LOG="$PWD/calls" \
		ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" \
		maccount add --tls-ca-file="$SRV_CA" --timeout=2 --yes --password-command="cat $PWD/password" "$me"
}

@test 'killed at any step of writing: the configuration is the old one or the new one' {
	local at first last how old=0
	before
	preloaded before 0
	assert_success
	cp "$config" after.ini
	# from the file that is staged to the directory that is flushed: before each step, and in the middle of a write
	first=$(awk '/unlink/ && !n { n = $1 } END { print n }' calls)
	last=$(awk '/rename/ { n = $1 } END { print n + 2 }' calls)
	for ((at = first; at <= last; at++)); do
		for how in before torn; do
			[[ $how = before ]] || grep -q "^$at write" calls || continue
			cp before.ini "$config"
			rm -f "$config.new"
			preloaded "$how" "$at"
			cmp -s "$config" before.ini && ((++old)) || assert_same_file after.ini "$config"
		done
	done
	assert [ "$old" -ge 4 ]
	rm -f "$config"
	cp before.ini "$config" # what a killed one left does not disturb the next one
	: >"$config.new"
	add_yes "$me"
	assert_success
	assert_equal "$(ls "${config%/*}")" config.ini
}

@test 'a full disk and a failing flush leave the old configuration' {
	local at failed=0
	before
	preloaded ENOSPC 1
	assert_failure
	refute_changed
	preloaded none 0
	cp "$config" after.ini
	for at in $(awk '$3 == "flush" { print ++n }' calls); do # closes of what was only read decide nothing
		cp before.ini "$config"
		preloaded EIO "$at"
		[[ $status -eq 0 ]] || assert_failure 74
		[[ $status -eq 0 ]] || ((++failed))
		assert_equal "$(ls "${config%/*}")" config.ini
		cmp -s "$config" after.ini || assert_same_file before.ini "$config"
	done
	assert [ "$failed" -ge 2 ]
}

# at_terminal ANSWER...: `maccount add` on a terminal, see on_terminal
at_terminal()
{
	# shellcheck disable=SC2034  # on_terminal reads it
	local question='\[Y/n\] |Password for [^:]*: |Number \[1\]: '
	on_terminal "maccount add --tls-ca-file='$SRV_CA' --timeout=2 '$me'" "$@"
	cat -v screen
}

@test 'on a terminal: shows the servers, asks for the password until it is right, and keeps it in a file' {
	at_terminal y wrong "$SRV_PASSWORD" "$(command -v secret-tool pass | wc -l | awk '{ print $1 + 1 }')"
	assert_equal "$(<status)" 0
	refute grep -aq "$SRV_PASSWORD" screen
	grep -q "^password-file = $XDG_CONFIG_HOME/mailverbs/passwords/$me\$" "$config"
	refute grep -q "$SRV_PASSWORD" "$config"
	assert_equal "$(stat -c %a "$XDG_CONFIG_HOME/mailverbs/passwords/$me" "$XDG_CONFIG_HOME/mailverbs/passwords")" $'600\n700'
	run -0 mlist -c -a "$me"
}

@test 'on a terminal: the password reaches secret-tool and pass on their standard input alone' {
	local program
	mkdir bin
	for program in secret-tool pass; do
		# shellcheck disable=SC2016  # for the program
		printf '#!/bin/sh\n{ echo "$0 $*"; env | grep -v ^SRV_; } >>"%s/seen"\ncase $1 in store|insert) cat >"%s/kept" ;; *) cat "%s/kept" ;; esac\n' \
			"$PWD" "$PWD" "$PWD" >bin/$program
		chmod 755 bin/$program
	done
	export PATH=$PWD/bin:$PATH
	at_terminal y "$SRV_PASSWORD" 1
	assert_equal "$(<status)" 0
	grep -qx "password-command = secret-tool lookup service mailverbs account $me" "$config"
	assert_equal "$(<kept)" "$SRV_PASSWORD"
	refute grep -qF "$SRV_PASSWORD" seen
	run -0 mlist -c -a "$me"
	rm "$config" kept
	at_terminal y "$SRV_PASSWORD" 2
	grep -qx "password-command = pass show mailverbs/$me" "$config"
	refute grep -qF "$SRV_PASSWORD" seen
	run -0 mlist -c -a "$me"
}

@test 'on a terminal: no is no' {
	before
	at_terminal n
	assert_equal "$(<status)" 75
	refute_changed
}

@test 'an unknown address leads here' {
	run -78 mlist -a nobody@unknown.example
	assert_line --partial 'hint: maccount add nobody@unknown.example'
}
