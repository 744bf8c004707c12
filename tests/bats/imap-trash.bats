#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The Trash folder and --seen of IMAP.

# shellcheck disable=SC2154  # `run --separate-stderr` and tests/replay.bash set these

# shellcheck disable=SC2016  # flags have a $

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load imap
load imap_folders

# ---- the Trash ----

@test 'with trash = yes a run that only shows messages does not ask for the Trash folder' {
	config_for "$user" 'trash = yes'
	letters 1
	run -0 mfetch -v
	refute_output --regexp 'a[0-9]+ LIST'
	run -0 mfetch -v --headers --maildir=Mail
	refute_output --regexp 'a[0-9]+ LIST'
	run -69 mfetch -v --maildir=Mail
	assert_output --regexp 'a[0-9]+ LIST'
}

@test 'mdel --trash moves exactly those, in the flight that ends the session' {
	letters 1 2 3
	raw 'x2 CREATE Trash' >made
	trace_user "$user"
	run -0 mdel --trash 1 uid:3
	run -0 mlist -o subject
	assert_output 'letter 2'
	run -0 mlist --folder=Trash -o subject
	assert_output $'letter 1\nletter 3'
	assert_equal "$(commands 'UID MOVE 1,3 "Trash"')" 1
	assert_equal "$(commands EXPUNGE)" 0
}

@test 'mfetch --trash moves what is safe here' {
	letters 1 2
	raw 'x2 CREATE Trash' >made
	run -0 mfetch --trash --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 2
	assert_equal "$(mailbox_count "$user")" 0
	run -0 mlist --folder=Trash -o subject
	assert_output $'letter 1\nletter 2'
	letters 3
	run -75 mfetch --trash --pipe='exit 75'
	assert_equal "$(mailbox_count "$user")" 1
}

@test 'with --trash a pattern leaves the Trash out, and by name it is refused' {
	letters 1 2
	folder Trash 1
	run -0 mfetch --trash --folder='*' --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 2
	run -64 mdel --trash --folder=Trash all
	assert_line --index 0 "mdel: --trash: 'Trash' is the Trash itself, so nothing is deleted"
	run -0 mlist -c --folder=Trash
	assert_regex "$output" '^3'
}

@test 'with --trash the Trash named beside other folders is an error of its own, wherever it stands' {
	local order options
	letters 1 2
	folder Work 1
	folder Trash 2
	for order in 'Trash INBOX Work' 'INBOX Trash Work' 'INBOX Work Trash'; do
		letters 3
		IFS=' ' read -ra options <<<"--folder=${order// / --folder=}"
		run --separate-stderr mfetch --trash "${options[@]}" --maildir=box
		assert_equal "$status" 64
		assert_one_error
		assert_equal "${stderr_lines[0]}" "mfetch: --trash: 'Trash' is the Trash itself, so nothing is deleted"
		assert_equal "$(mailbox_count "$user")" 0
	done
	assert_equal "$(find box/new -type f | wc -l)" 6
	run -0 mlist -c --folder=Work
	assert_output $'0\t0'
}

@test 'with --trash and no Trash the run ends with one line, however many folders there are' {
	letters 1
	folder Work 1
	run --separate-stderr mfetch --trash --folder=INBOX --folder=Work --maildir=box
	assert_equal "$status" 69
	assert_one_error
	assert_equal "$(mailbox_count "$user")" 1
}

@test 'where there is no Trash nothing is deleted, and that is said' {
	{
		script_head 'MOVE UIDPLUS SPECIAL-USE LIST-EXTENDED'
		cat <<-'END'
		C: a2 LIST "" "*" RETURN (SPECIAL-USE)
		C: a3 SELECT "INBOX"
		C: a4 UID FETCH 1:* (UID RFC822.SIZE)
		S: * LIST () "/" INBOX
		S: * LIST (\\Noselect \\Trash) "/" Trash
		S: a2 OK done
		S: * 1 EXISTS
		S: * OK [UIDVALIDITY 1] x
		S: a3 OK done
		S: * 1 FETCH (UID 4 RFC822.SIZE 70)
		S: a4 OK done
		END
	} >said
	against "$PWD/said" 69 mdel --timeout=5 --trash 1
	assert_equal "${stderr_lines[0]}" 'mdel: tunnel: there is no Trash folder to move messages to, so nothing is deleted'
}

# A server without MOVE: up to what is said behind the copies. $1: capabilities
script_copy()
{
	script_head "$1"
	cat <<-'END'
	C: a2 LIST "" "*"
	C: a3 SELECT "INBOX"
	C: a4 UID FETCH 1:* (UID RFC822.SIZE)
	S: * LIST () "." INBOX
	S: * LIST () "." "INBOX.Deleted Items"
	S: a2 OK done
	S: * 2 EXISTS
	S: * OK [UIDVALIDITY 1] x
	S: a3 OK done
	S: * 1 FETCH (UID 4 RFC822.SIZE 70)
	S: * 2 FETCH (UID 6 RFC822.SIZE 70)
	S: a4 OK done
	END
}

@test 'without MOVE and SPECIAL-USE: copied into the folder with a usual name, and then expunged' {
	{
		script_copy UIDPLUS
		cat <<-'END'
		C: a5 UID COPY 6 "INBOX.Deleted Items"
		S: a5 OK [COPYUID 1 6 1] done
		C: a6 UID STORE 6 +FLAGS.SILENT (\\Deleted)
		C: a7 UID EXPUNGE 6
		C: a8 LOGOUT
		S: a6 OK done
		S: * 2 EXPUNGE
		S: a7 OK done
		S: * BYE
		S: a8 OK done
		END
	} >said
	against "$PWD/said" 0 mdel --timeout=5 --trash 2
}

@test 'a copy that is refused deletes nothing' {
	{
		script_copy UIDPLUS
		cat <<-'END'
		C: a5 UID COPY 6 "INBOX.Deleted Items"
		S: a5 NO [OVERQUOTA] the Trash is full
		END
	} >said
	against "$PWD/said" 69 mdel --timeout=5 --trash 2
	assert_equal "${stderr_lines[0]}" 'mdel: tunnel: NO [OVERQUOTA] the Trash is full'
}

@test 'a copy of which the server does not tell, although it could, deletes nothing' {
	{
		script_copy UIDPLUS
		cat <<-'END'
		C: a5 UID COPY 6 "INBOX.Deleted Items"
		S: a5 OK done
		END
	} >said
	against "$PWD/said" 69 mdel --timeout=5 --trash 2
	assert_equal "$stderr" 'mdel: tunnel: the server agreed to a copy without telling what it copied (COPYUID), so nothing is deleted'
}

@test 'a line that is cut behind the copy leaves the message where it was' {
	{
		script_copy UIDPLUS
		cat <<-'END'
		C: a5 UID COPY 6 "INBOX.Deleted Items"
		END
	} >said
	against "$PWD/said" 75 mdel --timeout=5 --trash 2
}

@test 'without UIDPLUS other clients'\'' marks are looked for before anything is copied' {
	{
		script_copy ''
		cat <<-'END'
		C: a5 UID SEARCH DELETED
		S: * SEARCH 4
		S: a5 OK done
		END
	} >said
	against "$PWD/said" 69 mdel --timeout=5 --trash 2
	assert_regex "${stderr_lines[0]}" 'other messages are marked as deleted'
}

# ---- --seen ----

@test '--seen marks as read what was fetched and is safe here, and nothing else' {
	letters 1 2 3
	run -0 mfetch --keep --seen --maildir=box 1 3
	run flags
	assert_output $'UID 1 FLAGS (\\Seen)\nUID 2 FLAGS ()\nUID 3 FLAGS (\\Seen)'
	run -75 mfetch --keep --seen --pipe='exit 75' 2
	run flags
	assert_line 'UID 2 FLAGS ()'
}

# way [LINE]: the tunnel to the server; with LINE it is cut before what the client says in such a line
way()
{
	cat >way.py <<-'END'
	import os, re, select, socket, sys
	host, port = sys.argv[1].rsplit(":", 1)
	server = socket.create_connection((host, int(port)))
	while True:
	    ready = select.select([0, server], [], [])[0]
	    if 0 in ready:
	        said = os.read(0, 65536)
	        if not said or sys.argv[2:] and re.search(sys.argv[2].encode(), said):
	            break
	        server.sendall(said)
	    if server in ready:
	        said = server.recv(65536)
	        if not said:
	            break
	        os.write(1, said)
	END
	printf 'exec python3 way.py %q %s\n' "$SRV_IMAP" "${1:+$(printf %q "$1")}" >way
}

@test '--seen: a run that ends between delivery and mark leaves the mark to the next one' {
	local tunnel=(--server=imap+insecure:// --auth=plain --tunnel='sh way') to
	letters 1 2 3
	raw 'x2 CREATE Trash' >made
	for to in --maildir=box '--pipe=cat >>got' --mbox=inbox; do
		way 'FLAGS.SILENT .*Seen'
		run -75 mfetch "${tunnel[@]}" --keep --seen "$to" 1 2
		run flags
		assert_equal "$output" $'UID 1 FLAGS ()\nUID 2 FLAGS ()\nUID 3 FLAGS ()'
		way
		# one without --seen does not forget it, nor one that finds nothing
		run -0 mfetch "${tunnel[@]}" --keep "$to" 3
		run -0 mfetch "${tunnel[@]}" --keep "$to"
		run -0 mfetch "${tunnel[@]}" --keep --seen "$to"
		run flags
		assert_equal "$output" $'UID 1 FLAGS (\\Seen)\nUID 2 FLAGS (\\Seen)\nUID 3 FLAGS ()'
		# it is done once: what somebody marks as unread stays so
		raw 'x2 SELECT INBOX' 'x3 STORE 1:3 -FLAGS (\Seen)' >made
		run -0 mfetch "${tunnel[@]}" --keep --seen "$to"
		run flags
		assert_equal "$output" $'UID 1 FLAGS ()\nUID 2 FLAGS ()\nUID 3 FLAGS ()'
	done
	way 'FLAGS.SILENT .*Seen'
	run -75 mfetch "${tunnel[@]}" --seen --trash --maildir=other 1
	way
	run -0 mfetch "${tunnel[@]}" --seen --trash --maildir=other
	run flags Trash
	assert_equal "$output" $'UID 1 FLAGS (\\Seen)\nUID 2 FLAGS (\\Seen)\nUID 3 FLAGS (\\Seen)'
}

@test '--seen: if it cannot be noted what is to be marked, nothing is fetched' {
	local journal
	letters 1
	run -0 mfetch --keep --maildir=box
	journal=$(grep -rl '^mailverbs journal' "$XDG_STATE_HOME/mailverbs/journal")
	mkdir "${journal%/*}/.${journal##*/}.unread"
	letters 2
	run -74 mfetch --keep --seen --maildir=box
	assert_output --partial "/.${journal##*/}.unread: Is a directory"
	assert_equal "$(find box/new -type f | wc -l)" 1
}

@test '--seen and --trash: what comes into the Trash is read' {
	letters 1
	raw 'x2 CREATE Trash' >made
	run -0 mfetch --seen --trash --maildir=box
	run flags Trash
	assert_output 'UID 1 FLAGS (\Seen)'
}

@test '--seen goes out with the deletions, and marks nothing that is deleted' {
	letters 1
	trace_user "$user"
	run -0 mfetch --seen --maildir=box
	assert_equal "$(commands Seen)" 0
	assert_equal "$(mailbox_count "$user")" 0
}

@test '--seen and --trash with --headers or --mark-seen, which change nothing, are errors; as keys they are for other runs' {
	local what effect
	letters 1
	for what in headers mark-seen; do
		for effect in seen trash; do
			run -64 mfetch "--$what" "--$effect" --maildir=box
			assert_output "mfetch: --$what and --$effect cannot be combined"
		done
	done
	raw 'x2 CREATE Trash' >made
	config_for "$user" 'seen = yes' 'trash = yes'
	for what in headers mark-seen; do
		run -0 mfetch "--$what" --maildir=box
	done
	assert_equal "$(mailbox_count "$user")" 1
}
