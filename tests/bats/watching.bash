# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# For the files in which `mfetch --watch` runs behind the test: `load watching` behind `load helper`. The
# user is $user, what arrives goes into the Maildir box, and the watch is $pid, empty where there is none.
#
# shellcheck disable=SC2154,SC2034  # user: setup(); status: the tests

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
