#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Servers that mean harm, or are broken as if they did: what they say never reaches a terminal raw,
# they get no secret that is not theirs, and they neither hold us for ever nor fill our memory.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash
# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

# shellcheck disable=SC2154  # helper.bash and the next ones

load helper
load replay
load hostile

# ---- without end ----

@test "a line without end, wherever it comes: 76" {
	local before
	for before in '' $'S: +OK\nC: CAPA\n' $'S: +OK\nC: CAPA\nS: +OK\n' "$pop3_hello"$'\nC: LIST\n' \
	    "$pop3_hello"$'\nC: LIST\nS: +OK\n'; do
		against - 76 mdel 1 <<<"$before"$'\nS% 0 '"$kib"
		assert_regex "$stderr" 'a line of more than 16384 bytes'
	done
	against - 76 msend bob@example.org <<<"S% 0 $kib"
	against - 76 msend bob@example.org <<<"$smtp_hello"$'\nC~ MAIL .*\nC~ RCPT .*\nC: DATA\nS> 250 \nS% 0 '"$kib"
}

@test "a line of just the longest length is read" {
	against - 69 mlist <<-END
	S> -ERR 
	S% $((16384 - 5)) x
	S:
	END
	against - 76 mlist <<-END
	S> -ERR 
	S% $((16384 - 4)) x
	S:
	END
}

@test "capabilities without end: 76" {
	against - 76 mlist <<<$'S: +OK\nC: CAPA\nS: +OK\nS* 0 X-CAPABILITY-\\i'
	assert_regex "$stderr" 'capabilities without end'
	against - 76 msend bob@example.org <<<$'S: 220 ready\nC: EHLO [127.0.0.1]\nS* 0 250-X-FEATURE-\\i'
	assert_regex "$stderr" 'a reply without end'
}

@test "a few long lines, which at the least rate would hold us for hours, are without end too: 76" {
	local long=${kib:0:1000}
	against - 76 mlist <<<$'S: +OK\nC: CAPA\nS: +OK\nS* 100 X-'"$long"$'\nS: .\n! stall'
	assert_regex "$stderr" 'capabilities without end'
	against - 76 msend bob@example.org <<<$'S: 220 ready\nC: EHLO [127.0.0.1]\nS* 100 250-X-'"$long"$'\nS: 250 OK\n! stall'
	assert_regex "$stderr" 'a reply without end'
	against - 76 msend bob@example.org <<<"S* 100 220-$long"$'\nS: 220 ready\n! stall'
	assert_regex "$stderr" 'a reply without end'
}

@test "a greeting without end: 76" {
	against - 76 msend bob@example.org <<<$'S* 0 220-hello \\i'
}

@test "a header without end: 76" {
	against - 76 mlist <<<"$pop3_hello"$'\nC: LIST\nS: +OK\\r\\n1 9\\r\\n.\nC: TOP 1 0\nS: +OK\nS* 0 X-Header: '"$kib"
	assert_regex "$stderr" 'a header without end'
}

@test "a login without end: 76" {
	printf 'stale\n' >password
	local auth
	for auth in login cram-md5 xoauth2; do
		{
			printf 'S: +OK\nC: CAPA\nS: +OK\nS: SASL LOGIN CRAM-MD5 XOAUTH2\nS: .\nC~ AUTH .*\n'
			printf '! interrupt\nS* 0 + \n'
		} >script
		against "$PWD/script" 76 mlist --auth=$auth
	done
}

# ---- bytes that a terminal obeys ----

evil='\x1b[31mred\x1b]0;title\x07 \xc2\x9b31m \xe2\x80\xaegpj.exe \x9b31m \x08\x7f \x1bc'

@test "escape sequences, C1 and bidi controls in replies come out as text" {
	against - 69 mlist <<<"S: -ERR $evil"
	assert_harmless "$stderr"
	assert_regex "$stderr" '-ERR \\x1b\[31mred'
	against - 69 msend bob@example.org <<<"S: 554 $evil"$'\nC: QUIT'
	assert_harmless "$stderr"
	against - 76 mlist <<<"S: $evil"
	assert_harmless "$stderr"
	against - 76 mlist <<<"$pop3_hello"$'\nC: LIST\nS: +OK\nS: '"$evil"
	assert_harmless "$stderr"
}

@test "escape sequences in the trace, and in what --probe shows" {
	against - 69 mlist -vv <<<"S: -ERR $evil"
	assert_harmless "$stderr"
	against - 69 mlist -v <<<$'S: +OK\nC: CAPA\nS: +OK\nS: X-'"$evil"$'\nS: .\nC: LIST\nS: -ERR '"$evil"
	assert_harmless "$stderr"
	unset 'pop3[2]' # no user: no login
	against - 0 mlist --probe <<<$'S: +OK\nC: CAPA\nS: +OK\nS: X-'"$evil"$'\nS: .\nC: QUIT'
	assert_regex "$output" 'offers: X-\\x1b'
	assert_harmless "$output$stderr"
}

@test "escape sequences in headers, raw and encoded, and in unique ids do not leave mlist" {
	local format encoded
	encoded="=?utf-8?b?$(printf '\033[31m\302\233 \342\200\256' | base64)?= =?iso-8859-1?q?=9b31m=1b[0m?="
	for format in --quiet --json; do
		against - 0 mlist $format --columns=number,uid,date,from,to,subject,message-id <<-END
		$pop3_hello
		C: UIDL
		C: LIST
		S: +OK\r\n1 $evil\r\n.\r\n+OK\r\n1 9\r\n.
		C: TOP 1 0
		S: +OK
		S: Subject: $evil $encoded
		S: From: "$evil" <$evil@example.org>
		S: To: $encoded <bob@example.org>
		S: Date: $evil
		S: Message-ID: <$evil>
		S:
		S: .
		C: QUIT
		END
		assert_harmless "$(tr -d '\t' <<<"$output")$stderr"
	done
}

@test "a header cannot make two rows of one, nor a column more" {
	against - 0 mlist --columns=number,subject <<-END
	$pop3_hello
	C: LIST
	S: +OK\r\n1 9\r\n.
	C: TOP 1 0
	S: +OK\r\nSubject: a\tb =?utf-8?q?c=0A2=09d?=\r\n\r\n.
	C: QUIT
	END
	assert_equal "$(wc -l <<<"$output")" 1
	assert_equal "$(tr -cd '\t' <<<"$output" | wc -c)" 1
}

@test "NUL bytes in replies are an error, in a message they are delivered" {
	against - 76 mlist <<<$'S: +OK \\x00'
	assert_regex "$stderr" 'NUL'
	against - 76 msend bob@example.org <<<$'S: 220 \\x00'
	against - 76 mlist <<<"$pop3_hello"$'\nC: LIST\nS: +OK\nS: 1 9\\x00'
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 one\r\n.\r\n+OK\r\n1 9\r\n.
	C: RETR 1
	C: NOOP
	S: +OK\r\nX: a\x00b\r\n\r\n\x00\r\n.
	S: +OK
	C: DELE 1
	C: QUIT
	S: +OK\r\n+OK
	END
	printf 'X: a\0b\n\n\0\n' | cmp - box/new/*
}

# ---- no mail server at all ----

@test "a greeting that is none: 76" {
	local greeting
	for greeting in 'SSH-2.0-OpenSSH_9.2' 'HTTP/1.1 400 Bad Request' '* OK IMAP4rev1' '22' '2200 hi' \
	    '220hi' '-OK' '\x15\x03\x03\x00\x02\x02\x46' '\xff\xff\xff'; do
		echo "# $greeting" >&2
		against - 76 mlist <<<"S: $greeting"
		against - 76 msend bob@example.org <<<"S: $greeting"
		assert_harmless "$stderr"
		assert_one_error
	done
	against - 76 msend bob@example.org <<<'S: '
	against - 76 mlist <<<'S: 220 smtp'
	against - 76 msend bob@example.org <<<'S: +OK pop3'
}

@test "a server that hangs up without a word: 75" {
	against - 75 mlist <<<'! close'
	against - 75 msend bob@example.org <<<'! close'
	assert_equal "$(head -n 1 <<<"$stderr")" 'msend: tunnel: the server closed the connection'
}

# ---- lists ----

@test "message numbers that descend, repeat, are 0, too big or none: 76, nothing is fetched or deleted" {
	local list
	for list in '2 a\r\n1 b' '1 a\r\n1 b' '0 a' '4294967296 a' '4294967297 a' '18446744073709551617 a' \
	    '-1 a' '+1 a' '1' '1 ' ' 1 a' 'a b' '1a b' '0x1 a'; do
		echo "# $list" >&2
		against - 76 mfetch --maildir=box <<-END
		$pop3_hello
		C: UIDL
		C: LIST
		S: +OK\r\n$list\r\n.\r\n+OK\r\n1 9\r\n2 9\r\n.
		END
		assert_one_error
		[[ $list = '1 a'* ]] && list=${list//[ab]/9}
		against - 76 mdel 1 <<-END
		$pop3_hello
		C: LIST
		S: +OK\r\n${list// [ab]/ 9}\r\n.
		END
	done
	assert_equal "$(box)" ''
}

@test "UIDL and LIST that speak of different messages: 76" {
	local sizes
	for sizes in '1 9' '1 9\r\n3 9' '1 9\r\n2 9\r\n3 9' '2 9\r\n3 9'; do
		against - 76 mfetch --maildir=box <<-END
		$pop3_hello
		C: UIDL
		C: LIST
		S: +OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\n$sizes\r\n.
		END
	done
}

@test "sizes that are none: 76" {
	local size
	for size in x -1 18446744073709551616 ''; do
		against - 76 mdel 1 <<-END
		$pop3_hello
		C: LIST
		S: +OK\r\n1 $size\r\n.
		END
	done
}

@test "the largest message number is one" {
	against - 0 mdel 4294967294 <<-END
	$pop3_hello
	C: LIST
	S: +OK\r\n1 9\r\n4294967294 9\r\n4294967295 9\r\n.
	C: DELE 4294967294
	C: QUIT
	S: +OK\r\n+OK
	END
}

@test "a unique id longer than any: the message is one without an id" {
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 $kib\r\n2 x$kib\r\n.\r\n+OK\r\n1 9\r\n2 9\r\n.
	C: RETR 1
	C: RETR 2
	C: NOOP
	S: +OK\r\n\r\none\r\n.
	S: +OK\r\n\r\ntwo\r\n.
	S: +OK
	C: DELE 1
	C: DELE 2
	C: QUIT
	S* 3 +OK
	END
	assert_equal "$(box | sort)" $'one\ntwo'
}

@test "a line too many behind an answer is no answer to the next command: 76" {
	against - 76 mfetch --maildir=box <<-END
	S: +OK
	C: CAPA
	S: +OK
	S: .
	C: UIDL
	S: +OK\r\n1 a\r\n.
	C: LIST
	S: +OK\r\n1 9\r\n.\r\nX-garbage
	END
	assert_equal "$(box)" ''
}

# ---- messages cut off, as only POP3 has it; the rest is in cut.bats ----

@test "the end of the connection is no end of a message, whatever its last bytes" {
	local last
	for last in '' '.' '.\r' '\r\n' '\r\n.' '\r\n.\r' '\n.' '\r\n..\r\n'; do
		rm -rf box "$XDG_STATE_HOME"
		echo "# $last" >&2
		against - 75 mfetch --maildir=box <<-END
		$pop3_hello
		C: UIDL
		C: LIST
		S: +OK\r\n1 a\r\n.\r\n+OK\r\n1 9\r\n.
		C: RETR 1
		C: NOOP
		S> +OK\r\n\r\ntorn$last
		! close
		END
		assert_equal "$(box)" ''
	done
}

@test "a sender cannot end his message early by a lone dot between bare LFs" {
	against - 0 mfetch --maildir=box <<-END
	$pop3_hello
	C: UIDL
	C: LIST
	S: +OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\n1 9\r\n2 9\r\n.
	C: RETR 1
	C: RETR 2
	C: NOOP
	S> +OK\r\n\r\nevil\n.\n+OK\n\nforged\n.\nend\r\n.\r\n
	S: +OK\r\n\r\ntrue\r\n.
	S: +OK
	C: DELE 1
	C: DELE 2
	C: QUIT
	S* 3 +OK
	END
	assert_equal "$(box)" $'end\ntrue'
}

# ---- time ----

@test "a server that says nothing, or stops in the middle: 75 after --timeout" {
	local before
	for before in 'S> +O' $'S: +OK\nC: CAPA' $'S: +OK\nC: CAPA\nS: +OK\nS: PIPEL'; do
		against - 75 mfetch --timeout=1 --maildir=box <<<"$before"$'\n! stall'
		assert_regex "$stderr" 'timed out: no answer within 1 second'
	done
	for before in '' 'S: 220-' "$smtp_hello"$'\nC~ MAIL.*\nC~ RCPT.*\nC: DATA\nS: 250 Ok'; do
		against - 75 msend --timeout=1 bob@example.org <<<"$before"$'\n! stall'
		assert_regex "$stderr" 'timed out: no answer within 1 second'
	done
}

@test "a byte now and then does not keep us: a whole answer has its time" {
	against - 75 mlist --timeout=1 <<<$'! drip 300\nS: +OK a greeting that takes its time'
	against - 75 msend --timeout=1 bob@example.org <<<$'! drip 300\nS: 220 a greeting that takes its time'
}

@test "the answer to a message is not waited for longer than --timeout, and may have been sent" {
	against - 75 msend --timeout=1 bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	$wire_letter
	C: .
	C: QUIT
	! stall
	END
	assert_regex "$stderr" 'may have been sent'
}

# ---- our own commands ----

# Nothing of it must come: refused before anything but the server's first words was exchanged.
injects()
{
	local expected=$1 tool=$2
	shift 2
	echo "# $*" | cat -v >&2
	case $tool in
	msend) printf 'S: 220 ready\nC: EHLO [127.0.0.1]\nS: 250-mx\nS: 250-SMTPUTF8\nS: 250 AUTH PLAIN\nC: QUIT\n' ;;
	*) printf 'S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: SASL PLAIN CRAM-MD5\nS: .\n' ;;
	esac >script
	rm -f verdict
	case $tool in
	msend) run --separate-stderr msend "${smtp[@]}" "$(tunnel_to "$PWD/script")" "$@" <letter ;;
	*) run --separate-stderr "$tool" "${pop3[@]}" "$(tunnel_to "$PWD/script")" "$@" </dev/null ;;
	esac
	[[ ! -e verdict || $(<verdict) = ok ]] || cat verdict >&2
	[[ ! -e verdict || $(<verdict) = ok ]]
	assert_equal "$status" "$expected"
	assert_harmless "$stderr"
}

@test "line ends in a user name, a sender, a recipient never become commands" {
	local bad
	for bad in $'\r\n' $'\n' $'\r'; do
		injects 64 mlist --auth=user "--user=alice${bad}DELE 1"
		injects 64 mlist --auth=plain "--user=alice${bad}DELE 1"
		injects 64 msend "--from=alice@example.org>${bad}RCPT TO:<eve@example.org" bob@example.org
		injects 64 msend "bob@example.org>${bad}DATA"
		# around an address it is white space, as in a header
		against - 0 msend "${bad}bob@example.org${bad}" <<-END
		$smtp_hello
		C: MAIL FROM:<alice@example.org>
		C: RCPT TO:<bob@example.org>
		C: DATA
		S: 250 Ok\r\n250 Ok\r\n354 go
		$wire_letter
		C: .
		C: QUIT
		S* 2 250 Ok
		END
	done
	injects 64 msend 'bob@example.org> SIZE=1'
	injects 64 msend 'bob@exam ple.org'
	injects 64 msend --from='alice@example.org> BODY=8BITMIME' bob@example.org
}

@test "line ends in a header's address never become commands" {
	sed -i $'s/^To: .*/To: "bob\\\\\r>RSET"@example.org/' letter
	injects 65 msend
	sed -i 's/^To: .*/To: =?utf-8?q?bob=0D=0A?=@example.org/' letter
}

@test 'a line end in the value of any option is refused, before anything is asked or started' {
	local tool option options count=0 bad=$'x\r\nDELE 1\n'
	for tool in msend mlist mfetch mdel mmark; do
		mapfile -t options < <("$tool" --help | grep -oE -- '--[a-z0-9-]+=' | sort -u)
		for option in "${options[@]}"; do
			[[ $option != *-command= && $option != @(--pipe|--filter|--send-filter|--hook|--tunnel)= ]] || continue
			run -64 --separate-stderr "$tool" --server=imap+insecure:// --tunnel='touch asked' "$option$bad" uid:1 <letter
			assert_harmless "$stderr"
			count=$((count + 1))
		done
	done
	assert [ "$count" -gt 100 ]
	refute [ -e asked ]
}

# ---- how the tools are started ----

# started TEXT: a program that does what TEXT says, and becomes mfetch
started()
{
	printf '#!/bin/bash\n%s "$@"\n' "$1" >started
	chmod +x started
}

@test 'a tool that is given no name of its own works' {
	started "exec -a '' '$abs_top_builddir/mfetch'"
	run -0 ./started --version
	assert_output --regexp '^mailverbs \(mailverbs\) '
	against - 69 ./started <<<'S: -ERR no'
	assert_equal "$stderr" 'mailverbs: tunnel: -ERR no'
}

@test 'a signal that was ignored before stays so: nohup, and parents that ignore SIGPIPE' {
	{
		printf '%s\n' "$pop3_hello" 'C: UIDL' 'C: LIST' 'S: +OK\r\n1 a\r\n.\r\n+OK\r\n1 9\r\n.' 'C: RETR 1' 'C: NOOP'
		# shellcheck disable=SC2016 # the server's shell
		printf '%s\n' '! run kill -HUP $(cat pid)' 'S: +OK\r\nhi\r\n.\r\n+OK' 'C: DELE 1' 'C: QUIT' 'S: +OK\r\n+OK'
	} >script
	# shellcheck disable=SC2016 # that shell's
	started 'trap "" HUP PIPE; echo $$ >pid; exec mfetch --maildir=box'
	against "$PWD/script" 0 ./started
	assert_equal "$(box)" hi
}

# ---- a file that is written to while it is sent ----

@test 'a message that changes under way is no message: neither more octets than were announced, nor its end' {
	local body
	cat >server <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '220 ready'
	read -r ehlo && say '250-mx' '250 CHUNKING'
	read -r mail && say '250 ok'
	read -r rcpt && cat changed >letter && say '250 ok'
	read -r bdat && printf '%s' "$bdat" | tr -cd 0-9 >announced
	head -c "$(cat announced)" >received
	cat >more
	mv more rest
	END
	for body in xxxxxxxxxx $'\n\n\n\n\n\n\n\n\nx'; do
		{ sed '/^$/q' letter && yes "$body" | head -c 330000; } >one
		{ sed '/^$/q' letter && sed '1,/^$/d' one | tr 'x\n' '\nx'; } >changed
		cp one letter
		run -74 --separate-stderr msend "${smtp[@]}" --tunnel='exec bash server' bob@example.org <letter
		assert_equal "$stderr" 'msend: the message changed while it was sent'
		assert [ "$(wc -c <received)" -lt "$(cat announced)" ]
		assert_equal "$(cat rest)" ''
	done
}
