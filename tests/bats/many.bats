#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A mailbox of 50,000 messages, and pipelines over all of it.
#
# shellcheck disable=SC2154  # SRV_*: tests/helper.bash; status, output: run

load helper

# Hard links to one file, whose sizes are in their names so that nobody has to look.
setup_file()
{
	local user maildir size
	user=$(fresh_user)
	maildir=$(maildir_of "$user")
	mkdir -p "$maildir/new" "$maildir/cur" "$maildir/tmp"
	printf 'From: Ann <a@example.org>\nSubject: x\n\nhi\n' >"$maildir/tmp/one"
	size=$(wc -c <"$maildir/tmp/one")
	(cd "$maildir/new" && "$abs_top_builddir/tests/links" ../tmp/one 50000 \
		"M1P1.many,S=$size,W=$((size + 4))")
	give_to_server "${maildir%/*}"
	export MANY_USER=$user
}

setup()
{
	mailverbs_setup
	config_for "$MANY_USER"
}

# peak COMMAND...: it had no more memory than a list of 50,000 messages needs. The sanitizers' build has
# more.
peak()
{
	local limit=24000
	! are_sanitized || limit=1000000
	"$abs_top_builddir/tests/peak" kib "$@"
	[ "$(<kib)" -lt "$limit" ] || {
		echo "$1 had $(<kib) KiB" >&2
		return 1
	}
}

# A pipe is written without a flush for each group, which takes time on a busy disk.
@test 'mlist -o uid,from | ... | mfetch - takes what is named, of 50,000 messages' {
	peak mlist -o uid,from >listed
	assert_equal "$(wc -l <listed)" 50000
	awk 'NR % 2' listed >odd
	peak mfetch --delete - <odd | grep -c '^Subject: x' >count
	assert_equal "$(<count)" 25000
	mlist -o uid,from >left
	awk 'NR % 2 == 0' listed | diff - left
}

@test 'mlist -o uid,from | ... | mdel - deletes what is named and nothing else' {
	mlist -o uid,from >listed
	awk 'NR % 10' listed | peak mdel -
	mlist -o uid,from >left
	awk 'NR % 10 == 0' listed | diff - left
}
