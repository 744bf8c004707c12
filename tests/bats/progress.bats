#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The progress of many messages on a terminal, and their sums with -v.
# shellcheck disable=SC2154  # output, lines: run
# shellcheck disable=SC2030,SC2031  # a test's variables are its own

load helper

setup()
{
	mailverbs_setup
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '220 here'
	while read -r verb rest; do
		case $verb in
		EHLO) say '250 here' ;;
		RCPT) case $rest in *bad*) say '550 no' ;; *later*) say '451 later' ;; *) say '250 fine' ;; esac ;;
		DATA*)
			say '354 go on'
			sed '/^\.\r$/q' >/dev/null
			[ ! -e slow ] || sleep 0.3
			say '250 taken'
			;;
		*) say '250 fine' ;;
		esac
	done
	END
	for n in 1 2 bad 3 later 4; do
		printf 'From: alice@example.org\nTo: %s@example.org\n\nhello\n' "$n" >"$n.eml"
	done
	letters='1.eml 2.eml bad.eml 3.eml later.eml 4.eml'
	msend="msend --provider=none --server=smtp+insecure:// --tunnel='exec bash server.sh'"
	unset COLUMNS
}

# on_terminal COLUMNS COMMAND: with standard error on a terminal; what that was shown, by lines of which each overwrites
# the one before, is in $shown
on_terminal()
{
	command -v script >/dev/null || skip 'script(1) is not installed'
	script -q -c "stty cols $1; $2" screen </dev/null >/dev/null
	shown=$(sed '/^Script /d' screen | tr '\r' '\n')
}

@test 'a batch of more than a second shows how many were sent and refused, the rate and the time left, and takes it away' {
	: >slow
	on_terminal 80 "$msend --batch $letters"
	assert_regex "$shown" $'\n4/6 sent, 1 refused, 1 deferred, [0-9.,]+/s, 0:00 left'
	assert_equal "$(tail -n 1 <<<"$shown" | tr -d ' ')" ''
}

@test 'it fits 40 columns, and comes with several connections and an mbox too' {
	: >slow
	on_terminal 40 "$msend --batch $letters"
	assert_regex "$shown" $'\n4/6 sent, 1 refused, 1 deferred, '
	run awk 'length($0) > 39 && !/^msend/' <<<"$shown"
	assert_output ''
	for n in 1 2 3 4; do echo "From a Sat Nov 21 10:00:00 2026" && cat "$n.eml" && echo; done >box
	on_terminal 80 "$msend --mbox <box"
	assert_regex "$shown" $'\n4 sent, [0-9.,]+/s'
	on_terminal 80 "$msend --connections=2 --batch 1.eml 2.eml 3.eml 4.eml 1.eml 2.eml 3.eml 4.eml"
	assert_regex "$shown" $'\n[5-8]/8 sent, [0-9.,]+/s, 0:0[01] left'
}

@test 'the queue shows it too' {
	: >slow
	local n
	for n in 1 2 3 4; do msend --provider=none --server=smtp+insecure:// --tunnel=false --quiet --queue <"$n.eml"; done
	on_terminal 80 "msend --flush --tunnel='exec bash server.sh'"
	assert_regex "$shown" $'\n4/4 sent, [0-9.,]+/s, 0:00 left'
}

@test 'a quick batch, --quiet, and standard error in a file show none' {
	on_terminal 80 "$msend --batch 1.eml 2.eml"
	run tr -d '\n' <<<"$shown"
	assert_output ''
	: >slow
	on_terminal 80 "$msend --quiet --batch 1.eml 2.eml 3.eml 4.eml"
	run tr -d '\n' <<<"$shown"
	assert_output ''
	run -0 bash -c "$msend --batch 1.eml 2.eml 3.eml 4.eml"
	assert_output ''
}

@test 'with -v the last line has the sums, over all connections; a journal'\''s letters are not counted as sent' {
	run -67 bash -c "$msend -v --journal=j --batch $letters"
	assert_regex "${lines[-1]}" '^msend: 4 sent, 1 refused, 1 deferred, 0 sent before, in [0-9.,]+ s$'
	run -67 bash -c "$msend -v --connections=2 --journal=j --batch $letters missing"
	assert_regex "${lines[-1]}" '^msend: 0 sent, 2 refused, 1 deferred, 4 sent before, in [0-9.,]+ s$'
}
