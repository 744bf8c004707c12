#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The work that a server, a message or a list of recipients can make of us grows as they do, and no faster. Counted in
# instructions, by valgrind's callgrind: a busy machine changes nothing.
#
# Each case is so large that work which grew with the square of its size would need several times its limit. Without
# valgrind, and with the sanitizers, the cases are only run.

# shellcheck disable=SC2154  # stderr, output: run

load helper
load replay

setup()
{
	replay_setup
	imap_login='S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm
S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS LIST-STATUS] in'
	pop3_hello='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: TOP
S: .'
	! are_sanitized && command -v valgrind >/dev/null || return 0
	local tool
	mkdir counted
	for tool in msend mfetch mlist mdel; do
		printf '#!/bin/sh\nexec valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="%s" "%s" "$@"\n' \
			"$PWD/instructions.%p" "$(command -v "$tool")" >"counted/$tool"
	done
	chmod +x counted/*
	PATH=$PWD/counted:$PATH
}

# costs MILLIONS TRANSCRIPT STATUS TOOL...: as against(), with no more instructions than that
costs()
{
	local -i limit=$1 counted
	rm -rf instructions.* "$XDG_STATE_HOME" box
	against "${@:2}"
	[[ -d counted ]] || return 0
	counted=$(cat instructions.* | awk '/Collected/ { n += $NF } END { print int(n / 1000000) }')
	echo "$counted million instructions" >&2
	((counted > 0 && counted <= limit))
}

imap_costs()
{
	MAILVERBS_PROTOCOL=imap costs "$@"
}

@test 'STATUS of 2,000 folders in the wrong order, and of folders that there are not' {
	{
		printf '%s\n' "$imap_login" 'C: a2 LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))'
		seq 2000 | sed 's/.*/S: * LIST () "\/" F&/'
		seq 2000 -1 1 | sed 's/.*/S: * STATUS F& (MESSAGES 1 UNSEEN 1)/'
		printf '%s\n' 'S* 2000 * STATUS none (MESSAGES 1 UNSEEN 1)' 'S: a2 OK' 'C: a3 LOGOUT'
	} >script
	imap_costs 120 "$PWD/script" 0 mlist --folders
	assert_equal "$(wc -l <<<"$output")" 2000
}

@test '9,000 encoded words, each in another charset than the one before it' {
	{
		printf '%s\n' "$pop3_hello" 'C: LIST' 'S: +OK\r\n1 9\r\n.' 'C: TOP 1 0' 'S: +OK' 'S: Subject:'
		printf 'S:  =?iso-8859-%d?q?a?=\n' {1..9}{,,,,,,,,,}{,,,,,,,,,}{,,,,,,,,,}
		printf '%s\n' 'S:' 'S: .' 'C: QUIT'
	} >script
	costs 50 "$PWD/script" 0 mlist -o subject
}
