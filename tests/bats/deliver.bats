# SPDX-License-Identifier: ISC
#
# Where mfetch delivers, and what is in its way: locks, other programs, wrong places, its own record.

# shellcheck disable=SC2154  # abs_top_srcdir: tests/helper.bash
# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

load helper

# how_many PATH...: so many there are
how_many() { [[ ! -e $1 ]] && echo 0 || echo $#; }

setup_file()
{
	local name
	for name in hold cut; do
		# shellcheck disable=SC2086  # CC may be several words
		${CC:-cc} -O1 -o "$BATS_FILE_TMPDIR/$name" "$abs_top_srcdir/tests/crash/$name.c"
	done
}

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user"
	programs=$BATS_FILE_TMPDIR
}

# letters N [USER]: N of them become messages in the mailbox
letters()
{
	local i
	rm -rf letters
	mkdir letters
	for ((i = 1; i <= $1; i++)); do
		printf 'Return-Path: <s@example.net>\nSubject: letter %d\n\nFrom me\n' "$i" >letters/"$i"
	done
	deliver "${2-$user}" letters/*
}

# has N FILE...: so many letters stand there
has()
{
	local n=$1
	shift
	assert_equal "$(cat "$@" | grep -c '^Subject: letter')" "$n"
}

journals() { grep -rl '^mailverbs journal 2' "$XDG_STATE_HOME/mailverbs/journal"; }

is_empty() { [[ -z $(ls "$1") ]]; }

# until_true COMMAND...: within ten seconds
until_true()
{
	local tries=0
	until "$@"; do
		((++tries < 500)) || fail "never: $*"
		sleep 0.02
	done
}

# ---- wrong places ----

@test 'a Maildir that cannot be made: exit status 73, nothing fetched' {
	letters 2
	run -73 mfetch --maildir=/proc/self/Mail
	assert_equal "${#lines[@]}" 1
	is_left 2
	if [[ $EUID -ne 0 ]]; then
		mkdir -m 500 closed
		run -73 mfetch --maildir=closed/Mail
		is_left 2
	fi
}

@test 'a directory with other things in it is no Maildir: exit status 73' {
	letters 1
	mkdir things
	echo x >things/file
	run -73 mfetch --maildir=things
	assert_output --partial 'things: not a Maildir, and not empty'
	assert_equal "$(ls things)" file
	run -73 mfetch --maildir=things/file
	assert_output --partial 'Not a directory'
	run -73 mfetch --mbox=things
	assert_output --partial 'Is a directory'
	run -73 mfetch --mbox=/dev/null
	assert_output --partial 'not a regular file'
	is_left 1
}

@test 'a Maildir that other programs use: flags and their own files stay' {
	letters 2
	mkdir -p Mail/cur Mail/new Mail/tmp Mail/.Sent/cur
	echo old >Mail/cur/1.old:2,S
	echo writing >Mail/tmp/2.other
	run -0 mfetch --maildir=Mail
	has 2 Mail/new/*
	assert_equal "$(cat Mail/cur/* Mail/tmp/*)" $'old\nwriting'
}

@test 'a reader moves messages on while others arrive: none comes twice' {
	local reader
	letters 20
	mkdir -p Mail/cur Mail/new Mail/tmp
	while [[ ! -e stop ]]; do
		for file in Mail/new/*; do
			[[ ! -e $file ]] || mv "$file" "Mail/cur/${file##*/}:2,S"
		done
	done 3>&- &
	reader=$!
	run -0 mfetch --keep --maildir=Mail
	run -0 mfetch --keep --maildir=Mail
	until_true is_empty Mail/new
	touch stop
	wait "$reader"
	has 20 Mail/cur/*
}

@test 'an mbox keeps what it has, and what has no line end gets one' {
	letters 1
	printf 'From x@y Sun Nov  1 10:00:00 2026\nSubject: old\n\nno end' >inbox
	run -0 mfetch --mbox=inbox
	assert_equal "$(sed -n '4,6s/^From .*/From/p' inbox)" From
	assert_equal "$(sed -n 4p inbox),$(sed -n 5p inbox)" 'no end,'
	assert_equal "$(grep -c '^>From me$' inbox)" 1
	assert_equal "$(tail -c 2 inbox | od -An -tx1 | tr -d ' ')" 0a0a
}

@test 'no message of ours is readable by others' {
	letters 1
	umask 0
	mfetch --keep --maildir=Mail
	mfetch --keep --mbox=inbox
	assert_equal "$(find Mail inbox "$XDG_STATE_HOME/mailverbs" -perm /077)" ''
}

# ---- locks ----

@test 'a second run for the mailbox: 75 and one line, none with --quiet' {
	local first
	letters 2
	mfetch --pipe='touch started; until [ -e go ]; do sleep 0.02; done' 3>&- &
	first=$!
	until_true test -e started
	run -75 mfetch --maildir=Mail
	assert_output 'mfetch: another mfetch is at work on this mailbox'
	run -75 mfetch --quiet --maildir=Mail
	assert_output ''
	[[ ! -e Mail ]]
	touch go
	wait "$first"
	is_left 0
}

@test 'with --wait a second run begins when the first one has ended; a signal ends the wait' {
	local first second
	letters 2
	mfetch --pipe='touch started; until [ -e go ]; do sleep 0.02; done; cat >>one' 3>&- &
	first=$!
	until_true test -e started
	mfetch --wait -v --maildir=Mail 2>trace 3>&- &
	second=$!
	until_true grep -q 'waiting' trace
	kill -TERM "$second"
	wait "$second" || true
	[[ ! -e Mail ]]
	mfetch --wait -v --maildir=Mail 2>trace.2 3>&- &
	second=$!
	until_true grep -q 'waiting' trace.2
	touch go
	wait "$first"
	wait "$second"
	is_left 0
}

@test 'a killed run leaves no lock: the next one begins at once' {
	letters 2
	mfetch --pipe='touch started; exec sleep 5' 3>&- &
	until_true test -e started
	kill -9 $!
	wait $! || true
	run -0 mfetch --maildir=Mail
	has 2 Mail/new/*
	is_left 0
}

@test 'an mbox that is unlocked in time gets its mail' {
	letters 1
	mkfifo hold
	"$programs/hold" inbox <hold >held 3>&- &
	exec 4>hold
	until_true grep -q held held
	mfetch --mbox=inbox 3>&- 4>&- &
	until_true test -e inbox.lock
	sleep 0.2
	[[ ! -s inbox ]]
	exec 4>&-
	wait $!
	has 1 inbox
	[[ ! -e inbox.lock ]]
	is_left 0
}

@test 'the dot-lock of a dead process is taken away' {
	letters 1
	sh -c 'echo "$$:$(uname -n)"' >inbox.lock
	run -0 mfetch --mbox=inbox
	has 1 inbox
	assert_equal "$(ls inbox*)" inbox
}

@test 'procmail and mfetch at one mbox: nothing is lost or mixed' {
	local i procmails
	letters 30
	cat >rc <<-END
	MAILDIR=$PWD
	DEFAULT=$PWD/inbox
	LOCKSLEEP=1
	:0:
	inbox
	END
	for ((i = 0; i < 20; i++)); do
		printf 'From p@x Sun Nov  1 10:00:00 2026\nSubject: letter by procmail\n\nx\n' |
			procmail -p "$PWD/rc"
	done 3>&- &
	procmails=$!
	run -0 mfetch --mbox=inbox
	wait "$procmails"
	has 50 inbox
	assert_equal "$(grep -c '^From ' inbox)" 50
	assert_equal "$(grep -A 1 '^From ' inbox | grep -c -e '^Return-Path' -e procmail)" 50
	assert_equal "$(ls inbox*)" inbox
}

# ---- the record ----

@test 'a record that is damaged: the line is named, and nothing fetched or deleted' {
	local journal
	letters 3
	mfetch --keep --maildir=Mail
	journal=$(journals)
	sed -i '3s/.*/what is this/' "$journal"
	letters 1
	run -74 mfetch --maildir=Mail
	assert_line --partial "$journal:3: the record of delivered messages is damaged here"
	assert_line --partial 'hint: '
	has 3 Mail/new/*
	is_left 4
	rm "$journal"
	run -0 mfetch --maildir=Mail
	is_left 0
}

@test 'a record whose last line is torn is read up to there' {
	letters 3
	mfetch --keep --maildir=Mail
	truncate -s -3 "$(journals)"
	run -0 mfetch --keep --maildir=Mail
	has 3 Mail/new/* # the one whose record is torn is found where it was delivered
	truncate -s -3 "$(journals)"
	mv Mail/new Mail/elsewhere
	run -0 mfetch --keep --maildir=Mail
	has 1 Mail/new/* # but not if it is there no more
}

@test 'without a place for the record nothing is fetched' {
	letters 1
	run -73 env XDG_STATE_HOME=/proc/self mfetch --maildir=Mail
	is_left 1
	run -78 homeless '' mfetch -C "$XDG_CONFIG_HOME/mailverbs/config.ini" --maildir=Mail
	is_left 1
}

@test 'the record is on another file system, and when that can only be read, nothing is fetched' {
	require_root 'a file system is mounted'
	"$abs_top_srcdir/tests/own-mounts" true 2>/dev/null || skip 'no mount namespaces'
	letters 3
	mkdir -p "$XDG_STATE_HOME"
	cat >script <<-END
	mount -t tmpfs none "$XDG_STATE_HOME" || exit 1
	trap 'umount "$XDG_STATE_HOME"' EXIT
	mfetch --keep --maildir=Mail && mfetch --keep --mbox=inbox || exit
	mount -o remount,ro "$XDG_STATE_HOME"
	for to in --maildir=Mail --mbox=inbox --maildir=Other --pipe='touch piped'; do
		mfetch "\$to"
		echo "exit \$?"
	done
	mount -o remount,rw "$XDG_STATE_HOME"
	mfetch --keep --maildir=Mail
	END
	run -0 "$abs_top_srcdir/tests/own-mounts" sh script
	assert_equal "$(grep -c '^exit 7[34]$' <<<"$output")" 4
	assert_equal "$(grep -c 'Read-only file system$' <<<"$output")" 4
	assert [ ! -e piped ]
	is_left 3
	has 3 Mail/new/*
	has 3 inbox
}

@test 'a record that is older than what was delivered: nothing is lost, and only what was kept comes again' {
	letters 3
	mfetch --keep --maildir=Mail
	cp -a "$XDG_STATE_HOME" last-week
	letters 2
	mfetch --keep --maildir=Mail
	has 5 Mail/new/*
	rm -r "$XDG_STATE_HOME"
	cp -a last-week "$XDG_STATE_HOME"
	run -0 mfetch --maildir=Mail
	has 7 Mail/new/* # the two again
	is_left 0
	rm -r "$XDG_STATE_HOME"
	cp -a last-week "$XDG_STATE_HOME"
	letters 1
	run -0 mfetch --maildir=Mail
	has 8 Mail/new/*
	is_left 0
}

@test 'sixteen descriptors are enough' {
	local to
	for to in --maildir=Mail --mbox=inbox --pipe='cat >>piped' --lmtp="lmtp://$SRV_LMTP"; do
		letters 30
		run bash -c 'ulimit -n 16 && exec "$0" "$@"' "$abs_top_builddir/mfetch" "$to"
		assert_success
		is_left 0
	done
	has 30 Mail/new/*
	has 30 inbox
	has 30 piped
}

@test 'what the server lists no more is forgotten in time' {
	many_letters many 1 700
	deliver "$user" many/*
	mfetch --maildir=Mail
	has 700 Mail/new/*
	letters 1
	mfetch --keep --full-listing --maildir=Mail
	at +8d mfetch --keep --full-listing --maildir=Mail # IMAP: not before a week has passed
	assert_equal "$(wc -l <"$(journals)")" 2
	at +8d mfetch --keep --maildir=Mail
	has 701 Mail/new/*
}

@test 'a journal that others can write is not believed: nothing is fetched and nothing deleted' {
	local directory
	deliver "$user" <<<'Subject: one'
	run -0 mfetch --keep --maildir=Mail
	for directory in "$XDG_STATE_HOME"/mailverbs/journal{,/*/}; do
		chmod go+w "$directory"
		run -78 --separate-stderr mfetch --maildir=Mail
		assert_equal "${stderr_lines[0]}" "mfetch: ${directory%/}: others can write in this directory"
		assert_equal "$(mailbox_count "$user")" 1
		chmod go-w "$directory"
	done
	run -0 mfetch --maildir=Mail
	assert_equal "$(mailbox_count "$user")" 0
}

# ---- a line that breaks ----

# over_cut_line N OPTION...: mfetch over a line that dies when N bytes came from the server, 0 for never. The tunnel is a
# part of the mailbox's name, so N is not in it.
over_cut_line()
{
	local n=$1 protocol=${MAILVERBS_PROTOCOL:-pop3} server
	shift
	server=SRV_${protocol^^}
	server=${!server}
	echo "$n" >bytes_to_come
	mfetch --server="$protocol+insecure://$server" --auth=plain \
		--tunnel="exec '$programs/cut' ${server%:*} ${server##*:} in \"\$(cat bytes_to_come)\"" "$@"
}

# bytes_in OPTION...: so many come from the server in such a run
bytes_in()
{
	rm -f bytes
	CUT_COUNT=$PWD/bytes over_cut_line 0 "$@"
	cut -d' ' -f1 bytes
}

@test 'a server that goes away: 75, whole messages are kept, the rest comes later' {
	letters 30
	bytes_in --keep --maildir=first >first.bytes # a server may tell once what it found out about a message
	n=$(bytes_in --keep --maildir=whole)
	run -75 over_cut_line $((n - 1200)) --maildir=Mail
	assert_equal "${#lines[@]}" 1
	assert_output --partial 'the server closed the connection'
	is_left 30
	n=$(how_many Mail/new/*)
	[[ $n -gt 5 && $n -lt 25 ]]
	has "$n" Mail/new/*
	run -0 over_cut_line 0 --maildir=Mail
	has 30 Mail/new/*
	assert_equal "$(how_many Mail/new/*)" 30
	is_left 0
}

@test 'a command gets all of its message, though mfetch is killed before it has read it' {
	local n
	for n in 10 200000 1500000; do
		{
			printf 'Subject: large\n\n'
			head -c "$n" /dev/zero | tr '\0' x | fold -w 70
			printf '\nend\n'
		} >letter
		deliver "$user" letter
		rm -f started go got
		mfetch --pipe='touch started; until [ -e go ]; do sleep 0.02; done; cat >part; mv part got' 3>&- &
		until_true test -e started
		kill -KILL $!
		wait $! || :
		touch go
		until_true test -e got
		assert_same_file letter got
		is_left 1
		run -0 mfetch --pipe='cat >got'
		assert_same_file letter got
	done
}

@test 'half a message reaches no command and no pipe' {
	head -c 100000 /dev/zero | tr '\0' x | fold -w 70 >body
	{
		printf 'Subject: letter 1\n\n'
		cat body
	} >letter
	deliver "$user" letter
	run -75 over_cut_line 50000 --pipe='touch ran; cat >>got'
	[[ ! -e ran ]]
	over_cut_line 50000 >out 2>err || true
	[[ ! -s out ]]
	run -75 over_cut_line 50000 --mbox=inbox
	[[ ! -s inbox ]]
	run -75 over_cut_line 50000 --maildir=Mail
	assert_equal "$(find Mail -type f)" ''
	is_left 1
}

@test 'interrupted: what is delivered stays so, the rest comes later, and none twice' {
	local fetching status=0 command='echo x >>taken; sleep 0.02'
	letters 30
	mfetch --pipe="$command" 2>said 3>&- &
	fetching=$!
	until_true test -e taken
	kill -TERM "$fetching"
	wait "$fetching" || status=$?
	assert_equal "$status" 143
	run -0 mfetch --pipe="$command"
	assert_equal "$(wc -l <taken)" 30
	is_left 0
}
