# SPDX-License-Identifier: ISC
#
# msend against a real Postfix and Dovecot's submission service: what arrives, and what is said.

# shellcheck disable=SC2154  # setup() sets them

load helper
load msend

# ---- each way in ----

@test 'a letter goes out through Postfix with TLS from the first byte' {
	require_postfix
	letter >letter.eml
	arrives by_postfix_tls letter.eml
}

@test 'a letter goes out through Postfix with STARTTLS' {
	require_postfix
	letter >letter.eml
	arrives by_postfix_starttls letter.eml
}

@test 'a letter goes out through a Postfix without TLS and without a login' {
	require_postfix
	letter >letter.eml
	arrives by_postfix_plain letter.eml
}

@test 'a letter goes out through a server without any extension' {
	require_postfix
	letter >letter.eml
	arrives by_postfix_bare letter.eml
}

@test 'a letter goes out through Dovecot with TLS from the first byte and with STARTTLS' {
	letter >letter.eml
	arrives 'by_dovecot_tls by_dovecot_starttls' letter.eml
}

# ---- byte for byte ----

@test '8-bit text arrives as it is, whatever its charset' {
	letter 'Grüße, 你好' $'latin 1: \xe9\xff\x80' >letter.eml
	arrives 'by_postfix_tls by_postfix_plain by_dovecot_tls' letter.eml
}

@test 'lines longer than any server likes arrive in one piece' {
	letter "$(printf '%01000d' 0)" "$(printf '%070000d' 0)" end >letter.eml
	arrives_by_all letter.eml
}

@test 'dots at the beginning of lines arrive, and a lone dot does not end the letter' {
	letter . 'behind the dot' .. .x ... '' . . >letter.eml
	arrives_by_all letter.eml
}

@test 'a letter that begins with a dot line or consists of one arrives' {
	{
		letter '' | sed '/^$/q'
		echo .
	} >letter.eml
	arrives_by_all letter.eml
}

@test 'nothing that looks like the end of the message smuggles a second one in' {
	require_postfix
	local to=$user other
	other=$(fresh_user)
	{
		letter 'before'
		printf '\n.\nMAIL FROM:<%s>\nRCPT TO:<%s@example.org>\nDATA\nSubject: smuggled\n\nx\n' "$me" "$other"
		printf '\r.\r\n.\r\nbehind\r.\nend\n'
	} >letter.eml
	by_postfix_bare "$to@example.org" <letter.eml
	grep -q '^end' "$(mail_of "$to")"
	assert_no_mail "$other"
}

@test 'lines that begin with From arrive as they are' {
	letter 'From here' '>From there' 'From a@example.org Sun Nov  1 10:00:00 2026' >letter.eml
	arrives_by_all letter.eml
}

@test 'a letter without a final line end arrives with one' {
	letter 'the last line' >expected
	head -c -1 expected >letter.eml
	arrives_by_all letter.eml expected
}

@test 'a letter with an empty body arrives, with and without the empty line' {
	letter | sed '/^$/q' >empty
	sed '$d' empty >header-only
	arrives_by_all empty
	arrives_by_all header-only empty
}

@test 'CRLF line ends arrive as the same lines' {
	letter one two '' . 'three ' >expected
	sed 's/$/\r/' expected >letter.eml
	arrives_by_all letter.eml expected
}

@test 'mixed line ends arrive as the same lines, a bare CR being one' {
	{
		letter 'lf' | sed 's/^Subject.*/&\r/'
		printf 'crlf\r\nlf\ncr\rcrcr\r\rlfcr\n\rend'
	} >letter.eml
	{
		letter 'lf'
		printf 'crlf\nlf\ncr\ncrcr\n\nlfcr\n\nend\n'
	} >expected
	arrives_by_all letter.eml expected
}

@test 'a letter of 5 MiB arrives by every way' {
	{
		letter
		head -c 3900000 /dev/urandom | base64
	} >letter.eml
	arrives_by_all letter.eml
}

@test 'an attachment of 30 MiB arrives' {
	{
		letter
		head -c 23000000 /dev/urandom | base64
	} >letter.eml
	arrives 'by_postfix_tls by_dovecot_tls' letter.eml
	[ "$(wc -c <letter.eml)" -gt 31000000 ]
}

@test 'a letter from a pipe arrives as one from a file' {
	local to
	to=$(fresh_user)
	{
		letter
		head -c 200000 /dev/urandom | base64
	} >letter.eml
	by_dovecot_tls "$to@example.org" < <(cat letter.eml)
	await_mail "$to"
	assert_arrived letter.eml "$(mailbox_files "$to")"
}

@test 'a letter is read from where standard input stands' {
	letter one >first
	letter two >second
	cat first second >both
	to=$(fresh_user)
	{
		head -c "$(wc -c <first)" >/dev/null
		by_dovecot_tls "$to@example.org"
	} <both
	assert_arrived second "$(mail_of "$to")"
}

@test 'a message bigger than the server takes is refused before its first byte' {
	{
		letter
		yes 'sixteen letters' | head -c 41943040
	} >letter.eml
	for way in $(there_are by_postfix_tls by_dovecot_tls); do
		run -65 "$way" -v "$user@example.org" <letter.eml
		refute_output --partial 'C: MAIL'
		run -65 "$way" "$user@example.org" <letter.eml
		assert_output --regexp 'octets, the server takes at most 41943040$'
		assert_equal "${#lines[@]}" 1
	done
	assert_no_mail "$user"
}

@test 'an empty message is refused' {
	run -65 msend "$me" </dev/null
	assert_output 'msend: the message is empty'
}

@test 'a message that cannot be read is refused' {
	run -74 msend "$me" <.
	assert_output --partial 'msend: cannot read the message: '
	assert_equal "${#lines[@]}" 1
	run -74 sh -c "exec <&-; msend $me"
	assert_output --partial 'msend: cannot read the message: '
	assert_equal "${#lines[@]}" 1
}

# ---- memory ----

# memory_of FILE-OR-COMMAND: the KiB that msend had at most, with standard input from there
memory()
{
	msend -s smtp+insecure://here --auth=none --tunnel="exec sh $PWD/server.sh" "$me"
	[ "$(cat got)" -gt "${1-0}" ]
	cat kib
}

@test 'a message of 200 MiB takes no more memory than a small one, from a file and from a pipe' {
	grep -q VmHWM /proc/self/status || skip 'needs /proc/PID/status'
	! are_sanitized || limit=1000000
	write_counting_server
	letter >small
	{
		letter
		yes 'This line has forty letters, all told...' | head -c 209715200
	} >big
	small=$(memory <small)
	file=$(memory 209715200 <big)
	pipe=$(memory 209715200 < <(cat big))
	echo "KiB: small $small, file $file, pipe $pipe"
	((file < ${limit-10240} && pipe < ${limit-10240}))
	((file < small + ${limit-1024} && pipe < small + ${limit-1024}))
}

# ---- what is added ----

@test 'a missing Date, Message-ID and From are added, and nothing else' {
	printf 'Subject: short\n\nhello\n' >letter.eml
	TZ=Asia/Shanghai msend "$me" <letter.eml
	assert_equal "$(header_of "$user" From)" "From: $me"
	assert_regex "$(header_of "$user" Message-ID)" "^Message-ID: <[0-9a-f]{32}@example.org>\$"
	date=$(header_of "$user" Date)
	assert_regex "$date" '^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2} [A-Z][a-z][a-z] [0-9]{4} [0-9:]{8} \+0800$'
	((EPOCHSECONDS - $(date -d "${date#Date: }" +%s) < 60))
	grep -Ev '^(From|Message-ID|Date): ' "$(mail_of "$user")" >rest
	assert_arrived letter.eml rest
}

@test 'Date, Message-ID and From that are there stay as they are, each on its own' {
	for field in 'Date: Thu, 1 Jan 1970 00:00:00 GMT' 'message-id : <odd one>' 'FROM: "Somebody"'$'\n <a@example.net>'; do
		to=$(fresh_user)
		printf '%s\nSubject: x\n\nx\n' "$field" >letter.eml
		msend "$to@example.org" <letter.eml
		name=${field%%[ :]*}
		assert_equal "$(grep -ci "^$name *:" "$(mail_of "$to")")" 1
		grep -qF "${field%%$'\n'*}" "$(mail_of "$to")"
	done
}

@test 'two letters get two Message-IDs' {
	printf 'Subject: short\n\nhello\n' >letter.eml
	msend "$me" <letter.eml
	msend "$me" <letter.eml
	await_mail "$user" 2
	assert_equal "$(mailbox_files "$user" | xargs grep -h '^Message-ID: ' | sort -u | wc -l)" 2
}

@test 'text without any header is sent as a body behind one' {
	for text in 'just a line' $'two\n\nlines: here' $' a blank first\nno field' $'\nan empty line first'; do
		to=$(fresh_user)
		printf '%s\n' "$text" >letter.eml
		msend "$to@example.org" <letter.eml
		assert_equal "$(header_of "$to" From)" "From: $me"
		sed '1,/^$/d' "$(mail_of "$to")" >body
		printf '%s\n' "${text#$'\n'}" >expected
		assert_same_file expected body
	done
}

# The From that is added with the name $1
from_with_name()
{
	local to
	to=$(fresh_user)
	printf 'Subject: x\n\nx\n' | msend -F "$1" "$to@example.org"
	header_of "$to" From
}

@test '-F names the sender in a From that is added, quoted where it must be' {
	assert_equal "$(from_with_name 'Alice Example')" "From: Alice Example <$me>"
	assert_equal "$(from_with_name 'Example, Alice')" "From: \"Example, Alice\" <$me>"
	assert_equal "$(from_with_name 'Alice "Al" \ B.')" "From: \"Alice \\\"Al\\\" \\\\ B.\" <$me>"
	assert_equal "$(from_with_name 'a@b')" "From: \"a@b\" <$me>"
}

@test '-F with a name that is not ASCII becomes an encoded word, for every server' {
	require_postfix
	to=$(fresh_user)
	printf 'Subject: x\n\nx\n' | by_postfix_bare -F 'Jürgen Groß, Köln' "$to@example.org"
	header=$(header_of "$to" From)
	assert_regex "$header" "^From: =\\?UTF-8\\?[QB]\\?[^? ]*\\?="$'\n'" <$me>\$"
	msend -F 'Jürgen Groß, Köln' "$me" < <(printf 'Subject: x\n\nx\n')
	run -0 mlist -o from
	assert_output "Jürgen Groß, Köln <$me>"
}

@test 'a long name is cut between characters into words that are not too long' {
	name=$(printf 'ü漢%.0s' {1..60})
	printf 'Subject: x\n\nx\n' | msend -F "$name" "$me"
	header_of "$user" From | awk 'length($0) > 78 { exit 1 }'
	run -0 mlist -o from
	assert_output "$name <$me>"
}

@test '-F cannot add a header field' {
	printf 'Subject: x\n\nx\n' >letter.eml
	run ! msend -v -F $'Alice\nX-Evil: yes' "$me" <letter.eml
	refute_output --partial 'C: MAIL'
	run ! msend -v -F $'Alice\rX-Evil: yes' "$me" <letter.eml
	refute_output --partial 'C: MAIL'
	assert_no_mail "$user"
}

@test '-F leaves a From that is there as it is' {
	letter >letter.eml
	msend -F 'Somebody Else' "$me" <letter.eml
	assert_arrived letter.eml "$(mail_of "$user")"
}

# ---- what it says ----

@test 'msend is silent when all went well' {
	letter >letter.eml
	run -0 msend "$me" <letter.eml
	assert_output ''
}

@test '--dry-run shows the envelope and the size, and sends nothing' {
	printf 'From: %s\nTo: %s, x@example.org\nBcc: y@example.org\nDate: now\nMessage-ID: <1@x>\n\nx\n' "$me" "$me" >letter.eml
	run -0 msend --dry-run -v <letter.eml
	assert_line "envelope from: <$me>"
	assert_line "envelope to: <$me>"
	assert_line 'envelope to: <y@example.org>'
	assert_line "octets: $(grep -v '^Bcc' letter.eml | sed 's/$/\r/' | wc -c)"
	refute_output --partial 'C: '
	assert_no_mail "$user"
}
