#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A message on the wire to an SMTP server: line ends, dots, SIZE, 8BITMIME and SMTPUTF8, to the last byte.
# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

load helper
load replay
load transcripts

# on_the_wire: sends the letter with DATA, and with BDAT; the file plain has what must come
on_the_wire()
{
	local size first='S: 250 Ok\r\n250 Ok' then=
	size=$(wc -c <plain | tr -d ' ')
	# only a small message goes out before its recipient's reply was seen
	((size > 65536)) || then=$first first=
	sed 's/^\./../' plain >stuffed
	against - 0 msend bob@example.org <<-END
	$smtp_hello
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	C: DATA
	S: 250 Ok
	S: 250 Ok
	S: 354 go
	C< stuffed
	C: .
	C: QUIT
	S: 250 Ok
	END
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-PIPELINING
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org>
	C: RCPT TO:<bob@example.org>
	$first
	C: BDAT $size LAST
	C< plain
	C: QUIT
	$then
	S: 250 Ok
	END
}

# wire_of BODY WIRE: a body as it stands in the letter, and as it comes to the server
wire_of()
{
	local header
	header=$(sed '/^$/q' letter)
	printf '%s\n\n' "$header" >letter
	sed 's/$/\r/' letter >plain
	printf '%b' "$1" >>letter
	printf '%b' "$2" >>plain
	echo "# $1" >&2
	on_the_wire
}

@test "bodies on the wire: dots, lone dots, bare CR and LF, no body, no final line end" {
	wire_of '.\n' '.\r\n'
	wire_of '.\r\n.\r\n' '.\r\n.\r\n'
	wire_of 'a\n.\nb\n..\n.c\n' 'a\r\n.\r\nb\r\n..\r\n.c\r\n'
	wire_of 'a\r.\rb' 'a\r\n.\r\nb\r\n'
	wire_of 'a\n.\r\n' 'a\r\n.\r\n'
	wire_of 'a\r\n.\n' 'a\r\n.\r\n'
	wire_of 'a\r\r\nb\n\r' 'a\r\nb\r\n\r\n'
	wire_of '' ''
	wire_of '\n\n' '\r\n\r\n'
	wire_of 'no end' 'no end\r\n'
	wire_of '.' '.\r\n'
	wire_of 'From x\n>From y\n' 'From x\r\n>From y\r\n'
	wire_of 'one \0001\n' 'one \0001\r\n'
}

@test "a large message on the wire, whatever the blocks it is read in" {
	head -c 700000 /dev/urandom | base64 -w 76 | sed '0~50s/^/./; 0~1000s/.*/./' >big
	printf '%s\n\n' "$(sed '/^$/q' letter)" | cat - big >letter.new
	mv letter.new letter
	sed 's/$/\r/' letter >plain
	on_the_wire
}

@test "a line longer than a server's limit goes as it is" {
	wire_of "$(printf 'x%.0s' {1..5000})\\n" "$(printf 'x%.0s' {1..5000})\\r\\n"
}

@test "SIZE: a message over the server's limit is refused before the first byte, 65" {
	against - 65 msend bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 SIZE 135
	C: QUIT
	END
	assert_equal "$stderr" 'msend: tunnel: the message has 136 octets, the server takes at most 135'
}

@test "SIZE: a message at the limit goes, its size named; SIZE 0 and SIZE alone are no limit" {
	local size
	for size in ' 136' ' 0' ''; do
		against - 65 msend bob@example.org <<-END
		S: 220 ready
		C: EHLO [127.0.0.1]
		S: 250-mx
		S: 250 SIZE$size
		C: MAIL FROM:<alice@example.org> SIZE=136
		S: 250 Ok
		C: RCPT TO:<bob@example.org>
		S: 250 Ok
		C: DATA
		S: 354 go
		$wire_letter
		C: .
		S: 554 enough
		C: QUIT
		END
	done
}

@test "8-bit text: encoded for a server without 8BITMIME, as it is and declared with it" {
	printf 'gr\303\274n\n' >>letter
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-SIZE
	S: 250-PIPELINING
	S: 250 CHUNKING
	C: MAIL FROM:<alice@example.org> SIZE=252
	C: RCPT TO:<bob@example.org>
	C: BDAT 252 LAST
	$(sed '/^C: $/d; /^C: Hi$/d' <<<"$wire_letter")
	C: MIME-Version: 1.0
	C: Content-Type: text/plain; charset=utf-8
	C: Content-Transfer-Encoding: quoted-printable
	C:
	C: Hi
	C: gr=C3=BCn
	C: QUIT
	S: 250 Ok
	S: 250 Ok
	S: 250 Ok
	END
	against - 0 msend bob@example.org <<-END
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250-PIPELINING
	S: 250-CHUNKING
	S: 250 8bitmime
	C: MAIL FROM:<alice@example.org> BODY=8BITMIME
	C: RCPT TO:<bob@example.org>
	C: BDAT 143 LAST
	$wire_letter
	C: gr\xc3\xbcn
	C: QUIT
	S: 250 Ok
	S: 250 Ok
	S: 250 Ok
	END
}

@test "a local part beyond ASCII without SMTPUTF8: refused before the first byte, and said why" {
	against - 69 msend 'böb@example.org' <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250-mx
	S: 250 8BITMIME
	C: QUIT
	END
	assert_equal "$stderr" 'msend: tunnel: the address böb@example.org needs SMTPUTF8, which the server does not offer'
}

@test "a local part beyond ASCII with SMTPUTF8" {
	against smtp-smtputf8 0 msend 'böb@bücher.example'
}

@test "an internationalised domain goes as its A-label" {
	against smtp-idn 0 msend 'bob@bücher.example'
}

@test "the null sender" {
	against - 67 msend --from='<>' bob@example.org <<-'END'
	S: 220 ready
	C: EHLO [127.0.0.1]
	S: 250 mx
	C: MAIL FROM:<>
	S: 250 Ok
	C: RCPT TO:<bob@example.org>
	S: 550 no
	C: QUIT
	END
}
