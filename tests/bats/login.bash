# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What login.bats and password.bats share; each loads helper first.

# shellcheck disable=SC2034,SC2154  # for the tests, and from helper.bash

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	config_for "$user"
	printf 'From: %s\nSubject: x\nDate: Sun, 01 Nov 2026 10:00:00 +0000\nMessage-ID: <x@example.org>\n\nhello\n' "$me" >letter.eml
}

# call TOOL [OPTION]...: the tool at its job
call()
{
	local tool=$1
	shift
	case $tool in
	msend) msend "$@" "$me" <letter.eml ;;
	mlist) mlist "$@" ;;
	mfetch) mfetch "$@" ;;
	mdel) mdel "$@" all ;;
	esac
}

# A POP3 server on standard input and output that writes down the password.
write_password_catcher()
{
	cat >catcher.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '+OK here'
	while IFS= read -r line; do
		line=${line%?}
		case $line in
		CAPA) say '+OK' USER . ;;
		'PASS '*)
			printf '%s\n' "${line#PASS }" >caught
			say '-ERR [AUTH] no'
			;;
		*) say '+OK' ;;
		esac
	done
	END
}

# caught [OPTION]...: the password that mlist sends
caught()
{
	rm -f caught
	mlist -s pop3+insecure://mail.example.org --auth=user --tunnel='sh catcher.sh' "$@" >/dev/null 2>said
	cat caught
}
