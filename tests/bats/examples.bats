#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The commands that the manual pages show work as they are there, for somebody who has the account and the files that
# they speak of.

# shellcheck disable=SC2154  # helper.bash and run set what is used here

load helper

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	printf 'Subject: letter\nFrom: %s\nTo: %s\n\nx\n' "$user@example.org" "$user@example.org" >letter.eml
	write_config
	put_letters_there
	mv letters "$HOME"
	cd "$HOME" || return
	mkdir bin
	printf '#!/bin/sh\n' >bin/notify-send
	chmod +x bin/notify-send
	PATH=$HOME/bin:$PATH
	for directory in outbox/new out; do
		mkdir -p "$directory"
		cp "$OLDPWD/letter.eml" "$directory/1.eml"
	done
	cp "$OLDPWD/letter.eml" .
	{ echo 'From alice Sat Nov 28 12:00:00 2026'; cat letter.eml; } >outbox.mbox
	printf 'account a\nhost mail.example.org\ntls on\nfrom a@example.org\n' >.msmtprc
	printf 'account b\nhost mail.example.org\ntls on\nuser b\n' >.mpoprc
}

# The account of the examples, under the names that they have.
write_config()
{
	local name
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	(umask 077 && { echo 'account = work' && for name in work alice@example.org; do
		cat <<-END
		[$name]
		address = ${aliased-$user@example.org}
		smtp = smtps://$SRV_SUBMISSIONS
		imap = imaps://$SRV_IMAPS
		user = $user@example.org
		password = $SRV_PASSWORD
		tls-ca-file = $SRV_CA
		END
		aliased=nobody@example.net
	done; } >"$XDG_CONFIG_HOME/mailverbs/config.ini")
}

# Messages from the people of the examples, and the folders.
put_letters_there()
{
	local maildir folder
	many_letters letters 1 10
	sed -i '1i Received: from here\nFrom: bob@example.org' letters/*
	deliver "$user" letters/*
	maildir=$(maildir_of "$user")
	for folder in Archive Lists Sent Trash 'Entw&APw-rfe'; do
		mkdir "$maildir/.$folder"
		cp -R "$maildir"/{cur,new,tmp} "$maildir/.$folder"
	done
	give_to_server "$maildir"
}

# reason COMMAND: why it is not run; fails if it is
reason()
{
	case $1 in
	systemctl* | journalctl*) echo 'it is about the system' ;;
	mkdir* | cat*) echo 'it writes the configuration, which is there' ;;
	maccount\ add* | maccount\ discover* | maccount\ login*) echo 'it asks servers in the network' ;;
	*mail.example.org* | *outlook.com*) echo 'it asks a server in the network' ;;
	*lmtp+unix*) echo 'the socket is of the system' ;;
	*--all-accounts*) echo 'its accounts need a destination; accounts.bats has it' ;;
	*procmail*) echo 'procmail writes into the mailbox of the system; mailers.bats has it' ;;
	*jq*) ! command -v jq >/dev/null || return 1 ;;
	*formail*) ! command -v formail >/dev/null || return 1 ;;
	*) return 1 ;;
	esac
}

# watched COMMAND: it watches, and ends well when it is told to
watched()
{
	bash -c "exec $1" >shown 2>&1 3>&- &
	until [[ -s shown ]] || compgen -G 'Mail/new/*' >/dev/null; do
		kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	kill $!
	wait $!
}

# try COMMAND: it succeeds
try()
{
	local status=0
	rm -rf Mail
	(($(mailbox_count "$user") >= 9)) || deliver "$user" letters/*
	if [[ $1 = *--watch* ]]; then
		watched "$1" || status=$?
	else
		bash -o pipefail -c "$1" >shown 2>&1 </dev/null || status=$?
	fi
	((status == 0)) || { echo "$1: $status"; cat shown; return 1; }
}

# page NAME COUNT: so many of its examples are run, or more
page()
{
	local example ran=0
	local -a examples
	mapfile -d '' -t examples < <(python3 "$abs_top_srcdir/tests/bats/examples.py" "$abs_top_srcdir/man/$1")
	for example in "${examples[@]}"; do
		if reason "$example" >/dev/null; then continue; fi
		try "${example//uid:0000001a65f2b3c4/uid:2}"
		ran=$((ran + 1))
	done
	((ran >= $2)) || { echo "only $ran of ${#examples[@]}"; false; }
}

@test 'the examples of mlist(1) work' { page mlist.1 9; }
@test 'the examples of mdel(1) work' { page mdel.1 4; }
@test 'the examples of mmark(1) work' { page mmark.1 3; }
@test 'the examples of msend(1) work' { page msend.1 5; }
@test 'the examples of mfetch(1) work' { page mfetch.1 11; }
@test 'the examples of maccount(1) work' { page maccount.1 2; }
@test 'the examples of mailverbs(7) work' { page mailverbs.7 12; }
