#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Every example that the manual pages show works as it is there, for somebody who has the accounts and the files that it
# speaks of: commands are run, and parts of a configuration are read. Servers of the examples are private ones here. An
# example that no rule of this file is for fails.

# shellcheck disable=SC2154,SC2016  # helper.bash and run set what is used here; scripts expand $1

load helper
load maccount
load oauth
load terminal

# oauth.bash's setup_file starts the authorization server; this one the DNS for `discover` as well.
eval "$(declare -f setup_file | sed '1s/setup_file/start_oauth/')"
setup_file()
{
	start_oauth
	start_internet
}

teardown_file()
{
	kill "$oauth_pid"
	stop_internet
}

setup()
{
	mailverbs_setup
	user=$(fresh_user) other=$(fresh_user)
	echo "$user" >"$oauth/user"
	: >"$oauth/mode"
	internet </dev/null
	cd "$HOME" || return
	mkdir bin etc
	PATH=$HOME/bin:$PATH
	make_programs
	[[ $BATS_TEST_DESCRIPTION = 'the examples of '* ]] || return 0
	many_letters letters 1 10
	sed -i '1i Received: from here\nFrom: bob@example.org' letters/*
	put_letters_there
}

# program NAME: a shell script of the examples, from standard input
program()
{
	{ echo '#!/bin/sh'; cat; } >"bin/$1"
	chmod +x "bin/$1"
}

# Programs that ask other servers, or that would change more than the home directory.
make_programs()
{
	export DISPLAY=:99
	program notify-send </dev/null
	program dkimsign.py <<<'{ echo "DKIM-Signature: v=1"; cat; }'
	program ssh <<<"exec openssl s_client -quiet -connect $SRV_SUBMISSION 2>/dev/null"
	# their own store: a password for the accounts, and what was stored for tokens
	program pass <<-END
	case \$1:\$2 in
	show:token/*) cat in-pass ;;
	show:* | mail:) echo '$SRV_PASSWORD' ;;
	insert:*) cat >in-pass ;;
	rm:*) rm in-pass ;;
	esac
	END
	program secret-tool <<-END
	case \$1:\$2 in
	lookup:service) cat in-service ;;
	lookup:*) echo '$SRV_PASSWORD' ;;
	store:*) cat >in-service ;;
	clear:*) rm in-service ;;
	esac
	END
	program oama <<<'echo token'
	program xdg-open <<<"exec curl -s -L --cacert '$SRV_CA' \"\$1\" >browser.html 2>&1"
	# the unit is one of ours, or of the manual page
	program systemctl <<-END
	for unit; do :; done
	case \$unit in *.timer) ;; *) unit=\$unit.service ;; esac
	[ -e "$abs_top_srcdir/packaging/systemd/\$unit" ] || [ -e \$unit ]
	END
	program journalctl <<<'[ -e "$3.service" ]'
	program procmail <<<"exec $(command -v procmail || echo procmail) \"\$@\" DEFAULT=\$PWD/procmail.mbox /dev/null"
}

# The configuration, which each example may change, and the files of the examples.
put_files_there()
{
	local dir=$XDG_CONFIG_HOME/mailverbs directory
	rm -rf "$dir" Mail Flagged outbox out
	mkdir -p "$dir/config.d"
	echo "tls-ca-file = $SRV_CA" >"$dir/config.d/trust.ini"
	(umask 077 && { echo 'account = work' && account_of work "$user" "$user@example.org" &&
		account_of alice@example.org "$other" alice@example.org; } >"$dir/config.ini")
	put_presets_there
	printf 'Subject: letter\nFrom: %s\nTo: %s\n\nx\n' "$user@example.org" "$user@example.org" >letter.eml
	for directory in outbox/new out; do
		mkdir -p "$directory"
		cp letter.eml "$directory/1.eml"
	done
	{ echo 'From alice Sat Nov 28 12:00:00 2026'; cat letter.eml; } >outbox.mbox
	printf 'account a\nhost mail.example.org\ntls on\nfrom a@example.org\n' >.msmtprc
	printf 'account b\nhost mail.example.org\ntls on\nuser b\n' >.mpoprc
	printf 'root: alice@example.org\n' >etc/aliases
	(umask 077 && echo "$SRV_PASSWORD" >etc/password)
}

account_of()
{
	cat <<-END
	[$1]
	address = $3
	smtp = smtps://$SRV_SUBMISSIONS
	imap = imaps://$SRV_IMAPS
	user = $2@example.org
	password = $SRV_PASSWORD
	END
}

# The providers of the examples are the private servers.
put_presets_there()
{
	local name
	for name in 'example example.org' 'gmail gmail.com' 'outlook outlook.com' 'office365 -'; do
		cat <<-END
		[${name% *}]
		domains = ${name#* }
		smtp = smtps://$SRV_SUBMISSIONS
		imap = imaps://$SRV_IMAPS
		END
		[[ $name != outlook* ]] || printf '%s\n' 'auth = xoauth2' "user = $user" 'oauth2-client-id = public' \
			"oauth2-"{authorize,token,device}" = https://localhost:$(<"$oauth/port")/" |
			sed 's/^oauth2-\(authorize\|token\|device\) = .*/&\1/'
	done >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
}

# Messages from the people of the examples, and the folders.
put_letters_there()
{
	local maildir folder
	deliver "$user" letters/*
	maildir=$(maildir_of "$user")
	for folder in Archive Lists Sent Trash 'Entw&APw-rfe'; do
		mkdir "$maildir/.$folder"
		cp -R "$maildir"/{cur,new,tmp} "$maildir/.$folder"
	done
	give_to_server "$maildir"
}

# ---- commands ----

# watched COMMAND: it watches, and ends well when it is told to
watched()
{
	bash -c "exec $1" >shown 2>&1 3>&- &
	until [[ -s shown ]] || compgen -G 'Mail/new/*' >/dev/null || compgen -G 'Mail/*/new/*' >/dev/null; do
		kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	kill $!
	wait $!
}

# at_terminal ANSWER...: the command is run on a terminal
at_terminal()
{
	# shellcheck disable=SC2034  # on_terminal reads it
	local question='\[Y/n\] |Password for [^:]*: |Number \[1\]: '
	on_terminal "$1" "${@:2}"
	cp screen shown
	return "$(<status)"
}

# Each account needs a destination.
all_accounts()
{
	local name
	for name in work alice@example.org; do
		printf '[%s]\nmaildir = ~/Mail/%s\n' "$name" "$name"
	done >"$XDG_CONFIG_HOME/mailverbs/config.d/destinations.ini"
	watched "$1"
}

run_one()
{
	case $1 in
	*--all-accounts*--watch*) all_accounts "$1" ;;
	*--watch*) watched "$1" ;;
	'maccount add --yes'*)
		rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
		bash -c "$1" >shown 2>&1 </dev/null && mlist -c -a alice@example.org >>shown 2>&1
		;;
	'maccount add'*)
		rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
		at_terminal "$1" y "$SRV_PASSWORD" 1
		;;
	*) bash -o pipefail -c "$1" >shown 2>&1 </dev/null ;;
	esac
}

# here COMMAND: with the names of the private servers
here()
{
	local command=$1
	command=${command//uid:0000001a65f2b3c4/uid:2}
	command=${command//mail.example.org/$SRV_SUBMISSIONS}
	command=${command//lmtp+unix:\/\/\/run\/dovecot\/lmtp --recipient=alice/lmtp:\/\/$SRV_LMTP --recipient=$other}
	command=${command//\/usr\/sbin/$HOME\/bin}
	printf '%s\n' "${command//https:\/\/login/https:\/\/localhost}"
}

# try COMMAND: it succeeds
try_command()
{
	local status=0
	rm -rf Mail shown
	: >shown
	[[ $1 != *mlist* && $1 != *mfetch* && $1 != *mdel* && $1 != *mmark* ]] || (($(mailbox_count "$user") >= 9)) ||
		deliver "$user" letters/*
	run_one "$(here "$1")" || status=$?
	((status == 0)) || { echo "$1: $status"; cat shown; return 1; }
}

# needs COMMAND: is a program missing that it needs?
needs()
{
	local program
	for program in jq formail procmail; do
		[[ $1 != *$program* ]] || [[ -n $(PATH=${PATH#*:} command -v $program) ]] || return 0
	done
	return 1
}

# ---- other examples ----

# configuration TEXT: each tool that the account is for finds no mistake in it
configuration()
{
	local name config=$XDG_CONFIG_HOME/mailverbs/config.ini
	printf '%s\n' "${1//\/etc\//$HOME\/etc\/}" >"$config"
	[[ $1 = *address\ =* ]] || account_of work "$user" "$user@example.org" | sed 1d >>"$config" # some keys of a section
	chmod 600 "$config"
	while read -r name; do
		msend --dry-run -a "$name" bob@example.org <letter.eml >shown 2>&1 || { cat shown; return 1; }
		case $name in
		host | lab | relay) continue ;; # for sending only
		esac
		mlist --dry-run -a "$name" >shown 2>&1 || { cat shown; return 1; }
	done < <(sed -n 's/^\[\(.*\)\]$/\1/p' "$config")
}

# tokens TEXT: the command keeps the tokens of an account that is signed in to
tokens()
{
	printf '%s\n' '[test]' 'address = me@outlook.com' "$1" >"$XDG_CONFIG_HOME/mailverbs/config.ini"
	maccount login test >shown
	[[ -s in-pass || -s in-service ]]
	maccount token test >shown
	maccount logout test
	[[ ! -e in-pass && ! -e in-service ]]
}

# The message of a server that refuses a recipient, by which the form of all errors is explained.
diagnostic()
{
	local refusal=${1#msend: smtp.example.org:465: }
	printf '%s\n' 'S: 220 ready' 'C: EHLO [127.0.0.1]' 'S: 250 ready' 'C: MAIL FROM:<a@example.org>' 'S: 250 ok' \
		'C: RCPT TO:<x@example.org>' "S: $refusal" 'C: QUIT' >script
	run -67 msend --provider=none --server=smtp+insecure://smtp.example.org:465 --auth=none \
		--tunnel="'$abs_top_builddir/tests/replay' script" -f a@example.org x@example.org <letter.eml
	assert_line -n 0 "${1%$'\n'}"
}

# Renames the host of the messages that were fetched: they are not fetched again then.
renamed()
{
	mfetch --keep --maildir=Mail
	bash -c "$(sed 's/old\(\\*\)\.example\1\.org/localhost/g; s/new\.example\.org/mail.example.org/g' <<<"$1")"
	compgen -G "$XDG_STATE_HOME/mailverbs/journal/*,mail.example.org,*" >/dev/null
	run ! compgen -G "$XDG_STATE_HOME/mailverbs/journal/*,localhost,*"
	run ! grep -r '^.*localhost' "$XDG_STATE_HOME/mailverbs/journal"
	rm -r "$XDG_STATE_HOME/mailverbs/journal"
}

# mailers SETTINGS: git, mutt and s-nail are told of a program that exists (mailers.bats runs them)
mailers()
{
	grep -E '^\[|sendmailCmd' <<<"$1" >.gitconfig
	[[ $(git config --global sendemail.sendmailCmd) = msend ]]
	command -v msend >/dev/null
	[[ $(grep -cE '^set (sendmail|mta) ?= ?(/usr/bin/)?msend$' <<<"$1") -eq 2 ]]
}

# postfix_knows SETTINGS: it knows them all
postfix_knows()
{
	command -v postconf >/dev/null || return 0
	mkdir -p postfix
	printf '%s\n' "$1" >postfix/main.cf
	: >postfix/master.cf
	run -0 --separate-stderr postconf -c postfix -n
	assert_line 'relayhost = [smtp.example.org]:465'
	refute_regex "$stderr" 'unused parameter'
}

other_example()
{
	case $1 in
	relayhost*) postfix_knows "$1" ;;
	'msend: smtp.example.org:465: '*) diagnostic "$1" ;;
	'[example]'*name\ =*)
		printf '%s\n' "$1" >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
		rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
		run -0 mlist --dry-run -a x@example.net --protocol=pop3
		assert_output --partial pop3s://pop.example.org
		;;
	'[sendemail]'*) mailers "$1" ;;
	'[Unit]'*)
		printf '%s\n' "$1" >mfetch.service
		try_command "$(sed -n "s,%h,$HOME,g; s/^ExecStart=//p" mfetch.service)"
		;;
	'['* | 'account = '*) configuration "$1" ;;
	'token-store-command'*) tokens "$1" ;;
	'cd ~/.local/state/mailverbs/journal'*) renamed "$1" ;;
	'*/10 * * * * '*) try_command "${1#\*/10 \* \* \* \* }" ;;
	'passwordeval maccount token'*)
		maccount login me@outlook.com >shown
		try_command "${1#passwordeval }"
		;;
	*) echo "no test is for this example: $1"; return 1 ;;
	esac
}

# ---- pages ----

page()
{
	local example command n=0
	local -a examples commands
	mapfile -d '' -t examples < <(python3 "$abs_top_srcdir/tests/bats/examples.py" "$abs_top_srcdir/man/$1")
	for example in "${examples[@]}"; do
		put_files_there
		if [[ $example != $'$\f'* ]]; then
			other_example "$example" || return
			((++n))
			continue
		fi
		mapfile -d $'\f' -t commands <<<"${example#$'$\f'}"
		for command in "${commands[@]}"; do
			needs "$command" || try_command "${command%$'\n'}" || return
			((++n))
		done
	done
	assert [ "$n" -ge 1 ]
}

@test 'the examples of mlist(1) work' { page mlist.1; }
@test 'the examples of mdel(1) work' { page mdel.1; }
@test 'the examples of mmark(1) work' { page mmark.1; }
@test 'the examples of msend(1) work' { page msend.1; }
@test 'the examples of mfetch(1) work' { page mfetch.1; }
@test 'the examples of maccount(1) work' { page maccount.1; }
@test 'the examples of mailverbs.ini(5) work' { page mailverbs.ini.5; }
@test 'the examples of mailverbs(7) work' { page mailverbs.7; }

@test 'each manual page has its test' {
	run -0 bash -c 'ls "$1"/man' - "$abs_top_srcdir"
	assert_equal "${#lines[@]}" "$(grep -c '^@test .* { page ' "$BATS_TEST_FILENAME")"
}

@test 'an example that no rule is for, and a command that fails, are noticed' {
	mkdir -p man
	abs_top_srcdir=$PWD
	mkdir -p tests/bats
	cp "$tests/bats/examples.py" tests/bats
	echo '.Dl $ true' >man/x.1
	page x.1
	echo '.Dl set something' >>man/x.1
	run ! page x.1
	assert_output --partial 'no test is for this example: set something'
	sed -i '$s/.*/.Dl $ exit 64/' man/x.1
	run ! page x.1
	assert_output --partial 'exit 64: 64'
}
