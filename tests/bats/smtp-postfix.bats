# SPDX-License-Identifier: ISC
#
# What msend promises, against the server in this file's name: smtp-exim.bats and the others are links to
# smtp-postfix.bats. What a server lacks is said by its name, before a byte of the message goes out.

# shellcheck disable=SC2154 # helper.bash and peers.bash set what is used here

load helper
load peers

setup_file() { peer_start; }
teardown_file() { peer_stop; }

setup()
{
	mailverbs_setup
	peer_setup
	case $peer in
	postfix)
		require_postfix
		ways=("smtps://$SRV_POSTFIX_SMTPS" "smtp://$SRV_POSTFIX_SUBMISSION" "smtp+insecure://$SRV_POSTFIX_PLAIN")
		has='SMTPUTF8 DSN'
		;;
	dovecot)
		ways=("smtps://$SRV_SUBMISSIONS" "smtp://$SRV_SUBMISSION")
		has=
		;;
	exim)
		ways=("smtps://$PEER_SMTPS" "smtp://$PEER_SMTP" "smtp+insecure://$PEER_SMTP_PLAIN")
		has='SMTPUTF8 DSN'
		;;
	opensmtpd)
		ways=("smtp+insecure://$PEER_SMTP_PLAIN")
		has=DSN
		;;
	esac
	user=$(fresh_user)
	me=$user@example.org
	config_for "$user"
}

offers() { [[ " $has " == *" $1 "* ]]; }

# by WAY ARGUMENT...: msend
by()
{
	local way=$1 login=()
	shift
	[[ $way != smtp+insecure:* ]] || login=(--auth=none)
	msend --server="$way" "${login[@]}" "$@"
}

# letter NAME LINE...: one from us, complete, with a name of its own
letter()
{
	printf '%s\n' "From: Alice <$me>" "Message-ID: <$1.$user@example.org>" "Subject: a letter, Grüße" \
		'Date: Sun, 01 Nov 2026 10:00:00 +0000' 'MIME-Version: 1.0' 'Content-Type: text/plain; charset=utf-8' \
		'Content-Transfer-Encoding: 8bit' '' "${@:2}"
}

# arrived WORDS RECIPIENT: the file of the one message that has these words in a line, when it is there
arrived()
{
	local tries=0 at found=()
	at=${PEER_MAIL-$SRV_HOME/${2%@*}}
	until [[ ${#found[@]} -gt 0 ]]; do
		((++tries < 200)) || {
			echo "no mail with $1" >&2
			return 1
		}
		sleep 0.05
		mapfile -t found < <(grep -rliF -e "$1" "$at/" --exclude-dir=tmp --exclude='dovecot*' 2>/dev/null)
	done
	assert_equal "${#found[@]}" 1 >&2
	printf '%s\n' "${found[0]}"
}

# comes FILE NAME RECIPIENT: as it was, below what servers put on top
comes()
{
	local got
	got=$(arrived "<$2.$user@example.org>" "$3")
	tail -c "$(wc -c <"$1")" "$got" >came
	assert_same_file "$1" came
}

# goes NAME LINE...: such a letter goes by every way and comes as it was
goes()
{
	local way n=0
	for way in "${ways[@]}"; do
		letter "$1$((++n))" "${@:2}" >letter.eml
		run -0 by "$way" "$user@example.org" <letter.eml
		assert_output ''
		comes letter.eml "$1$n" "$user@example.org"
	done
}

@test 'a letter goes by every way that the server has, and comes as it was' {
	goes plain hello
}

@test '8-bit text comes as it was' {
	goes 8bit 'Grüße, 你好' $'latin 1: \xe9\xff\x80'
}

@test 'lines that are or begin with a dot, and that begin with From, come as they were' {
	goes dots . 'behind the dot' .. .x ... '' 'From here' '>From there' . .
}

@test 'a letter of 3 MiB comes as it was' {
	head -c 2300000 /dev/urandom | base64 -w 76 >attachment
	goes big "$(<attachment)"
}

@test 'an address that is not ASCII: the letter comes, or SMTPUTF8 is named' {
	local to=jürgen-$user@example.org
	letter eai hello >letter.eml
	if offers SMTPUTF8; then
		run -0 by "${ways[0]}" "$to" <letter.eml
		comes letter.eml eai "$to"
	else
		run -69 by "${ways[0]}" "$to" <letter.eml
		assert_output --partial "the address $to needs SMTPUTF8, which the server does not offer"
	fi
}

@test 'a domain that is not ASCII needs nothing from the server' {
	local to=$user@müller.example
	letter idn hello >letter.eml
	run -0 by "${ways[0]}" "$to" <letter.eml
	comes letter.eml idn "$to"
}

@test 'a report of delivery: it comes with our envelope id, or DSN is named' {
	letter dsn hello >letter.eml
	if ! offers DSN; then
		run -69 by "${ways[0]}" -N success "$user@example.org" <letter.eml
		assert_output --partial 'DSN, which the server does not offer'
		return
	fi
	run -0 by "${ways[0]}" -N success -R hdrs -V "id.$user" "$(fresh_user)@example.org" <letter.eml
	if ! peer_is opensmtpd; then # whose reports come when it likes
		arrived "Original-Envelope-Id: id.$user" "$me"
	fi
}

@test 'a recipient that the server refuses: 67, in its words, and nothing comes' {
	letter refused hello >letter.eml
	run -67 by "${ways[0]}" nosuch@example.org <letter.eml
	assert_output --regexp ': 55[0-9] '
}

@test 'a wrong password: 77, in the server'\''s words' {
	letter wrong hello >letter.eml
	if peer_is opensmtpd; then # it has no login
		run -77 msend --server="${ways[0]}" --auth=plain "$me" <letter.eml
		assert_output --partial 'login'
		return
	fi
	run -77 by "${ways[0]}" --password-command='echo wrong' "$me" <letter.eml
	assert_output --regexp ': 535 '
}
