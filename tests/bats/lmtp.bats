#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# mfetch --lmtp: from Dovecot's POP3 to its LMTP, and to servers that follow a script.
#
# shellcheck disable=SC2154  # SRV_*: tests/helper.bash; status, output, stderr: run
# shellcheck disable=SC2030,SC2031  # a test's variables are its own
# shellcheck disable=SC2016  # the other shell expands them

load helper
load ../crash/letters

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	target=$(fresh_user)
	config_for "$user"
}

# give N: messages with the subjects 1 to N in the user's mailbox.
give()
{
	local i
	for ((i = 1; i <= $1; i++)); do
		printf 'Return-Path: <from%d@example.org>\nSubject: %d\n\nHi\n' "$i" "$i" >"$i.eml"
	done
	deliver "$user" $(seq -f %g.eml "$1")
}

subjects()
{
	mailbox_files "$target" | xargs -r sed -n 's/^Subject: //p' | sort -n | xargs
}

to_dovecot()
{
	mfetch --lmtp="lmtp://$SRV_LMTP" --recipient="$target@example.org" "$@"
}

# lmtp_script FILE [OFFER...]: what comes first on each connection.
lmtp_script()
{
	local offer file=$1
	shift
	{
		printf 'S: 220 mail ready\nC: LHLO [127.0.0.1]\n'
		for offer; do
			printf 'S: 250-%s\n' "$offer"
		done
		printf 'S: 250 SIZE 1000000\n'
		cat
	} >"$file"
}

# against_scripts STATUS SCRIPT... -- [ARGUMENT]...: mfetch delivers to them, one a connection.
against_scripts()
{
	local expected=$1 scripts=() script
	shift
	while [[ $1 != -- ]]; do
		scripts+=("$1")
		shift
	done
	shift
	run --separate-stderr "$abs_top_builddir/tests/serve" lmtp.sock "${scripts[@]}" -- \
		mfetch --lmtp="lmtp+unix://$PWD/lmtp.sock" --recipient=bob@example.org "$@"
	for script in "${scripts[@]}"; do
		[[ $(<"$script.verdict") == ok ]] || {
			cat "$script.verdict" >&2
			echo "$stderr" >&2
			return 1
		}
	done
	if ((status != expected)); then
		printf 'exit status %d, not %d\n%s\n' "$status" "$expected" "$stderr" >&2
		return 1
	fi
}

@test 'a reply that comes before the end of a message does not accept it: it stays on the server' {
	give 1
	lmtp_script early PIPELINING <<-'END'
	C: MAIL FROM:<from1@example.org> SIZE=52
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok\r\n250 Ok\r\n354 go\r\n250 stored
	END
	against_scripts 76 early --
	assert_regex "$stderr" 'a reply to nothing, before the end of the message'
	assert_equal "$(mailbox_count "$user")" 1
}

# ---- Dovecot ----

@test 'every kind of letter arrives as it was, once, and is deleted' {
	letters sent 34 big
	deliver "$user" sent/*.eml
	run -0 to_dovecot
	assert_output ''
	assert_equal "$(mailbox_count "$user")" 0
	assert_equal "$(mailbox_count "$target")" 34
	mailbox_files "$target" | while read -r file; do
		awk '/^Return-Path: </ && n < 2 { n++ } n == 2' "$file" | cksum
	done | sort >got
	cksum sent/*.want | cut -d' ' -f1,2 | sort | diff - got
}

@test 'the envelope has the Return-Path and the recipient' {
	give 1
	to_dovecot
	run -0 cat "$(mailbox_files "$target")"
	assert_line --index 0 'Return-Path: <from1@example.org>'
	assert_line --index 1 "Delivered-To: $target@example.org"
}

@test 'by default the recipient is the user who runs it' {
	give 1
	rm -rf "$(maildir_of "$(id -un)")"
	mfetch --lmtp="lmtp://$SRV_LMTP"
	assert_equal "$(mailbox_count "$(id -un)")" 1
}

@test 'the configuration names server and recipient; an account without a message connects to nobody' {
	config_for "$user" "lmtp = lmtp://127.0.0.1:1" "recipient = $target"
	mfetch
	config_for "$user" "lmtp = lmtp+unix://$SRV_DIR/dovecot/run/lmtp" "recipient = $target"
	give 2
	mfetch
	assert_equal "$(subjects)" '1 2'
}

@test '--keep: what was delivered is recorded, for this server and this recipient' {
	give 2
	to_dovecot --keep
	run -0 to_dovecot --keep
	assert_equal "$(subjects)" '1 2'
	mfetch --keep --lmtp="lmtp://${SRV_LMTP^^}" --recipient="$target@example.org" # the same server
	assert_equal "$(subjects)" '1 2'
	target=other$target
	to_dovecot
	assert_equal "$(subjects)" '1 2'
	assert_equal "$(mailbox_count "$user")" 0
}

@test 'one connection serves all messages of a run' {
	give 5
	run -0 --separate-stderr to_dovecot -v
	assert_equal "$(grep -c 'LHLO' <<<"$stderr")" 1
	assert_equal "$(subjects)" '1 2 3 4 5'
}

@test 'a recipient that is refused: 67, each message is said and stays' {
	give 2
	target=nosuch1
	run -67 --separate-stderr to_dovecot
	assert_equal "${#stderr_lines[@]}" 4
	assert_regex "${stderr_lines[0]}" "^mfetch: $SRV_LMTP: 550 5\.1\.1 <nosuch1@example.org>"
	assert_equal "${stderr_lines[1]}" "mfetch: hint: \`mlist uid:$(mlist -o uid 1)\` shows the message"
	assert_equal "$(mailbox_count "$user")" 2
}

@test 'a recipient who can not be looked up: 75, and the next run delivers' {
	give 1
	run -75 mfetch --lmtp="lmtp://$SRV_LMTP" --recipient=later@example.org
	assert_equal "$(mailbox_count "$user")" 1
	to_dovecot
	assert_equal "$(subjects)" 1
}

@test 'a server that is not there: 75 and one line, however many messages wait' {
	give 3
	run -75 --separate-stderr mfetch --lmtp=lmtp://127.0.0.1:1
	assert_equal "${#stderr_lines[@]}" 1
	assert_regex "${stderr_lines[0]}" '^mfetch: 127.0.0.1:1: '
	assert_equal "$(mailbox_count "$user")" 3
}

@test '--watch delivers what comes' {
	mfetch --lmtp="lmtp://$SRV_LMTP" --recipient="$target" --watch --interval=1 2>err 3>&- &
	watcher=$!
	give 1
	await_mail "$target"
	kill "$watcher"
	wait "$watcher"
	assert_equal "$(subjects)" 1
	assert_equal "$(cat err)" ''
}

@test '--mark-seen and --headers as for other destinations' {
	give 2
	to_dovecot --headers --keep
	assert_equal "$(subjects)" '1 2' # and nothing of it is recorded
	mailbox_files "$target" | xargs rm
	to_dovecot --mark-seen
	to_dovecot --keep
	assert_equal "$(mailbox_count "$target")" 0
}

@test 'what is no LMTP server is an error of the command line' {
	for url in smtp://mail.example.org mail.example.org lmtp:// lmtp+unix://relative; do
		run -64 mfetch --lmtp="$url"
	done
	run -64 mfetch --lmtp="lmtp://$SRV_LMTP" --maildir=box
	assert_output --partial 'only one of raw, maildir, mbox, pipe and lmtp'
	run -64 mfetch --recipient=bob
	assert_output --partial '--recipient goes with --lmtp'
	run -78 mfetch --lmtp="lmtp://$SRV_LMTP" --recipient='bob@'
}

@test 'the account has a tunnel, a proxy and a password: none of them is the LMTP server'\''s' {
	give 1
	lmtp_script 1.lmtp 'AUTH PLAIN LOGIN' STARTTLS <<-'END'
	C: MAIL FROM:<from1@example.org> SIZE=52
	S: 250 2.1.0 ok
	C: RCPT TO:<bob@example.org>
	S: 250 2.1.5 ok
	C: DATA
	S: 354 go
	C: Return-Path: <from1@example.org>
	C: Subject: 1
	C:
	C: Hi
	C: .
	S: 250 2.0.0 taken
	C: QUIT
	END
	echo "! relay ${SRV_POP3%:*} ${SRV_POP3##*:}" >relay.txt
	against_scripts 0 1.lmtp -- --server=pop3+insecure://mail.example.org --auth=plain \
		--tunnel="exec '$abs_top_builddir/tests/replay' relay.txt"
}

# ---- refusals ----

# A message in DATA with PIPELINING, Nth of give().
envelope()
{
	printf 'C: MAIL FROM:<from%d@example.org> SIZE=%d\nC: RCPT TO:<bob@example.org>\nC: DATA\n' \
		"$1" 52
}

message()
{
	printf 'C: %s\n' "Return-Path: <from$1@example.org>" "Subject: $1" '' Hi .
}

# accept N: all of it, and taken
accept()
{
	envelope "$1"
	printf 'S: %s\n' '250 ok' '250 ok' '354 go'
	message "$1"
	printf 'S: 250 2.0.0 taken\n'
}

@test 'refused messages do not stop the rest, and stay' {
	give 4
	{
		envelope 1
		printf 'S: %s\n' '250 ok' '452 4.2.2 <bob@example.org> mailbox full' '503 no recipient'
		printf 'C: RSET\nS: 250 ok\n'
		envelope 2
		printf 'S: %s\n' '250 ok' '250 ok' '354 go'
		message 2
		printf 'S: 552 5.2.3 too big\nC: RSET\nS: 250 ok\n'
		accept 3
		envelope 4
		printf 'S: %s\n' '501 5.1.7 bad sender' '503 no sender' '503 no recipient'
		printf 'C: RSET\nS: 250 ok\nC: QUIT\n'
	} | lmtp_script 1.lmtp PIPELINING
	against_scripts 69 1.lmtp --
	assert_equal "${#stderr_lines[@]}" 6 # each with a hint that names the message
	assert_regex "${stderr_lines[0]}" 'lmtp.sock: 452 4.2.2 <bob@example.org> mailbox full$'
	assert_regex "${stderr_lines[2]}" 'lmtp.sock: bob@example.org: 552 5.2.3 too big$'
	assert_regex "${stderr_lines[4]}" 'lmtp.sock: 501 5.1.7 bad sender$'
	assert_equal "$(mailbox_files "$user" | xargs sed -n 's/^Subject: //p' | xargs)" '1 2 4'
}

@test 'a refusal for now alone is 75' {
	give 1
	{
		envelope 1
		printf 'S: %s\n' '250 ok' '250 ok' '354 go'
		message 1
		printf 'S: 451 4.3.0 later\nC: RSET\nS: 250 ok\nC: QUIT\n'
	} | lmtp_script 1.lmtp PIPELINING
	against_scripts 75 1.lmtp --
	assert_equal "$(mailbox_count "$user")" 1
}

@test 'a message over the server'\''s SIZE stays, and the others go' {
	printf 'Subject: big\n\n%02000000d\n' 0 >big.eml
	deliver "$user" big.eml
	give 1
	{
		accept 1
		echo 'C: QUIT'
	} | lmtp_script 1.lmtp PIPELINING
	against_scripts 65 1.lmtp --
	assert_regex "${stderr_lines[0]}" 'the message has [0-9]+ octets, the server takes at most 1000000'
	assert_equal "$(mailbox_count "$user")" 1
}

# ---- connections that break ----

@test 'a server that hung up between two messages is asked again, and none is said twice' {
	give 2
	{
		accept 1
		printf 'S: 421 4.4.2 idle too long\n! close\n'
	} | lmtp_script 1.lmtp PIPELINING
	{
		accept 2
		echo 'C: QUIT'
	} | lmtp_script 2.lmtp PIPELINING
	against_scripts 0 1.lmtp 2.lmtp --
	assert_equal "$stderr" ''
	assert_equal "$(mailbox_count "$user")" 0
}

@test 'the reply to a message is not seen: said, not delivered, the next goes by a new connection' {
	give 2
	{
		envelope 1
		printf 'S: %s\n' '250 ok' '250 ok' '354 go'
		message 1
		printf '! close\n'
	} | lmtp_script 1.lmtp PIPELINING
	{
		accept 2
		echo 'C: QUIT'
	} | lmtp_script 2.lmtp PIPELINING
	against_scripts 75 1.lmtp 2.lmtp --
	assert_regex "${stderr_lines[0]}" 'the server closed the connection'
	assert_regex "${stderr_lines[1]}" 'hint: it may have been delivered all the same'
	assert_equal "$(mailbox_files "$user" | xargs sed -n 's/^Subject: //p')" 1
	{
		accept 1
		echo 'C: QUIT'
	} | lmtp_script 3.lmtp PIPELINING
	against_scripts 0 3.lmtp --
}

@test 'a chunk that went out with its envelope and had no reply is not sent again in the same run' {
	give 1
	lmtp_script 1.lmtp PIPELINING CHUNKING <<-'END'
	C: MAIL FROM:<from1@example.org> SIZE=52
	C: RCPT TO:<bob@example.org>
	C: BDAT 52 LAST
	C: Return-Path: <from1@example.org>
	C: Subject: 1
	C:
	C: Hi
	! close
	END
	lmtp_script 2.lmtp PIPELINING CHUNKING <<<'C: QUIT'
	run --separate-stderr "$abs_top_builddir/tests/serve" lmtp.sock 1.lmtp 2.lmtp -- \
		mfetch --lmtp="lmtp+unix://$PWD/lmtp.sock" --recipient=bob@example.org
	assert_equal "$status" 75
	assert_equal "$(<1.lmtp.verdict)" ok
	[[ ! -e 2.lmtp.verdict ]]
	assert_regex "${stderr_lines[1]}" 'it may have been delivered'
}

@test 'the server breaks off within the message: the message stays, the next run delivers it' {
	printf 'Subject: big\n\n%0900000d\n' 0 >big.eml
	deliver "$user" big.eml
	lmtp_script 1.lmtp PIPELINING <<-'END'
	C~ MAIL FROM:.*
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 ok
	S: 250 ok
	S: 354 go
	C: Subject: big
	! interrupt
	! close
	END
	run --separate-stderr "$abs_top_builddir/tests/serve" lmtp.sock 1.lmtp -- \
		mfetch --lmtp="lmtp+unix://$PWD/lmtp.sock" --recipient=bob@example.org
	assert_equal "$status" 75
	assert_equal "$(mailbox_count "$user")" 1
	to_dovecot
	assert_equal "$(mailbox_count "$target")" 1
}

@test 'a POP3 line that is cut within a message leaves nothing of it with the LMTP server' {
	cat >pop3.txt <<-'END'
	S: +OK ready
	C: CAPA
	S: +OK
	S: PIPELINING
	S: .
	C: UIDL
	C: LIST
	S: +OK
	S: 1 one
	S: .
	S: +OK
	S: 1 99
	S: .
	C: RETR 1
	C: NOOP
	S: +OK
	S: Subject: torn
	S:
	S> and th
	! close
	END
	export REPLAY_VERDICT=$PWD/pop3.verdict
	run --separate-stderr to_dovecot --provider=none --server=pop3+insecure:// --auth=none \
		--tunnel="exec '$abs_top_builddir/tests/replay' pop3.txt"
	assert_equal "$(<pop3.verdict)" ok
	assert_equal "$status" 75
	assert_equal "$(mailbox_count "$target")" 0
}

@test 'a message of 40 MB takes no more memory than a small one' {
	limit=16000
	! are_sanitized || limit=1000000
	{
		printf 'Subject: big\n\n'
		yes 'This line has forty letters, all told...' | head -c 41000000
	} >big.eml
	deliver "$user" big.eml
	"$abs_top_builddir/tests/peak" kib mfetch --lmtp="lmtp://$SRV_LMTP" --recipient="$target"
	assert_arrived big.eml "$(mailbox_files "$target")"
	[ "$(<kib)" -lt "$limit" ] || {
		cat kib >&2
		false
	}
}

# ---- signals ----

# A signal comes before the reply to message 1, which is what $1 says.
signalled_before_reply()
{
	give 2
	{
		accept 1 | sed '$d'
		printf '! run kill -TERM $(cat pid)\n%s\n' "$1"
	} | lmtp_script 1.lmtp PIPELINING
	run --separate-stderr "$abs_top_builddir/tests/serve" lmtp.sock 1.lmtp -- \
		sh -c 'echo $$ >pid; exec "$@"' sh \
		mfetch --lmtp="lmtp+unix://$PWD/lmtp.sock" --recipient=bob@example.org
	assert_equal "$status" 143
	assert_equal "$(<1.lmtp.verdict)" ok
}

@test 'SIGTERM while the reply to a message is awaited: it is waited for, and the message delivered once' {
	signalled_before_reply $'S: 250 2.0.0 taken\nC: QUIT'
	{
		accept 2
		echo 'C: QUIT'
	} | lmtp_script 2.lmtp PIPELINING
	against_scripts 0 2.lmtp --
	assert_equal "$(mailbox_count "$user")" 0
}

@test 'SIGTERM, and the reply does not come: not for ever' {
	signalled_before_reply '! stall'
	assert_regex "$stderr" 'interrupted'
	assert_regex "$stderr" 'it may have been delivered'
	assert_equal "$(mailbox_count "$user")" 2
}
