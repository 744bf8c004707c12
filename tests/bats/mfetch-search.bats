#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --search: the server's search narrows what a run fetches. The other messages stay, unrecorded. Against Dovecot.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these

load helper
load watching

setup()
{
	mailverbs_setup
	export MAILVERBS_PROTOCOL=imap
	user=$(fresh_user)
	config_for "$user" "maildir = $PWD/box"
}

teardown()
{
	[[ -z $pid ]] || end_by TERM
	mailverbs_teardown
}

# left: the subjects of the messages on the server
left()
{
	mlist -o subject "$@" | xargs
}

# fetches SUBJECTS ARGUMENT...: then the Maildir has these
fetches()
{
	local expected=$1
	shift
	run --separate-stderr mfetch "$@"
	assert_equal "$status: $output$stderr" '0: '
	assert_equal "$(box)" "$expected"
}

@test 'only messages that match are fetched and deleted; the others are new for a later run' {
	give bill report bill2
	fetches 'bill bill2' --search=subject:bill
	assert_equal "$(left)" report
	fetches 'bill bill2 report'
	assert_equal "$(left)" ''
}

@test 'with --keep, what did not match is found by another query, by the same one after a change, and without one' {
	give old
	fetches old --keep
	give a b c
	fetches 'a old' --keep --search=subject:a
	fetches 'a old' --keep --search=flagged
	mmark --flag=flagged 3
	fetches 'a b old' --keep --search=flagged
	fetches 'a b old' --keep --search=subject:b
	fetches 'a b c old' --keep
	fetches 'a b c old' --keep
	assert_equal "$(left)" 'old a b c'
}

@test 'a flag on a message that an earlier run has passed is seen, whatever was fetched since' {
	give a b
	fetches b --keep --search=subject:b
	give c
	fetches 'b c' --keep --search=subject:c
	mmark --flag=flagged 1
	fetches 'a b c' --keep --search=flagged
}

@test 'the query is asked of the whole folder, not of what came since the last run' {
	trace_user "$user"
	give a
	fetches a --keep
	give b
	fetches 'a b' --keep --search='subject:a or subject:b'
	assert_equal "$(wire_trace "$user" in | grep -c 'UID FETCH 1:\*')" 2
}

@test '--keep=AGE deletes what was delivered that long ago, matching or not, and nothing that was not delivered' {
	give a b c
	fetches a --keep --search=subject:a
	fetches 'a b' --keep=0s --search=subject:b
	assert_equal "$(left)" c
}

@test '--keep=0s deletes what took more than a second to be delivered, too' {
	give a
	run -0 mfetch --keep=0s --pipe='sleep 1.1; cat >got'
	assert_equal "$(left)" ''
}

@test 'renumbered by the server, messages that did not match are not taken for delivered' {
	local maildir now name
	for name in a b; do
		printf 'From: x@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\n%s\n' $name $name $name | deliver "$user"
	done
	fetches a --keep --search=subject:a
	maildir=$(maildir_of "$user")
	now=$(sed -n '1s/.* V\([0-9]*\) .*/\1/p' "$maildir/dovecot-uidlist")
	rm -f "$maildir"/dovecot*
	printf '3 V%d N%d G%032x\n' $((now + 1)) 200 1 >"$maildir/dovecot-uidlist"
	give_to_server "$maildir"
	run -0 mfetch --keep --search=subject:a
	assert_output --partial 'of 2 messages 1 are known'
	assert_equal "$(box)" a
	fetches 'a b' --keep
}

@test 'operands, --limit and --mark-seen count among the messages that match' {
	give a1 b1 a2 b2 a3
	fetches a2 --keep --search=subject:a --limit=5 2-3
	fetches 'a1 a2' --keep --search='subject:a1 or subject:a3' --limit=1
	run -66 mfetch --keep --search=subject:a 2 9
	assert_output 'mfetch: 9: no such message'
	fetches 'a1 a2' --mark-seen --search=subject:a3
	fetches 'a1 a2 b1 b2' --keep
}

@test '--dry-run counts what matches, and changes nothing' {
	give a b
	run -0 mfetch --dry-run --search=subject:a
	assert_line 'would fetch 1 of 2 messages'
	assert_line 'would delete 1 of 2 messages'
	assert_equal "$(box), $(left)" ', a b'
}

@test 'standard output shows what matches, and --headers too' {
	config_for "$user"
	give a b
	run -0 mfetch --search=subject:b
	refute_line 'Subject: a'
	assert_line 'Subject: b'
	run -0 mfetch --headers --search=subject:a
	refute_line 'Subject: b'
	assert_line 'Subject: a'
}

@test 'each of several folders is searched' {
	give a b
	mmark --copy=Work --create all
	fetches 'a a' --folder=INBOX --folder='W*' --search=subject:a
	assert_equal "$(left) $(left --folder=Work)" 'b b'
}

@test 'a watch searches again in each round' {
	give a
	watch --keep --search='subject:b or flagged'
	give b
	await box_has b
	mmark --flag=flagged 1
	give c
	give b2
	await box_has a b b2
	end_by TERM
	assert_equal "$status: $(cat err)" '0: '
}

@test 'as a key it holds for mfetch alone, and a malformed query is an error with its place' {
	config_for "$user" "maildir = $PWD/box" 'search = subject:a'
	give a b
	assert_equal "$(left)" 'a b'
	fetches a
	fetches 'a b' --search=subject:b
	config_for "$user" "maildir = $PWD/box" 'search = form:a'
	run --separate-stderr mfetch
	assert_equal "$status" 78
	assert_regex "${stderr_lines[0]}" "^mfetch: /.*/config\.ini:[0-9]+: --search: 'form' is not one of from: "
}

@test 'a malformed query on the command line is 64, and POP3 is 78, before anything is connected' {
	run --separate-stderr mfetch --tunnel='touch connected' --server=imap+insecure:// --search='form:alice'
	assert_equal "$status" 64
	run --separate-stderr mfetch --tunnel='touch connected' --server=pop3+insecure:// --search=unseen
	assert_equal "$status" 78
	assert_equal "${stderr_lines[0]}" 'mfetch: --search: POP3 cannot search'
	run --separate-stderr mfetch --dry-run --tunnel='touch connected' --server=pop3+insecure:// --search=unseen
	assert_equal "$status" 78
	assert [ ! -e connected ]
}

@test 'a key for all accounts does not hold for those with POP3' {
	give a b
	{ echo 'search = subject:a'; cat "$XDG_CONFIG_HOME/mailverbs/config.ini"; } >both
	chmod 600 both
	fetches a -C both
	fetches 'a b' -C both --protocol=pop3
}
