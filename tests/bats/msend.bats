# SPDX-License-Identifier: ISC
#
# msend against a real Postfix and Dovecot's submission service: what arrives, at whom, from whom.

load helper

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config_for "$user"
}

# ---- the ways in ----

# shellcheck disable=SC2120  # `run` and arrives give them arguments
by_postfix_tls() { msend --server="smtps://$SRV_POSTFIX_SMTPS" "$@"; }
by_postfix_starttls() { msend --server="smtp://$SRV_POSTFIX_SUBMISSION" "$@"; }
by_postfix_plain() { msend --server="smtp+insecure://$SRV_POSTFIX_PLAIN" --auth=none "$@"; }
by_postfix_bare() { msend --server="smtp+insecure://$SRV_POSTFIX_BARE" --auth=none "$@"; }
by_dovecot_tls() { msend --server="smtps://$SRV_SUBMISSIONS" "$@"; }
by_dovecot_starttls() { msend --server="smtp://$SRV_SUBMISSION" "$@"; }

# ---- letters ----

# letter [LINE...]: a letter from us, complete but for an address, with the LINEs (or a word) in it.
letter()
{
	cat <<-END
	From: Alice <$me>
	Subject: a letter
	Date: Sun, 01 Nov 2026 10:00:00 +0000
	Message-ID: <letter@example.org>
	MIME-Version: 1.0
	Content-Type: text/plain; charset=utf-8
	Content-Transfer-Encoding: 8bit

	END
	printf '%s\n' "${@:-hello}"
}

# there_are WAY...: those of the by_… that there are here, which are not Postfix's for an ordinary user
there_are()
{
	local way
	for way; do
		[[ $way != by_postfix_* || -n $SRV_POSTFIX_SMTPS ]] && echo "$way"
	done
	return 0
}

# arrives WAYS SENT [EXPECTED]: a letter that goes out by each of the WAYS (words, each one of the
# by_…) comes out as SENT, or as EXPECTED.
arrives()
{
	local way to all=()
	# shellcheck disable=SC2086  # words are wanted
	for way in $(there_are $1); do
		to=$(fresh_user)
		run -0 "$way" "$to@example.org" <"$2"
		assert_output ''
		all+=("$to")
	done
	[ ${#all[@]} -gt 0 ]
	for to in "${all[@]}"; do
		await_mail "$to"
		assert_arrived "${3-$2}" "$(mailbox_files "$to")"
	done
}

arrives_by_all()
{
	arrives 'by_postfix_tls by_postfix_bare by_dovecot_tls' "$@"
}

# mail_of USER: the one message that USER has.
mail_of()
{
	await_mail "$1"
	assert_equal "$(mailbox_count "$1")" 1
	mailbox_files "$1"
}

# header_of USER NAME: the field as it stands in USER's one message, folded or not.
header_of()
{
	sed -n '1,/^$/p' "$(mail_of "$1")" |
		awk -v name="$2" '/^[^ \t]/ { on = index(tolower($0), tolower(name) ":") == 1 } on'
}

# Nothing has come, although what was sent later to the same USERs has.
assert_no_mail()
{
	local to
	letter 'this one may come' >behind
	by_dovecot_tls "${@/%/@example.org}" <behind
	for to; do
		await_mail "$to"
		assert_arrived behind "$(mail_of "$to")"
	done
}

# recipients ARGUMENT...: what msend would send to with these arguments, one address a line.
recipients()
{
	msend --dry-run "$@" | sed -n 's/^envelope to: <\(.*\)>$/\1/p'
}

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

# ---- who gets it ----

@test 'arguments are the recipients, the header is not asked then' {
	one=$(fresh_user) two=$(fresh_user) three=$(fresh_user)
	{
		echo "To: $three@example.org"
		letter
	} >letter.eml
	msend "$one@example.org" "$two@example.org" <letter.eml
	assert_arrived letter.eml "$(mail_of "$one")"
	assert_arrived letter.eml "$(mail_of "$two")"
	assert_no_mail "$three"
}

@test 'without arguments To, Cc and Bcc are the recipients' {
	one=$(fresh_user) two=$(fresh_user) three=$(fresh_user)
	{
		echo "To: $one@example.org"
		echo "Cc: $two@example.org"
		echo "Bcc: $three@example.org"
		letter
	} >letter.eml
	grep -v '^Bcc' letter.eml >expected
	msend <letter.eml
	assert_arrived expected "$(mail_of "$one")"
	assert_arrived expected "$(mail_of "$two")"
	assert_arrived expected "$(mail_of "$three")"
}

@test '-t takes both, the arguments and the header' {
	one=$(fresh_user) two=$(fresh_user)
	{
		echo "To: $one@example.org"
		letter
	} >letter.eml
	msend -t "$two@example.org" <letter.eml
	assert_arrived letter.eml "$(mail_of "$one")"
	assert_arrived letter.eml "$(mail_of "$two")"
}

@test 'every way to write addresses in a header is understood' {
	cat >letter.eml <<-'END'
	From: a@example.org
	To: plain@example.org,
	 folded@example.org ,	"Quoted, Name" <quoted.name@example.org>,
	 Friends: one@example.org, "Two (2)" <two@example.org>;,
	 =?UTF-8?Q?J=C3=BCrgen=2C_x=40y?= <encoded@example.org>,
	 (a comment, with a comma@and.an.at) commented@example.org (another \) one),
	 <@relay.example.net:routed@example.org>, "odd local"@example.org,
	 literal@[127.0.0.1]
	CC: nobody: ;
	cc: Upper@EXAMPLE.ORG
	Subject: x

	x
	END
	run -0 recipients <letter.eml
	assert_output - <<-'END'
	plain@example.org
	folded@example.org
	quoted.name@example.org
	one@example.org
	two@example.org
	encoded@example.org
	commented@example.org
	routed@example.org
	"odd local"@example.org
	literal@[127.0.0.1]
	Upper@EXAMPLE.ORG
	END
}

@test 'an encoded word never adds a recipient' {
	printf 'From: a@example.org\nTo: =?UTF-8?Q?x=40example.net=2C?= <y@example.org>\n\nx\n' >letter.eml
	run -0 recipients <letter.eml
	assert_output y@example.org
}

@test 'addresses in a header that cannot be read are an error, and nothing is sent' {
	for to in 'x@' 'a b@example.org' '<x@example.org' '"x@example.org'; do
		{
			echo "To: $me, $to"
			letter
		} >letter.eml
		run -65 msend <letter.eml
		assert_output --partial 'msend: To: address list: '
		assert_equal "${#lines[@]}" 1
	done
	assert_no_mail "$user"
}

@test 'no recipient at all is an error that says what to do' {
	letter >letter.eml
	run -65 msend <letter.eml
	assert_line -n 0 'msend: the message has no recipient'
	assert_line -n 1 --partial 'msend: hint: '
	{
		echo 'To: undisclosed recipients: ;'
		letter
	} >letter.eml
	run -65 msend <letter.eml
	assert_line -n 0 'msend: the message has no recipient'
}

@test 'each address gets one copy, however often it is named' {
	require_postfix
	to=$(fresh_user)
	{
		echo "To: $to@example.org, <$to@EXAMPLE.ORG>"
		echo "Cc: Someone <$to@example.org>"
		letter
	} >letter.eml
	run -0 by_postfix_tls -v -t "$to@Example.Org" <letter.eml
	assert_equal "$(grep -c 'C: RCPT TO' <<<"$output")" 1
	mail_of "$to"
}

@test 'a domain that is not ASCII goes out in its A-labels, also to a server without SMTPUTF8' {
	require_postfix
	to=$(fresh_user)
	letter >letter.eml
	run -0 by_postfix_bare -v "$to@Müller.example" <letter.eml
	assert_output --partial "C: RCPT TO:<$to@xn--mller-kva.example>"
	assert_arrived letter.eml "$(mail_of "$to")"
	to=$(fresh_user)
	{
		echo "To: $to@müller.example"
		letter
	} >letter.eml
	by_postfix_tls -t <letter.eml
	assert_arrived letter.eml "$(mail_of "$to")"
}

@test 'an address that is not ASCII is sent by SMTPUTF8' {
	require_postfix
	to=mü$(fresh_user)
	letter >letter.eml
	run -0 by_postfix_tls -v "$to@example.org" <letter.eml
	assert_output --partial ' SMTPUTF8'
	assert_output --partial "C: RCPT TO:<$to@example.org>"
	assert_arrived letter.eml "$(mail_of "$to")"
}

@test 'an address that is not ASCII is not sent to a server without SMTPUTF8' {
	require_postfix
	letter >letter.eml
	run -69 by_postfix_bare "$user@example.org" "mü$user@example.org" <letter.eml
	assert_output --regexp "^msend: [^:]*:[0-9]*: the address mü$user@example.org needs SMTPUTF8, which the server does not offer\$"
	run -69 by_postfix_bare -v "$user@example.org" "mü$user@example.org" <letter.eml
	refute_output --partial 'C: MAIL'
	run -69 by_postfix_bare -f "mü$me" "$user@example.org" <letter.eml
	assert_no_mail "$user"
}

@test 'SMTPUTF8 is not asked for where nothing needs it' {
	require_postfix
	letter 'Grüße' >letter.eml
	run -0 by_postfix_tls -v "$user@example.org" <letter.eml
	refute_output --regexp 'C: MAIL.*SMTPUTF8'
	assert_output --regexp 'C: MAIL.*BODY=8BITMIME'
}

@test 'what is not an address is refused before anything is sent' {
	letter >letter.eml
	for to in 'a b@example.org' 'x@' '@example.org' $'x@example.org>\r\nRCPT TO:<y@example.org' ''; do
		run -64 msend -v "$me" "$to" <letter.eml
		refute_output --partial 'C: '
	done
	for from in 'a b' $'x@example.org>\nRCPT TO:<y@example.org'; do
		run -64 msend -v -f "$from" "$me" <letter.eml
		refute_output --partial 'C: '
	done
	assert_no_mail "$user"
}

@test 'an option can stand behind recipients, and -- ends them' {
	letter >letter.eml
	run -0 recipients a@example.org --from=x@example.org b@example.org <letter.eml
	assert_output $'a@example.org\nb@example.org'
	run -0 recipients -- a@example.org -x@example.org <letter.eml
	assert_output $'a@example.org\n-x@example.org'
}

@test 'a recipient without a domain gets the one of the configuration' {
	config_for "$user" 'domain = example.net'
	letter >letter.eml
	run -0 recipients root <letter.eml
	assert_output root@example.net
	run -0 msend -v "$user" <letter.eml
	assert_output --partial 'C: EHLO example.net'
	assert_output --partial "C: RCPT TO:<$user@example.net>"
	assert_arrived letter.eml "$(mail_of "$user")"
}

@test 'EHLO tells nothing about this machine' {
	letter >letter.eml
	run -0 msend -v "$me" <letter.eml
	assert_output --partial 'C: EHLO [127.0.0.1]'
	refute_output --partial "C: EHLO $(hostname)"
}

# ---- Bcc ----

@test 'Bcc gets the letter and is not in it: folded, obsolete, more than one, in any case' {
	one=$(fresh_user) two=$(fresh_user) three=$(fresh_user) four=$(fresh_user)
	{
		printf 'Bcc:\n %s@example.org,\n\t%s@example.org\n' "$one" "$two"
		printf 'bcc : %s@example.org\n' "$three"
		letter | sed "/^Subject/a BCC: (nobody else)\\n $four@example.org"
	} >letter.eml
	letter >expected
	msend <letter.eml
	for to in "$one" "$two" "$three" "$four"; do
		assert_arrived expected "$(mail_of "$to")"
	done
}

@test 'Bcc is removed with CRLF line ends too, and where recipients are arguments' {
	to=$(fresh_user) other=$(fresh_user)
	{
		printf 'Bcc: %s@example.org,\n %s@example.net\n' "$other" "$other"
		letter
	} | sed 's/$/\r/' >letter.eml
	letter >expected
	msend "$to@example.org" <letter.eml
	assert_arrived expected "$(mail_of "$to")"
	assert_no_mail "$other"
}

@test 'what looks like Bcc in the body stays there' {
	letter 'Bcc: somebody@example.org' >letter.eml
	arrives by_dovecot_tls letter.eml
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

# ---- who sends ----

# return_path ARGUMENT...: the sender that Postfix saw
return_path()
{
	local to
	to=$(fresh_user)
	by_postfix_plain "$@" "$to@example.org" <letter.eml
	header_of "$to" Return-Path
}

@test 'the envelope sender is -f, else Sender, else From, else the address of the account' {
	require_postfix
	letter >letter.eml
	assert_equal "$(return_path -f bounce@example.org)" 'Return-Path: <bounce@example.org>'
	assert_equal "$(return_path -r '<bounce@example.org>')" 'Return-Path: <bounce@example.org>'
	sed -i 's/^From: .*/From: a@example.net/' letter.eml
	assert_equal "$(return_path)" 'Return-Path: <a@example.net>'
	sed -i 's/^From: .*/From: a@example.net, b@example.net/' letter.eml
	sed -i '1i Sender: Alice <"s p"@example.net>' letter.eml
	assert_equal "$(return_path)" 'Return-Path: <"s p"@example.net>'
	printf 'Subject: x\n\nx\n' >letter.eml
	assert_equal "$(return_path)" "Return-Path: <$me>"
}

@test '<> is the null sender, for reports that nobody wants back' {
	require_postfix
	local nobody='Return-Path: <MAILER-DAEMON>' # as pipe(8) calls it
	letter >letter.eml
	assert_equal "$(return_path -f '<>')" "$nobody"
	config_for "$user" 'from = <>'
	assert_equal "$(return_path)" "$nobody"
}

@test 'the key from stands above the header' {
	require_postfix
	letter >letter.eml
	config_for "$user" 'from = bounces@example.org'
	assert_equal "$(return_path)" 'Return-Path: <bounces@example.org>'
	assert_equal "$(return_path -f me@example.org)" 'Return-Path: <me@example.org>'
}

@test 'the account is chosen by the sender: its address, its aliases, all of a domain' {
	other=$(fresh_user)
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cat >"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-END
	account = one
	tls-ca-file = $SRV_CA
	[one]
	address = $user@example.org
	smtp = smtps://$SRV_SUBMISSIONS
	password = wrong
	[two]
	address = $other@example.org
	aliases = second@example.net Other@example.net
	    *@all.example
	smtp = smtps://$SRV_SUBMISSIONS
	password = $SRV_PASSWORD
	END
	chmod 600 "$XDG_CONFIG_HOME/mailverbs/config.ini"
	for from in "$other@example.org" "$other@EXAMPLE.org" 'Two <second@example.net>' Other@example.net other@example.net any@all.example; do
		printf 'From: %s\nSubject: x\n\nx\n' "$from" >letter.eml
		run -0 msend --dry-run "$me" <letter.eml
		assert_line -n 0 'account two'
	done
	for from in "$user@example.org" stranger@example.net any@sub.all.example all.example; do
		printf 'From: %s\nSubject: x\n\nx\n' "$from" >letter.eml
		run -0 msend --dry-run "$me" <letter.eml
		assert_line -n 0 'account one'
	done
	# and it is that account's login
	run -77 msend "$me" <letter.eml
	msend -f any@all.example "$me" <letter.eml
	mail_of "$user"
	# -a says it all
	run -77 msend -a one -f any@all.example "$me" <letter.eml
	run -0 msend -a two --dry-run "$me" <letter.eml
	assert_line -n 0 'account two'
}

@test 'without From and without an account nothing tells the sender' {
	require_postfix
	rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
	printf 'Subject: x\n\nx\n' >letter.eml
	run -65 by_postfix_plain "$me" <letter.eml
	assert_line -n 0 'msend: the message has no From, and nothing else tells the sender'
	by_postfix_plain -f bounce@example.org "$me" <letter.eml
	assert_equal "$(header_of "$user" From)" 'From: bounce@example.org'
}

# ---- refused recipients ----

@test 'a refused recipient is 67, in the words of the server, and nobody else gets the letter' {
	require_postfix
	letter >letter.eml
	for way in by_postfix_tls by_postfix_starttls by_postfix_bare; do
		run -67 "$way" "$user@example.org" nobody@example.org "$user@example.net" <letter.eml
		assert_line -n 0 --regexp '^msend: localhost:[0-9]*: 550 5\.1\.1 <nobody@example\.org>: Recipient address rejected: no such user$'
		assert_line -n 1 --partial 'msend: hint: nothing was sent'
		assert_equal "${#lines[@]}" 2
	done
	assert_no_mail "$user"
}

@test 'Dovecot too: a refused recipient is 67, and nobody else gets the letter' {
	letter >letter.eml
	run -67 by_dovecot_tls "$user@example.org" nosuch1@example.org <letter.eml
	assert_line -n 0 --regexp '^msend: localhost:[0-9]*: 550 5\.1\.1 .*nosuch1@example\.org'
	assert_equal "${#lines[@]}" 2
	assert_no_mail "$user"
}

@test 'a single refused recipient is one line' {
	letter >letter.eml
	for way in $(there_are by_postfix_tls by_postfix_bare by_dovecot_tls); do
		run -67 "$way" nobody@example.org <letter.eml
		assert_output --regexp '^msend: localhost:[0-9]*: 550 5\.1\.1 [^'$'\n'']*$'
	done
}

@test 'every refused recipient is named with the server, in the order given, and the worst counts' {
	require_postfix
	letter >letter.eml
	for way in by_postfix_tls by_postfix_bare; do
		run -67 "$way" later@example.org "$me" nosuch1@example.org nobody@example.org <letter.eml
		assert_line -n 0 --regexp '^msend: localhost:[0-9]*: 450 4\.2\.1 <later@example\.org>'
		assert_line -n 1 --regexp '^msend: localhost:[0-9]*: 550 5\.1\.1 <nosuch1@example\.org>'
		assert_line -n 2 --regexp '^msend: localhost:[0-9]*: 550 5\.1\.1 <nobody@example\.org>'
		assert_line -n 3 --partial 'msend: hint: nothing was sent'
		assert_equal "${#lines[@]}" 4
	done
	assert_no_mail "$user"
}

@test 'a recipient that is refused for the moment is 75' {
	require_postfix
	letter >letter.eml
	for way in by_postfix_tls by_postfix_bare; do
		run -75 "$way" "$me" later@example.org <letter.eml
		assert_line -n 0 --regexp '^msend: localhost:[0-9]*: 450 4\.2\.1 <later@example\.org>: Recipient address rejected: not at the moment$'
	done
	assert_no_mail "$user"
}

@test 'where the sender is refused, that is said once' {
	letter >letter.eml
	run -77 msend --auth=none "$me" "$user@example.net" <letter.eml
	assert_output --regexp '^msend: localhost:[0-9]*: 530 [^'$'\n'']*$'
	assert_no_mail "$user"
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
