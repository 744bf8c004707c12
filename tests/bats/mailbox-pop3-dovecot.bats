# SPDX-License-Identifier: ISC
#
# What mfetch, mlist and mdel promise over POP3 and IMAP alike, by the protocol and against the server in this file's name:
# the other mailbox-*.bats are links to mailbox-pop3-dovecot.bats. What one protocol alone has is in pop3-*.bats and
# imap-*.bats.

# shellcheck disable=SC2154 # helper.bash and peers.bash set what is used here

load helper
load peers
load ../crash/letters

setup_file()
{
	letters "$BATS_FILE_TMPDIR/letters" 18 big
	peer_start
}

teardown_file()
{
	peer_stop
}

setup()
{
	mailbox_setup
}

# ---- mfetch ----

@test 'every awkward letter comes into a Maildir unchanged and in order, and goes there' {
	awkward
	run -0 mfetch --maildir=Mail
	assert_output ''
	are_awkward Mail/new
	assert_left "$user" ''
}

@test 'every awkward letter comes into an mbox unchanged and in order, and goes there' {
	awkward
	run -0 mfetch --mbox=inbox
	assert_output ''
	"$tests/bats/mail.py" unmbox inbox out
	# shellcheck disable=SC2034  # peers.bash
	as_is= # there the last line ends
	are_awkward out
	assert_left "$user" ''
}

@test 'every awkward letter comes through a command unchanged, and goes there' {
	awkward
	mkdir taken
	# shellcheck disable=SC2016  # the command's own
	run -0 mfetch --pipe='cat >taken/$(ls taken | wc -l | xargs printf %03d)'
	assert_output ''
	are_awkward taken
	assert_left "$user" ''
}

@test 'with --keep all stays, a second run fetches what is new, and without --keep all goes' {
	plain a b
	run -0 mfetch --keep --maildir=Mail
	run -0 mfetch --keep --maildir=Mail
	assert_equal "$(cat Mail/new/* | grep -c ^Subject)" 2
	assert_left "$user" 'a b'
	plain c
	run -0 mfetch --keep --maildir=Mail
	assert_equal "$(sed -n 's/^Subject: //p' Mail/new/* | tr '\n' ' ')" 'a b c '
	plain d
	run -0 mfetch --maildir=Mail
	assert_equal "$(sed -n 's/^Subject: //p' Mail/new/* | tr '\n' ' ')" 'a b c d '
	assert_left "$user" ''
}

@test 'by number and by unique id just that message is fetched, and goes' {
	local uid
	plain a b c d
	run -0 mfetch --maildir=Mail 2
	assert_equal "$(sed -n 's/^Subject: //p' Mail/new/*)" b
	uid=$(mlist -o uid 3)
	run -0 mfetch --maildir=Other "uid:$uid"
	assert_equal "$(sed -n 's/^Subject: //p' Other/new/*)" d
	assert_left "$user" 'a c'
}

@test '--headers fetches the header alone, and deletes nothing' {
	awkward 11
	mfetch --keep --headers --raw >header
	sed '/^$/q' "$letters/011.eml" >expected
	assert_same_file expected header
	assert_left "$user" 'letter 11'
}

@test 'an empty mailbox is nothing to speak of' {
	run -0 mfetch --maildir=Mail
	assert_output ''
	run -1 mlist -e
	assert_output ''
	run -0 mdel all
	assert_output ''
}

@test '120 messages in one session, each once' {
	local i
	mkdir many
	for ((i = 1000; i < 1120; i++)); do
		printf 'From: a@example.org\nSubject: %d\nMessage-ID: <%d@example.org>\n\nx\n' "$i" "$i" >many/"$i"
	done
	peer_deliver "$user" many/*
	run -0 mfetch --maildir=Mail
	sed -n 's/^Subject: //p' Mail/new/* >got
	seq 1000 1119 | cmp - got
	assert_left "$user" ''
}

@test 'a second run at the same time: 75, and the first has all' {
	local first
	plain a b c
	mkfifo started go
	mfetch --pipe='cat >>got; echo >started; read -r _ <go' 3>&- &
	first=$!
	read -r _ <started
	run -75 mfetch --pipe='cat >>twice'
	for _ in 1 2; do
		echo >go
		read -r _ <started
	done
	echo >go
	wait "$first"
	assert_equal "$(grep -c '^Subject' got)" 3
	[[ ! -e twice ]]
	assert_left "$user" ''
}

@test 'killed anywhere and run again: nothing is lost and nothing twice' {
	local at all kills=0
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -shared -fPIC -O1 -o kill_at.so "$tests/crash/kill_at.c" -ldl
	plain a b c d e
	later
	killed_at 0 --maildir=Mail
	all=$(wc -l <calls)
	[[ $all -gt 10 ]]
	for ((at = RANDOM % 11 + 1; at <= all; at += 11)); do
		new_account
		plain a b c d e
		later
		run killed_at "$at" --maildir="Mail$at"
		# a call more or less: the last of them may not come
		[[ $status -ne 137 ]] || ((++kills))
		run -0 mfetch --maildir="Mail$at"
		assert_equal "$at: $(cat "Mail$at"/new/* | sed -n 's/^Subject: //p' | sort | tr '\n' ' ')" "$at: a b c d e "
		assert_left "$user" ''
	done
	[[ $kills -gt 2 ]]
}

# ---- logging in ----

@test 'a wrong password is 77, in the server'\''s words, and changes nothing' {
	plain a
	run -77 mfetch --maildir=Mail --password-command='echo wrong'
	assert_line --index 0 --regexp '^mfetch: localhost:[0-9]+: (-ERR|NO) '
	[[ ! -e Mail ]]
	assert_left "$user" a
}

@test 'every way in that the server has brings the same letter' {
	local way auth auths clear=PEER_${protocol^^} tls=PEER_${protocol^^}S
	local ways=("$protocol+insecure://${!clear}")
	[[ -z ${!tls-} ]] || ways+=("$protocol://${!clear}" "${protocol}s://${!tls}")
	awkward 5
	for way in "${ways[@]}"; do
		case $peer:$way in
		popa3d:* | courier:pop3+insecure:*) auths='auto user' ;;
		courier:*) auths='auto user plain login' ;;
		*) auths='auto user plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256' ;;
		esac
		[[ $protocol != imap ]] || auths=${auths/ user/} # it is POP3's
		for auth in $auths; do
			run -0 mfetch --keep --server="$way" --auth="$auth" --maildir="${way%%:*}-$auth"
			assert_output ''
			are_awkward "${way%%:*}-$auth/new" 5
		done
	done
}

# ---- mlist and mdel ----

@test 'mlist shows number, size, unique id and header of each, and counts' {
	local size total=0 n
	plain a bb ccc
	run -0 mlist -o number,size,subject,from,date,message-id
	for n in 1:a 2:bb 3:ccc; do
		size=$(sed 's/$/\r/' "letter-${n#*:}" | wc -c)
		((total += size))
		assert_line "${n%:*}"$'\t'"$size"$'\t'"${n#*:}"$'\tAlice <alice@example.org>\t2026-11-01T09:00:00+00:00\t'"<${n#*:}@example.org>"
	done
	run -0 mlist -c
	assert_output 3$'\t'"$total"
	run -0 mlist -o uid
	assert_equal "$(sort -u <<<"$output" | grep -cE '^[!-~]{1,70}$')" 3
}

@test 'mdel deletes exactly what is named by number' {
	plain a b c d e
	run -0 mdel 2 4-
	assert_output ''
	assert_left "$user" 'a c'
	run -66 mdel 7
	assert_left "$user" 'a c'
}

@test 'mdel by unique id deletes that message, whatever its number is by now' {
	local uid
	plain a b c
	uid=$(mlist -o uid 2)
	run -0 mdel 1
	plain d
	run -0 mdel "uid:$uid"
	assert_left "$user" 'c d'
	run -66 mdel "uid:$uid"
	assert_left "$user" 'c d'
}

@test 'what mlist finds can be piped to mdel' {
	plain ham spam-one egg spam-two
	mlist -o uid,subject >all
	grep spam all | cut -f1 | mdel -
	assert_left "$user" 'ham egg'
}
