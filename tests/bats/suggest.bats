#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A key or an option that does not exist: the error names the one that was probably meant.

# shellcheck disable=SC2154,SC2016  # run sets what is used here; the backticks are those of the hints

load helper

setup()
{
	mailverbs_setup
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
}

# key NAME HINT [TEXT]: the second line of the error about this key in an account
key()
{
	printf '[a]\naddress = a@example.org\n%s = x\n' "$1" >"$config"
	run -78 mlist
	assert_line -n 0 --partial "config.ini:3: unknown key '$1'"
	assert_equal "${lines[1]-}" "${2:+mlist: hint: $2}"
}

# option WORD HINT [TOOL]
option()
{
	local tool=${3-mlist}
	run -64 "$tool" "$1" --server=imaps://127.0.0.1:1
	assert_equal "${lines[1]}" "$tool: hint: $2"
}

@test 'an unknown key: the nearest one' {
	key pasword "did you mean 'password'?"
	key adress "did you mean 'address'?"
	key passwordcommand "did you mean 'password-command'?"
	key TLS_PINS "did you mean 'tls-pin'?"
	key imapp "did you mean 'imap'?"
	key something ''
	key x ''
	key "$(printf 'x%.0s' {1..45})" ''
	printf '[a]\ndomains = example.org\nsmpt = smtps://x\n' >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	printf '[a]\naddress = a@example.org\n' >"$config"
	run -78 mlist
	assert_line -n 1 "mlist: hint: did you mean 'smtp'?"
}

@test 'a key of msmtp or mpop: ours' {
	key host '`smtp`, `imap` or `pop3` = URL names the server'
	key port "the port is part of the server's URL: imaps://HOST:PORT"
	key tls "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS"
	key tls_starttls "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS"
	key tls_trust_file "did you mean 'tls-ca-file'?"
	key tls_fingerprint 'tls-pin = sha256:BASE64; --probe shows the pin'
	key 'account default' '`account = NAME` above the first section'
	printf 'account a\nhost x\n' >"$config"
	run -78 mlist
	assert_line -n 1 --partial 'maccount import FILE'
}

@test 'a key in the wrong place: the right one' {
	key account '`account` is a key above the first section'
	key note '`note` is a key of providers.ini'
	key read-recipients '`read-recipients` is an option only, not a key'
}

@test 'an unknown option: the nearest one of this tool' {
	option --dry-rum 'did you mean --dry-run?'
	option --passwordcommand=x 'did you mean --password-command?'
	option --tls=on "the scheme of the server's URL says it: smtps://, or smtp:// for STARTTLS"
	option --fodlers 'did you mean --folders?'
	option --fodlers 'did you mean --folder?' mdel
	option --delivery=maildir,x '--maildir=DIR, --mbox=FILE or --pipe=COMMAND' mfetch
	option --nothing-like-it 'mlist --help shows the options'
}

@test 'an unknown command of maccount: the one that was meant' {
	local word hint
	while read -r word hint; do
		run -64 maccount "$word" x
		assert_line -n 0 "maccount: unknown command '$word'"
		assert_line -n 1 "maccount: hint: $hint"
	done <<-'END'
	ad did you mean 'add'?
	logn did you mean 'login'?
	tokens did you mean 'token'?
	prov did you mean 'providers'?
	setup did you mean 'add'?
	test mlist --probe --account=ACCOUNT tests the login
	log maccount --help shows the commands
	something maccount --help shows the commands
	END
}

@test 'a password as an argument is neither taken nor run' {
	local word
	for word in --password=touch\ ran '--password touch\ ran'; do
		eval "set -- $word"
		run -64 mlist --server=imaps://127.0.0.1:1 --user=a "$@"
		assert_line -n 0 "mlist: unknown option '--password'"
		refute_output --partial touch
	done
	[[ ! -e ran ]]
}
