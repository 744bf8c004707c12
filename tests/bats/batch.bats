#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# msend --batch and --mbox: many messages in one run, each once, whatever a server does in between.
# shellcheck disable=SC2154  # smtp: tests/replay.bash; status, stderr: run
# shellcheck disable=SC2030,SC2031,SC2034  # a test's variables are its own; REPLAY_VERDICT: replay.bash

load helper
load replay

setup()
{
	replay_setup
	for n in 1 2 3 4; do
		sed "s/<1@/<$n@/; s/bob@/bob$n@/" letter >"$n.eml"
	done
	hello='S: 220 ready
C: EHLO [127.0.0.1]
S: 250-mx\r\n250-PIPELINING\r\n250 CHUNKING'
	# hung_up.N is there when the connection is closed; the verdict is there a moment before.
	cat >connect <<-END
	#!/bin/sh
	n=\$((\$(wc -l <connections) + 1))
	echo \$n >>connections
	exec 3<&0
	REPLAY_VERDICT=\$PWD/verdict.\$n '$abs_top_builddir/tests/replay' script.\$n <&3 &
	exec <&- >&- 3<&-
	wait
	: >hung_up.\$n
	END
	: >connections
	chmod +x connect
}

# asked N...: what the messages are sent with
asked()
{
	local n
	for n; do
		printf 'C: MAIL FROM:<alice@example.org>\nC: RCPT TO:<bob%d@example.org>\nC: BDAT 137 LAST\n' "$n"
		sed 's/^/C: /' "$n.eml"
	done
}

# takes N...: they are sent, and accepted
takes()
{
	local n
	for n; do
		asked "$n"
		printf 'S: 250 Ok\\r\\n250 Ok\\r\\n250 queued as Q%d\n' "$n"
	done
}

# batch STATUS CONNECTIONS [ARGUMENT]...: the servers of script.1, script.2, … one after the other
batch()
{
	local expected=$1 connections=$2 i
	shift 2
	run --separate-stderr msend "${smtp[@]}" --tunnel='exec ./connect' --log=log "$@"
	for ((i = 1; i <= connections; i++)); do
		REPLAY_VERDICT=$PWD/verdict.$i
		assert_verdict
	done
	assert_equal "$(wc -l <connections | tr -d ' ')" "$connections"
	assert_equal "$status" "$expected"
}

# logged: of each line of the log, what it is about, and what became of it
logged()
{
	sed -n 's/.*input=\("[^"]*"\|[^ ]*\).* status=\([a-z]*\) exit=\([0-9]*\).*/\1 \2 \3/p' log | tr -d '"'
}

@test 'many files go over one connection, a flight for each' {
	printf '%s\n' "$hello" "$(takes 1 2 3)" 'C: QUIT' >script.1
	batch 0 1 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" ''
	assert_equal "$(flights)" 5
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0\n3.eml sent 0'
	assert_equal "$(grep -c ' id=Q[123] ' log)" 3
}

@test 'a file that is not there, one that is a directory and a malformed one do not stop the others' {
	: >empty
	printf '%s\n' "$hello" "$(takes 1 2)" 'C: QUIT' >script.1
	batch 65 1 --batch 1.eml missing . empty 2.eml
	assert_equal "$stderr" 'msend: missing: No such file or directory
msend: .: Is a directory
msend: empty: the message is empty'
	assert_equal "$(logged)" $'1.eml sent 0\nmissing failed 66\n. failed 66\nempty failed 65\n2.eml sent 0'
	rm script.1 connections
	: >connections
	batch 66 0 --batch missing
}

@test 'a refused recipient is named with its file, and the others go' {
	printf '%s\n' "$hello" "$(asked 1)" 'S: 250 Ok\r\n550 no such user\r\n503 no recipients' \
		'C: RSET' 'S: 250 Ok' "$(takes 2)" 'C: QUIT' >script.1
	batch 67 1 --batch 1.eml 2.eml
	assert_equal "$stderr" 'msend: 1.eml: tunnel: bob1@example.org: 550 no such user'
	assert_equal "$(logged)" $'1.eml failed 67\n2.eml sent 0'
}

@test 'the exit status is the worst: what is for later counts less than what is for never' {
	printf '%s\n' "$hello" "$(asked 1)" 'S: 250 Ok\r\n250 Ok\r\n451 later' 'C: RSET' 'S: 250 Ok' \
		"$(asked 2)" 'S: 250 Ok\r\n250 Ok\r\n554 spam' 'C: RSET' 'S: 250 Ok' \
		"$(takes 3)" 'C: QUIT' >script.1
	batch 65 1 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" $'msend: 1.eml: tunnel: 451 later\nmsend: 2.eml: tunnel: 554 spam'
	assert_equal "$(logged)" $'1.eml failed 75\n2.eml failed 65\n3.eml sent 0'
}

@test '421 after two messages: a new connection, and on with the third' {
	printf '%s\n' "$hello" "$(takes 1 2)" "$(asked 3)" 'S: 421 too many messages' '! close' >script.1
	printf '%s\n' "$hello" "$(takes 3 4)" 'C: QUIT' >script.2
	batch 0 2 --batch {1..4}.eml
	assert_equal "$stderr" ''
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0\n3.eml sent 0\n4.eml sent 0'
}

@test '421 in reply to the whole message: it was not accepted, and goes again' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" 'S: 250 Ok\r\n250 Ok\r\n421 bye' '! close' >script.1
	printf '%s\n' "$hello" "$(takes 2)" 'C: QUIT' >script.2
	batch 0 2 --batch 1.eml 2.eml
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0'
}

@test 'a server that hangs up between two messages is called again, and nothing is in doubt' {
	printf '%s\n' "$hello" "$(takes 1)" '! close' >script.1
	printf '%s\n' "$hello" "$(takes 2)" 'C: QUIT' >script.2
	mkfifo 2.fifo
	{
		until [[ -e hung_up.1 ]]; do sleep 0.01; done
		cat 2.eml >2.fifo
	} 3>&- &
	batch 0 2 --batch 1.eml 2.fifo
	assert_equal "$(logged)" $'1.eml sent 0\n2.fifo sent 0'
}

@test 'hanging up before the end of a message: it goes again' {
	hello=${hello/CHUNKING/SIZE}
	data() { asked "$1" | sed '3s/.*/C: DATA\nS: 250 Ok\\r\\n250 Ok\\r\\n354 go/' | sed "\$${2-s/\$/\\nC: .\\nS: 250 Ok/}"; }
	data 1 | sed '1s/>$/> SIZE=137/' >1.data
	data 2 | sed '1s/>$/> SIZE=137/' >2.data
	printf '%s\n' "$hello" "$(<1.data)" "$(sed '/^C: DATA/,$d' 2.data)" 'C: DATA' '! close' >script.1
	printf '%s\n' "$hello" "$(<2.data)" 'C: QUIT' >script.2
	batch 0 2 --batch 1.eml 2.eml
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml sent 0'
}

@test 'hanging up behind the end of a message: it may have been sent, is not sent again, and the next one goes' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" '! close' >script.1
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.2
	batch 75 2 --batch 1.eml 2.eml 3.eml
	assert_equal "$stderr" 'msend: 2.eml: tunnel: the server closed the connection
msend: hint: the message may have been sent: its end went out, the reply was not seen'
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml unknown 75\n3.eml sent 0'
}

@test 'hanging up behind the replies to sender and recipient: it may have been sent' {
	printf '%s\n' "$hello" "$(takes 1)" "$(asked 2)" 'S: 250 Ok\r\n250 Ok' '! close' >script.1
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.2
	batch 75 2 --batch 1.eml 2.eml 3.eml
	assert_equal "$(logged)" $'1.eml sent 0\n2.eml unknown 75\n3.eml sent 0'
}

@test 'a server that breaks each connection is not called for ever' {
	local i
	for i in {1..9}; do
		printf '%s\n' "$hello" 'C: MAIL FROM:<alice@example.org>' '! interrupt' 'S: 421 down' '! close' >"script.$i"
	done
	run --separate-stderr msend "${smtp[@]}" --tunnel='exec ./connect' --log=log --batch {1,2,3,4}.eml {1,2,3,4}.eml
	assert_equal "$status" 75
	assert_equal "$(wc -l <connections)" 4
	assert_equal "$(grep -c 'status=failed exit=75 error="tunnel: 421 down"' log)" 8
}

@test 'a login that was refused is not tried again' {
	printf '%s\n' "${hello/PIPELINING/AUTH PLAIN}" 'C: AUTH PLAIN AGFsaWNlAHRhbnN0YWFm' 'S: 535 no' 'C: QUIT' >script.1
	batch 77 1 --batch --user=alice --password-command='cat password' 1.eml 2.eml
	assert_equal "$(grep -c 'tunnel: 535 no' <<<"$stderr")" 2
}

# ---- the mbox ----

# mbox LINE...: sent as one, without a server
plan()
{
	printf '%s\n' "$@" | msend "${smtp[@]}" --mbox --dry-run | grep '^envelope to\|^octets'
}

@test 'an mbox: each message to those of its header, quoted From_ lines as they were' {
	{
		printf 'From alice@example.org Sat Nov 21 10:00:00 2026\n'
		cat 1.eml
		printf '>From the first\n>>From quoted\n\nFrom here on it is text\n> From\n\n'
		printf 'From alice@example.org Sat Nov 21 10:00:00 2026\n'
		cat 2.eml
		printf '\n'
	} >box
	printf 'From the first\n>From quoted\n\nFrom here on it is text\n> From\n' >>1.eml
	printf '%s\n' "$hello" "$(takes 1 2 | sed "0,/BDAT 137/s//BDAT $(sed 's/$/\r/' 1.eml | wc -c | tr -d ' ')/")" 'C: QUIT' >script.1
	batch 0 1 --mbox <box
	assert_equal "$(logged)" $'message 1 sent 0\nmessage 2 sent 0'
	rm connections
	: >connections
	batch 0 1 --mbox < <(cat box)
}

@test 'what is wrong with a message of an mbox is said with its number' {
	printf '%s\n' "$hello" "$(takes 1 2)" 'C: QUIT' >script.1
	batch 65 1 --mbox < <(
		printf 'From a\n'
		cat 1.eml
		printf '\nFrom b\nSubject: to nobody\n\nx\n\nFrom c\n'
		cat 2.eml
	)
	assert_equal "${stderr_lines[0]}" 'msend: message 2: the message has no recipient'
}

@test 'an mbox without empty lines: what may be two messages goes to nobody, the others go' {
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.1
	{
		for n in 1 2; do
			printf 'From alice@example.org Sat Nov 21 10:00:00 2026\n'
			cat "$n.eml"
		done
		printf '\nFrom alice@example.org Sat Nov 21 10:00:00 2026\n'
		cat 3.eml
	} >box
	batch 65 1 --mbox <box
	assert_regex "${stderr_lines[0]}" '^msend: message 1: a From_ line without an empty line before it'
	assert_equal "$(logged)" $'message 1 failed 65\nmessage 2 sent 0'
}

@test 'an mbox whose last message may be two comes to an end' {
	local n
	printf '%s\n' "$hello" "$(takes 3)" 'C: QUIT' >script.1
	{
		for n in 3 1; do
			printf 'From alice@example.org Sat Nov 21 10:00:00 2026\n'
			cat "$n.eml"
			echo
		done
		printf 'a line\nFrom alice@example.org Sat Nov 21 10:00:00 2026\n'
		cat 2.eml
	} >box
	(ulimit -t 5 && batch 65 1 --mbox <box)
	assert_equal "$(logged)" $'message 1 sent 0\nmessage 2 failed 65'
}

@test 'what is no mbox is refused; an empty one has nothing to send' {
	run --separate-stderr -65 msend "${smtp[@]}" --mbox <1.eml
	assert_equal "${stderr_lines[0]}" 'msend: message 1: this is not an mbox: it does not begin with a From_ line'
	run -0 msend "${smtp[@]}" --mbox </dev/null
	assert_output ''
}

@test 'long lines and line ends of both kinds survive an mbox' {
	local long
	long=$(head -c 200000 /dev/zero | tr '\0' x)
	{
		printf 'From a\r\nTo: bob@example.org\r\n\r\n%s\r\n\r\nFrom %s\r\nTo: x@example.org\r\n\r\ny' "$long" "$long"
	} >box
	# Date, Message-ID and From are added
	run -0 --separate-stderr msend "${smtp[@]}" --tunnel=false --mbox --dry-run <box
	assert_equal "$(grep -c '^envelope to: <' <<<"$output")" 1 # such a From_ line is none
}

# ---- real servers, many connections, and the end of a run at any moment ----

# post N: that many files, to USER, of whom we are one; sets `user` and `files`
post()
{
	local n
	user=$(fresh_user)
	config_for "$user"
	files=()
	for ((n = 1; n <= $1; n++)); do
		printf 'From: %s@example.org\nTo: %s@example.org\nSubject: number %d\n\nhello\n' \
			"$user" "$user" "$n" >"post$n.eml"
		files+=("post$n.eml")
	done
}

# came: the numbers of those that arrived, in order
came()
{
	local -a arrived
	mapfile -t arrived < <(mailbox_files "$user")
	((${#arrived[@]} == 0)) || sed -n 's/^Subject: number //p' "${arrived[@]}" | sort -n | xargs
}

# comes N: all of them come, each once
comes()
{
	await_mail "$user" "$1"
	assert_equal "$(came)" "$(seq "$1" | xargs)"
}

as_mbox()
{
	local file
	for file; do
		printf 'From MAILER-DAEMON Sat Nov 21 10:00:00 2026\n'
		cat "$file"
		printf '\n'
	done
}

@test 'a real server: 40 files over one connection with TLS' {
	post 40
	run -0 msend --batch --log=log -v "${files[@]}"
	assert_equal "$(grep -c 'C: AUTH' <<<"$output")" 1
	comes 40
	assert_equal "$(grep -c ' input=post[0-9]*.eml .*status=sent exit=0' log)" 40
}

@test 'a real server: several connections take each message once, whether files or an mbox' {
	local way
	for way in files mbox pipe; do
		post 40
		case $way in
		files) run -66 --separate-stderr msend --connections=4 -v --log=log --batch "${files[@]:0:20}" missing "${files[@]:20}" ;;
		mbox)
			as_mbox "${files[@]}" >box
			run -0 --separate-stderr msend --connections=4 -v --log=log --mbox <box
			;;
		pipe) run -0 --separate-stderr msend --connections=4 -v --log=log --mbox < <(as_mbox "${files[@]}") ;;
		esac
		assert_equal "$(grep -c 'C: QUIT' <<<"$stderr")" "$(grep -c 'C: EHLO' <<<"$stderr")"
		comes 40
		assert_equal "$(grep -c 'status=sent exit=0' log)" 40
		sed -n 's/.* input=\("[^"]*"\|[^ ]*\).*/\1/p' log | sort >inputs
		assert_equal "$(uniq -d inputs | grep -F -f - log)" ''
		assert_equal "$(wc -l <inputs)" "$(wc -l <log)"
		rm log
	done
}

@test 'Postfix takes each message of several connections once' {
	require_postfix
	post 30
	run -0 msend --connections=3 -s "smtps://$SRV_POSTFIX_SMTPS" --batch "${files[@]}"
	assert_output ''
	comes 30
}

@test 'the account of mailverbs(7) for a Postfix on this machine: it gets each message of a batch once, whatever is repeated' {
	require_postfix
	post 20
	sed -n '/^\[relay\]/,/^\.Ed/{/^\.Ed/!p;}' "$abs_top_srcdir/man/mailverbs.7" |
		sed "s/localhost:25/$SRV_POSTFIX_PLAIN/" >relay.ini
	chmod 600 relay.ini
	for time in 1 2; do
		run -0 msend -C relay.ini -a relay --batch --connections=4 --journal=sent.journal "${files[@]}"
		assert_output ''
	done
	comes 20
}

@test 'messages of several accounts: each goes over its own' {
	local first
	post 1
	first=$user
	config=$(<"$XDG_CONFIG_HOME/mailverbs/config.ini")
	mv post1.eml first.eml
	post 1
	{
		printf '%s\n' "$config" | sed 's/^\[.*\]/[first]/'
		sed 's/^\[.*\]/[second]/' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	} >config.ini
	chmod 600 config.ini
	run -0 --separate-stderr msend --config=config.ini --log=log --batch first.eml post1.eml first.eml
	assert_equal "$(sed 's/.*account=\([a-z]*\) .*/\1/' log | xargs)" 'first second first'
	await_mail "$first" 2
	comes 1
}

@test 'killed by SIGKILL: nothing comes twice, and all that the log has as sent came' {
	local pid logged
	post 60
	msend --batch --log=log "${files[@]}" 3>&- &
	pid=$!
	until [[ -s log ]]; do sleep 0.01; done
	kill -KILL $pid
	wait $pid || true
	logged=$(grep -c 'status=sent' log)
	await_mail "$user" "$logged"
	post=$(came)
	# one may have been under way
	[[ $post = "$(seq "$logged" | xargs)" || $post = "$(seq $((logged + 1)) | xargs)" ]]
}

@test 'SIGTERM in a batch: what was not sent is said' {
	local pid status=0
	post 2
	mkfifo pipe
	msend --mbox --log=log <pipe 2>err 3>&- &
	pid=$!
	exec 4>pipe
	as_mbox "${files[@]}" >&4
	until [[ -s log ]]; do sleep 0.01; done
	kill -TERM $pid
	wait $pid || status=$?
	exec 4>&-
	assert_equal $status 143
	assert_equal "$(<err)" 'msend: message 2: interrupted'
	comes 1
}

@test 'a process of several that is killed: the others send the rest, and it is said' {
	post 12
	cat >kills <<-'END'
	#!/bin/sh
	if mkdir killed 2>/dev/null; then kill -KILL $PPID; exit; fi
	exec "$@"
	END
	chmod +x kills
	printf '! relay %s %s\n' "${SRV_SUBMISSIONS%:*}" "${SRV_SUBMISSIONS##*:}" >relay
	run --separate-stderr msend --tunnel="exec ./kills '$abs_top_builddir/tests/replay' relay" \
		--server="smtps://$SRV_SUBMISSIONS" --connections=3 --log=log --batch "${files[@]}"
	assert_equal "$status" 70
	assert_regex "$stderr" 'msend: connection [123]: its process was ended by signal 9'
	await_mail "$user" 11
	assert_equal "$(came | wc -w | tr -d ' ')" 11
	assert_equal "$(came | tr ' ' '\n' | sort -u | wc -l | tr -d ' ')" 11
}

# memory ARGUMENT...: the KiB that msend had at most
memory()
{
	msend "${smtp[@]}" --tunnel="exec sh $PWD/server.sh" "$@"
	cat kib
}

@test 'memory does not grow with the number of messages, nor with the size of one' {
	local few many file
	grep -q VmHWM /proc/self/status || skip 'needs /proc/PID/status'
	! are_sanitized || limit=1000000
	write_counting_server
	{
		cat letter
		yes 'This line has forty letters, all told...' | head -c 5242880
	} >big
	few=$(memory --mbox < <(as_mbox 1.eml 2.eml))
	many=$(memory --mbox < <(as_mbox 1.eml big; yes 1.eml | head -n 300 | while read -r file; do as_mbox "$file"; done))
	mapfile -t files < <(yes 1.eml | head -n 300)
	file=$(memory --batch "${files[@]}" big)
	echo "KiB: few $few, many $many, files $file"
	((many < few + ${limit-1024} && file < few + ${limit-1024}))
}

@test 'SIGTERM while several connections wait: two messages are in doubt, the others were not sent' {
	local pid status=0
	write_counting_server
	: >stalls
	msend "${smtp[@]}" --tunnel="exec sh $PWD/server.sh" --connections=2 --log=log --batch {1..4}.eml {1..4}.eml 2>err 3>&- &
	pid=$!
	until [[ $(wc -l <stalls) -eq 2 ]]; do sleep 0.01; done
	kill -TERM $pid
	wait $pid || status=$?
	cat err
	assert_equal $status 143
	assert_equal "$(grep -c 'the message may have been sent' err)" 2
	assert_equal "$(grep -c 'status=unknown exit=75' log)" 2
	# what lay on the table is named, and what did not come to lie there
	assert_equal "$(grep -c 'interrupted: it was not sent' err)" "$(grep -c 'status=failed exit=75' log)"
	assert_equal "$(grep -c 'status=sent' log)" 0
}

# ---- usage ----

@test 'what does not go together is said' {
	local arguments
	for arguments in --batch '--batch --mbox' '--mbox bob@example.org' --connections=2 \
		'--batch --connections=65 1.eml'; do
		# shellcheck disable=SC2086  # words are wanted
		run -64 msend "${smtp[@]}" $arguments </dev/null
	done
}

@test 'an option of sending has no effect on a probe or on the queue, and is an error there' {
	local job option
	for job in --probe --flush --list-queue; do
		for option in --batch --each --journal=j --full-name=x --queue --partial --dsn-notify=never \
			--dsn-return=full --envelope-id=x --require-tls --deliver-by=9 --hold-for=9 --priority=1; do
			run -64 --separate-stderr msend "${smtp[@]}" "$job" "$option" </dev/null
			assert_equal "${stderr_lines[0]}" "msend: $job and ${option%%=*} cannot be combined"
		done
	done
	for option in --flush --list-queue; do
		run -64 --separate-stderr msend "${smtp[@]}" --probe "$option" </dev/null
		assert_equal "${stderr_lines[0]}" "msend: --probe and $option cannot be combined"
	done
	run -64 msend "${smtp[@]}" --flush --list-queue </dev/null
	assert_output 'msend: --list-queue and --flush cannot be combined'
}
