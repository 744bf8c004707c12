#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A server that ends connections while a batch or the queue is sent: the run reconnects, pauses where it must, and goes
# on where it stopped; each letter goes out once, and one whose reply was lost is named.
# shellcheck disable=SC2154  # output, lines, status: run
# shellcheck disable=SC2016  # the server's own variables

load helper

setup()
{
	mailverbs_setup
	# A connection: `before` is read at its start, `letter` before each reply to a letter, `end` after one; $count is
	# the letters so far over this connection, $to the recipient. The letters that were taken are in `taken`.
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	hang_up() { exit 0; }
	echo >>connections
	. ./before
	say '220 here'
	count=0
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		EHLO*) say '250 here' ;;
		MAIL*) . ./mail; say '250 fine' ;;
		RCPT*) to=${line#*<} to=${to%@*}; say '250 fine' ;;
		DATA)
			say '354 go on'
			sed '/^\.\r$/q' >/dev/null
			. ./letter
			count=$((count + 1))
			echo "$to" >>taken
			say '250 taken'
			. ./end
			;;
		QUIT) say '221 bye'; exit ;;
		*) say '250 fine' ;;
		esac
	done
	END
	: >connections
	touch before mail letter end taken said
	for n in {1..9}; do
		printf 'From: alice@example.org\nTo: to%d@example.org\n\nhello\n' "$n" >"$n.eml"
	done
}

by_server() { msend --provider=none --server=smtp+insecure:// --tunnel='exec bash server.sh' "$@"; }
batch() { by_server --batch "$@" {1..9}.eml; }

# all_taken [EXCEPT]: each letter once
all_taken() { assert_equal "$(sort taken)" "$(printf 'to%d\n' {1..9} | grep -vx "${1-}")"; }

# how often the server was called
connections() { wc -l <connections | tr -d ' '; }

@test 'a server that takes so many messages over a connection is asked once too often, then never again' {
	echo '((count < 2)) || { echo >>said; say "421 4.7.0 too many messages in this connection"; hang_up; }' >mail
	run -0 batch
	assert_output ''
	all_taken
	assert_equal "$(wc -l <said | tr -d ' ')" 1
	assert_equal "$(connections)" 5
}

@test 'one that hangs up without a word, or says 421 without a reason, is known after two connections' {
	for how in '((count < 2)) || hang_up' '((count < 2)) || { say "421 bye"; hang_up; }'; do
		echo "${how/|| /|| echo >>said; ((count < 2)) || }" >mail
		rm said taken && touch said taken
		run -0 batch
		assert_output ''
		all_taken
		assert_equal "$(wc -l <said | tr -d ' ')" 2
	done
}

@test 'one that cannot be reached for a moment is called again after a pause, and the batch goes on' {
	for way in 'exit 1' 'say "421 4.3.2 come later"; hang_up' 'say "220 here"; read -r line; hang_up'; do
		: >connections
		rm -f taken gone
		touch taken
		echo '((count < 3)) || { : >gone; hang_up; }' >mail
		echo '[ ! -e gone ] || { [ "$(wc -l <gone)" -ge 2 ] && rm gone && echo : >mail || { echo >>gone; '"$way; }; }" >before
		run -0 batch
		assert_output ''
		all_taken
		assert_equal "$(connections)" 4
	done
}

@test 'a server that has enough for a moment, and says 421 to each new connection, gets the rest later' {
	echo '((count < 3)) || : >full; [ ! -e full ] || { echo >>full; [ "$(wc -l <full)" -lt 4 ] || echo : >mail; say "421 4.7.0 try again later"; hang_up; }' >mail
	run -0 batch
	assert_output ''
	all_taken
}

@test 'a letter whose reply is lost is named and not sent again, and the others go' {
	echo '[ "$to" != to4 ] || hang_up' >letter
	run -75 batch
	assert_line --index 0 --regexp '^msend: 4.eml: .*the server closed the connection$'
	assert_line --index 1 'msend: hint: the message may have been sent: its end went out, the reply was not seen'
	assert_equal "${#lines[@]}" 2
	all_taken to4
}

@test 'a letter that the server answers with 421 each time fails, and the next one goes' {
	cat >letter <<-'END'
	[ "$to" != to4 ] || { echo >>said; say '421 oops'; hang_up; }
	END
	run -75 batch --timeout=1
	assert_output --regexp '^msend: 4.eml: [^ ]*: 421 oops$'
	all_taken to4
	(($(wc -l <said) >= 3))
}

@test 'one that stays away is given up after --timeout, and every letter that did not go is named' {
	echo '((count < 3)) || { : >gone; hang_up; }' >mail
	echo '[ ! -e gone ] || exit 1' >before
	run -75 batch --timeout=1
	assert_equal "${#lines[@]}" 6
	for n in {4..9}; do assert_line --partial "msend: $n.eml: "; done
	assert_equal "$(sort taken | xargs)" 'to1 to2 to3'
	(($(connections) > 2 && $(connections) < 9))
}

@test 'a server that was never reached is asked once' {
	echo 'exit 1' >before
	run -75 batch
	assert_equal "$(connections)" 1
}

@test 'several connections: one that finds no room waits for it, and each letter goes once' {
	echo 'exec 9>room; flock -n 9 || { say "421 too many connections"; exit; }' >before
	echo 'sleep 0.05; ((count < 2)) || { say "421 too many messages"; hang_up; }' >mail
	run -0 batch --connections=3
	assert_output ''
	all_taken
}

@test 'the queue goes on likewise, and keeps what may have been sent' {
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	mkdir -p "${config%/*}"
	printf '%s\n' '[a]' 'address = alice@example.org' 'smtp = smtp+insecure://' 'provider = none' 'auth = none' >"$config"
	for n in {1..9}; do msend --queue --tunnel=false --quiet <"$n.eml"; done
	echo '((count < 2)) || { : >gone; hang_up; }' >mail
	echo '[ ! -e gone ] || { rm gone; exit 1; }' >before
	echo '[ "$to" != to4 ] || hang_up' >letter
	run -75 msend --flush --tunnel='exec bash server.sh'
	assert_output --partial 'the message may have been sent'
	all_taken to4
	assert_equal "$(msend --list-queue | wc -l)" 1
}

@test 'the queue is sent no faster than --rate, and listed whatever it is' {
	for n in 1 2 3; do by_server --from=alice@example.org --tunnel=false --queue --quiet <"$n.eml"; done
	local start=${EPOCHREALTIME/[.,]/}
	run -0 msend --flush --rate=2/s --tunnel='exec bash server.sh'
	((${EPOCHREALTIME/[.,]/} - start >= 1000000))
	assert_equal "$(sort taken | xargs)" 'to1 to2 to3'
	run -64 msend --list-queue --rate=2/s
}
