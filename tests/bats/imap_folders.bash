# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What imap-folders.bats and imap-trash.bats share; each loads helper first.

# shellcheck disable=SC2034  # for the tests

# shellcheck disable=SC2154  # `run --separate-stderr` and tests/replay.bash set these

# shellcheck disable=SC2016  # flags have a $

setup()
{
	export MAILVERBS_PROTOCOL=imap
	replay_setup
	user=$(fresh_user)
	me=$user@example.org
	config_for "$user"
}

# letters N...: into the mailbox, in this order
letters()
{
	local n
	for n; do
		printf 'From: a%d@example.org\nTo: %s\nSubject: letter %d\nDate: Sun, 01 Nov 2026 10:00:0%d +0000\n\nbody %d\n' \
			"$n" "$me" "$n" "$((n % 10))" "$n" >"letter.$n"
		deliver "$user" "letter.$n"
	done
}

# folder NAME N...: has these letters of INBOX, by number
folder()
{
	local name=$1
	shift
	raw "x2 CREATE \"$name\"" 'x3 SELECT INBOX' "x4 COPY $(tr ' ' , <<<"$*") \"$name\"" >made
	grep -q '^x4 OK' made
}

# flags [FOLDER]: those of its messages, one line each
flags()
{
	raw "x2 EXAMINE \"${1:-INBOX}\"" 'x3 FETCH 1:* (UID FLAGS)' | sed -n 's/ *\\Recent//; s/^\* [0-9]* FETCH (\(.*\))$/\1/p' | own_flags
}

# commands WORD: how many such commands were said, in the trace
commands()
{
	wire_trace "$user" in | grep -c "$1" || true
}

# lines of a scripted server: greeting and login with these CAPABILITIES
script_head()
{
	cat <<-END
	S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
	C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
	S: a1 OK [CAPABILITY IMAP4rev1 SASL-IR $1] done
	END
}
