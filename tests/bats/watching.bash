# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# For the files in which `mfetch --watch` runs behind the test: `load watching` behind `load helper`, and `load replay`
# for plays. The
# user is $user, what arrives goes into the Maildir box, and the watch is $pid, empty where there is none.
#
# shellcheck disable=SC2154,SC2034  # user: setup(); status: the tests; imap: replay_setup
# shellcheck disable=SC2016  # scripts in quotes

pid=

# give NAME...: a message with this subject for each.
give()
{
	local name
	for name; do
		printf 'Subject: %s\nFrom: a@example.org\n\nx\n' "$name" >"$name.eml"
	done
	deliver "$user" "${@/%/.eml}"
}

box()
{
	cat box/new/* 2>/dev/null | sed -n 's/^Subject: \([[:alnum:]]*\).*/\1/p' | sort | xargs
}

box_has()
{
	[[ $(box) == "$*" ]]
}

# await COMMAND...: it succeeds within ten seconds.
await()
{
	local tries=0
	until "$@"; do
		((++tries < 500)) || {
			echo "in vain: $*" >&2
			cat err >&2
			return 1
		}
		sleep 0.02
	done
}

# watch ARGUMENT...: $pid
watch()
{
	mfetch --watch "$@" 2>err 3>&- &
	pid=$!
}

# end_by SIGNAL: how the watch ends then is its `status`.
end_by()
{
	status=0
	kill "-$1" "$pid"
	wait "$pid" || status=$?
	pid=
}

# An account on Dovecot, whose conversations are written down there.
on_dovecot()
{
	user=$(fresh_user)
	config_for "$user" "maildir = $PWD/box" "$@"
	trace_user "$user"
}

# said N PATTERN: the client said it so often
said()
{
	[[ $(wire_trace "$user" in | grep -c -- "$2") -ge $1 ]]
}

# gate: a way to Dovecot that can be killed, $(<gate.pid)
make_imap_gate()
{
	cat >gate <<-END
	#!/bin/bash
	echo \$\$ >gate.pid
	exec '${abs_top_srcdir:?}/tests/servers/relay' ${SRV_IMAPS##*:}
	END
	chmod +x gate
}

# plays SCRIPT... [-- OPTION...]: a watch of servers that play them, one behind the other; the last one kills it.
plays()
{
	local -a scripts=() options=()
	while (($# > 0)) && [[ $1 != -- ]]; do
		scripts+=("$1")
		shift
	done
	options=("${@:2}")
	printf '0\n' >turn
	cat >server <<-'END'
	#!/bin/bash
	read -r n <turn
	echo $((n + 1)) >turn
	export REPLAY_VERDICT=$PWD/verdict.$n
	exec "$abs_top_builddir/tests/replay" "script.$n"
	END
	chmod +x server
	local i
	for i in "${!scripts[@]}"; do
		printf '%s\n' "${scripts[i]}" >"script.$i"
	done
	printf '! run kill -TERM "$(cat pid)"\n' >>"script.$i"
	# A client that waits logs out.
	[[ ${scripts[i]##*$'\n'} != 'S: + idling' ]] || printf 'C: DONE\nC~ a[0-9]+ LOGOUT\n! stall\n' >>"script.$i"
	run --separate-stderr timeout 60 bash -c 'echo $$ >pid; exec "$@"' - mfetch "${imap[@]}" --tunnel='exec ./server' --watch \
		--maildir=box "${options[@]}"
	for i in "${!scripts[@]}"; do
		[[ -e verdict.$i ]] || continue
		assert_equal "$i: $(cat "verdict.$i")" "$i: ok"
	done
	assert_equal "$(cat turn)" "${#scripts[@]}"
}
