#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The installed file of presets does not exist: a run that needs it says so, once.

# shellcheck disable=SC2154  # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
	export MAILVERBS_DATADIR=$PWD/nothing
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	missing="$PWD/nothing/providers.ini does not exist, so the servers of mail providers are not known"
}

# warns COUNT: that the output has the warning so often
warns()
{
	assert_equal "$(grep -c "^[a-z]*: .*: $missing\|^[a-z]*: $missing" <<<"$output")" "$1"
}

@test 'each tool warns that the presets are missing when an account has no server' {
	local command
	printf '[a]\naddress = a@gmail.com\n' >"$config"
	for command in mlist 'mdel 1' mfetch 'mmark --seen 1' 'mlist -n' 'mlist --probe' 'msend b@example.org'; do
		# shellcheck disable=SC2086  # words are wanted
		run -78 $command <<<$'From: a@gmail.com\n\nx'
		warns 1
	done
	run -78 mlist -a b@gmail.com
	warns 1
	run -66 maccount providers
	warns 1
}

@test 'of many accounts it is said once' {
	printf '[%s]\naddress = %s@gmail.com\nmaildir = M\n' a a b b >"$config"
	run -78 mfetch --all-accounts
	warns 1
	printf 'From: %s@gmail.com\nTo: x@example.org\n\nx\n' a >a
	printf 'From: %s@gmail.com\nTo: x@example.org\n\nx\n' b >b
	run -78 msend --batch a b
	warns 1
}

@test 'an account that does without the presets hears nothing of them' {
	printf '[a]\naddress = a@gmail.com\nimap = imaps://127.0.0.1:1\n' >"$config"
	run -0 mlist -n
	warns 0
	printf '[a]\naddress = a@gmail.com\nprovider = none\n' >"$config"
	run -78 mlist
	warns 0
	# the user's own file has the domain
	printf '[a]\naddress = a@gmail.com\n' >"$config"
	printf '[mine]\ndomains = gmail.com\nimap = imaps://127.0.0.1:1\n' >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	run -0 mlist -n
	warns 0
	printf '[a]\naddress = a@gmail.com\nprovider = gmail\n' >"$config"
	run -78 mlist
	assert_line --partial "providers.ini, which does not exist"
}
