# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the files config*.bats share:
#
#	load helper
#	load config

# shellcheck disable=SC2154  # abs_top_builddir: helper.bash

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
}

# configure: standard input becomes the configuration
configure()
{
	(umask 077 && cat >"$config")
}

# presets: standard input becomes the user's own providers.ini
presets()
{
	cat >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
}

# plan TOOL [OPTION]...: its --dry-run, without a server where it can be had
plan()
{
	local tool=$1
	shift
	if [ "$tool" = msend ]; then
		printf 'From: %s\n\nx\n' "${from-$me}" | msend --dry-run "$@" x@example.org
	else
		"$tool" --dry-run "$@"
	fi
}

# assert_value KEY VALUE ORIGIN: in the plan in $output
assert_value()
{
	assert_line "$1 = $2"$'\t'"($3)"
}

# refute_value KEY: it is not set; a default may be shown
refute_value()
{
	refute_line --regexp "^$1 = .*"$'\t''\((command line|preset|/)'
}
