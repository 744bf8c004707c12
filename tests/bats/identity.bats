#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Which mailbox, which message, which destination: mfetch takes two for one only where they are. What it must not do is
# delete what it never fetched, or fetch twice.

# shellcheck disable=SC2154,SC2034,SC2153,SC2030,SC2031  # pop3: replay.bash; GIVES: the caller; a test is a subshell

load helper
load replay
load dialog

setup() { replay_setup; }

# serves FILE ID:OCTETS:TEXT...: a POP3 session that lists these, gives those named in GIVES and deletes those in DELETES
serves()
{
	local file=$1 n=0 item gives=' ' id octets text
	shift
	{
		hello
		printf '%s\n' 'C: UIDL' 'C: LIST' 'S: +OK'
		for item; do echo "S: $((++n)) ${item%%:*}"; done
		printf '%s\n' 'S: .' 'S: +OK'
		n=0
		for item; do IFS=: read -r id octets text <<<"$item"; echo "S: $((++n)) $octets"; done
		echo 'S: .'
		# shellcheck disable=SC2086  # words are wanted
		[[ ! $GIVES ]] || asks $GIVES
		for n in $GIVES; do
			item=${!n}
			printf 'S: +OK\\r\\n\\r\\n%s\\r\\n.\n' "${item##*:}"
		done
		[[ ! $GIVES ]] || given
		for n in $DELETES; do echo "C: DELE $n"; done
		echo 'C: QUIT'
		for n in $DELETES; do echo 'S: +OK'; done
		echo 'S: +OK'
	} >"$file"
}

# fetch FILE ARGUMENT...: by the server that plays it
fetch()
{
	cp "$1" script
	run --separate-stderr mfetch "${pop3[@]}" "${tunnel:-$(tunnel_to "$PWD/script")}" "${@:2}"
	if ((status != 0)); then echo "$stderr" >&2; fi
	assert_equal "$status" 0
	assert_verdict
}

texts() { assert_equal "$(cat box/new/* | tr -d '\r' | grep . | sort | xargs)" "$*"; }

@test 'an id that the server gives again, with other octets, is a new message' {
	GIVES='1 2' DELETES='' serves one a:9:A b:9:B
	fetch one --keep --maildir=box
	GIVES='2' DELETES='1 2' serves two a:9:A b:10:NEW
	fetch two --maildir=box
	texts A B NEW
}

@test 'so it is with --keep, and for --mark-seen' {
	GIVES='' DELETES='' serves one a:9:A b:9:B
	fetch one --mark-seen --maildir=box
	GIVES='2' DELETES='' serves two a:9:A b:10:NEW
	fetch two --keep --full-listing --maildir=box
	texts NEW
}

@test 'one empty listing brings nothing twice' {
	GIVES='1 2' DELETES='' serves one a:9:A b:9:B
	fetch one --keep --maildir=box
	GIVES='' DELETES='' serves two
	fetch two --keep --maildir=box --full-listing
	GIVES='' DELETES='' serves one a:9:A b:9:B
	fetch one --keep --maildir=box --full-listing
	texts A B
}

@test 'two tunnels are two mailboxes' {
	GIVES='1' DELETES='1' serves one a:9:A
	tunnel=$(tunnel_to "$PWD/one") fetch one --maildir=box
	GIVES='1' DELETES='1' serves two a:9:B
	tunnel=$(tunnel_to "$PWD/two") fetch two --maildir=box
	texts A B
	assert_output ''
}

@test 'a Maildir has one name by whichever path, and a comma is no blank' {
	GIVES='1' DELETES='' serves one a:9:A
	GIVES='' DELETES='' serves again a:9:A
	fetch one --keep --maildir=box
	ln -s box link
	fetch again --keep --maildir="$PWD/box" --full-listing
	fetch again --keep --maildir=link --full-listing
	fetch again --keep --maildir=./link/../box/ --full-listing
	fetch one --keep --maildir='my mail' --full-listing
	fetch one --keep --maildir='my,mail' --full-listing
	fetch again --keep --maildir='my mail' --full-listing
	texts A
}

@test 'a server with another name: a remark, once, and the documented way' {
	GIVES='1' DELETES='' serves one a:9:A
	GIVES='' DELETES='' serves again a:9:A
	tunnel=--tunnel=./server
	printf '#!/bin/sh\n%s\n' "$(tunnel_to "$PWD/script" | sed 's/^[^=]*=//')" >server
	chmod +x server
	pop3+=(--server=pop3+insecure://mail.example.org)
	fetch one --keep --maildir=box
	pop3+=(--server=pop3+insecure://MAIL.example.org.)
	fetch again --keep --maildir=box --full-listing
	pop3+=(--server=pop3+insecure://new.example.org)
	cp -r "$XDG_STATE_HOME" state
	fetch one --keep --maildir=box
	[[ $stderr == *"also has messages from the mailbox 'pop3 alice mail.example.org;tunnel="* ]]
	fetch again --keep --maildir=box --full-listing
	assert_equal "$stderr" ''
	rm -r "$XDG_STATE_HOME" && mv state "$XDG_STATE_HOME"
	cd "$XDG_STATE_HOME/mailverbs/journal"
	for directory in *,mail.example.org*; do
		sed -i '1s/mail\.example\.org/new.example.org/' "$directory"/*,*
		mv "$directory" "${directory/mail.example.org/new.example.org}"
	done
	cd "$BATS_TEST_TMPDIR"
	fetch again --keep --maildir=box --full-listing
	assert_equal "$stderr" ''
}

# ---- the clock ----

@test 'a clock that is not set: nothing is deleted by its age, then or by the first run with the right time' {
	GIVES='1' DELETES='' serves one a:9:A
	GIVES='' DELETES='' serves again a:9:A
	GIVES='' DELETES='1' serves later a:9:A
	run -0 --separate-stderr at '1970-01-01 00:10' mfetch "${pop3[@]}" \
		"$(cp one script && tunnel_to "$PWD/script")" --keep=10d --maildir=box
	[[ $stderr == *'nothing is deleted by its age'* ]]
	fetch again --keep=10d --maildir=box --full-listing
	cp later script
	run -0 --separate-stderr at +11d mfetch "${pop3[@]}" "$(tunnel_to "$PWD/script")" --keep=10d --maildir=box
	assert_verdict
	texts A
}

@test 'a clock that goes back: nothing is deleted by its age' {
	GIVES='1' DELETES='' serves one a:9:A
	GIVES='' DELETES='' serves again a:9:A
	cp one script
	run -0 at 2046-01-01 mfetch "${pop3[@]}" "$(tunnel_to "$PWD/script")" --keep=10d --maildir=box
	fetch again --keep=10d --maildir=box --full-listing
	[[ $stderr == *'nothing is deleted by its age'* ]]
}

@test 'a clock that jumps ahead by years: nothing is deleted by its age, on that day, and all goes on when it is right' {
	GIVES='1' DELETES='' serves one a:9:A
	GIVES='' DELETES='' serves again a:9:A
	GIVES='' DELETES='1' serves later a:9:A
	fetch one --keep=10d --maildir=box
	cp again script
	local when
	for when in 2046-01-01 '2046-01-01 20:00' +0d; do
		run -0 --separate-stderr at "$when" mfetch "${pop3[@]}" "$(tunnel_to "$PWD/script")" --keep=10d \
			--maildir=box --full-listing
		assert_verdict
		[[ $stderr == *'nothing is deleted by its age'* ]]
	done
	cp later script
	run -0 --separate-stderr at +11d mfetch "${pop3[@]}" "$(tunnel_to "$PWD/script")" \
		--keep=10d --maildir=box
	assert_verdict
	assert_equal "$stderr" ''
}

@test 'after a year without a run messages are deleted by their age a day later' {
	GIVES='1' DELETES='' serves one a:9:A
	GIVES='' DELETES='' serves again a:9:A
	GIVES='' DELETES='1' serves later a:9:A
	fetch one --keep=10d --maildir=box
	local day
	for day in +400d:again +402d:later; do
		cp "${day#*:}" script
		run -0 at "${day%:*}" mfetch "${pop3[@]}" "$(tunnel_to "$PWD/script")" --keep=10d --maildir=box
		assert_verdict
	done
}
