#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# IMAP: what folders there are, many folders in one run, the Trash, and flags. Against a real Dovecot, and on scripted
# servers that lack what it has.

# shellcheck disable=SC2154  # `run --separate-stderr` and tests/replay.bash set these
# shellcheck disable=SC2016  # flags have a $

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load imap
load imap_folders

# ---- mlist --folders ----

@test '--folders shows each folder, how much is in it, and what it is for' {
	letters 1 2 3
	folder 'W&APY-rk &- more' 1 2
	raw 'x2 CREATE Trash' 'x3 SELECT INBOX' 'x4 STORE 1 +FLAGS (\Seen)' >made
	run -0 mlist --folders
	assert_output $'3\t2\t\tINBOX\n0\t0\ttrash\tTrash\n2\t2\t\tWörk & more'
	run -0 mlist --folders --json
	assert_line --index 1 '{"folder":"Trash","messages":0,"unseen":0,"use":"trash"}'
	assert_line --index 2 '{"folder":"Wörk & more","messages":2,"unseen":2,"use":null}'
}

@test '--folders takes one flight behind the login: LIST with counts and uses' {
	trace_user "$user"
	run -0 mlist --folders
	run wire_trace "$user" in
	assert_output --partial 'LIST "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN))'
	refute_output --regexp 'STATUS "'
	refute_output --partial EXAMINE
}

@test '--folders and --folder: those that the patterns take in' {
	letters 1
	folder Work 1
	folder Work.deep 1
	folder Other 1
	run -0 mlist --folders --folder='W*' --folder=inbox
	assert_output $'1\t1\t\tINBOX\n1\t1\t\tWork\n1\t1\t\tWork.deep'
	run -0 mlist --folders --folder='%'
	refute_output --partial deep
	run -1 mlist -e --folders --folder='nothing*'
}

@test '--folders goes with no messages and no columns' {
	run -64 mlist --folders 7
	run -64 mlist --folders -o uid
	run -64 mlist --folders -c
}

@test 'over POP3 it is said why there are no folders, no Trash and no flags, before anything is asked' {
	run -78 mlist -s "pop3s://$SRV_POP3S" --folders
	assert_line --index 0 'mlist: --folders: POP3 has no folders'
	run -78 mdel -s "pop3s://$SRV_POP3S" --trash 1
	assert_line --index 0 'mdel: --trash: POP3 has no folders, and so no Trash'
	run -78 mfetch -s "pop3s://$SRV_POP3S" --seen --maildir=box
	assert_line --index 0 'mfetch: --seen: POP3 cannot mark messages as read'
}

# for_all LINE...: keys above all sections; the account is twice there, as pop and as test (IMAP)
for_all()
{
	local config=$XDG_CONFIG_HOME/mailverbs/config.ini
	{
		printf '%s\n' "$@"
		cat "$config"
		sed 's/^\[test\]/[pop]/; s/^protocol.*/protocol = pop3/' "$config"
	} >both.ini
	cp both.ini "$config"
}

@test 'what is said for all accounts and means IMAP says nothing to one that is served by POP3' {
	for_all 'trash = yes' 'seen = yes' 'folder = Work' 'compress = yes'
	letters 1 2 3
	folder Work 1 2
	raw 'x2 CREATE Trash' >made
	run -0 mfetch -a pop --maildir=box --limit=1
	assert_output ''
	assert_equal "$(mailbox_count "$user")" 2
	run -0 mdel -a pop -v 1
	assert_line '* 1 deleted'
	run -0 mlist -a pop -o subject
	assert_output 'letter 3'
	run -0 mdel -a test -v 1
	assert_line '* 1 moved to the Trash'
	run -0 mlist -a test -o subject
	assert_output 'letter 2'
	run -0 mlist -a pop -s "imaps://$SRV_IMAPS" -o subject
	assert_output 'letter 2'
}

@test 'what is said for one account, or on the command line, and POP3 has not, is an error' {
	config_for "$user" 'trash = yes'
	run -78 mdel -s "pop3s://$SRV_POP3S" 1
	assert_line --index 0 'mdel: --trash: POP3 has no folders, and so no Trash'
	config_for "$user"
	for_all 'trash = no'
	run -78 mdel -a pop --trash 1
	run -78 mlist -a pop --folder=Work
	run -78 mfetch -a pop --seen --maildir=box
}

@test 'without LIST-STATUS the counts come by STATUS, all in one flight' {
	{
		script_head ''
		cat <<-'END'
		C: a2 LIST "" "*"
		S: * LIST (\\HasChildren) "/" INBOX
		S: * LIST (\\Noselect \\HasChildren) "/" Lists
		S: * LIST (\\HasNoChildren \\Sent) "/" {4}
		S> Sent\r\n
		S: * LIST () "/" Shut
		S: a2 OK done
		C: a3 STATUS "INBOX" (MESSAGES UNSEEN)
		C: a4 STATUS "Sent" (MESSAGES UNSEEN)
		C: a5 STATUS "Shut" (MESSAGES UNSEEN)
		S: * STATUS inbox (MESSAGES 3 UNSEEN 1)
		S: a3 OK done
		S: * STATUS "Sent" (UNSEEN 0 MESSAGES 7)
		S: a4 OK done
		S: a5 NO [NOPERM] not yours
		C: a6 LOGOUT
		END
	} >said
	against "$PWD/said" 0 mlist --timeout=5 --folders
	assert_output $'3\t1\t\tINBOX\n7\t0\tsent\tSent\n\t\t\tShut'
	assert_equal "$(flights)" 4 # login, LIST, STATUS, LOGOUT
}

# hostile_list LINE: a server's answer to LIST
hostile_list()
{
	{
		script_head ''
		printf '%s\n' 'C: a2 LIST "" "*"' "$@"
	} >said
	against "$PWD/said" 76 mlist --timeout=5 --folders
}

# write_server FILE [COMMANDS]: the script server, which says FILE when it was asked so many commands after the login
write_server()
{
	cat >server <<-END
	printf '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n'
	read -r line
	printf 'a1 OK [CAPABILITY IMAP4rev1] done\r\n'
	for n in \$(seq ${2-2}); do read -r line; done
	cat $1
	cat >/dev/null
	END
}

@test 'what is no list of folders is a breach of the protocol' {
	hostile_list 'S: * LIST () "/" {4097}'
	hostile_list 'S: * LIST (\\Noselect'
	hostile_list 'S: * LIST () "/" {3}' 'S> a\x00b\r\n'
	seq 20001 | sed 's|.*|* LIST () "/" a&\r|' >endless
	write_server endless 1
	run -76 mlist "${imap[@]}" --tunnel='sh ./server' --folders
	assert_output --partial 'more folders than anybody has'
}

@test 'a namespace of which nothing was listed is asked for' {
	{
		script_head 'NAMESPACE'
		cat <<-'END'
		C: a2 LIST "" "*"
		C: a3 NAMESPACE
		S: * LIST () "." INBOX
		S: a2 OK done
		S: * NAMESPACE (("INBOX." ".")) NIL (("shared." "." "X-PARAM" ("FLAG1")))
		S: a3 OK done
		C: a4 LIST "" "shared.*"
		S: * LIST () "." "shared.team"
		S: a4 OK done
		C: a5 STATUS "INBOX" (MESSAGES UNSEEN)
		C: a6 STATUS "shared.team" (MESSAGES UNSEEN)
		S: * STATUS INBOX (MESSAGES 0 UNSEEN 0)
		S: a5 OK done
		S: * STATUS shared.team (MESSAGES 1 UNSEEN 1)
		S: a6 OK done
		C: a7 LOGOUT
		END
	} >said
	against "$PWD/said" 0 mlist --timeout=5 --folders
	assert_output $'0\t0\t\tINBOX\n1\t1\t\tshared.team'
}

# ---- many folders ----

@test 'mfetch fetches several folders over one connection, and each has a memory of its own' {
	letters 1 2 3
	folder Work 1 2
	trace_user "$user"
	run -0 mfetch --keep --folder=INBOX --folder=Work --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 5
	assert_equal "$(commands SELECT)" 2
	assert_equal "$(commands LOGOUT)" 1
	run -0 mfetch --keep --folder=INBOX --folder=Work --maildir=box
	run -0 mfetch --keep --folder=Work --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 5
}

@test 'a pattern takes in the folders that are there, without those that can only be passed through' {
	letters 1 2
	folder Lists.a 1
	folder Lists.b 1 2
	run -0 mfetch --folder='Lists*' --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 3
	assert_equal "$(mailbox_count "$user")" 2
	run -0 mlist -c --folder=Lists.b
	assert_output $'0\t0'
	run -66 mfetch --folder='nothing*' --maildir=box
	assert_output "mfetch: --folder: no folder is like 'nothing*'"
}

@test 'a folder that is not there is said, and the others are fetched' {
	letters 1
	folder Work 1
	run --separate-stderr mfetch --folder=nowhere --folder=Work --folder=INBOX --maildir=box
	assert_equal "$status" 66
	assert_regex "$stderr" '^mfetch: localhost:[0-9]+: NO .*nowhere'
	assert_equal "$(find box/new -type f | wc -l)" 2
	assert_equal "$(mailbox_count "$user")" 0
}

@test 'several folders to standard output, one behind the other' {
	letters 1 2
	folder Work 2
	mfetch --delete --folder=INBOX --folder=Work | cat >got
	assert_equal "$(grep '^body' got)" $'body 1\nbody 2\nbody 2'
	run -0 mlist --folders
	assert_output $'0\t0\t\tINBOX\n0\t0\t\tWork'
}

@test 'a connection that ends between two folders leaves the second as it was' {
	{
		script_head UIDPLUS
		cat <<-'END'
		C: a2 SELECT "INBOX"
		C: a3 UID FETCH 1:* (UID RFC822.SIZE)
		S: * 1 EXISTS
		S: * OK [UIDVALIDITY 1] x
		S: a2 OK done
		S: * 1 FETCH (UID 4 RFC822.SIZE 14)
		S: a3 OK done
		C: a4 UID FETCH 4 (UID BODY.PEEK[])
		S: * 1 FETCH (UID 4 BODY[] {14}
		S> Subject: one\r\n)\r\n
		S: a4 OK done
		C: a5 UID STORE 4 +FLAGS.SILENT (\\Deleted)
		C: a6 UID EXPUNGE 4
		S: a5 OK done
		S: a6 OK done
		C: a7 SELECT "Work"
		C: a8 UID FETCH 1:* (UID RFC822.SIZE)
		S: * BYE [UNAVAILABLE] going down
		END
	} >said
	against "$PWD/said" 75 mfetch --timeout=5 --folder=INBOX --folder=Work --folder=Other --maildir=box
	assert_equal "${stderr_lines[0]}" 'mfetch: tunnel: BYE [UNAVAILABLE] going down'
	assert_equal "$(find box/new -type f | wc -l)" 1
}

@test 'a login that fails is tried once, however many folders there are' {
	sed -i 's/^password.*/password = wrong/' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run --separate-stderr mfetch --folder=INBOX --folder=Work --maildir=box
	assert_equal "$status" 77
	assert_one_error
}

@test '--limit is for the run, whatever the number of folders' {
	letters 1 2 3
	folder Work 1 2 3
	run -0 mfetch --keep --limit=4 --folder='*' --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 4
}

@test 'where numbers must mean one folder, many are refused' {
	run -64 mdel --folder=INBOX --folder=Work 1
	run -64 mlist --folder='*'
	assert_line --index 0 'mlist: --folder: numbers and ids belong to one folder, so name one'
	run -64 mfetch --folder='*' --maildir=box 3
	run -64 mfetch --folder='*' --raw
}

@test '--dry-run names each folder' {
	letters 1
	folder Work 1
	run -0 mfetch -n --folder='*' --maildir=box
	assert_line 'INBOX: would fetch 1 of 1 messages'
	assert_line 'Work: would fetch 1 of 1 messages'
	assert_equal "$(grep -c '^maildir' <<<"$output")" 1
}

# ---- flags, and the list in one command ----

@test 'the flags column has what the server says, but \Recent' {
	letters 1 2
	raw 'x2 SELECT INBOX' 'x3 STORE 2 +FLAGS (\Seen $Junk)' >stored
	run -0 mlist -o uid,flags
	assert_line --index 0 $'1\t'
	assert_regex "${lines[1]}" $'^2\t'
	assert_equal "$(tr ' ' '\n' <<<"${lines[1]#*$'\t'}" | sort | tr '\n' ' ')" '$Junk \Seen '
	run -0 mlist --json -o flags last:1 first:1
	assert_line --index 0 '{"flags":[]}'
	run -0 mlist -s "pop3s://$SRV_POP3S" --json -o flags
	assert_line --index 0 '{"flags":null}'
}

@test 'flags are asked for where they are shown, and nowhere else' {
	letters 1
	trace_user "$user"
	run -0 mlist
	assert_equal "$(commands FLAGS)" 0
	run -0 mlist -o flags,subject
	assert_output $'\tletter 1'
	assert_equal "$(commands 'FETCH 1:\* (UID RFC822.SIZE FLAGS BODY.PEEK')" 1
}

@test 'headers come with the list, in one FETCH' {
	letters 1 2 3
	trace_user "$user"
	run -0 mlist -o number,from,subject
	assert_output $'1\ta1@example.org\tletter 1\n2\ta2@example.org\tletter 2\n3\ta3@example.org\tletter 3'
	assert_equal "$(commands FETCH)" 1
}

@test 'what is told twice, and of flags alone, is shown once; sizes may come behind the header' {
	{
		script_head ''
		cat <<-'END'
		C: a2 EXAMINE "INBOX"
		C: a3 UID FETCH 1:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)])
		S: * 2 EXISTS
		S: * OK [UIDVALIDITY 1] x
		S: a2 OK done
		S: * 1 FETCH (BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)] {16}
		S> Subject: one\r\n\r\n UID 4 RFC822.SIZE 70)\r\n
		S: * 1 FETCH (FLAGS (\\Seen))
		S: * 1 FETCH (UID 4 RFC822.SIZE 70 FLAGS (\\Seen))
		S: * 2 FETCH (UID 5 RFC822.SIZE 80 BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID)] NIL)
		S: a3 OK done
		C: a4 LOGOUT
		END
	} >said
	against "$PWD/said" 0 mlist --timeout=5 -o number,size,subject
	assert_output $'1\t70\tone\n2\t80\t'
}

@test 'a list with headers of 10,000 messages takes less than 10 MiB' {
	{
		printf '* 10000 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\na2 OK done\r\n'
		awk 'BEGIN {
			for (i = 1; i <= 10000; i++) {
				printf "* %d FETCH (UID %d RFC822.SIZE 9999 BODY[HEADER.FIELDS (FROM SUBJECT)] {240}\r\n", i, i
				printf "From: someone@example.org\r\nSubject: %0200d\r\n\r\n)\r\n", i
			}
		}'
		printf 'a3 OK done\r\n'
	} >said
	write_server said
	run -0 "$abs_top_builddir/tests/peak" kib mlist --provider=none -s imap+insecure:// --user=alice --auth=plain \
		--password-command='cat password' --tunnel='sh ./server' -o from,subject
	assert_equal "$(grep -c someone@example.org <<<"$output")" 10000
	are_sanitized || (($(<kib) < 10 * 1024))
}
