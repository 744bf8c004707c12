# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: ISC
#
# What the same tests need to run against several servers: after `load helper`, in a file named X-SERVER.bats,
#
#	load peers
#	setup_file() { peer_start; }
#	teardown_file() { peer_stop; }
#	setup() { mailverbs_setup; peer_setup; }
#
# starts the server by tests/servers/SERVER. What it says of itself is in PEER_*, its name in $peer. Where X is, or ends in, a
# mailbox's $protocol, mailbox_setup() is all of that setup and an account.

peer=${BATS_TEST_FILENAME##*-}
peer=${peer%.bats}
protocol=${BATS_TEST_FILENAME##*/}
protocol=${protocol%-*}
protocol=${protocol##*-}

# peer_is NAME...: one of them
peer_is()
{
	[[ " $* " == *" $peer "* ]]
}

is_extra() { ! peer_is dovecot postfix; }

peer_start()
{
	if is_extra && [[ $EUID -eq 0 ]] && "$tests/servers/fetch" --check "$peer"; then
		"$tests/servers/$peer" "$BATS_FILE_TMPDIR/peer"
	fi
}

peer_stop()
{
	if [[ -d $BATS_FILE_TMPDIR/peer ]]; then
		"$tests/servers/stop" "$BATS_FILE_TMPDIR/peer"
		rm -rf "$BATS_FILE_TMPDIR/peer"
	fi
}

peer_setup()
{
	if ! is_extra; then
		PEER_POP3=$SRV_POP3 PEER_POP3S=$SRV_POP3S PEER_IMAP=$SRV_IMAP PEER_IMAPS=$SRV_IMAPS
		return
	fi
	require_root "$peer runs as root only"
	[[ -d $BATS_FILE_TMPDIR/peer ]] || skip "$peer is not here: tests/servers/fetch fetches it"
	# shellcheck source=/dev/null
	. "$BATS_FILE_TMPDIR/peer/env"
	if peer_is courier; then # an ordinary Maildir: the helpers' own functions will do
		SRV_HOME=$PEER_HOME SRV_OWNER=$PEER_OWNER
	fi
}

# new_user: in $user, with an empty mailbox
new_user()
{
	user=$(fresh_user)
	if is_extra; then
		"$tests/servers/new-user" "$peer" "$user"
	fi
	if peer_is cyrus; then
		cyrus_append "$user"
	fi
}

# ---- mailboxes ----

mailbox_setup()
{
	mailverbs_setup
	peer_setup
	letters=$BATS_FILE_TMPDIR/letters
	if [[ $protocol = imap ]] && peer_is dovecot courier; then
		as_is=yes
	fi
	new_account
}

# new_account: a new user's, the only one in the configuration
new_account()
{
	local server
	new_user
	case $protocol in
	imap) server=imaps://$PEER_IMAPS ;;
	*) server=${PEER_POP3S:+pop3s://$PEER_POP3S} ;;
	esac
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	(
		umask 077
		cat >"$XDG_CONFIG_HOME/mailverbs/config.ini"
	) <<-END
	[test]
	address = $user@example.org
	user = $user
	password = $SRV_PASSWORD
	${server:+tls-ca-file = $SRV_CA}
	$protocol = ${server:-pop3+insecure://${PEER_POP3-}}
	END
}

# Courier says LOGIN-DELAY 10 by POP3 and holds nobody to it. The tools do: for them it is always later.
later() { find "$XDG_STATE_HOME/mailverbs" -name .login -delete 2>/dev/null || :; }
if [[ $protocol = pop3 ]]; then
	mfetch() { later && command mfetch "$@"; }
	mlist() { later && command mlist "$@"; }
	mdel() { later && command mdel "$@"; }
fi

# peer_deliver USER FILE...: as deliver
peer_deliver()
{
	case $peer in
	cyrus) cyrus_append "$@" ;;
	popa3d) mbox_append "$PEER_MAIL/$1" "${@:2}" ;;
	*) deliver "$@" ;;
	esac
}

# By IMAP, with the line ends that a message has there.
cyrus_append()
{
	local user=$1 file size to
	shift
	exec {to}<>"/dev/tcp/127.0.0.1/${PEER_IMAP##*:}"
	{
		printf 'a LOGIN %s %s\r\n' "$user" "$SRV_PASSWORD"
		for file; do
			LC_ALL=C sed 's/\r*$/\r/' "$file" >letter.crlf
			[[ -z $(tail -c 1 letter.crlf) ]] || printf '\n' >>letter.crlf
			size=$(wc -c <letter.crlf)
			printf 'b APPEND INBOX {%d+}\r\n' "$size"
			cat letter.crlf
			printf '\r\n'
		done
		printf 'c LOGOUT\r\n'
	} >&"$to"
	cat <&"$to" >appended
	exec {to}>&-
	assert_equal "$(grep -c '^b OK' appended || :)" $#
}

# As a delivery agent does: quoted, an empty line behind each.
mbox_append()
{
	local mbox=$1 file
	shift
	for file; do
		printf 'From sender@example.net Sun Nov  1 10:00:00 2026\n'
		held "$file" | LC_ALL=C sed 's/\r\r$/\r/' # the other CR is the server's
		echo
	done >>"$mbox"
}

# held FILE: a message as this server gives it back, its lines ending with LF; with as_is=yes without a line end that it
# has not. Courier and popa3d keep the CR that a
# line has already, and add their own: of CR CR LF both CRs are the message's. popa3d's mailboxes are mboxes, in which
# lines are quoted.
held()
{
	case $peer in
	courier) LC_ALL=C sed 's/\r$/\r\r/' "$1" ;;
	popa3d) LC_ALL=C sed 's/\r$/\r\r/; s/^>*From />&/' "$1" ;;
	*) LC_ALL=C sed 's/\r$//' "$1" ;;
	esac
	[[ ${as_is-} || -z $(tail -c 1 "$1") ]] || echo # by POP3 the last line always ends
	if peer_is popa3d && ! grep -q '^$' "$1"; then
		echo # a header alone gets the empty line that is the mbox's
	fi
}

# subjects USER: of the messages in the mailbox, in order, in a line
subjects()
{
	case $peer in
	cyrus) cyrus_subjects "$1" ;;
	popa3d) sed -n 's/^Subject: //p' "$PEER_MAIL/$1" ;;
	*) mailbox_files "$1" | xargs -r sed -s -n 's/\r$//; s/^Subject: //p' 2>/dev/null ;;
	esac | tr '\n' ' ' | sed 's/ $//'
}

# Its files are not always gone when the messages are.
cyrus_subjects()
{
	local to
	exec {to}<>"/dev/tcp/127.0.0.1/${PEER_IMAP##*:}"
	printf '%s\r\n' "a LOGIN $1 $SRV_PASSWORD" 'b SELECT INBOX' \
		'c UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])' 'd LOGOUT' >&"$to"
	tr -d '\r' <&"$to" | sed -n 's/^Subject: //p'
	exec {to}>&-
}

# assert_left USER SUBJECTS: these are in the mailbox; or will be in ten seconds, for Courier says goodbye before it deletes.
assert_left()
{
	local tries=0
	until [[ $(subjects "$1") == "$2" ]] || ((++tries > 100)); do
		sleep 0.1
	done
	assert_equal "$(subjects "$1")" "$2"
}

# ---- letters, of tests/crash/letters.bash in the directory $letters, in the mailbox of $user ----

# awkward N...: these letters, or all, are in the mailbox
awkward()
{
	local n files=()
	for n; do
		files+=("$(printf '%s/%03d.eml' "$letters" "$n")")
	done
	[[ $# -gt 0 ]] || files=("$letters"/*.eml)
	peer_deliver "$user" "${files[@]}"
}

small()
{
	printf 'From: Alice <alice@example.org>\nTo: bob@example.org\nSubject: %s\n%s\n%s\n\nhello, %s\n' "$1" \
		'Date: Sun, 01 Nov 2026 10:00:00 +0100' "Message-ID: <$1@example.org>" "$1"
}

# plain SUBJECT...: so many small letters
plain()
{
	local files=() subject
	for subject; do
		small "$subject" >"letter-$subject"
		files+=("letter-$subject")
	done
	peer_deliver "$user" "${files[@]}"
}

# are_awkward DIR [N...]: the files there are these letters, or all, each once and byte for byte, in this order
are_awkward()
{
	local dir=$1 n wanted=()
	local held=$BATS_FILE_TMPDIR/held${as_is:+-as-it-is}
	shift
	if [[ ! -d $held ]]; then
		mkdir "$held"
		for n in "$letters"/*.eml; do
			held "$n" >"$held/${n##*/}"
		done
	fi
	for n; do
		wanted+=("$(printf '%s/%03d.eml' "$held" "$n")")
	done
	[[ $# -gt 0 ]] || wanted=("$held"/*.eml)
	"$tests/bats/mail.py" same "$dir" "${wanted[@]}"
}

# killed_at N OPTION...: mfetch, killed behind the Nth system call that changes something
killed_at()
{
	local at=$1
	shift
	env PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$BATS_TEST_TMPDIR/kill_at.so" KILL_AT="$at" KILL_HOW=after KILL_LOG=calls \
		ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}" mfetch "$@"
}
