#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# msend --queue keeps what could not be handed over, -q sends it, -bp and mailq show it.
# shellcheck shell=bash disable=SC2154 # helper.bash and run set what is used here
# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load queue

# ---- kept, and sent ----

@test 'no server: it is kept, on disk, with exit status 0; when the server is back, -q sends it as it was' {
	away
	letter >eml
	run -0 --separate-stderr msend "$rcpt@example.org" <eml
	assert_equal "$output" ''
	assert_regex "$stderr" '^msend: kept in the queue as [0-9a-f]{14}: 127\.0\.0\.1:1: [^
]*$'
	assert_equal "$(entries | wc -l)" 1
	assert_equal "$(stat -c %a "$queue" "$queue/$(entries)" "$queue/$(entries).eml" | tr '\n' ' ')" '700 600 600 '
	run -75 --separate-stderr msend -q
	assert_regex "$stderr" '^msend: 127\.0\.0\.1:1: '
	back
	run -0 --separate-stderr msend -q
	assert_equal "$output$stderr" ''
	assert_empty_queue
	assert_equal "$(mailbox_count "$rcpt")" 1
	assert_arrived eml "$(mailbox_files "$rcpt")"
	run -0 --separate-stderr msend -q
	assert_equal "$output$stderr" ''
}

@test 'a real Postfix that was away: the letters go out in order, each once, over one connection' {
	require_postfix
	away
	for i in 1 2 3 4 5; do
		letter "$i" | msend --quiet "$rcpt@example.org"
	done
	rm "$log"
	server "smtps://$SRV_POSTFIX_SMTPS"
	run -0 --separate-stderr msend -q -v
	assert_equal "$(grep -c 'C: AUTH' <<<"$stderr")" 1
	assert_equal "$(grep -c 'C: QUIT' <<<"$stderr")" 1
	assert_empty_queue
	await_mail "$rcpt" 5
	assert_equal "$(grep -c ' status=sent ' "$log")" 5
	assert_equal "$(cut -d' ' -f3- "$log" | grep -o 'queue=[0-9a-f]*' | sort -c && echo sorted)" sorted
	assert_equal "$(mailbox_files "$rcpt" | xargs grep -h '^Subject:' | sort)" \
		"$(printf 'Subject: letter %d\n' 1 2 3 4 5)"
}

few() (ulimit -n 16 && exec "$abs_top_builddir/msend" "$@")

@test 'sixteen descriptors are enough to send the queue and a batch, over one connection and several' {
	local i connections
	for i in {1..20}; do
		letter "$i" >"$i.eml"
	done
	for connections in 1 3; do
		away
		for i in {1..20}; do
			msend --quiet "$rcpt@example.org" <"$i.eml"
		done
		back
		run -0 few -q --connections=$connections
		assert_output ''
		assert_empty_queue
		run -0 few --batch --connections=$connections {1..20}.eml
		assert_output ''
	done
	await_mail "$rcpt" 80
}

@test 'what is added is added once: each attempt has the same Message-ID and Date; Bcc is not kept' {
	away
	printf 'From: %s@example.org\nBcc: %s@example.org\n\nhello\n' "$sender" "$rcpt" | msend --quiet
	cp "$queue/$(entries).eml" kept
	run grep -c -e '^Message-ID: ' -e '^Date: ' kept
	assert_output 2
	run grep -i '^bcc:' kept
	assert_failure
	run -75 msend -q
	run -75 msend -q
	assert_same_file kept "$queue/$(entries).eml"
	back
	msend -q
	tr -d '\r' <kept >want
	assert_arrived want "$(mailbox_files "$rcpt")"
}

@test 'the account by sender is recorded, and the sender; -q -a sends for one account' {
	other_account
	away
	letter | msend --quiet "$rcpt@example.org"
	letter 2 | sed "s/^From: .*/From: $other@example.org/" | msend --quiet -a other -f '<>' "$rcpt@example.org"
	letter 3 | sed "s/^From: .*/From: $other@example.org/" | msend --quiet "$rcpt@example.org"
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" "$config"
	run -0 msend -q -a other
	assert_equal "$(entries | wc -l)" 1
	assert_equal "$(mailbox_count "$rcpt")" 2
	run -0 msend -q
	assert_equal "$(mailbox_files "$rcpt" | xargs grep -h '^Return-Path:' | sort)" "$(printf \
		'Return-Path: <%s>\n' "$sender@example.org" '' "$other@example.org" | sort)"
	assert_empty_queue
}

@test 'the way to the server that the command line named is recorded, relative paths too' {
	rm "$config"
	cp "$SRV_CA" ca.pem
	printf '%s\n' "$SRV_PASSWORD" >secret
	letter | msend --queue --quiet -s smtps://127.0.0.1:1 -u "$sender" --tls-ca-file=ca.pem \
		--password-command="cat $PWD/secret" "$rcpt@example.org"
	cd /
	run -75 msend -q
	run -0 msend -q -s "smtps://$SRV_SUBMISSIONS"
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'wishes go along: partial, DSN; a message that is late by its own wish is not sent' {
	away
	letter | msend --quiet --partial -N success,failure -R headers -V 'my id' "$rcpt@example.org"
	back
	cat >script <<-END
	S: 220 x
	C~ EHLO .*
	S: 250-x
	S: 250-PIPELINING
	S: 250-8BITMIME
	S: 250 DSN
	C: MAIL FROM:<$sender@example.org> BODY=8BITMIME RET=HDRS ENVID=my+20id
	C: RCPT TO:<$rcpt@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;$rcpt@example.org
	C: DATA
	S: 250 ok
	S: 250 ok
	S: 354 go
	$(letter | sed 's/^/C: /; s/^C: \.$/C: ../')
	C: .
	C: QUIT
	S: 250 ok
	END
	run -0 msend -q --auth=none -s smtp+insecure:// "$(tunnel_to script)"
	assert_verdict
	away
	letter | msend --quiet --deliver-by=60 "$rcpt@example.org"
	age_entry "$queue/$(entries)" 61
	run -69 msend -q -s "smtps://$SRV_SUBMISSIONS"
	assert_line --regexp '^msend: [0-9a-f]*: the time in which it had to be delivered is over$'
	assert_empty_queue
}

# ---- for whom, and for how long ----

@test '--partial: who is served is served once, who is refused for now waits, who is refused is said' {
	run -67 --separate-stderr letter_to --partial "$rcpt@example.org" later@example.org nosuch1@example.org
	assert_regex "$stderr" 'msend: [^ ]*: [^ ]*550 [^
]*nosuch1'
	assert_regex "$stderr" 'msend: kept in the queue as [0-9a-f]*: [^ ]*: (later@example.org: )?4'
	assert_equal "$(mailbox_count "$rcpt")" 1
	run -0 msend -bp
	assert_output --regexp "	later@example.org	[^	]*4[0-9][0-9] "
	refute_output --partial "$rcpt@example.org	"
	run -75 --separate-stderr msend -q
	assert_regex "$stderr" '^msend: [0-9a-f]{14}: [^
]*4[0-9][0-9] [^
]*$'
	assert_equal "$(mailbox_count "$rcpt")" 1
	run -0 cat "$log"
	assert_line --index 0 --regexp "to=$rcpt@example.org refused=nosuch1@example.org later=later@example.org .* \
status=sent exit=67 .*queue=[0-9a-f]{14}"
	assert_line --index 1 --regexp " later=later@example.org .*status=queued exit=75 "
}

letter_to()
{
	letter | msend "$@"
}

@test 'all or none: one who is refused for now keeps the letter for all' {
	run -0 letter_to --quiet "$rcpt@example.org" later@example.org
	assert_equal "$(mailbox_count "$rcpt")" 0
	run -0 msend -bp
	assert_output --partial "$rcpt@example.org,later@example.org	"
}

@test 'what is refused for good is not kept, but an error at once' {
	run -67 letter_to nosuch1@example.org
	run -67 letter_to nosuch1@example.org later@example.org
	run -67 letter_to later@example.org nosuch1@example.org
	run -77 letter_to --password-command='echo wrong' "$rcpt@example.org"
	run -77 letter_to --tls-pin=sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "$rcpt@example.org"
	run -65 msend "$rcpt@example.org" </dev/null
	assert_equal "$(entries)" ''
}

@test 'what the server refuses when -q sends it goes to failed, and is said with the reply, also with --quiet' {
	away
	letter >eml
	msend --quiet nosuch1@example.org "$rcpt@example.org" <eml
	id=$(entries)
	back
	run -67 --separate-stderr msend -q --quiet
	assert_regex "$stderr" "^msend: $id: [^ ]* 550 [^
]*nosuch1@example.org[^
]*
msend: hint: the message is in $queue/failed/$id.eml\$"
	assert_empty_queue
	assert_equal "$(entries "$queue/failed")" "$id"
	run -0 --separate-stderr msend -bp
	assert_equal "$output" ''
	assert_equal "$stderr" "msend: 1 that could not be sent: see $queue/failed"
	# and it can be sent again by hand
	run -0 msend "$rcpt@example.org" <"$queue/failed/$id.eml"
	assert_arrived eml "$(mailbox_files "$rcpt")"
	run -0 grep -c "status=failed exit=67 queue=$id error=" "$log"
}

@test 'with --partial, who is refused by -q is said once, and the message for him is in failed' {
	away
	letter | msend --quiet --partial nosuch1@example.org "$rcpt@example.org"
	id=$(entries)
	back
	run -67 --separate-stderr msend -q
	assert_regex "$stderr" "^msend: $id: [^ ]* 550 [^
]*
msend: $id: who was refused does not get it
msend: hint: the message is in $queue/failed/$id.eml\$"
	assert_equal "$(mailbox_count "$rcpt")" 1
	run -0 grep -E '^(to|refused)' "$queue/failed/$id"
	assert_output --regexp '^refused nosuch1@example.org [^ ]*550'
	assert_equal "${#lines[@]}" 1
}

@test 'a message that is too old fails once more, and then for good; a younger one waits on' {
	away
	letter | msend --quiet "$rcpt@example.org"
	age_entry "$queue/$(entries)" $((5 * 86400 - 100))
	run -75 msend -q
	assert_equal "$(entries | wc -l)" 1
	age_entry "$queue/$(entries)" $((5 * 86400 + 1))
	run -75 msend -q
	run -75 msend -q
	assert_equal "$(entries | wc -l)" 1
	late_since "$queue/$(entries)" 3601
	run -75 --separate-stderr msend -q --quiet
	assert_regex "$stderr" '^msend: [0-9a-f]{14}: not sent for 120 hours, which is too long: 127\.0\.0\.1:1: '
	assert_empty_queue
	assert_equal "$(entries "$queue/failed" | wc -l)" 1
	letter | msend --quiet --queue-lifetime=1h "$rcpt@example.org"
	age_entry "$queue/$(entries)" 3601
	run -75 msend -q
	late_since "$queue/$(entries)" 361
	run -75 msend -q
	assert_empty_queue
}

@test 'a clock that is not set: nothing is given up, then or by the first run with the right time' {
	away
	letter | at '1970-01-01 00:10' msend --quiet "$rcpt@example.org"
	run -75 msend -q
	assert_equal "$(entries | wc -l)" 1
	run -75 at 1980-01-01 msend -q
	assert_output --partial 'the clock is not set, so no message is given up'
	late_since "$queue/$(entries)" 86400
	run -75 msend -q
	assert_equal "$(entries | wc -l)" 1
	back
	run -0 msend -q
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'a message that is too old, and a server that takes it: it is sent' {
	away
	letter | msend --quiet "$rcpt@example.org"
	age_entry "$queue/$(entries)" $((50 * 86400))
	back
	run -0 msend -q
	assert_equal "$(mailbox_count "$rcpt")" 1
}

@test 'a dead server does not keep others from being served, and is tried once for all that waits' {
	other_account
	away
	for i in 1 2 3; do
		letter "$i" | sed "s/^From: .*/From: $other@example.org/" | msend --quiet "$rcpt@example.org"
		letter "$i" | msend --quiet "$rcpt@example.org"
	done
	sed -i "0,/^smtp = .*/s||smtp = smtps://$SRV_SUBMISSIONS|" "$config"
	run -75 --separate-stderr msend -q -v
	assert_equal "$(grep -c '127\.0\.0\.1:1: ' <<<"$stderr")" 1
	assert_equal "$(mailbox_count "$rcpt")" 3
	run -0 msend -bp
	assert_equal "${#lines[@]}" 3
	for i in 0 1 2; do
		assert_line --index "$i" --partial '127.0.0.1:1: '
	done
	run -75 --separate-stderr msend -q --quiet
	assert_equal "$stderr" ''
}

@test 'many dead servers: the process that is done with one serves no account whose password it has forgotten' {
	local i
	for i in dead{1..12} live{1..12}; do
		printf '%s\n' "[$i]" "address = $i@example.org" "user = $sender$i@example.org" "password = $SRV_PASSWORD" \
			"smtp = smtps://127.0.0.1:${i#????}" 'queue = yes' "tls-ca-file = $SRV_CA"
	done >>"$config"
	for i in dead{1..12} live{1..12}; do
		letter "$i" | sed "s/^From: .*/From: $i@example.org/" | msend --quiet "$rcpt@example.org"
	done
	sed -i "/^\[live1\]/,\$s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" "$config"
	run -75 msend -q
	assert_equal "$(mailbox_count "$rcpt")" 12
}

@test 'a batch: each letter that cannot be sent now is kept, the others go out, with exit status 0' {
	require_postfix
	for i in 1 2 3; do
		letter "$i" >"$i.eml"
	done
	sed -i 's/^To: .*/To: later@example.org/' 2.eml
	server "smtps://$SRV_POSTFIX_SMTPS"
	run -0 --separate-stderr msend --batch 1.eml 2.eml 3.eml
	assert_regex "$stderr" '^msend: 2\.eml: kept in the queue as [0-9a-f]{14}: '
	assert_equal "$(entries | wc -l)" 1
	await_mail "$rcpt" 2
	run grep -o ' input=[^ ]* .* status=[a-z]* exit=[0-9]*' "$log"
	assert_line --index 1 --regexp 'input=2.eml .* later=later@example.org .* status=queued exit=0'
	away
	run -0 --separate-stderr msend --batch --connections=2 1.eml 3.eml
	assert_equal "$(entries | wc -l)" 3
}

# ---- a reply that was not seen ----

# hangs_up [LINE]: a server that does, where the reply to the message should be
hangs_up()
{
	cat <<-END
	S: 220 x
	C~ EHLO .*
	S: 250-PIPELINING
	S: 250 8BITMIME
	C~ MAIL .*
	C~ RCPT .*
	C: DATA
	S: 250 ok
	S: 250 ok
	S: 354 go
	$(letter | sed 's/^/C: /; s/^C: \.$/C: ../')
	C: .
	C: QUIT
	! close
	END
}

@test 'the reply was not seen: it is kept, and said that it may have been sent; and again when it goes out' {
	hangs_up >script
	run -0 --separate-stderr letter_to --quiet --auth=none -s smtp+insecure:// "$(tunnel_to script)" "$rcpt@example.org"
	assert_verdict
	id=$(entries)
	assert_regex "$stderr" "^msend: tunnel: [^
]*
msend: hint: it may have been sent, the reply was not seen: kept in the queue as $id, it is sent again\$"
	run -0 msend -bp
	assert_output --partial '(may have been sent) '
	run -75 --separate-stderr msend -q --quiet
	assert_verdict
	assert_regex "$stderr" "^msend: $id: it may have been sent before, the reply was not seen; it is sent again
msend: $id: tunnel: "
	sed -i '/^set /d' "$queue/$id"
	run -0 --separate-stderr msend -q --quiet
	assert_equal "$stderr" "msend: $id: it may have been sent before, the reply was not seen; it is sent again"
	assert_empty_queue
	run cat "$log"
	assert_line --index 0 --regexp " status=unknown exit=0 queue=$id "
	assert_line --index 1 --regexp " to=$rcpt@example.org size=[0-9]* status=sending exit=0 queue=$id again=maybe\$"
	assert_line --index 2 --regexp " status=unknown exit=75 queue=$id again=maybe "
	assert_line --index 3 --regexp " status=sending exit=0 queue=$id again=maybe\$"
	assert_line --index 4 --regexp " status=sent exit=0 queue=$id again=maybe "
}

@test 'LMTP: who got it got it, who is to wait waits; where his reply was not seen, that is said' {
	cat >script <<-END
	S: 220 x
	C: LHLO [127.0.0.1]
	S: 250-PIPELINING
	S: 250 8BITMIME
	C~ MAIL .*
	C* 4 RCPT TO:<r\\i@example.org>
	C: DATA
	S: 250 ok
	S: 250 ok
	S: 250 ok
	S: 250 ok
	S: 250 ok
	S: 354 go
	$(letter | sed 's/^/C: /; s/^C: \.$/C: ../')
	C: .
	C: QUIT
	S: 250 ok
	S: 452 r2 is full
	S: 550 r3 is gone
	! close
	END
	run -67 --separate-stderr letter_to -s lmtp:// --auth=none "$(tunnel_to script)" r{1..4}@example.org
	assert_verdict
	assert_regex "$stderr" '550 r3 is gone'
	assert_regex "$stderr" 'it may have been sent'
	run -0 grep -E '^(to|refused|maybe)' "$queue/$(entries)"
	assert_output $'maybe-sent\nto r2@example.org\nto r4@example.org'
}

@test 'one flight for each letter but the first, and QUIT with the last' {
	away
	for i in 1 2 3; do
		letter "$i" | grep -v Gr | msend --quiet "$rcpt@example.org"
	done
	size=$(wc -c <"$queue/$(entries | head -n 1).eml")
	{
		printf '%s\n' 'S: 220 x' 'C~ EHLO .*' 'S: 250-PIPELINING' 'S: 250-CHUNKING' 'S: 250 8BITMIME'
		for i in 1 2 3; do
			printf '%s\n' 'C~ MAIL .*' 'C~ RCPT .*' "C: BDAT $size LAST"
			letter "$i" | grep -v Gr | sed 's/^/C: /'
			((i < 3)) || echo 'C: QUIT'
			printf '%s\n' 'S: 250 ok' 'S: 250 ok' 'S: 250 ok'
		done
	} >script
	run -0 msend -q --auth=none -s smtp+insecure:// "$(tunnel_to script)"
	assert_verdict
	assert_equal "$(flights)" 4
	assert_empty_queue
}

@test 'a server that cannot be reached: what may have been sent is not said anew each time' {
	hangs_up >script
	letter | msend --quiet --auth=none -s smtp+insecure:// "$(tunnel_to script)" "$rcpt@example.org" 2>/dev/null
	sed -i '/^set /d' "$queue/$(entries)"
	away
	run -75 --separate-stderr msend -q --quiet
	assert_equal "$stderr" ''
	run -0 msend -bp
	assert_output --partial '(may have been sent) '
}

@test 'a server that cannot be reached: of what is not even tried no entry is written anew, unless there is news' {
	away
	for n in 1 2 3; do letter "$n" | msend --quiet "$rcpt@example.org"; done
	inodes() { entries | tail -n +2 | sed "s|^|$queue/|" | xargs stat -c %i; }
	inodes >before
	run -75 --separate-stderr msend -q
	assert_equal "${#stderr_lines[@]}" 1
	assert_same_file before <(inodes)
	assert_equal "$(grep -h ^tried "$queue"/* | cut -d' ' -f2 | sort | tr '\n' ' ')" '1 1 2 '
	server smtps://127.0.0.1:2
	run -75 --separate-stderr msend -q
	assert_equal "${#stderr_lines[@]}" 1
	run -0 msend -bp
	assert_equal "$(grep -c '127.0.0.1:2: ' <<<"$output")" 3
	back
	run -0 msend -q
	assert_empty_queue
	assert_equal "$(mailbox_count "$rcpt")" 3
}

@test 'stopped by a signal: nothing is kept' {
	printf 'S: 220 x\nC~ EHLO .*\n! stall\n' >script
	letter >eml
	msend --auth=none -s smtp+insecure:// "$(tunnel_to script)" "$rcpt@example.org" <eml 2>err 3>&- &
	pid=$!
	until [[ -e $REPLAY_FLIGHTS ]]; do sleep 0.01; done
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	assert_equal $status 143
	assert_equal "$(entries)" ''
}

# ---- one at a time ----

@test 'a second -q leaves with 75 and one line, with --quiet none; adding and showing need not wait' {
	away
	letter | msend --quiet "$rcpt@example.org"
	back
	run -75 --separate-stderr flock "$queue/lock" msend -q
	assert_equal "$stderr" 'msend: another msend is sending the queue'
	run -75 --separate-stderr flock "$queue/lock" msend -q --quiet
	assert_equal "$stderr" ''
	away
	letter 2 >eml
	flock "$queue/lock" msend --quiet "$rcpt@example.org" <eml
	run -0 flock "$queue/lock" msend -bp
	assert_equal "${#lines[@]}" 2
}

@test 'four -q at the same moment, while letters are added: each letter once' {
	away
	for i in {1..12}; do
		letter "$i" | msend --quiet "$rcpt@example.org"
	done
	back
	for i in 1 2 3 4; do
		msend -q --quiet 3>&- &
		pids+=($!)
	done
	for i in {13..18}; do
		letter "$i" | msend --quiet -s smtps://127.0.0.1:1 "$rcpt@example.org"
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || assert_equal $? 75
	done
	msend -q -s "smtps://$SRV_SUBMISSIONS"
	assert_empty_queue
	assert_equal "$(mailbox_files "$rcpt" | xargs grep -h '^Subject:' | sort -V)" \
		"$(printf 'Subject: letter %d\n' {1..18})"
}

@test 'a queue or an entry that others can write is not sent: it names commands' {
	local entry
	away
	run -0 msend --tunnel='touch ran; exit 1' "$rcpt@example.org" < <(letter)
	rm -f ran
	entry=$(find "$queue" -maxdepth 1 -type f ! -name '*.*' ! -name lock)
	chmod o+w "$entry"
	run -78 --separate-stderr msend -q
	assert_equal "${stderr_lines[0]}" "msend: $entry: others can write this file"
	assert_equal "${stderr_lines[1]}" "msend: hint: chmod go-w $entry"
	assert [ ! -e ran ]
	chmod go-w "$entry"
	chmod g+w "$queue"
	run -78 --separate-stderr msend -q
	assert_equal "${stderr_lines[0]}" "msend: $queue: others can write in this directory"
	assert [ ! -e ran ]
	chmod g-w "$queue"
	run -75 msend -q
	assert [ -e ran ]
}
