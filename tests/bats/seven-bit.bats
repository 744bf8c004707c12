# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# 8-bit letters for a server without 8BITMIME: each MIME part is encoded, and decodes to what it was; where that may
# not be, nothing is sent.
#
# shellcheck disable=SC2154  # tests, output: tests/helper.bash, run

load helper

setup()
{
	mailverbs_setup
	# A server without extensions, which takes anything.
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '220 here'
	while read -r verb rest; do
		printf '%s %s\n' "$verb" "$rest" >>said
		case $verb in
		EHLO) say 250-here '250 SIZE' ;;
		DATA*)
			say '354 go on'
			sed '/^\.\r$/q' >got
			say '250 taken'
			;;
		*) say '250 fine' ;;
		esac
	done
	END
}

# send [OPTION]...: to that server
send() { msend --provider=none --server=smtp+insecure:// --tunnel='bash server.sh' -f alice@example.org "$@" bob@example.org; }

head=$'From: alice@example.org\nMIME-Version: 1.0\n'

@test 'parts of every kind arrive through Postfix without 8BITMIME, and decode to what they were' {
	require_postfix
	local user
	user=$(fresh_user)
	mkdir letters
	"$tests/bats/seven_bit.py" write letters
	sed -i "1iTo: $user@example.org" letters/*.eml
	run -0 msend --provider=none --server="smtp+insecure://$SRV_POSTFIX_BARE" --auth=none --batch letters/*.eml
	assert_output ''
	set -- letters/*
	await_mail "$user" $#
	mapfile -t came < <(mailbox_files "$user")
	"$tests/bats/seven_bit.py" same letters "${came[@]}"
}

@test 'what is 7-bit already, is signed, or has 8BITMIME, goes byte for byte' {
	printf '%s\n' "${head}Content-Type: multipart/signed; boundary=s" '' --s 'Content-Type: text/plain' \
		'Content-Transfer-Encoding: 8bit' '' 'signed = text ' '' --s 'Content-Type: application/pgp-signature' '' x --s-- >letter
	sed -i '2iDate: Sun, 01 Nov 2026 10:00:00 +0000\nMessage-ID: <s@example.org>' letter
	cp letter outer
	{
		sed '/^MIME/q' letter
		printf '%s\n' 'Content-Type: multipart/mixed; boundary=m' '' --m
		sed '1,4d' letter
		printf '%s\n' --m '' 'ü' --m--
	} >outer
	run -0 send <letter
	sed 's/$/\r/' letter | diff - <(sed '/^\.\r$/d' got)
	run -0 send <outer
	sed -n '/^--m$/,$p' outer | sed 's/ü/=C3=BC/; 0,/^--m$/!s/^--m$/--m/' >wanted
	diff <(tr -d '\r' <got | sed -n '/^--m$/,/^--m--$/p' | sed '/^Content-Transfer-Encoding: quoted-printable$/d') wanted
}

# refused REASON LINE...: the letter with the LINEs after its first two is not sent, for that reason
refused()
{
	rm -f said
	printf '%s%s\n' "$head" "$2" >letter
	printf '%s\n' "${@:3}" >>letter
	run -65 send <letter
	assert_output "msend: tunnel: $1 has 8-bit text, and the server does not offer 8BITMIME"
	run ! grep -q '^MAIL' said
}

@test 'text that must not be changed, or cannot be encoded, is refused with the reason' {
	local text='Content-Type: text/plain' kind
	for kind in signed encrypted; do
		set -- "$([[ $kind = signed ]] && echo a || echo an) $kind part, which must not be changed,"
		refused "$1" "Content-Type: multipart/$kind; boundary=s" '' --s "$text" '' 'ü' --s--
		refused "$1" 'Content-Type: multipart/mixed; boundary=m' '' --m "$text" '' x --m \
			"Content-Type: Multipart/$kind; boundary=\"s\"" '' --s 'Content-Type: multipart/mixed; boundary=n' '' --n '' 'ü' --n-- --s-- --m--
		refused "$1" 'Content-Type: message/rfc822' '' "Content-Type: multipart/$kind; boundary=s" '' --s '' 'ü' --s--
	done
	refused "the header field 'Subject'" 'Subject: Grüße' '' x
	refused "the header field 'Content-Type'" 'Content-Type: multipart/mixed; boundary=m' '' --m "$text; name=ü" '' x --m--
	refused "the header field 'X'" 'Content-Type: message/rfc822' '' 'X: ü' '' x
	refused 'a part that says it is encoded' "$text" 'Content-Transfer-Encoding: base64' '' 'ü'
	refused 'a part of a type that cannot be encoded' 'Content-Type: message/partial; id=1' '' 'ü'
	refused 'a multipart whose parts cannot be found' 'Content-Type: multipart/mixed' '' 'ü'
}

@test 'the size that is checked is that of the encoded letter, and the queue encodes too' {
	sed -i 's/250 SIZE/250 SIZE 400/' server.sh
	{
		printf '%s\n' "$head"
		printf 'ü%.0s' {1..100}
	} >letter
	run -65 send <letter
	assert_output --regexp 'has [0-9]+ octets, the server takes at most 400'
	run -0 send --queue --tunnel='exit 1' <letter
	sed -i 's/250 SIZE 400/250 SIZE/' server.sh
	run -0 msend --flush --tunnel='bash server.sh'
	run -0 grep -c '=C3=BC' got
}

@test 'memory does not grow with an 8-bit letter that is encoded' {
	are_sanitized && skip 'the memory is not its own'
	[[ -r /proc/self/status ]] || skip 'no /proc'
	write_counting_server
	for size in 1 200; do
		{
			printf '%s\n' "${head}Content-Type: multipart/mixed; boundary=m" '' --m ''
			awk -v n=$((size * 1000)) 'BEGIN { for (i = 0; i < n; i++) print "zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich" }'
			printf '%s\n' --m 'Content-Type: image/x' '' 'ü'
			head -c $((size * 10000)) /dev/zero | tr '\0' '\344'
		} >letter
		run -0 send <letter
		assert_output ''
		peaks+=("$(<kib)")
	done
	(($(<got) > 14000000))
	echo "${peaks[*]}"
	((peaks[1] < peaks[0] + 1024))
}
