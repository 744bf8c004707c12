#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mailq and its like; damaged entries, no room, no secrets, a configuration of its own.

# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load queue

# ---- shown ----

@test 'mailq, -bp and --list-queue: id, age, size, sender, recipients, last reply; oldest first' {
	ln -s "$abs_top_builddir/msend" mailq
	run -0 --separate-stderr ./mailq
	assert_equal "$output$stderr" ''
	assert [ ! -e "$queue" ]
	away
	letter 1 >eml
	msend --quiet "$rcpt@example.org" "$other@example.org" <eml
	msend --quiet -f '<>' "$other@example.org" <eml
	run -0 ./mailq
	assert_equal "${#lines[@]}" 2
	assert_line --index 0 --regexp "^[0-9a-f]{14}	[0-9]	$(sed 's/$/./' eml | wc -c)	$sender@example.org	\
$rcpt@example.org,$other@example.org	127\.0\.0\.1:1: "
	assert_line --index 1 --regexp "	<>	$other@example.org	127"
	listed=$output
	run -0 msend -bp
	assert_equal "$(cut -f1,3- <<<"$output")" "$(cut -f1,3- <<<"$listed")"
	run -0 msend --list-queue
	assert_equal "$(cut -f1,3- <<<"$output")" "$(cut -f1,3- <<<"$listed")"
	run -0 msend -q --dry-run
	assert_equal "${#lines[@]}" 2
}

@test 'on a terminal: a table with titles, ages and sizes for people, cut to its width' {
	away
	{
		letter
		head -c 3000 /dev/zero | tr '\0' x | fold
	} | msend --quiet "$rcpt@example.org"
	age_entry "$queue/$(entries)" $((3 * 3600 + 5))
	run -0 env COLUMNS=110 script -qec 'msend -bp' /dev/null
	assert_line --index 0 --regexp '^Id +Age +Size +From +To +Last reply'
	assert_line --index 1 --regexp '^[0-9a-f]{14}    3h +3k  '
	rm "$queue/$(entries)"
	run -0 script -qec 'msend -bp' /dev/null
	assert_line --index 0 --partial 'the queue is empty'
}

@test 'control characters in addresses and replies do not reach the terminal' {
	away
	letter | msend --quiet "$rcpt@example.org"
	sed -i -e 's/^to .*/to %22%1B[2J%C2%9B%0A%22@example.org/' -e 's/^reply .*/reply 450%20%1B]0;x%07/' \
		"$queue/$(entries)"
	run -0 msend -bp
	assert_output --partial '"\x1b[2J\xc2\x9b\x0a"@example.org'
	assert_harmless "$output"
	assert_equal "${#lines[@]}" 1
}

@test 'a damaged entry is said, and does not keep the others' {
	away
	letter 1 | msend --quiet "$rcpt@example.org"
	id=$(entries)
	letter 2 | msend --quiet "$rcpt@example.org"
	echo nonsense >>"$queue/$id"
	back
	run -74 --separate-stderr msend -q
	assert_regex "$stderr" "^msend: $queue/$id:[0-9]*: this entry of the queue is damaged\$"
	assert_equal "$(entries)" "$id"
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'what is no file, or far too large, among the entries is said, and does not keep the others' {
	away
	letter | msend --quiet "$rcpt@example.org"
	mkfifo "$queue/0000000000000a"
	mkdir "$queue/0000000000000b"
	truncate -s 65M "$queue/0000000000000c"
	run -74 --separate-stderr timeout 60 msend -bp
	assert_equal "$(wc -l <<<"$output")" 1
	assert_regex "$stderr" "$queue/0000000000000a:0: this entry of the queue is damaged"
	assert_regex "$stderr" "$queue/0000000000000b: Is a directory"
	assert_regex "$stderr" "$queue/0000000000000c: File too large"
	back
	run -74 timeout 60 msend -q
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'a message that somebody deleted is said, and its entry goes to failed when its time is over' {
	away
	letter | msend --quiet "$rcpt@example.org"
	id=$(entries)
	rm "$queue/$id.eml"
	run -74 msend -q
	assert_line "msend: $id: $queue/$id.eml: No such file or directory"
	age_entry "$queue/$id" 432001
	run -74 msend -q
	late_since "$queue/$id" 3601
	run -74 --separate-stderr msend -q
	assert_equal "$(entries "$queue/failed")" "$id"
	run -0 --separate-stderr msend -q
	assert_equal "$output$stderr" ''
}

# ---- no room ----

@test 'the disk is full: that is said, the exit status is not 0, and nothing of it is left' {
	require_root 'a small disk is mounted'
	"$abs_top_srcdir/tests/own-mounts" true 2>/dev/null || skip 'no mount namespaces'
	away
	letter >eml
	head -c 200000 /dev/zero | tr '\0' x | fold >>eml
	mkdir -p "$XDG_STATE_HOME"
	cat >script <<-END
	mount -t tmpfs -o size=100k none "$XDG_STATE_HOME" || exit 1
	trap 'umount "$XDG_STATE_HOME"' EXIT
	msend "$rcpt@example.org" <eml
	echo "exit \$?"
	find "$queue" -type f
	END
	run -0 "$abs_top_srcdir/tests/own-mounts" sh script
	assert_line 'exit 74'
	assert_line --regexp '^msend: .*queue.*: No space left on device$'
	assert_line --regexp '^msend: 127\.0\.0\.1:1: '
	refute_line --regexp '\.eml$'
}

@test 'no room to note that the end goes out: it does not go out' {
	away
	letter | msend --quiet "$rcpt@example.org"
	back
	cc -shared -fPIC -o kill_at.so "$tests/crash/kill_at.c" -ldl
	run -73 env PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$PWD/kill_at.so" KILL_HOW=ENOSPC KILL_AT=1 \
		ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" msend -q
	assert_line --partial 'No space left on device'
	assert_equal "$(mailbox_count "$rcpt")" 0
	assert_equal "$(entries | wc -l)" 1
	run -0 msend -q
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test '-q and -bp take no messages and no recipients: they are not passed over in silence' {
	letter | sed '1i From x' >mbox
	for mode in -q -bp; do
		run -64 msend "$mode" "$rcpt@example.org"
		run -64 msend "$mode" --mbox <mbox
		run -64 msend "$mode" --batch mbox
	done
}

@test '-q -a finds the account by its address too; one that is none, and has nothing there, is an error' {
	away
	letter | msend --quiet "$rcpt@example.org"
	back
	run -78 msend -q -a nosuch
	run -0 msend -q -a "$sender@example.org"
	assert_empty_queue
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'no place for a queue: what can be sent is sent, what would have to be kept is an error' {
	letter >eml
	alone=(homeless '' msend -C "$config" --log=/dev/null)
	run -0 "${alone[@]}" "$rcpt@example.org" <eml
	assert_equal "$(mailbox_count "$rcpt")" 1
	away
	run -78 "${alone[@]}" "$rcpt@example.org" <eml
	assert_line --regexp '^msend: 127\.0\.0\.1:1: '
	assert_line 'msend: HOME is not set, so there is no place for a queue'
	run -78 "${alone[@]}" -q
}

# ---- no secrets ----

@test 'no password is kept: a proxy with one does not go with --queue' {
	letter >eml
	run -64 msend --proxy=socks5://u:hunter2@127.0.0.1:1 "$rcpt@example.org" <eml
	assert_line --partial '--proxy: a password is not accepted on the command line'
	away
	echo 'proxy = socks5://u:hunter2@127.0.0.1:1' >>"$config"
	run -0 msend "$rcpt@example.org" <eml
	run grep -rlF -e hunter2 -e "$SRV_PASSWORD" "$queue"
	assert_output ''
}

# ---- a configuration of its own ----

@test 'a message goes out with the configuration it was queued with, named by option or environment' {
	local own=$PWD/own.ini
	(umask 077 && sed "s/^\[.*/[own]/; s|^smtp = .*|smtp = smtps://127.0.0.1:1|" "$config" >own.ini)
	: >"$config" # which knows no account
	letter 1 | msend --quiet -C own.ini -a own "$rcpt@example.org"
	letter 2 | MAILVERBS_CONFIG=own.ini msend --quiet "$rcpt@example.org"
	assert_equal "$(grep -h "^set config" "$queue"/* | sort -u)" "set config $own"
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" own.ini
	(cd / && msend -q)
	await_mail "$rcpt" 2
	assert_empty_queue
}
