#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --all-accounts, against Dovecot.

load helper

setup()
{
	mailverbs_setup
	one=$(fresh_user)1 two=$(fresh_user)2
	: >config
	account one "$one" "maildir = $PWD/one"
	account two "$two" "maildir = $PWD/two"
	give "$one" a
	give "$two" b
	pid=
}

# account NAME USER [LINE...]: one more section of ./config
account()
{
	(umask 077 && cat >>config) <<-END
	[$1]
	user = $2
	password = $SRV_PASSWORD
	tls-ca-file = $SRV_CA
	pop3 = pop3s://$SRV_POP3S
	$(printf '%s\n' "${@:3}")

	END
	chmod 600 config
}

give()
{
	printf 'Subject: %s\nFrom: a@example.org\n\nx\n' "$2" | deliver "$1"
}

in_maildir()
{
	cat "$1"/new/* 2>/dev/null | sed -n 's/^Subject: //p' | sort | xargs
}

# await COMMAND...: it succeeds within ten seconds.
await()
{
	local tries=0
	until "$@"; do
		((++tries < 500)) || {
			echo "in vain: $*" >&2
			return 1
		}
		sleep 0.02
	done
}

@test "mfetch --all-accounts fetches each account's mail to the account's destination" {
	run mfetch -C config --all-accounts
	assert_success
	assert_output ''
	assert_equal "$(in_maildir one)" a
	assert_equal "$(in_maildir two)" b
	assert_equal "$(mailbox_count "$one")$(mailbox_count "$two")" 00
}

@test "the accounts are served side by side" {
	mkfifo pipe
	sed -i "s|^maildir = .*/one|pipe = cat >pipe|; s|^maildir = .*/two|pipe = cat pipe >met|" config
	run mfetch -C config -A
	assert_success
	assert_equal "$(grep -c '^Subject: a' met)" 1
}

@test "one account that fails does not keep the others; its line says which, and its status counts" {
	account bad "$(fresh_user)" "maildir = $PWD/bad"
	sed -i '/^\[bad\]/,$ s/^password = .*/password = wrong/' config
	run mfetch -C config -A
	assert_failure 77
	assert_line --regexp '^mfetch: bad: localhost:'
	assert_equal "$(in_maildir one) $(in_maildir two)" 'a b'
}

@test "an account without a destination is a usage error, and nothing is fetched" {
	account third "$(fresh_user)"
	run mfetch -C config -A
	assert_failure 64
	assert_line "mfetch: --all-accounts: the account 'third' has no destination"
	assert_equal "$(mailbox_count "$one")$(mailbox_count "$two")" 11
	run mfetch -C config -A --mbox=all.mbox
	assert_success
	assert_equal "$(sed -n 's/^Subject: //p' all.mbox | sort | xargs)" 'a b'
}

@test "an account that only sends is left out" {
	printf '[relay]\nsmtp = smtps://localhost\n' >>config
	run mfetch -C config -A
	assert_success
	assert_output ''
}

@test "--dry-run and --probe show one account behind the other" {
	plan=' would fetch 1 of 1 messages would delete 1 of 1 messages'
	run mfetch -C config -A --dry-run
	assert_success
	assert_equal "$(grep -E '^(account [^=]*$|would)' <<<"$output" | xargs -d '\n' | tr -s ' ')" \
		"account one$plan account two$plan"
	run mfetch -C config -A --probe
	assert_success
	assert_equal "$(grep -c 'works$' <<<"$output")" 2
}

both_fetched()
{
	[[ $(in_maildir one)$(in_maildir two) == "$1" ]]
}

@test "mfetch --all-accounts --watch watches them all, and SIGTERM to it ends them all with 0" {
	mfetch -C config -A --watch --interval=1 2>err 3>&- &
	pid=$!
	await both_fetched ab
	give "$two" c
	await both_fetched 'ab c'
	children=$(pgrep -P "$pid" | wc -l)
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	pid=
	assert_equal "$children" 2
	assert_equal "$status" 0
	assert_equal "$(cat err)" ''
	# Nobody holds the mailboxes any more.
	run mfetch -C config -A
	assert_success
}

@test "a signal to one account's process ends that one only" {
	mfetch -C config -A --watch --interval=1 2>err 3>&- &
	pid=$!
	await both_fetched ab
	kill -TERM "$(pgrep -P "$pid" | head -n 1)"
	one_is_left()
	{
		[[ $(pgrep -r R,S -P "$pid" | wc -l) -eq 1 ]]
	}
	await one_is_left
	give "$one" c
	give "$two" c
	await grep -rq 'Subject: c' one/new two/new
	kill -0 "$pid"
}

@test "--all-accounts and --account do not go together" {
	for option in --account=one --server=localhost; do
		run mfetch -C config -A "$option"
		assert_failure 64
	done
}

@test "--all-accounts takes no number and no id, which are another message in each account" {
	for operand in 1 1- uid:1; do
		run mfetch -C config -A "$operand"
		assert_failure 64
		assert_output "mfetch: '${operand#uid:}' means a message of one account, so name one"
	done
	assert_equal "$(mailbox_count "$one")$(mailbox_count "$two")" 11
	run mfetch -C config -A last:1
	assert_success
	assert_equal "$(in_maildir one)$(in_maildir two)" ab
}

@test "--all-accounts without any account says so" {
	: >config
	run mfetch -C config -A
	assert_failure 78
	assert_output --partial 'no account has a mailbox'
}

@test "the accounts' processes do not outlive one that was killed" {
	mfetch -C config -A --watch --interval=1 2>err 3>&- &
	pid=$!
	await both_fetched ab
	mapfile -t children < <(pgrep -P "$pid")
	assert_equal "${#children[@]}" 2
	kill -KILL "$pid"
	wait "$pid" || true
	pid=
	are_gone()
	{
		! kill -0 "${children[@]}" 2>/dev/null
	}
	await are_gone
}

@test "an account's process that is killed is told of, and the others go on" {
	mfetch -C config -A --watch --interval=1 2>err 3>&- &
	pid=$!
	await both_fetched ab
	kill -KILL "$(pgrep -P "$pid" | head -n 1)"
	give "$one" c
	give "$two" c
	await grep -rq 'Subject: c' one/new two/new
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	pid=
	assert_regex "$(cat err)" '^mfetch: (one|two): its process was ended by signal 9$'
	assert_equal "$status" 143
}
