# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# For the files whose servers follow a script: `load replay` behind `load helper`, and replay_setup
# in setup(). What a transcript is: tests/replay.c.
#
# shellcheck disable=SC2154  # abs_*: tests/helper.bash; status, output, stderr: run

# shellcheck disable=SC2034  # smtp, pop3, imap: against() finds them by name
replay_setup()
{
	mailverbs_setup
	export REPLAY_VERDICT=$BATS_TEST_TMPDIR/verdict REPLAY_FLIGHTS=$BATS_TEST_TMPDIR/flights
	printf 'tanstaaf\n' >password
	cat >letter <<-'END'
	From: alice@example.org
	To: bob@example.org
	Date: Sat, 21 Nov 2026 10:00:00 +0000
	Message-ID: <1@example.org>
	Subject: hello

	Hi
	END
	smtp=(--provider=none --server=smtp+insecure:// --from=alice@example.org)
	pop3=(--provider=none --server=pop3+insecure:// --user=alice --auth=none
		--password-command='cat password')
	imap=(--provider=none --server=imap+insecure:// --user=alice --auth=plain
		--password-command='cat password')
}

# replay_hellos: what a server without quirks says before the first command that matters, and the letter as the wire has it
# shellcheck disable=SC2034  # for the tests
replay_hellos()
{
	pop3_hello='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: TOP
S: .'
	smtp_hello='S: 220 ready
C: EHLO [127.0.0.1]
S: 250-mx.example.org
S: 250 PIPELINING'
	wire_letter=$(sed 's/^/C: /' letter)
}

# tunnel_to FILE: the option for a server that plays it
tunnel_to()
{
	printf -- "--tunnel=exec '%s' '%s'\n" "$abs_top_builddir/tests/replay" "$1"
}

# against TRANSCRIPT STATUS TOOL [ARGUMENT]...
#
# Runs TOOL (with the options in the arrays smtp, pop3 or imap, and what a test puts behind) on a server
# that plays TRANSCRIPT: the name of a file in tests/transcripts, a path, or - for standard input.
# The transcript must be played to its end with nothing unexpected in it, and the tool's exit status
# be STATUS. `msend` reads the file letter. What was said is in $output and $stderr.
against()
{
	# The tunnel is a part of the mailbox's name: one file, whichever the transcript is.
	local transcript=$1 expected=$2 tool=$3 input=/dev/null script=$BATS_TEST_TMPDIR/script said=$BATS_TEST_TMPDIR/said
	shift 3
	case $transcript in
	- | /*) ;;
	*) transcript=$abs_top_srcdir/tests/transcripts/$transcript.txt ;;
	esac
	[[ $transcript -ef $script ]] || cat "$transcript" >"$script"
	if [[ $tool = msend ]]; then
		local -n options=smtp
		input=letter
	else
		local -n options=${MAILVERBS_PROTOCOL:-pop3}
	fi
	: >"$REPLAY_VERDICT"
	: >"$REPLAY_FLIGHTS"
	# What `run --separate-stderr` does, without two processes for a temporary file.
	status=0
	output=$("$tool" "${options[@]}" "$(tunnel_to "$script")" "$@" <"$input" 2>"$said") || status=$?
	IFS=$'\n' read -d '' -ra lines <<<"$output" || :
	read_stderr "$said"
	assert_verdict
	if ((status != expected)); then
		printf 'exit status %d, not %d\n%s\n%s\n' "$status" "$expected" "$output" "$stderr" >&2
		return 1
	fi
}

# Here the server's words count; who was refused is the matter of explains.bats.
read_stderr()
{
	local i
	mapfile -t stderr_lines <"$1"
	for i in "${!stderr_lines[@]}"; do
		[[ ! ${stderr_lines[i]} =~ \ \(user\ [^()]*\)$ ]] || stderr_lines[i]=${stderr_lines[i]%"${BASH_REMATCH[0]}"}
	done
	printf -v stderr '%s\n' "${stderr_lines[@]}"
	stderr=${stderr%$'\n'}
}

assert_verdict()
{
	local verdict=
	[[ ! -e $REPLAY_VERDICT ]] || read -r verdict <"$REPLAY_VERDICT" || :
	if [[ $verdict != ok ]]; then
		printf 'exit status %d\n%s\nverdict: ' "$status" "$stderr" >&2
		cat "$REPLAY_VERDICT" >&2
		return 1
	fi
}

# How many flights the tool sent.
flights()
{
	wc -l <"$REPLAY_FLIGHTS" | tr -d ' '
}

# What was said on standard error, as one line and an optional hint (a line that begins so) allow.
assert_one_error()
{
	local lines
	lines=$(grep -vc ': hint: ' <<<"$stderr")
	if ((lines != 1)); then
		printf 'not one line:\n%s\n' "$stderr" >&2
		return 1
	fi
}

# Nothing that a terminal obeys: no control bytes, no C1 in UTF-8, no bidi controls, no torn UTF-8.
assert_harmless()
{
	if LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' <<<"$1" ||
		! iconv -f UTF-8 -t UTF-8 <<<"$1" >/dev/null; then
		cat -v <<<"$1" >&2
		return 1
	fi
}
