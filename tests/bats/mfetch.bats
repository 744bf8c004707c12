# SPDX-License-Identifier: ISC
#
# mfetch against a real Dovecot: what arrives, where, and what is left on the server.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these
# shellcheck disable=SC2016  # commands and headers are meant to have their own $

load helper
load ../crash/letters

# how_many PATH...: so many there are
how_many() { [[ ! -e $1 ]] && echo 0 || echo $#; }

setup_file()
{
	letters "$BATS_FILE_TMPDIR/letters" 50 big
}

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user"
	letters=$BATS_FILE_TMPDIR/letters
}

# ---- mailboxes ----

all_letters() { deliver "$user" "$letters"/*.eml; }

# some_letters N...: these of them
some_letters()
{
	local n files=()
	for n; do
		files+=("$(printf '%s/%03d.eml' "$letters" "$n")")
	done
	deliver "$user" "${files[@]}"
}

# ---- what arrived ----

# ended FILE...: POP3 ends the last line of a message on its way, IMAP leaves it as it is.
ended()
{
	[[ ${MAILVERBS_PROTOCOL-} != imap ]] || LC_ALL=C sed -i "\$a\\" "$@"
}

sums() { cksum "$@" | cut -d' ' -f1,2 | sort; }

# are_letters DIR [N...]: DIR holds exactly these letters (all), each once and byte for byte.
are_letters()
{
	local dir=$1 n files=()
	shift
	ended "$dir"/*
	for n in "${@:-$letters/*.want}"; do
		case $n in
		*/*) files+=("$letters"/*.want) ;;
		*) files+=("$(printf '%s/%03d.want' "$letters" "$n")") ;;
		esac
	done
	diff <(sums "${files[@]}") <(sums "$dir"/*) >&2
}

procmailrc()
{
	cat >"$HOME/.procmailrc" <<-END
	MAILDIR=$HOME
	DEFAULT=$1
	ORGMAIL=$1
	LOGFILE=$HOME/procmail.log
	END
}

# ---- the ways of 50 letters ----

@test 'mfetch | formail -s procmail files every letter of 50 unchanged' {
	all_letters
	procmailrc "$HOME/filed/"
	mfetch --delete | formail -s procmail -p "$HOME/.procmailrc"
	"$tests/bats/mail.py" unquote "$HOME"/filed/new/*
	are_letters "$HOME/filed/new"
	is_left 0
}

@test 'mfetch --pipe procmail files every letter of 50 unchanged into a Maildir' {
	all_letters
	procmailrc "$HOME/filed/"
	run -0 mfetch --pipe="procmail -p $HOME/.procmailrc"
	assert_output ''
	are_letters "$HOME/filed/new"
	is_left 0
}

@test 'mfetch --pipe procmail files every letter of 50 into an mbox' {
	all_letters
	procmailrc "$HOME/filed"
	run -0 mfetch --pipe="procmail -p -f %F $HOME/.procmailrc"
	assert_output ''
	assert_equal "$(grep -c '^From sender' "$HOME/filed")" 50
	assert_equal "$(grep -c '^Subject: letter' "$HOME/filed")" 50
	is_left 0
}

@test 'mfetch --pipe maildrop files every letter of 50 unchanged' {
	all_letters
	mkdir -p "$HOME/filed"/{cur,new,tmp}
	echo "to \"$HOME/filed\"" >filter
	chmod 600 filter
	run -0 mfetch --pipe="maildrop $PWD/filter"
	assert_output ''
	are_letters "$HOME/filed/new"
	is_left 0
}

@test 'mfetch --maildir delivers every letter of 50 unchanged and in order' {
	local file want n=0
	all_letters
	run -0 mfetch --maildir=Mail
	assert_output ''
	for file in Mail/new/*; do
		printf -v want '%s/%03d.want' "$letters" $((++n))
		ended "$file"
		assert_same_file "$want" "$file"
	done
	assert_equal "$n" 50
	assert_equal "$(how_many Mail/tmp/*) $(how_many Mail/cur/*)" '0 0'
	is_left 0
}

@test 'mfetch --mbox appends every letter of 50, and they can be taken out unchanged' {
	all_letters
	run -0 mfetch --mbox=inbox
	assert_output ''
	"$tests/bats/mail.py" unmbox inbox out
	are_letters out
	is_left 0
}

@test 'mfetch writes an mbox with every letter of 50 to standard output' {
	all_letters
	mfetch --delete >inbox
	"$tests/bats/mail.py" unmbox inbox out
	are_letters out
	is_left 0
}

@test 'an mbox begins each message with its sender and the time' {
	some_letters 1 3
	printf 'Subject: no return path\n\nx\n' | deliver "$user"
	mfetch >inbox
	run grep -E '^From (sender1@example.net|sender3@example.net|MAILER-DAEMON) [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] ..:..:.. 20..$' inbox
	assert_equal "${#lines[@]}" 3
}

@test 'mfetch --raw gives one message as it is, and refuses to run several together' {
	some_letters 4 5
	mfetch --keep --raw 1 >first
	mfetch --keep --raw 2 >second
	assert_same_file "$letters/004.want" first
	assert_same_file "$letters/005.want" second
	run -64 mfetch --keep --raw all
	assert_output --partial '--raw takes one'
	is_left 2
}

@test 'mfetch --raw -0 separates messages by NUL' {
	all_letters
	mfetch --delete --raw -0 >all
	"$tests/bats/mail.py" records all out
	are_letters out
	is_left 0
}

@test 'a NUL byte in a message arrives as the server sends it' {
	printf 'Subject: nul\n\na\0b\n' | deliver "$user"
	run -0 mfetch --maildir=Mail
	assert_equal "$(grep -c '^Subject: nul$' Mail/new/*)" 1
	assert_equal "$(wc -c <Mail/new/*)" "$(printf 'Subject: nul\n\na\0b\n' | wc -c)"
}

# ---- what is new, and what goes ----

@test 'with --keep messages stay, and a second run brings only what is new' {
	some_letters 1 3
	run -0 mfetch --keep --maildir=Mail
	is_left 2
	run -0 mfetch --keep --maildir=Mail
	assert_output ''
	are_letters Mail/new 1 3
	some_letters 4
	run -0 mfetch --keep --maildir=Mail
	are_letters Mail/new 1 3 4
	is_left 3
}

@test 'the same Maildir by another spelling is the same destination' {
	some_letters 1 3
	mfetch --keep --maildir=Mail
	mfetch --keep --maildir=./Mail/
	mfetch --keep --maildir="$PWD//Mail/."
	are_letters Mail/new 1 3
}

@test 'a look at standard output takes nothing from a Maildir' {
	some_letters 1 3 4
	mfetch --keep | cat >seen
	assert_equal "$(grep -c '^From ' seen)" 3
	mfetch --keep | cat >again
	assert_equal "$(wc -c <again)" 0
	is_left 3
	mfetch --maildir=Mail
	are_letters Mail/new 1 3 4
	is_left 0
}

@test 'without --keep what an earlier run with --keep delivered there goes, and only that' {
	some_letters 1 3
	mfetch --keep --maildir=Mail
	some_letters 4
	mfetch --keep --mbox=elsewhere
	some_letters 5
	run -0 mfetch --maildir=Mail
	are_letters Mail/new 1 3 4 5
	is_left 0
}

@test '--keep=10d deletes what was fetched ten days ago' {
	local journal
	some_letters 1 3 4
	mfetch --keep=10d --maildir=Mail
	is_left 3
	journal=$(grep -rl '^= ' "$XDG_STATE_HOME/mailverbs/journal")
	sed -i "2,\$s/^= [0-9]* \(.*\)/= $((EPOCHSECONDS - 864000 - 60)) \1/;\$s/^= [0-9]*/= $((EPOCHSECONDS - 864000 + 600))/" "$journal"
	some_letters 5
	run -0 mfetch --keep=10d --maildir=Mail
	are_letters Mail/new 1 3 4 5
	is_left 2
	mfetch --keep --maildir=Mail
	is_left 2
}

@test 'an operand fetches just that, and without --keep deletes just that' {
	some_letters 1 3 4 5
	mfetch --keep --maildir=Mail
	run -0 mfetch --maildir=Other 2
	are_letters Other/new 3
	is_left 3
	run -0 mfetch --keep --maildir=Mail all
	assert_equal "$(how_many Mail/new/*)" 7
	run -0 mfetch --maildir=Last last:1
	are_letters Last/new 5
	is_left 2
}

@test 'an operand that names nothing is 66, and the others are served' {
	some_letters 1 3
	run -66 mfetch --maildir=Mail 2 9 uid:nosuch
	assert_line 'mfetch: 9: no such message'
	assert_line 'mfetch: uid:nosuch: no such message'
	are_letters Mail/new 3
	is_left 1
}

@test 'unique ids from mlist choose messages through standard input' {
	local uid
	some_letters 1 3 4
	uid=$(mlist -o uid 2)
	run -0 mfetch --maildir=Mail - <<<"$uid"
	are_letters Mail/new 3
	is_left 2
}

@test 'an empty mailbox is nothing to speak of' {
	run -0 mfetch --maildir=Mail
	assert_output ''
	run -0 mfetch
	assert_output ''
}

@test '--dry-run says how many, and fetches none' {
	some_letters 1 3
	run -0 mfetch --dry-run --maildir=Mail
	assert_line 'would fetch 2 of 2 messages'
	[[ ! -e Mail ]]
	is_left 2
}

# ---- commands ----

# A command that leaves what it took in taken/, but exits with the status in `refused` when it meets
# letter 3.
picky_command()
{
	mkdir taken
	cat >take <<-'END'
	cat >letter.$$
	if [ -e refused ] && grep -q '^Subject: letter 3$' letter.$$; then
		rm letter.$$
		exit "$(cat refused)"
	fi
	mv letter.$$ taken/
	END
}

@test 'a message that the command refuses stays, the others go on, exit status 75' {
	local code
	picky_command
	for code in 1 75; do
		rm -f taken/*
		some_letters 1 3 4
		echo $code >refused
		uid=$(mlist -o uid 2)
		run -75 mfetch --pipe='sh take'
		assert_line -n 0 "mfetch: sh take: exit status $code; the message is left on the server"
		assert_line -n 1 "mfetch: hint: \`mlist uid:$uid\` shows the message"
		assert_equal "${#lines[@]}" 2
		are_letters taken 1 4
		is_left 1
		rm refused
		run -0 mfetch --pipe='sh take'
		are_letters taken 1 3 4
		is_left 0
	done
}

@test 'a refused message is tried again by the next run, with --keep too' {
	picky_command
	some_letters 1 3 4
	echo 75 >refused
	run -75 mfetch --keep --pipe='sh take'
	run -75 mfetch --keep --pipe='sh take'
	are_letters taken 1 4
	rm refused
	run -0 mfetch --keep --pipe='sh take'
	are_letters taken 1 3 4
	run -0 mfetch --keep --pipe='sh take'
	are_letters taken 1 3 4
	is_left 3
}

@test 'a command that is not there is said once, and nothing goes' {
	some_letters 1 3 4
	run -78 mfetch --pipe='no-such-command -x'
	assert_equal "${#lines[@]}" 1
	assert_output --partial "cannot run 'no-such-command -x'"
	run -78 mfetch --pipe='no-such-command "$HOME"'
	assert_output --partial 'not found (exit status 127)'
	is_left 3
}

@test 'a command killed by a signal has not delivered' {
	some_letters 1
	run -75 mfetch --pipe='kill -9 $$'
	assert_output --partial 'ended by signal 9'
	is_left 1
}

@test 'a command may leave the message unread' {
	all_letters
	run -0 mfetch --pipe='head -n 1 >>lines'
	assert_equal "$(grep -c . lines)" 50
	is_left 0
	all_letters
	run -0 mfetch --pipe=true
	is_left 0
}

@test 'a command finds sender, recipient and account in its environment' {
	some_letters 3
	run -0 mfetch --pipe='echo "$SENDER $RECIPIENT $ACCOUNT"'
	assert_output 'sender3@example.net alice@example.org test'
}

@test '%F and %T are one word each, whatever a header says' {
	printf '%s\n' 'Return-Path: <"a;touch evil;`touch evil`$(touch evil)'\''"@x.example>' \
		'Delivered-To: <$(touch${IFS}evil)@x.example>' '' body | deliver "$user"
	printf '%s\n' "Return-Path: <o'brien@x.example>" 'Delivered-To: <|touch${IFS}evil@x.example>' '' x |
		deliver "$user"
	run -0 mfetch --keep --pipe='printf "%%s\n" got'
	run -0 mfetch --keep --pipe='echo %F %T; cat >/dev/null'
	assert_line --partial 'o_brien@x.example'
	run -0 mfetch --keep --pipe='echo "$SENDER"; cat >/dev/null'
	assert_line "o'brien@x.example"
	run -0 mfetch --keep --pipe="echo '%F' \"%T\" \`echo %F\`; cat >/dev/null"
	assert_line --partial 'o_brien@x.example'
	[[ ! -e evil ]]
}

@test 'a command that takes long keeps no later message from it' {
	some_letters 1 3 4
	run -0 mfetch --pipe='sleep 0.3; cat >>got'
	assert_equal "$(grep -c '^Subject: letter' got)" 3
	is_left 0
}

@test 'a command or a filter that fails for every message: the run stops after five' {
	all_letters
	run -75 mfetch --pipe='cat >>got; exit 9'
	assert_equal "$(grep -c '^Subject: letter' got)" 5
	assert_equal "${#lines[@]}" 11
	assert_line --index 10 --partial 'too many; the others stay on the server'
	run -75 mfetch --filter='cat >>asked; exit 9' --maildir=Mail
	assert_equal "$(grep -c '^Subject: letter' asked)" 5
	assert_equal "${#lines[@]}" 6
	is_left 50
	# other reasons, or one that is delivered between them, do not count
	run -75 mfetch --pipe='echo >>n; exit $(($(wc -l <n) % 5))'
	assert_equal "$(wc -l <n)" 50
	is_left 40
}

# ---- standard output ----

@test 'a full disk behind standard output: exit status 74, nothing deleted, nothing recorded' {
	all_letters
	run -74 --separate-stderr bash -c 'mfetch >/dev/full'
	assert_equal "$stderr" 'mfetch: standard output: No space left on device'
	run -74 bash -c 'mfetch --keep >/dev/full'
	is_left 50
	mfetch --keep >inbox
	"$tests/bats/mail.py" unmbox inbox out
	are_letters out
}

@test 'a reader that goes away: nothing is deleted that it did not take' {
	all_letters
	run -74 bash -c 'mfetch --delete | head -n 1; exit "${PIPESTATUS[0]}"'
	assert_line --index 0 --partial 'From sender1@example.net'
	is_left 50
	run -74 bash -c 'mfetch --delete 1 | sleep 0.5; exit "${PIPESTATUS[0]}"'
	is_left 50
}

@test 'a slow reader: deleted only when it has taken everything' {
	local fetching
	some_letters 1 3
	mkfifo pipe
	mfetch --delete >pipe 3>&- &
	fetching=$!
	exec 4<pipe
	sleep 0.7
	is_left 2
	cat <&4 >inbox
	exec 4<&-
	wait "$fetching"
	assert_equal "$(grep -c '^From ' inbox)" 2
	is_left 0
}

@test 'a closed standard output: nothing is fetched into nowhere' {
	some_letters 1
	run -74 bash -c 'mfetch >&-'
	is_left 1
	mfetch >&- --maildir=Mail
	are_letters Mail/new 1
}

@test 'interrupted while its reader takes nothing: it ends, and nothing is deleted' {
	local fetching
	all_letters
	mkfifo pipe
	mfetch --delete >pipe 2>said 3>&- &
	fetching=$!
	exec 4<pipe
	sleep 0.5
	kill -TERM "$fetching"
	wait "$fetching" || status=$?
	exec 4<&-
	assert_equal "$status" 143
	is_left 50
}

# ---- the server ----

@test 'a wrong password fetches nothing and makes nothing' {
	some_letters 1
	config_for "$user"
	sed -i 's/^password = .*/password = wrong/' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -77 mfetch --maildir=Mail
	assert_equal "${#lines[@]}" 1
	[[ ! -e Mail ]]
	run -77 mfetch --mbox=inbox
	[[ ! -e inbox ]]
	is_left 1
}

@test 'STLS and every way of logging in bring the same letter' {
	local auth
	some_letters 5
	for auth in plain login user cram-md5 scram-sha-1 scram-sha-256 apop; do
		mfetch --keep --server="pop3://$SRV_POP3" --auth=$auth --maildir="by-$auth"
		are_letters "by-$auth/new" 5
	done
	is_left 1
}

@test '1,000 messages take few flights: commands go out many at a time' {
	local reads
	many_letters many 1 1000
	deliver "$user" many/*
	trace_user "$user"
	mfetch --maildir=Mail
	assert_equal "$(how_many Mail/new/*)" 1000
	is_left 0
	reads=$(wire_trace "$user" in | cut -d' ' -f1 | uniq | wc -l)
	[[ $reads -lt 100 ]] || fail "$reads reads"
}
