# SPDX-License-Identifier: ISC
#
# What IMAP alone has, against the server in this file's name: imap-cyrus.bats and imap-courier.bats are links to
# imap-dovecot.bats.

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
	prefix= # of folders, but for INBOX
	if peer_is courier; then
		prefix=INBOX.
	fi
}

# raw COMMAND...: another client says these in a session of its own; what it is told is the output. Courier forgets what is
# sent behind LOGIN before it is answered.
raw()
{
	local to n=0 line
	exec {to}<>"/dev/tcp/127.0.0.1/${PEER_IMAP##*:}"
	printf 'x LOGIN %s %s\r\n' "$user" "$SRV_PASSWORD" >&"$to"
	until [[ ${line-} == 'x '* ]]; do
		read -r line <&"$to"
	done
	{
		for command; do
			printf 'x%d %s\r\n' $((++n)) "$command"
		done
		printf 'xz LOGOUT\r\n'
	} >&"$to"
	tr -d '\r' <&"$to"
	exec {to}>&-
}

# bare: from here on the server seems to have no more than RFC 3501 says
bare()
{
	cat >bare <<-'END'
	#!/bin/bash
	exec {server}<>"/dev/tcp/127.0.0.1/$1"
	sed -u '/CAPABILITY/s/ \(UIDPLUS\|MOVE\|NAMESPACE\|IDLE\|LITERAL+\|SASL-IR\|SPECIAL-USE\|LIST-[A-Z]*\|STATUS=SIZE\)//g' <&"$server" &
	cat >&"$server"
	kill $! 2>/dev/null
	END
	chmod 755 bare
	sed -i "s|^imap = .*|imap = imap+insecure://localhost\ntunnel = $PWD/bare ${PEER_IMAP##*:}|; /^tls-ca-file/d" \
		"$XDG_CONFIG_HOME/mailverbs/config.ini"
}

# early SUBJECT: a small letter whose delivery began before that of all the others, and ends now: its file sorts first
early()
{
	local box
	if peer_is cyrus; then # appends, and nothing else
		plain "$1"
		return
	fi
	box=$(maildir_of "$user")
	small "$1" >"$box/tmp/100.M1P1.early"
	give_to_server "${box%/*}"
	mv "$box/tmp/100.M1P1.early" "$box/new"
}

# folder NAME: made, with a copy of each message
folder()
{
	raw "CREATE \"$prefix$1\"" 'SELECT INBOX' "COPY 1:* \"$prefix$1\"" >made
	grep -q '^x3 OK' made
}

# for_reading NAME: nobody may change this folder any more
for_reading()
{
	case $peer in
	dovecot) chmod 555 "$(maildir_of "$user")/.$1/cur" ;;
	courier) raw "SETACL $prefix$1 owner lra" >made ;;
	cyrus) raw "SETACL $1 $user lra" >made ;;
	esac
}

# fetched: the subjects in the Maildir, in the order of their arrival
fetched()
{
	sed -n 's/^Subject: //p' Mail/new/* | tr '\n' ' ' | sed 's/ $//'
}

# await COMMAND...: it succeeds within ten seconds
await()
{
	local tries=0
	until "$@" 2>/dev/null; do
		((++tries < 500)) || fail "in vain: $*"
		sleep 0.02
	done
}

has_fetched()
{
	[[ $(fetched) == "$*" ]]
}

# flags: those of each message, a line for each
flags()
{
	raw 'EXAMINE INBOX' 'UID FETCH 1:* (FLAGS)' | sed -n 's/^\* [0-9]* FETCH (\(.*\))$/\1/p' |
		sed 's/ *\\Recent *//; s/FLAGS (\(.*\))/\1/' | own_flags
}

# ---- mfetch ----

@test 'compressed, where the server can, every letter comes unchanged' {
	awkward
	run -0 --separate-stderr mfetch -v --compress --maildir=Mail
	assert_equal "$(grep -c 'COMPRESS DEFLATE' <<<"$stderr" || :)" \
		"$(grep -q 'S: .*COMPRESS=DEFLATE' <<<"$stderr" && echo 1 || echo 0)"
	are_awkward Mail/new
	assert_left "$user" ''
}

@test 'a message of 20 MiB comes unchanged, in the memory that a small one needs' {
	{
		printf 'Subject: large\n\n'
		head -c 15000000 /dev/urandom | base64 -w 76
	} >large
	peer_deliver "$user" large
	"$abs_top_builddir/tests/peak" kib mfetch --maildir=Mail
	held large | cmp - Mail/new/*
	assert_left "$user" ''
	plain a
	"$abs_top_builddir/tests/peak" small mfetch --maildir=Mail
	are_sanitized || [[ $(<kib) -lt $(($(<small) + 2048)) ]] || fail "$(<kib) KiB, a small one $(<small)"
}

# ---- flags, folders, searching ----

@test 'fetching and listing leave the flags as they are' {
	plain a b c
	raw 'SELECT INBOX' 'STORE 2 +FLAGS (\Seen \Flagged)' >stored
	flags >before
	grep -q Flagged before
	run -0 mfetch --keep --maildir=Mail
	run -0 mlist
	run -0 mfetch --headers --keep --raw 1
	assert_equal "$(flags)" "$(<before)"
}

@test 'what another client marked as deleted stays, with its mark, and it alone' {
	plain a b c d
	raw 'SELECT INBOX' 'STORE 2 +FLAGS (\Deleted)' >stored
	run -0 mdel 1
	run -0 mfetch --maildir=Mail last:1
	assert_equal "$(cat Mail/new/* | sed -n 's/^Subject: //p')" d
	assert_equal "$(raw 'EXAMINE INBOX' 'SEARCH DELETED' | grep '^\* SEARCH')" '* SEARCH 1'
	assert_left "$user" 'b c'
}

@test 'a folder whose name is not ASCII is listed, fetched and emptied by that name' {
	local name="${prefix}Wörk & more"
	plain a b
	folder 'W&APY-rk &- more'
	run -0 mlist --folder="$name" -o subject
	assert_output $'a\nb'
	run -0 mfetch --keep --folder="$name" --maildir=Mail 1
	run -0 mfetch --folder="$name" --maildir=Mail
	assert_equal "$(sed -n 's/^Subject: //p' Mail/new/* | tr '\n' ' ')" 'a b '
	run -0 mlist -c --folder="$name"
	assert_output $'0\t0'
	assert_left "$user" 'a b'
	run -66 mfetch --folder="${name}r" --maildir=Mail
	assert_line "mfetch: hint: \`mlist --folders\` shows the folders there are"
}

@test '--folders shows each folder by the name that --folder takes, with its counts' {
	plain a b
	raw 'SELECT INBOX' 'STORE 1 +FLAGS (\Seen)' >stored
	folder Work
	run -0 mlist --folders
	assert_line $'2\t1\t\tINBOX'
	assert_line $'2\t1\t\t'"${prefix}Work"
	run -0 mlist --folder="${prefix}Work" -o subject
	assert_output $'a\nb'
}

@test '--trash moves just what is named to the folder that the server calls so, or that is named so' {
	plain a b c d
	raw "CREATE ${prefix}Trash" 'SELECT INBOX' 'STORE 4 +FLAGS (\Deleted)' >made
	run -0 mdel --trash 2
	run -0 mfetch --trash --maildir=Mail 2
	assert_equal "$(fetched)" c
	run -0 mlist --folder="${prefix}Trash" -o subject
	assert_output $'b\nc'
	assert_left "$user" 'a d'
}

@test 'a folder that is for reading only: --keep fetches, all else is refused before anything is fetched' {
	plain a b
	folder Closed
	for_reading Closed
	folder=${prefix}Closed
	run -69 mfetch --folder="$folder" --maildir=Mail
	assert_line --index 0 --regexp "^mfetch: localhost:[0-9]+: the server does not let you delete messages in '$folder'\$"
	assert_line --index 1 'mfetch: hint: --keep fetches, and without --filter and --seen leaves all there as it is'
	run -69 mfetch --keep --seen --folder="$folder" --maildir=Mail
	assert_line --index 0 --partial "does not let you mark messages as read in '$folder'"
	run -69 mfetch --keep=10d --folder="$folder" --maildir=Mail
	run -69 mfetch --keep --filter=false --folder="$folder" --maildir=Mail
	[[ ! -e Mail ]]
	run -69 mdel --folder="$folder" 1
	run -69 mdel -n --folder="$folder" 1
	run -0 mfetch -n --folder="$folder" --maildir=Mail
	assert_line 'would fetch 2 of 2 messages'
	run -0 mfetch --keep --folder="$folder" --maildir=Mail
	run -0 mfetch --keep --folder="$folder" --maildir=Mail
	assert_equal "$(fetched)" 'a b'
	run -0 mfetch --keep --headers --folder="$folder" --raw 2
	assert_line 'Subject: b'
	run -0 mlist -c --folder="$folder"
	assert_output --regexp '^2'
}

# ---- what a server lacks ----

@test 'without UIDPLUS and MOVE just what is named goes, or nothing where other marks stand' {
	bare
	plain a b c d e
	raw "CREATE ${prefix}Trash" >made
	run -0 mdel -v 2
	assert_line --regexp '^C: a[0-9]+ EXPUNGE$'
	refute_output --partial 'UID EXPUNGE'
	assert_left "$user" 'a c d e'
	run -0 mfetch --maildir=Mail first:1
	assert_equal "$(fetched)" a
	run -0 mdel --trash last:1
	run -0 mlist --folder="${prefix}Trash" -o subject
	assert_output e
	raw 'SELECT INBOX' 'STORE 1 +FLAGS (\Deleted)' >stored
	run -69 mdel 2
	assert_line --index 0 --partial '1 other messages are marked as deleted'
	run -69 mdel --trash 2
	run -69 mfetch --maildir=Mail last:1
	assert_left "$user" 'c d'
	assert_equal "$(raw 'EXAMINE INBOX' 'SEARCH DELETED' | grep '^\* SEARCH')" '* SEARCH 1'
	run -0 mlist --folder="${prefix}Trash" -o subject
	assert_output e
}

@test 'without IDLE --watch looks now and then, without LIST-STATUS and SASL-IR all is found' {
	local watching
	bare
	plain a
	folder Work
	run -0 mlist --folders
	assert_line $'1\t1\t\t'"${prefix}Work"
	run -0 mlist --search='subject:Grüße'
	mfetch --watch --keep --interval=1 --maildir=Mail 2>err 3>&- &
	watching=$!
	await has_fetched a
	plain b
	await has_fetched a b
	kill "$watching"
	wait "$watching"
}

# ---- UIDs ----

@test '--keep fetches all, once, also what comes in late with a file that sorts first' {
	plain a
	run -0 mfetch --keep --maildir=Mail
	plain b
	run -0 mfetch --keep --maildir=Mail
	early c
	run -0 mfetch --keep --maildir=Mail
	run -0 mfetch --keep --full-listing --maildir=Mail
	assert_output ''
	assert_equal "$(fetched)" 'a b c'
}

@test 'a UID that was shown is that message'\''s, whatever comes in before mdel' {
	local uid
	plain a b
	uid=$(mlist -o uid,subject | sed -n 's/\tb$//p')
	early c
	run -0 mdel "uid:$uid"
	run -0 mlist -o subject
	assert_equal "$(sort <<<"$output")" $'a\nc'
	uid=$(mlist --json last:1 | sed 's/.*"uid":"\([0-9]*\)".*/\1/')
	run -0 mlist -o uid last:1
	assert_output "$uid"
}

@test 'mlist without UIDs, --dry-run and --headers of mfetch leave new mail new to other clients' {
	plain a b
	run -0 mlist -o number,size,subject
	run -0 mlist -c all
	run -0 mfetch -n --maildir=Mail
	run -0 mfetch --keep --headers --raw 1
	assert_equal "$(raw 'SELECT INBOX' | grep -c '^\* 2 RECENT')" 1
}

# ---- waiting ----

@test '--watch fetches what comes, in one session, and nothing of it twice' {
	local watching
	plain a
	mfetch --watch --keep -v --interval=1000 --maildir=Mail 2>err 3>&- &
	watching=$!
	await has_fetched a
	plain b
	await has_fetched a b
	run -0 mdel 1
	plain c d
	await has_fetched a b c d
	kill "$watching"
	wait "$watching"
	assert_equal "$(grep -c 'C: a[0-9]* SELECT' err)" 1
	assert_left "$user" 'b c d'
}

@test '--search finds by header, age, size and flag' {
	local query
	plain apple pear plum
	awkward 2
	raw 'SELECT INBOX' 'STORE 1 +FLAGS (\Seen)' >stored
	for query in 'from:alice=1 2 3' 'subject:PEAR=2' 'seen=1' 'unseen subject:p=2 3' 'larger:1M=4' \
		'(subject:apple or subject:plum)=1 3' '-seen smaller:1M=2 3' 'before:2020-01-01='; do
		run -0 mlist --search="${query%=*}" -o number
		assert_equal "${query%=*}: ${lines[*]}" "${query%=*}: ${query#*=}"
	done
}

# ---- logging in ----

@test 'STARTTLS comes before any secret' {
	plain a
	run -0 mlist -v -o subject --server="imap://$PEER_IMAP"
	assert_line --regexp '^C: a[12] STARTTLS$'
	assert_line a
	refute_output --partial "$SRV_PASSWORD"
}

# ---- mlist and mdel ----

@test 'mlist --json has an object for each message' {
	plain a b
	run -0 mlist --json
	assert_equal "${#lines[@]}" 2
	assert_line --index 1 --partial '"subject":"b"'
	assert_line --index 1 --partial '"number":2'
}

@test 'what --search finds can be piped to mdel' {
	plain ham spam-one egg spam-two
	mlist --search=subject:spam -o uid | mdel -
	assert_left "$user" 'ham egg'
}
