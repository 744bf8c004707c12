# SPDX-License-Identifier: ISC
#
# msend against a real Postfix and Dovecot's submission service: who gets a letter, from whom, and who is refused.

# shellcheck disable=SC2154  # setup() sets them

load helper
load msend

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

@test 'a domain in either spelling, and in any case, is one recipient; a local part in another case is another one' {
	printf 'Subject: x\n\nhello\n' >letter.eml
	run -0 msend --dry-run -s smtp://localhost --from=a@example.org bob@bücher.example bob@xn--bcher-kva.example \
		bob@XN--BCHER-KVA.Example BOB@Bücher.example <letter.eml
	run grep '^envelope to: ' <<<"$output"
	assert_output $'envelope to: <bob@bücher.example>\nenvelope to: <BOB@Bücher.example>'
}
