# SPDX-License-Identifier: ISC
#
# What mmark promises, against the server in this file's name: the other mmark-imap-*.bats are links to this one.

# shellcheck disable=SC2154 # helper.bash and peers.bash set what is used here

load helper
load peers

setup_file() { peer_start; }
teardown_file() { peer_stop; }

setup()
{
	mailbox_setup
	prefix= # of folders, but for INBOX
	! peer_is courier || prefix=INBOX.
}

# in_folder FOLDER: the subjects of its messages
in_folder() { mlist --folder="$1" -o subject | tr '\n' ' ' | sed 's/ $//'; }

@test 'flags and keywords are set and cleared on just the messages that are named' {
	plain a b c
	run -0 mmark --seen --flag=flagged --flag=Junk2 2
	assert_output ''
	assert_equal "$(mlist -o subject --search=seen)" b
	assert_equal "$(mlist -o subject --search=flagged)" b
	run -0 mlist -o subject,flags
	assert_line --regexp $'^b\t.*Junk2'
	assert_equal "$(grep -c Junk2 <<<"$output")" 1
	run -0 mmark --unseen --unflag=Junk2 --flag=answered all
	assert_equal "$(mlist -o subject --search=seen)" ''
	run -0 mlist -o flags
	refute_output --partial Junk2
	assert_equal "$(mlist -o subject --search=flagged)" b
	assert_equal "$(mlist -o subject --search=answered | xargs)" 'a b c'
}

@test 'ids from a search choose the messages' {
	plain a b c
	mmark --seen 2
	mlist --search=unseen -o uid | mmark --flag=flagged -
	assert_equal "$(mlist -o subject --search=flagged | xargs)" 'a c'
}

@test '--move and --copy: a missing folder is 66 and changes nothing, --create makes it' {
	plain a b c
	run -66 mmark --seen --move="${prefix}Archive" 2
	assert_line 'mmark: hint: --create makes a missing folder'
	assert_equal "$(mlist -o subject --search=seen)" ''
	run -0 mmark --create --seen --move="${prefix}Archive" 2
	assert_output ''
	assert_equal "$(in_folder INBOX)" 'a c'
	assert_equal "$(in_folder "${prefix}Archive")" b
	assert_equal "$(mlist --folder="${prefix}Archive" -o subject --search=seen)" b
	run -0 mmark --copy="${prefix}Archive" 1
	assert_equal "$(in_folder INBOX)" 'a c'
	assert_equal "$(in_folder "${prefix}Archive")" 'b a'
	run -64 mmark --move=inbox 1
	assert_output "mmark: the messages are in 'inbox' already"
}

@test 'an operand that names no message is 66, after the others were served' {
	plain a b
	run -66 mmark --seen 2 9 uid:nosuch
	assert_line 'mmark: 9: no such message'
	assert_line 'mmark: uid:nosuch: no such message'
	assert_equal "$(mlist -o subject --search=seen)" b
}

@test '--append stores standard input as it is, with flags and date, and prints its UID' {
	local uid
	printf 'Date: Mon, 2 Mar 2020 03:04:05 +0100\nSubject: new\n\nline\n.\n..dots\n%02000d\n' 0 >letter
	uid=$(mmark --append=INBOX --seen --flag=flagged <letter)
	! peer_is dovecot cyrus || assert_equal "$(mlist -o uid)" "$uid"
	mfetch --raw 1 >got
	assert_same_file letter got
	assert_equal "$(mlist -o subject --search='seen flagged')" new
	run -66 mmark --append="${prefix}Sent2" <letter
	assert_line 'mmark: hint: --create makes a missing folder'
	mmark --append="${prefix}Sent2" --create <letter
	assert_equal "$(in_folder "${prefix}Sent2")" new
	run -65 mmark --append=INBOX </dev/null
	printf 'Subject: nul\n\na\0b\n' >nul
	run -65 mmark --append=INBOX <nul
	assert_equal "$(mlist -c | cut -f1)" 1
}

@test '--dry-run shows number, from and subject of each, and changes nothing' {
	printf 'From: Alice <alice@example.org>\nSubject: =?utf-8?q?f=C3=BCr_alle?=\n\nx\n' >letter
	mmark --append=INBOX <letter >/dev/null
	run -0 mmark -n --seen 1
	assert_line --regexp '^would mark \+.Seen 1 \(uid:[0-9]+\), from Alice <alice@example.org>: für alle$'
	assert_equal "$(mlist -o subject --search=seen)" ''
	run -0 mdel -n 1
	assert_line --regexp '^would delete 1 \(uid:[0-9]+\), from Alice <alice@example.org>: für alle$'
	run -0 mmark -v --seen 1
	assert_line --regexp '^\* 1 \(uid:[0-9]+\): mark \+.Seen$'
}

@test 'usage errors are 64, and POP3 is 69 with the reason' {
	run -64 mmark --seen
	assert_line --index 0 'mmark: no messages given'
	run -64 mmark 1
	run -64 mmark --seen --unseen 1
	run -64 mmark --flag=seen --flag=x --unflag=y --unflag=seen 1
	assert_output 'mmark: \Seen cannot be both set and cleared'
	run -64 mmark --create --seen 1
	assert_output 'mmark: --create goes with --move, --copy or --append'
	run -64 mmark --flag='a b' 1
	run -64 mmark --flag=deleted 1
	run -64 mmark --append=INBOX --move=Other
	run -64 mmark --append=INBOX 1
	run -69 mmark -s pop3s://localhost --seen 1
	assert_line --index 0 'mmark: localhost: POP3 has neither flags nor folders'
}

@test 'a folder can be named by its special use, which makes one with --create where there is none' {
	plain a b
	run -66 mmark --append='\Archive' <<<'Subject: c'
	assert_output --partial 'no folder is marked as \Archive, and none has a usual name for it'
	run mmark --append='\sent' --create --seen <<<'Subject: c'
	assert_success
	assert_equal "$(in_folder "${prefix}Sent")" c
	run -0 mmark --copy='\Sent' 1
	run -0 mmark --move='\Sent' 2
	assert_equal "$(in_folder "${prefix}Sent") | $(in_folder INBOX)" 'c a b | a'
}
