# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What every test file begins with:
#
#	load helper
#
# It gives each test the built tools on PATH and a HOME, configuration, state and TMPDIR of its own
# (all in BATS_TEST_TMPDIR, which is also the current directory), and the functions below. A file
# with a setup() of its own calls mailverbs_setup in it, and one with a teardown() calls
# mailverbs_teardown. The private servers' addresses are in SRV_*: see tests/servers/start.
#
# MAILVERBS_SIGCHLD and MAILVERBS_LOCALE: see tests/run.

bats_require_minimum_version 1.5.0

# Where Debian, Fedora and Alpine, a source installation, Arch and Homebrew put Bats' libraries.
# Their load.bash would start some twenty processes for each test.
load_library()
{
	local dir file
	for dir in ${BATS_LIB_PATH:+${BATS_LIB_PATH//:/ }} /usr/lib/bats /usr/local/lib/bats \
	    /usr/local/lib /usr/lib /usr/share/bats /opt/homebrew/lib; do
		if [[ -r $dir/$1/load.bash ]]; then
			for file in "$dir/$1"/src/*.bash; do
				# shellcheck source=/dev/null
				source "$file"
			done
			return
		fi
	done
	echo "$1 is not installed (BATS_LIB_PATH says where to look for it)" >&2
	return 1
}

load_library bats-support
load_library bats-assert

tests=${BASH_SOURCE[0]%/*}
[[ $tests == /* ]] || tests=$PWD/$tests
tests=${tests%/bats}
: "${abs_top_srcdir:=${tests%/tests}}"
: "${abs_top_builddir:=$abs_top_srcdir/build}"
export abs_top_srcdir abs_top_builddir

# A link X-imap.bats to X.bats is the same tests over IMAP.
case ${BATS_TEST_FILENAME-} in
*-imap.bats) export MAILVERBS_PROTOCOL=imap ;;
esac

mailverbs_setup()
{
	export PATH=$abs_top_builddir:$PATH
	export MAILVERBS_DATADIR=$abs_top_srcdir # where providers.ini is
	export HOME=$BATS_TEST_TMPDIR/home
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	export XDG_CONFIG_HOME=$HOME/.config XDG_STATE_HOME=$HOME/.local/state
	export XDG_DATA_HOME=$HOME/.local/share XDG_CACHE_HOME=$HOME/.cache
	export LC_ALL=C.UTF-8 TZ=UTC
	unset CREDENTIALS_DIRECTORY EMAIL NETRC MAIL MAILDIR LANGUAGE MAILVERBS_CONFIG
	unset SSL_CERT_FILE SSL_CERT_DIR ALL_PROXY all_proxy
	mkdir -p "$HOME" "$TMPDIR" "$XDG_CONFIG_HOME"
	start_tools_otherwise
	spared_job=$!
	cd "$BATS_TEST_TMPDIR" || return
}

# With MAILVERBS_SIGCHLD=ignore or MAILVERBS_LOCALE, the tools on PATH are scripts that start the built ones so. The
# tests' own programs are not affected, nor is a tool for which the test sets a locale, or preloads something: that PATH
# begins with the built ones. LANGUAGE: the system's own messages stay English.
start_tools_otherwise()
{
	local dir=$BATS_RUN_TMPDIR/otherwise tool ignore='' path=''
	[[ -n ${MAILVERBS_SIGCHLD-}${MAILVERBS_LOCALE-} ]] || return 0
	[[ ${MAILVERBS_SIGCHLD-} != ignore ]] || ignore='--ignore-signal=CHLD'
	[[ -z ${MAILVERBS_LOCPATH-} ]] || path="LOCPATH='$MAILVERBS_LOCPATH'"
	if [[ ! -d $dir ]]; then
		mkdir "$dir"
		for tool in "$abs_top_builddir"/m{send,fetch,list,del,mark,account}; do
			[[ -x $tool ]] || continue
			cat >"$dir/${tool##*/}" <<-END
			#!/bin/sh
			if [ "\$LC_ALL" = C.UTF-8 ] && [ -n '${MAILVERBS_LOCALE-}' ]; then
				export LC_ALL='${MAILVERBS_LOCALE-}' LANGUAGE=en $path
			fi
			exec env $ignore '$tool' "\$@"
			END
			chmod 755 "$dir/${tool##*/}"
		done
	fi
	export PATH=$dir:$PATH
}

# Are the tools built with AddressSanitizer? Their memory is not theirs alone then.
are_sanitized() { grep -q __asan_init "$abs_top_builddir/msend"; }

# ---- the end of a test ----

# descendants_of PID...: the processes that they started, and those that these started
descendants_of()
{
	ps -A -o pid= -o ppid= | awk -v roots="$*" '
		BEGIN { n = split(roots, root); for (i = 1; i <= n; i++) wanted[root[i]] }
		{ parent[$1] = $2 }
		END {
			for (pid in parent)
				for (up = parent[pid]; up in parent; up = parent[up])
					if (up in wanted) {
						print pid
						break
					}
		}'
}

# end_processes PID...: by SIGTERM, and after two seconds by SIGKILL
end_processes()
{
	local tries=0
	kill "$@" 2>/dev/null || return 0
	while kill -0 "$@" 2>/dev/null && ((++tries <= 100)); do
		sleep 0.02
	done
	((tries <= 100)) || kill -KILL "$@" 2>/dev/null || :
}

# Ends what the test left in the background: Bats itself would wait for it. Bats' own watchdog is spared.
mailverbs_teardown()
{
	local pid pids=()
	[[ $! != "${spared_job-}" ]] || return 0
	for pid in $(jobs -p); do
		[[ $pid == "${spared_job-}" ]] || pids+=("$pid")
	done
	[[ ${#pids[@]} -gt 0 ]] || return 0
	# shellcheck disable=SC2046  # words are wanted
	end_processes "${pids[@]}" $(descendants_of "${pids[@]}")
}

teardown()
{
	mailverbs_teardown
}

# What Bats' watchdog calls for a test that has taken too long. Its own ends the children only: not what `run` waits for,
# which is a grandchild. A test that does not end then is ended itself.
bats_kill_childprocesses_of()
{
	local pid pids=() tries=0
	exec 3>&-
	for pid in $(descendants_of "$1"); do
		[[ $pid -eq $BASHPID ]] || pids+=("$pid")
	done
	[[ ${#pids[@]} -eq 0 ]] || end_processes "${pids[@]}"
	while kill -0 "$1" 2>/dev/null && ((++tries <= 50)); do
		sleep 0.1
	done
	((tries <= 50)) || kill -KILL "$1"
}

setup()
{
	mailverbs_setup
}

# with_library NAME ARGUMENT...: env(1) with these, and tests/NAME.c before the C library
with_library()
{
	local library=$BATS_TEST_TMPDIR/$1.so
	# shellcheck disable=SC2086  # CC may be several words
	[[ -e $library ]] || ${CC:-cc} -D_GNU_SOURCE -shared -fPIC -o "$library" "$tests/$1.c" -ldl
	PATH=$abs_top_builddir:$PATH LD_PRELOAD=$library ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 env "${@:2}"
}

# homeless DIR COMMAND...: runs it without HOME and XDG_*, for a user whose home is DIR by the system's list of users (''
# is none)
homeless()
{
	with_library homeless -u HOME -u XDG_CONFIG_HOME -u XDG_STATE_HOME ACCOUNT_HOME="$1" "${@:2}"
}

# at TIME COMMAND...: runs it with a clock that begins at a date, or is +DAYSd ahead
at()
{
	local clock=$1
	if [[ $clock == +*d ]]; then
		clock=+$((${clock:1:-1} * 86400))
	else
		clock=@$(date -u -d "$clock" +%s)
	fi
	with_library clock CLOCK="$clock" "${@:2}"
}

# ---- users and mailboxes ----

# A user name that nobody had before: a login with it, or mail to it, finds an empty mailbox.
fresh_user()
{
	printf 'u%x%04x\n' "${EPOCHREALTIME/[.,]/}" "$RANDOM"
}

# bob@example.org's Maildir is bob's.
maildir_of()
{
	local name=${1%@*}
	printf '%s\n' "$SRV_HOME/${name,,}/Maildir"
}

give_to_server()
{
	if [[ $EUID -eq 0 ]]; then
		chown -R "$SRV_OWNER" "$@"
	fi
}

# is_left N: so many messages are in the mailbox of $user still
# shellcheck disable=SC2154 # the test's
is_left() { assert_equal "$(mailbox_count "$user")" "$1"; }

# own_flags: a list of flags, without the keywords that Dovecot from 2.4.5 on sets itself when a message is fetched
own_flags() { sed 's/ *[$]Has\(No\)\{0,1\}Attachment//; s/ *$//'; }

# box: the last lines of the messages in the Maildir box, in the order of their delivery
box() { find box/new -type f 2>/dev/null | sort | xargs -r tail -qn 1; }

# arrived: so many messages are in the Maildir box
arrived() { find box/new -type f | wc -l | tr -d ' '; }

# make_home DIR: with an empty Maildir. A server that looks for it meanwhile finds all of it, or nothing.
make_home()
{
	mkdir -p "$1.made"/Maildir/{cur,new,tmp}
	give_to_server "$1.made"
	mv "$1.made" "$1"
}

# deliver USER [FILE...]: the files (or standard input) become messages in USER's mailbox, as they
# are and in this order, behind those that are there.
deliver()
{
	local maildir seconds micros name file new=()
	maildir=$(maildir_of "$1")
	shift
	[[ -d ${maildir%/*} ]] || make_home "${maildir%/*}"
	mkdir -p "$maildir/cur" "$maildir/new" "$maildir/tmp"
	[[ $# -gt 0 ]] || set -- /dev/stdin
	if (($# > 8)); then
		give_to_server "${maildir%/*}"
		"$tests/bats/mail.py" maildir "$maildir" "$@"
		return
	fi
	micros=${EPOCHREALTIME/[.,]/}
	seconds=$((micros / 1000000)) micros=$((micros % 1000000))
	for file; do
		printf -v name "%d.M%06dP%d.delivered" "$seconds" "$micros" "$BASHPID"
		cat "$file" >"$maildir/tmp/$name"
		new+=("$maildir/tmp/$name")
		((++micros < 1000000)) || ((seconds += 1, micros = 0))
	done
	give_to_server "${maildir%/*}"
	# mv looks at what it has moved, which a server may already have taken from there
	mv "${new[@]}" "$maildir/new" || [ -z "$(find "${new[@]}" 2>/dev/null)" ]
}

# many_letters DIR FIRST LAST: DIR/FIRST ... DIR/LAST, small letters with the Subject "letter N"
many_letters()
{
	mkdir -p "$1"
	awk -v dir="$1" -v first="$2" -v last="$3" 'BEGIN {
		for (i = first + 0; i <= last + 0; i++) {
			file = dir "/" i
			printf "Subject: letter %d\n\nx\n", i >file
			close(file)
		}
	}'
}

# mailbox_files USER: the paths of the messages in USER's mailbox, one a line, oldest first.
mailbox_files()
{
	local maildir
	maildir=$(maildir_of "$1")
	[[ -d $maildir ]] || return 0
	# 1795303901.M857063P1234.host,S=1:2,S sorts by its first two numbers
	find "$maildir/new" "$maildir/cur" -type f |
		sed 's|^.*/\([0-9]*\)\.M\([0-9]*\).*$|\1 \2 &|' | sort -k1,1n -k2,2n | cut -d' ' -f3-
}

mailbox_count()
{
	mailbox_files "$1" | wc -l | tr -d ' '
}

# await_mail USER [N]: mail by Postfix arrives a moment after it was accepted; N messages (1) are
# there, or after ten seconds this fails.
await_mail()
{
	local tries=0
	until [[ $(mailbox_count "$1") -ge ${2-1} ]]; do
		((++tries < 500)) || {
			echo "no mail for $1" >&2
			return 1
		}
		sleep 0.02
	done
}

# From now on the server writes down what is said after USER's logins: see wire_trace.
trace_user()
{
	local home
	home=$(maildir_of "$1")
	home=${home%/Maildir}
	mkdir -p "$home/trace"
	give_to_server "$home"
}

# wire_trace USER in|out: what the client (in) or the server (out) said, session by session, one
# line each, a server's read being `TIME LINE`.
wire_trace()
{
	local home
	home=$(maildir_of "$1")
	find "${home%/Maildir}/trace" -type f -name "*.$2" -exec awk 'FNR == 1 { print $1, FILENAME }' {} + |
		sort -n | cut -d' ' -f2- | xargs cat
}

# ---- an account ----

# config_for USER [LINE...]: $XDG_CONFIG_HOME/mailverbs/config.ini, with one account for USER on
# Dovecot; LINEs are added to it (a later key wins nothing: leave out what you replace, by hand).
config_for()
{
	local user=$1
	shift
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	(
		umask 077
		cat >"$XDG_CONFIG_HOME/mailverbs/config.ini"
	) <<-END
	[test]
	address = ${user%@*}@example.org
	password = $SRV_PASSWORD
	tls-ca-file = $SRV_CA
	smtp = smtps://$SRV_SUBMISSIONS
	pop3 = pop3s://$SRV_POP3S
	imap = imaps://$SRV_IMAPS
	protocol = ${MAILVERBS_PROTOCOL:-pop3}
	$(printf '%s\n' "$@")
	END
}

# access_token USER [SECONDS]: an OAuth 2 access token, as tests/servers/token
access_token()
{
	"$tests/servers/token" "$1" "$SRV_DIR" "${@:2}"
}

# password_for MECHANISM: what it takes for the password of $me
# shellcheck disable=SC2154 # setup() sets it
password_for()
{
	case $1 in
	xoauth2 | oauthbearer) access_token "$me" ;;
	*) printf '%s\n' "$SRV_PASSWORD" ;;
	esac
}

# port_of HOST:PORT
port_of()
{
	printf '%s\n' "${1##*:}"
}

# client_certificate USER: a PEM file with a certificate and its key, for SRV_EXTERNAL_*
client_certificate()
{
	"$tests/servers/client-cert" "$1" "$SRV_DIR"
}

# ---- what a test needs ----

require_root()
{
	[[ $EUID -eq 0 ]] || skip "${1:-needs root}"
}

require_postfix()
{
	require_root 'Postfix runs as root only'
	[[ -n $SRV_POSTFIX_SMTPS ]] || skip 'Postfix is not installed'
}

# ---- assertions ----

# assert_same_file EXPECTED ACTUAL
assert_same_file()
{
	cmp "$1" "$2" >&2 || {
		diff "$1" "$2" | head -n 20 | cat -v >&2
		return 1
	}
}

# assert_arrived SENT RECEIVED: the same bytes, but for lines that servers put on top.
assert_arrived()
{
	local sent got
	sent=$(wc -c <"$1") got=$(wc -c <"$2")
	if ((got < sent)); then
		echo "$2 has $got bytes, $1 has $sent" >&2
		return 1
	fi
	tail -c "$sent" "$2" | cmp "$1" - >&2 || return
	if head -c $((got - sent)) "$2" |
		grep -Ev '^(Return-Path|Delivered-To|X-Original-To|Received): |^[[:blank:]]' >&2; then
		echo "$2: these lines were added" >&2
		return 1
	fi
}

# ---- memory ----

# write_counting_server: server.sh, for --tunnel, takes messages by SMTP; it counts the octets of the last one
# (got), and how much memory its client, which is its parent, ever had (kib). It stalls at the end of a message
# and says so in the file stalls, if that is there.
write_counting_server()
{
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '220 here'
	while read -r verb rest; do
		case $verb in
		EHLO) say 250-here '250 CHUNKING' ;;
		BDAT)
			head -c "${rest%% *}" | wc -c >got
			sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$PPID/status" >kib
			if [ -e stalls ]; then
				echo >>stalls
				read -r verb
			fi
			say '250 taken'
			;;
		*) say '250 fine' ;;
		esac
	done
	END
}
