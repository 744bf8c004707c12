# SPDX-License-Identifier: ISC
#
# Standard output: mfetch shows everything and changes nothing, --keep writes what is new, --delete deletes what the
# reader took.

# shellcheck disable=SC2016  # commands are meant to have their own $

load helper

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user"
}

# letters N...
letters()
{
	local n
	for n; do printf 'Subject: letter %d\n\nbody %d\n' "$n" "$n" | deliver "$user"; done
}

# shows FILE N...: exactly these letters are in it
shows()
{
	local file=$1
	shift
	assert_equal "$(sed -n 's/^Subject: letter //p' "$file" | tr -d '\r' | paste -sd' ')" "$*"
}

# into KIND COMMAND...: runs it with a standard output of that kind; what came out is in the file out
into()
{
	local kind=$1
	shift
	case $kind in
	file) "$@" >out ;;
	pipe) "$@" | cat >out ;;
	null) "$@" >/dev/null ;;
	terminal) script -qec "$(printf '%q ' "$@")" /dev/null </dev/null >out ;;
	socket)
		python3 - "$@" >out <<-'END'
		import socket, subprocess, sys
		ours, theirs = socket.socketpair()
		child = subprocess.Popen(sys.argv[1:], stdout=theirs)
		theirs.close()
		while data := ours.recv(65536):
		    sys.stdout.buffer.write(data)
		sys.exit(child.wait())
		END
		;;
	esac
}

@test 'mfetch only looks, whatever standard output is: the same again, nothing recorded, nothing deleted' {
	local kind
	letters 1 2 3
	for kind in file pipe null terminal socket; do
		for _ in 1 2; do
			into "$kind" mfetch
			[[ $kind = null ]] || shows out 1 2 3
			is_left 3
		done
	done
	mfetch --raw 2 >out
	shows out 2
	mfetch --raw -0 >out
	assert_equal "$(tr -dc '\0' <out | wc -c)" 3
	mfetch --headers >out
	shows out 1 2 3
	is_left 3
	mfetch --keep >out
	shows out 1 2 3
}

@test 'mfetch --keep writes what is new since the last such run, whatever standard output is' {
	local kind n=0
	for kind in file pipe socket terminal; do
		letters $((++n))
		into "$kind" mfetch --keep
		shows out "$n"
		into "$kind" mfetch --keep
		shows out
	done
	letters $((++n))
	into null mfetch --keep
	mfetch --keep >out
	shows out
	mfetch >out
	shows out 1 2 3 4 5
	is_left 5
}

@test 'mfetch new shows what --keep has not written yet, and records nothing' {
	letters 1 2
	mfetch --keep >out
	letters 3
	for _ in 1 2; do
		mfetch new >out
		shows out 3
	done
	mfetch --keep >out
	shows out 3
}

@test 'a destination gets what was only looked at, or written with --keep' {
	letters 1 2 3
	mfetch | cat >out
	mfetch --keep >out
	run -0 mfetch --maildir=Mail
	assert_equal "$(find Mail/new -type f | wc -l)" 3
	is_left 0
}

@test 'mfetch --delete deletes what the reader took, whatever standard output is' {
	local kind
	for kind in file pipe null socket terminal; do
		letters 1 2
		into "$kind" mfetch --delete
		[[ $kind = null ]] || shows out 1 2
		is_left 0
	done
	letters 1 2 3
	mfetch --delete 2 >out
	shows out 2
	is_left 2
	mfetch --keep >out
	mfetch --delete >out
	shows out 1 3
	is_left 0
}

@test 'mfetch --delete deletes nothing that the reader did not take' {
	letters 1 2 3
	run -74 bash -c 'mfetch --delete | true; exit "${PIPESTATUS[0]}"'
	assert_output --partial 'standard output: Broken pipe'
	is_left 3
	run -74 bash -c 'mfetch --delete >/dev/full'
	is_left 3
}

@test 'with --delete to a destination the configured keep does not count' {
	config_for "$user" 'keep = yes'
	letters 1 2
	mfetch --delete --maildir=Mail
	is_left 0
}

@test 'the configured keep counts for standard output too' {
	config_for "$user" 'keep = yes'
	letters 1 2
	mfetch >out
	shows out 1 2
	mfetch >out
	shows out
	is_left 2
}

@test 'a reader that goes away: SIGPIPE and silence; with --keep what it did not take comes again' {
	local option i
	for ((i = 0; i < 40; i++)); do
		{ printf 'Subject: letter %d\n\n' "$i" && head -c 8000 /dev/zero | tr '\0' x && echo; } | deliver "$user"
	done
	for option in --quiet --keep; do
		run -141 bash -c 'mfetch '$option' | head -n 1; exit "${PIPESTATUS[0]}"'
		assert_equal "${#lines[@]}" 1
		assert_line --index 0 --partial 'From '
	done
	run -141 bash -c 'mfetch --keep 1 | true; exit "${PIPESTATUS[0]}"'
	assert_output ''
	mfetch --keep >out
	assert_equal "$(grep -c '^Subject: letter' out)" 40
	is_left 40
}

@test 'with --keep=AGE what was written that long ago is deleted' {
	letters 1 2
	mfetch --keep=0d >out
	shows out 1 2
	is_left 0
}

@test 'options that would change something are refused where messages are only shown' {
	letters 1
	run -64 mfetch --watch
	assert_output --partial 'hint: add --keep or --delete'
	run -64 mfetch --mark-seen
	run -64 mfetch --keep --delete
	assert_output 'mfetch: --delete and --keep cannot be combined'
	run -64 mfetch --delete --headers
	is_left 1
}

@test 'a filter chooses what is shown, and deletes nothing without --keep or --delete' {
	letters 1 2 3
	mfetch --filter='! grep -q "letter 2"' >out
	shows out 1 3
	is_left 3
	mfetch --keep --filter='! grep -q "letter 2"' >out
	shows out 1 3
	is_left 2
}

# A letter with what a terminal obeys: C0, C1 in UTF-8 and as a byte, overrides of the direction of text
obeyed()
{
	printf 'Subject: letter 1\nX-Evil: \033]0;TITLE\007\n\n\033[31mRED \302\23331m \2331m \342\200\256gpj \303\233 end\010\177\n' |
		deliver "$user"
}

@test 'on a terminal control characters of a message are escaped, elsewhere it is exact' {
	local options
	obeyed
	for options in '' 1 '--raw 1' '--raw -0' --headers --keep --delete; do
		into terminal bash -c "mfetch $options"
		assert_equal "$(tr -d '\r\n\0' <out | LC_ALL=C tr -dc '\000-\037\177' | wc -c | tr -d ' ')" 0
		refute [ -n "$(LC_ALL=C grep -P '\xc2\x9b|[^\xc3]\x9b|\xe2\x80\xae' out)" ]
		grep -qF '\x1b]0;TITLE\x07' out
		[[ $options = --headers ]] || grep -qF 'RED \xc2\x9b31m \x9b1m \xe2\x80\xaegpj Û end\x08\x7f' out
		[[ $options != --keep ]] || into file mfetch
	done
	obeyed
	mfetch --raw 1 >out
	assert_equal "$(LC_ALL=C tr -dc '\033\007\010\177' <out | wc -c | tr -d ' ')" 5
}

@test 'on a terminal of ISO 8859 no byte of a UTF-8 character is a control' {
	mkdir locales
	localedef -i en_US -f ISO-8859-1 locales/en_US.ISO-8859-1 >/dev/null 2>&1 || [[ -d locales/en_US.ISO-8859-1 ]] ||
		skip 'localedef has no en_US'
	printf 'From: =?UTF-8?B?w5s=?= <a@example.org>\nSubject: letter 1 \303\233\n\n\303\233 \342\202\254 \233 end\n' | deliver "$user"
	export LOCPATH=$PWD/locales LC_ALL=en_US.ISO-8859-1
	into terminal mfetch 1
	LC_ALL=C grep -qaP '^\xdb \? \\x9b end' out
	for command in 'mfetch 1' 'mlist' 'mlist -o from,subject --json' 'mdel -n 1' 'mfetch -v 1' 'mlist --probe'; do
		into terminal bash -c "$command"
		assert_equal "$(LC_ALL=C tr -dc '\200-\237' <out | wc -c | tr -d ' ')" 0
	done
	LC_ALL=C into terminal mfetch 1
	assert_equal "$(LC_ALL=C tr -dc '\200-\377' <out | wc -c | tr -d ' ')" 0
}
