#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# IMAP against a real Dovecot: what POP3 has not, and where the two differ. What they share is tested by the same code:
# mfetch-imap.bats.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these

load helper
load imap

setup()
{
	mailverbs_setup
	export MAILVERBS_PROTOCOL=imap
	user=$(fresh_user)
	me=$user@example.org
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	config_for "$user"
}

# letters N...: into the mailbox, in this order
letters()
{
	local n
	for n; do
		printf 'From: =?utf-8?q?J=C3=BCrgen?= <a%d@example.org>\nTo: %s\nSubject: letter %d\nDate: Sun, 01 Nov 2026 10:00:0%d +0000\nMessage-ID: <%d@example.org>\n\nbody %d\n' \
			"$n" "$me" "$n" "$n" "$n" "$n" >"letter.$n"
		deliver "$user" "letter.$n"
	done
}

# flags: those of the messages in INBOX, one line each
flags()
{
	raw 'x2 EXAMINE INBOX' 'x3 FETCH 1:* (UID FLAGS)' | sed -n 's/^\* [0-9]* FETCH (\(.*\))$/\1/p' | own_flags
}

# ---- which server ----

@test 'protocol chooses where both servers are known, a scheme where one is named' {
	letters 1
	trace_user "$user"
	run -0 mlist
	assert_equal "$(wire_trace "$user" in | grep -c EXAMINE)" 1
	sed -i 's/^protocol.*/protocol = pop3/' "$config"
	run -0 mlist
	assert_equal "$(wire_trace "$user" in | grep -c EXAMINE)" 1
	sed -i '/^protocol/d' "$config" # IMAP is the default
	run -0 mlist
	assert_equal "$(wire_trace "$user" in | grep -c EXAMINE)" 2
	run -0 mlist -s "imaps://$SRV_IMAPS"
	assert_equal "$(wire_trace "$user" in | grep -c EXAMINE)" 3
	sed -i '/^pop3/d' "$config"
	run -0 mlist
	assert_equal "$(wire_trace "$user" in | grep -c EXAMINE)" 4
}

@test 'a server without a scheme is one of the protocol chosen' {
	letters 1
	run -0 mlist -s "$SRV_IMAPS" -o number
	assert_output 1
}

@test 'POP3 has no folders, and that is said' {
	run --separate-stderr mlist -s "pop3s://$SRV_POP3S" --folder=Work
	assert_equal "$status" 78
	assert_equal "${stderr_lines[0]}" "mlist: 'Work': POP3 has no folders"
	run -0 mlist -s "pop3s://$SRV_POP3S" --folder=inbox
}

# ---- logging in ----

@test 'each mechanism logs in, with TLS at once and after STARTTLS' {
	local auth server
	letters 1
	sed -i '/^password/d' "$config"
	for auth in plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer; do
		password_for "$auth" >password
		for server in "imaps://$SRV_IMAPS" "imap://$SRV_IMAP"; do
			run -0 mlist -s "$server" --auth="$auth" --password-command='cat password' -o number
			assert_output 1
		done
	done
}

@test 'a client certificate logs in' {
	local pem
	[[ -n ${SRV_EXTERNAL_IMAPS-} ]] || skip '127.0.0.2 cannot be had'
	letters 1
	pem=$(client_certificate "$me")
	sed -i '/^password/d' "$config"
	run -0 mlist -s "imaps://$SRV_EXTERNAL_IMAPS" --tls-cert-file="$pem" --tls-key-file="$pem" -o number
	assert_output 1
}

@test 'without TLS a password goes to this host only, and STARTTLS is no choice' {
	letters 1
	run -0 mlist -s "imap+insecure://$SRV_IMAP" -o number
	assert_output 1
	run -77 mlist -s "imap://$SRV_IMAP" --tls-pin=sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
}

@test 'what anybody may have said before TLS is not shown as the server'\''s words' {
	letters 1
	cat >script <<-END
	S: * OK [CAPABILITY IMAP4rev1 STARTTLS MESSAGELIMIT=1] hi
	C: a1 STARTTLS
	S: * OK [ALERT] call 555 0100\r\na1 OK [ALERT] call 555 0100
	! relay ${SRV_IMAPS%:*} ${SRV_IMAPS##*:}
	END
	run -0 --separate-stderr mlist -s "imap://$SRV_IMAP" --tunnel="exec '$abs_top_builddir/tests/replay' script" -o number
	assert_output 1
	assert_equal "$stderr" ''
}

@test 'a wrong password is 77 in the server'\''s words' {
	sed -i 's/^password.*/password = wrong/' "$config"
	run --separate-stderr mlist
	assert_equal "$status" 77
	assert_regex "${stderr_lines[0]}" '^mlist: localhost:[0-9]+: NO \[AUTHENTICATIONFAILED\] '
}

@test 'a login that fails for now is 75' {
	config_for later
	run --separate-stderr mlist
	assert_equal "$status" 75
	assert_regex "${stderr_lines[0]}" '\[UNAVAILABLE\]'
}

@test '--probe shows what the server offers, and that the login works' {
	run -0 mlist --probe
	assert_line 'offers: IMAP4rev1'
	assert_line 'offers: AUTH=PLAIN'
	assert_line "login: $me: works"
}

# ---- mlist ----

@test 'mlist shows numbers, UIDs, sizes and decoded headers' {
	letters 1 2
	run -0 mlist -o number,uid,size,date,from,to,subject,message-id
	assert_line --index 0 "1	1	$(sed 's/$/\r/' letter.1 | wc -c | tr -d ' ')	2026-11-01T10:00:01+00:00	Jürgen <a1@example.org>	$me	letter 1	<1@example.org>"
	assert_equal "${#lines[@]}" 2
	run -0 mlist -c
	assert_output "2	$(sed 's/$/\r/' letter.1 letter.2 | wc -c | tr -d ' ')"
	run -0 mlist -c last:1
	assert_output "1	$(sed 's/$/\r/' letter.2 | wc -c | tr -d ' ')"
}

@test 'numbers are this session'\''s, UIDs stay' {
	letters 1 2 3
	run -0 mdel 2
	run -0 mlist -o number,uid
	assert_output $'1\t1\n2\t3'
	run -0 mlist -o uid uid:3 1
	assert_output $'1\n3'
	run -66 mlist uid:2
	assert_output --partial 'uid:2: no such message'
}

@test 'an empty folder is listed, counted, fetched and emptied' {
	run -0 mlist
	assert_output ''
	run -0 mlist -c
	assert_output $'0\t0'
	run -1 mlist -e
	run -0 mfetch --maildir=box
	run -0 mdel all
}

# ---- mfetch ----

@test 'a message arrives as it is, without a line end that it has not' {
	printf 'Subject: x\n\nno line end' | deliver "$user"
	run -0 mfetch --maildir=box
	printf 'Subject: x\n\nno line end' | cmp - box/new/*
	is_left 0
}

@test 'fetching leaves the flags as they are' {
	letters 1 2
	raw 'x2 SELECT INBOX' 'x3 STORE 2 +FLAGS (\Seen \Flagged)' >stored
	flags >before
	run -0 mfetch --keep --maildir=box
	run -0 mlist
	assert_equal "$(flags | sed 's/ *\\Recent//')" "$(sed 's/ *\\Recent//' before)"
	assert_equal "$(find box/new -type f | wc -l)" 2
}

@test 'who only looks examines the folder: mfetch with --dry-run or --headers, and mlist where it shows no ids' {
	letters 1
	trace_user "$user"
	run -0 mfetch -n --maildir=box
	run -0 mfetch --headers --maildir=box
	run -0 mlist -o number,subject
	run -0 mlist -c all
	run wire_trace "$user" in
	assert_equal "$(grep -c 'EXAMINE "INBOX"' <<<"$output")" 4
	refute_output --partial SELECT
}

@test 'whose ids last longer than the session selects it: mfetch with --keep too, mlist and mdel -n where they show them' {
	letters 1
	trace_user "$user"
	run -0 mfetch --keep --maildir=box
	run -0 mfetch --mark-seen --maildir=box
	run -0 mlist -o subject,uid
	run -0 mdel -n 1
	run -0 mlist --json
	run wire_trace "$user" in
	assert_equal "$(grep -c 'SELECT "INBOX"' <<<"$output")" 5
	refute_output --partial EXAMINE
}

@test 'what is new since the last run is asked for, not the whole list' {
	letters 1 2 3
	run -0 mfetch --keep --maildir=box
	letters 4
	trace_user "$user"
	run -0 mfetch --keep --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 4
	run wire_trace "$user" in
	assert_output --partial 'UID FETCH 4:* '
	refute_output --partial 'FETCH 1:'
}

@test 'where UIDVALIDITY is another, an old UID names no message that was fetched' {
	letters 1 2
	run -0 mfetch --keep --maildir=box
	rm "$(maildir_of "$user")"/dovecot*
	rm -f "$(maildir_of "$user")"/{new,cur}/*
	letters 3 4
	printf '3 V%u N1 Gabcdefabcdefabcdefabcdefabcdefab\n' 12345 >"$(maildir_of "$user")/dovecot-uidlist"
	give_to_server "$(maildir_of "$user")"
	run -0 mfetch --keep --maildir=box
	assert_equal "$(cat box/new/* | grep -c '^body')" 4
	run -0 mfetch --keep --maildir=box
	assert_equal "$(cat box/new/* | grep -c '^body')" 4
}

@test 'mail in another folder has a memory of its own' {
	letters 1
	raw 'x2 CREATE "W&APY-rk &- more"' 'x3 SELECT INBOX' 'x4 COPY 1 "W&APY-rk &- more"' >made
	run -0 mlist --folder='Wörk & more' -o subject
	assert_output 'letter 1'
	run -0 mfetch --folder='Wörk & more' --maildir=box
	run -0 mfetch --keep --maildir=box
	run -0 mfetch --keep --folder=inbox --maildir=box
	assert_equal "$(find box/new -type f | wc -l)" 2
	run -0 mlist -c --folder='Wörk & more'
	assert_output $'0\t0'
	is_left 1
}

@test 'a folder that is not there is 66 in the server'\''s words' {
	run --separate-stderr mlist --folder=nowhere
	assert_equal "$status" 66
	assert_regex "${stderr_lines[0]}" "^mlist: localhost:[0-9]+: NO .*nowhere"
	run -66 mlist --folder=nowhere -c
	run -66 mfetch --folder=nowhere --maildir=box
	run -66 mdel --folder=nowhere all
}

@test '2,000 messages with holes in their UIDs all arrive, and go' {
	many_letters many 1 2000
	deliver "$user" many/{1..2000}
	seq 1 3 2000 | sed 's/^/uid:/' | mdel -
	run -0 mfetch --maildir=box
	assert_output ''
	diff <(cat box/new/* | sed -n 's/^Subject: letter //p' | sort -n) <(seq 1 2000 | awk '$1 % 3 != 1') >&2
	is_left 0
}

# ---- deleting, beside other clients ----

@test 'mdel deletes by number and by UID exactly those' {
	letters 1 2 3 4 5
	run -0 mdel uid:4 2 last:1
	run -0 mlist -o uid,subject
	assert_output $'1\tletter 1\n3\tletter 3'
}

@test 'what another client marked as deleted stays, and its mark too' {
	letters 1 2 3
	raw 'x2 SELECT INBOX' 'x3 STORE 2 +FLAGS (\Deleted)' >stored
	run -0 mdel 1
	run -0 mfetch --maildir=box 2
	run flags
	assert_output --regexp '^UID 2 FLAGS \(\\Deleted.*\)$'
	is_left 1
}

@test 'a run that fails changes nothing there' {
	letters 1 2
	mkdir box
	run mfetch --pipe='exit 75'
	assert_equal "$status" 75
	run flags
	refute_output --partial Deleted
	is_left 2
}

# ---- access rights (RFC 4314) ----

# may LETTERS: this is what the owner may do in INBOX: t: mark as deleted, e: expunge
may()
{
	echo "owner $1" >"$(maildir_of "$user")/dovecot-acl"
}

@test 'what may not be marked as deleted, or as read, is told before anything is done' {
	[[ -n $SRV_RIGHTS ]] || skip 'Dovecot has no access rights here'
	local rights verb
	letters 1
	for rights in lr lrwsip lrwsipe; do
		may "$rights"
		for verb in 'mdel 1' 'mdel -n 1' 'mfetch --maildir=box' 'mfetch --keep=1d --maildir=box'; do
			# shellcheck disable=SC2086  # words are wanted
			run -69 --separate-stderr $verb
			assert_equal "${stderr_lines[0]}" "${verb%% *}: $SRV_IMAPS: the server does not let you delete messages in 'INBOX'"
		done
	done
	may lrte
	run -69 --separate-stderr mfetch --keep --seen --maildir=box
	assert_equal "${stderr_lines[0]}" "mfetch: $SRV_IMAPS: the server does not let you mark messages as read in 'INBOX'"
	[[ ! -e box ]]
	run -0 mfetch --keep --maildir=box
	run -0 mfetch --maildir=other
	is_left 0
}

@test 'what may not be deleted, though Dovecot says OK, is told by mdel at once and by mfetch in the next run' {
	[[ -n $SRV_RIGHTS ]] || skip 'Dovecot has no access rights here'
	letters 1 2
	may lrwsipt
	run -69 --separate-stderr mdel 1
	assert_equal "${stderr_lines[0]}" "mdel: $SRV_IMAPS: the server agreed to the deletion, and 1 of 1 messages are there still"
	assert_equal "$(mailbox_count "$user")" 2
	run -0 mfetch --maildir=box
	assert_output ''
	run -0 mfetch --maildir=box
	assert_output --partial 'what an earlier run deleted is still there'
	run -0 mfetch --maildir=box
	assert_output ''
	may lrwsipte
	run -0 mfetch --maildir=box
	assert_output ''
	assert_equal "$(mailbox_count "$user") $(find box/new -type f | wc -l)" '0 2'
}
