# SPDX-License-Identifier: ISC
#
# An mbox that another program has locked for longer than mfetch waits: over POP3 and over IMAP at the same time, because
# half a minute is long.

# shellcheck disable=SC2154  # abs_top_srcdir: tests/helper.bash

load helper

# fetch_into MBOX PROTOCOL: from a mailbox of its own with one letter; `status`, `said` and `left` are MBOX.PROTOCOL.*
fetch_into()
{
	local user name=$1.$2 server=SRV_${2^^}S status=0
	user=$(fresh_user)
	printf 'Subject: letter\n\nFrom me\n' | deliver "$user"
	mfetch --server="${2}s://${!server}" --user="$user" --mbox="$1" 2>"$name.said" || status=$?
	echo "$status" >"$name.status"
	mailbox_count "$user" >"$name.left"
}

@test 'an mbox that another program has locked: waited for, then 75' {
	local protocol mbox tries=0 fetching=()
	config_for nobody
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -O1 -o hold "$abs_top_srcdir/tests/crash/hold.c"
	mkfifo hand
	./hold one <hand >held 3>&- &
	exec 4>hand
	until grep -q held held; do
		((++tries < 500)) || fail 'never held'
		sleep 0.02
	done
	echo "$$" >two.lock
	for protocol in pop3 imap; do
		for mbox in one two; do
			fetch_into $mbox $protocol 3>&- 4>&- &
			fetching+=($!)
		done
	done
	wait "${fetching[@]}"
	exec 4>&-
	grep -qx 'mfetch: one: locked by another program' one.*.said
	for protocol in pop3 imap; do
		# the one may have waited for the other's lock file
		assert_regex "$(cat one.$protocol.said)" '^mfetch: one: locked by another program( \(one\.lock\))?$'
		assert_equal "$(cat two.$protocol.said)" 'mfetch: two: locked by another program (two.lock)'
		assert_equal "$(cat {one,two}.$protocol.{status,left} | xargs)" '75 1 75 1'
	done
	assert_equal "$(cat two.lock)" "$$"
	[[ ! -s one && ! -s two && ! -e one.lock ]]
}
