#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# maccount discover: which servers an address has, by each source alone, by all of them, and by sources that lie.

# shellcheck disable=SC2030,SC2031,SC2154  # helper.bash, replay.bash and run set what is used here; a test is a subshell

load helper
load maccount

setup()
{
	mailverbs_setup
	imaps=$(port_of "$SRV_IMAPS") imap=$(port_of "$SRV_IMAP")
	pop3s=$(port_of "$SRV_POP3S") pop3=$(port_of "$SRV_POP3")
	submissions=$(port_of "$SRV_SUBMISSIONS") submission=$(port_of "$SRV_SUBMISSION")
}

setup_file()
{
	start_internet
}

teardown_file()
{
	stop_internet
}

discover()
{
	run --separate-stderr maccount discover --tls-ca-file="$SRV_CA" --timeout=2 "${@:-alice@example.org}"
}

# autoconfig HOST [PORT]: a document with an IMAP server and a submission server
autoconfig()
{
	cat <<-END
	<?xml version="1.0" encoding="UTF-8"?>
	<clientConfig version="1.1">
	 <emailProvider id="example.org">
	  <domain>example.org</domain>
	  <incomingServer type="imap">
	   <hostname>$1</hostname> <port>${2-$imaps}</port> <socketType>SSL</socketType>
	   <username>%EMAILLOCALPART%</username>
	   <authentication>password-cleartext</authentication>
	  </incomingServer>
	  <incomingServer type="exchange"><hostname>ews.example.org</hostname></incomingServer>
	  <outgoingServer type="smtp">
	   <hostname>$1</hostname> <port>$submission</port> <socketType>STARTTLS</socketType>
	   <username>%EMAILADDRESS%</username>
	   <authentication>password-cleartext</authentication>
	  </outgoingServer>
	 </emailProvider>
	</clientConfig>
	END
}

# pacc_record FILE: the TXT record for a document
pacc_record()
{
	printf '_ua-auto-config.example.org TXT "v=UAAC1; a=sha256; d=%s"\n' \
		"$(openssl dgst -sha256 -binary "$1" | openssl base64 -A)"
}

@test 'SRV records name the servers, each line with its source' {
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imaps mail.example.org
	_pop3._tcp.example.org SRV 0 1 $pop3 mail.example.org
	_submissions._tcp.example.org SRV 0 1 $submissions mail.example.org
	mail.example.org A 127.0.0.1
	END
	discover
	assert_success
	assert_output - <<-END
	[alice@example.org]
	address = alice@example.org
	imap = imaps://mail.example.org:$imaps ; SRV _imaps._tcp.example.org
	pop3 = pop3://mail.example.org:$pop3 ; SRV _pop3._tcp.example.org
	smtp = smtps://mail.example.org:$submissions ; SRV _submissions._tcp.example.org
	END
}

@test 'what discover prints is a configuration that works' {
	local user
	user=$(fresh_user)
	echo hello | deliver "$user"
	internet <<-END
	+_imaps._tcp.example.org SRV 0 1 $imaps localhost
	+_submissions._tcp.example.org SRV 0 1 $submissions localhost
	localhost A 127.0.0.1
	END
	discover "$user@example.org"
	assert_success
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	(umask 077 && echo "$output" >"$XDG_CONFIG_HOME/mailverbs/config.ini")
	echo "$SRV_PASSWORD" >password
	chmod 600 password
	echo "password-file = $PWD/password" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	run mlist -c --tls-ca-file="$SRV_CA"
	assert_success
	assert_output --partial 1
}

@test 'the tls-ca-file for all accounts is used' {
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imaps mail.example.org
	mail.example.org A 127.0.0.1
	END
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cp "$SRV_CA" "$HOME/ca.pem"
	run -69 maccount discover --timeout=2 alice@example.org
	echo 'tls-ca-file = ~/ca.pem' >"$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -0 maccount discover --timeout=2 alice@example.org
	assert_line --partial "imap = imaps://mail.example.org:$imaps"
}

@test 'priority and weight decide between SRV records, implicit TLS comes before STARTTLS' {
	internet <<-END
	_imap._tcp.example.org SRV 0 1 $imap mail.example.org
	_imaps._tcp.example.org SRV 20 1 1 late.example.org
	_imaps._tcp.example.org SRV 10 1 $imaps light.mail.example.org
	_imaps._tcp.example.org SRV 10 9 $imaps heavy.mail.example.org
	mail.example.org A 127.0.0.1
	light.mail.example.org A 127.0.0.1
	heavy.mail.example.org A 127.0.0.1
	END
	discover
	assert_success
	assert_line "imap = imaps://heavy.mail.example.org:$imaps ; SRV _imaps._tcp.example.org"
}

@test 'a server that cannot be reached gives way to the next one' {
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 1 mail.example.org
	_imaps._tcp.example.org SRV 5 1 $imaps mail.example.org
	mail.example.org A 127.0.0.1
	END
	discover
	assert_success
	assert_line "imap = imaps://mail.example.org:$imaps ; SRV _imaps._tcp.example.org"
	assert_line --partial '; not used: imaps://mail.example.org:1 (SRV _imaps._tcp.example.org): '
}

@test 'a target of . says that there is no such service, and nothing is guessed then' {
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imaps mail.example.org
	_pop3s._tcp.example.org SRV 0 0 0 .
	_pop3._tcp.example.org SRV 0 0 0 .
	mail.example.org A 127.0.0.1
	pop.example.org A 127.0.0.1
	END
	export MAILVERBS_PORTS=$MAILVERBS_PORTS,995=$pop3s
	discover
	assert_success
	refute_output --partial pop3
}

@test 'a server outside the domain that only unsigned DNS names is refused without a terminal' {
	internet <<-END
	_imaps._tcp.example.net SRV 0 1 $imaps mail.example.org
	mail.example.org A 127.0.0.1
	END
	discover alice@example.net
	assert_failure 69
	assert_output ''
	assert_regex "$stderr" 'no mail server was found for alice@example\.net'
	assert_regex "$stderr" 'hint: mail\.example\.org .*it is outside example\.net, and only unsigned DNS names it'
}

@test 'a server outside the domain is trusted when the resolver on this machine has checked the signature' {
	internet <<-END
	+_imaps._tcp.example.org SRV 0 1 $imaps localhost
	localhost A 127.0.0.1
	END
	discover
	assert_success
	assert_line "imap = imaps://localhost:$imaps ; SRV _imaps._tcp.example.org, signed"
}

@test 'an autoconfig document of the domain names the servers' {
	internet <<-END
	autoconfig.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	autoconfig mail.example.org | document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_success
	assert_output - <<-END
	[alice@example.org]
	address = alice@example.org
	imap = imaps://mail.example.org:$imaps ; https://autoconfig.example.org/mail/config-v1.1.xml
	smtp = smtp://mail.example.org:$submission ; https://autoconfig.example.org/mail/config-v1.1.xml
	user = alice ; https://autoconfig.example.org/mail/config-v1.1.xml
	END
}

@test 'an autoconfig document may lie at the domain itself' {
	internet <<-END
	example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	autoconfig mail.example.org | document example.org/.well-known/autoconfig/mail/config-v1.1.xml
	discover
	assert_success
	assert_line "imap = imaps://mail.example.org:$imaps ; https://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
}

@test 'a PACC document counts when its digest is in DNS, and only then' {
	printf '{"protocols": {"imap": {"host": "mail.example.org"}, "submit": {"host": "mail.example.org"}},
		"authentication": {"password": true}}' >pacc.json
	internet <<-END
	ua-auto-config.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	$(pacc_record pacc.json)
	END
	export MAILVERBS_PORTS=$MAILVERBS_PORTS,993=$imaps,465=$submissions
	document ua-auto-config.example.org/.well-known/user-agent-configuration.json <pacc.json
	discover
	assert_success
	assert_line 'imap = imaps://mail.example.org ; https://ua-auto-config.example.org/.well-known/user-agent-configuration.json'
	assert_line --partial 'smtp = smtps://mail.example.org ; https://ua-auto-config'
	echo >>"$internet"/www/ua-auto-config.example.org/.well-known/user-agent-configuration.json
	discover
	assert_line 'imap = imaps://mail.example.org ; a guess, verified by its certificate'
}

@test 'usual names are tried last, and a certificate for them proves them' {
	internet <<-END
	mail.example.org A 127.0.0.1
	imap.example.org A 127.0.0.1
	END
	export MAILVERBS_PORTS=$MAILVERBS_PORTS,993=$imaps,465=$submissions
	discover
	assert_success
	# the certificate is not for imap.example.org
	assert_line 'imap = imaps://mail.example.org ; a guess, verified by its certificate'
	assert_line 'smtp = smtps://mail.example.org ; a guess, verified by its certificate'
}

@test 'the MX leads to the preset of the provider' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cat >"$XDG_CONFIG_HOME/mailverbs/providers.ini" <<-END
	[hoster]
	mx = *.hoster.example
	imap = imaps://localhost:$imaps
	smtp = smtps://localhost:$submissions
	END
	internet <<-END
	+example.org MX 10 mx1.hoster.example
	localhost A 127.0.0.1
	END
	discover
	assert_success
	assert_line "imap = imaps://localhost:$imaps ; preset hoster by MX mx1.hoster.example"
	sed -i 's/^+//' "$internet/zone"
	discover
	assert_failure 69
	assert_regex "$stderr" 'unsigned DNS'
}

@test 'a preset by the domain comes before what the domain says' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cat >"$XDG_CONFIG_HOME/mailverbs/providers.ini" <<-END
	[mine]
	domains = example.org
	user = %local%
	imap = imaps://localhost:$imaps
	smtp = smtps://localhost:$submissions
	END
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imaps mail.example.org
	mail.example.org A 127.0.0.1
	localhost A 127.0.0.1
	END
	discover
	assert_success
	assert_line "imap = imaps://localhost:$imaps ; preset mine"
	assert_line 'user = alice ; preset mine'
}

@test 'sources that contradict each other: SRV before autoconfig' {
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imaps a.mail.example.org
	autoconfig.example.org A 127.0.0.1
	a.mail.example.org A 127.0.0.1
	b.mail.example.org A 127.0.0.1
	END
	autoconfig b.mail.example.org | document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_success
	assert_line "imap = imaps://a.mail.example.org:$imaps ; SRV _imaps._tcp.example.org"
	assert_line --partial "smtp = smtp://b.mail.example.org:$submission ; https://autoconfig"
}

@test 'sources that contradict each other: a target of . before autoconfig and the MX' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '%s\n' '[hoster]' 'mx = *.hoster.example' "imap = imaps://localhost:$imaps" "smtp = smtps://localhost:$submissions" \
		>"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	internet <<-END
	_imaps._tcp.example.org SRV 0 0 0 .
	_pop3s._tcp.example.org SRV 0 1 $pop3s mail.example.org
	+example.org MX 10 mx1.hoster.example
	autoconfig.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	autoconfig mail.example.org | document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_success
	assert_line "pop3 = pop3s://mail.example.org:$pop3s ; SRV _pop3s._tcp.example.org"
	assert_line --partial "smtp = smtp://mail.example.org:$submission ; https://autoconfig"
	refute_output --partial 'imap = '
}

@test 'all sources together: each protocol has its best one, and the others are not in the section' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '%s\n' '[mine]' 'domains = example.org' "pop3 = pop3s://localhost:$pop3s" '[hoster]' 'mx = *.hoster.example' \
		"imap = imaps://localhost:$imaps" >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	printf '{"protocols": {"imap": {"host": "c.mail.example.org", "port": %s}}, "authentication": {"password": true}}' \
		"$imaps" >pacc.json
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imaps a.mail.example.org
	_pop3s._tcp.example.org SRV 0 1 $pop3s a.mail.example.org
	+example.org MX 10 mx1.hoster.example
	$(for host in autoconfig ua-auto-config {a,b,c}.mail mail imap smtp; do echo "$host.example.org A 127.0.0.1"; done)
	example.org A 127.0.0.1
	$(pacc_record pacc.json)
	END
	autoconfig b.mail.example.org | document autoconfig.example.org/mail/config-v1.1.xml
	autoconfig c.mail.example.org | document example.org/.well-known/autoconfig/mail/config-v1.1.xml
	document ua-auto-config.example.org/.well-known/user-agent-configuration.json <pacc.json
	discover
	assert_success
	assert_output - <<-END
	[alice@example.org]
	address = alice@example.org
	imap = imaps://a.mail.example.org:$imaps ; SRV _imaps._tcp.example.org
	pop3 = pop3s://localhost:$pop3s ; preset mine
	smtp = smtp://b.mail.example.org:$submission ; https://autoconfig.example.org/mail/config-v1.1.xml
	END
}

@test 'the authorization server that a document names is in the section' {
	internet <<-END
	autoconfig.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	autoconfig mail.example.org | sed 's/password-cleartext/OAuth2/
		s,</clientConfig>,<oAuth2><issuer>login.example.org</issuer><scope>mail offline_access</scope>\
			<authURL>https://login.example.org/authorize</authURL><tokenURL>https://login.example.org/token</tokenURL>\
			</oAuth2>&,' | document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_success
	for line in 'auth = xoauth2' 'oauth2-authorize = https://login.example.org/authorize' \
		'oauth2-token = https://login.example.org/token' 'oauth2-scope = mail offline_access'; do
		assert_line "$line ; https://autoconfig.example.org/mail/config-v1.1.xml"
	done
	refute_output --partial issuer
	# an answer that could not stand in a configuration, or is not https
	sed -i 's,https://login.example.org/token,http://login.example.org/token,; s/offline_access/x ; password = y/' \
		"$internet/www/autoconfig.example.org/mail/config-v1.1.xml"
	discover
	refute_output --partial oauth2-token
	refute_output --partial oauth2-scope
	printf '{"protocols": {"imap": {"host": "mail.example.org", "port": %s}},
		"authentication": {"oauth-public": {"issuer": "https://login.example.org/x"}}}' "$imaps" >pacc.json
	internet <<-END
	ua-auto-config.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	$(pacc_record pacc.json)
	END
	document ua-auto-config.example.org/.well-known/user-agent-configuration.json <pacc.json
	discover
	assert_line --partial 'auth = oauthbearer ; https://ua-auto-config'
	assert_line --partial 'oauth2-issuer = https://login.example.org/x ; https://ua-auto-config'
}

# ---- lies ----

@test 'documents and records that lie about names cannot write other lines' {
	internet <<-END
	autoconfig.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	_imaps._tcp.example.org SRV 0 1 $imaps mail.example.org;x
	_pop3s._tcp.example.org SRV 0 1 $pop3s [::1]/x
	END
	autoconfig mail.example.org | sed 's,%EMAILLOCALPART%,a\&#10;password-command = touch hacked,; s,%EMAILADDRESS%,b ; x,' |
		document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_success
	refute_output --partial password-command
	refute_output --partial 'user ='
	assert_equal "${#lines[@]}" "$(printf '%s\n' "${lines[@]}" | grep -cE '^(\[|;|(address|imap|smtp) = )')"
	refute_output --partial 'not used'
}

@test 'a server without TLS, or with a certificate for another name, is not offered' {
	internet <<-END
	_imaps._tcp.example.org SRV 0 1 $imap mail.example.org
	_pop3s._tcp.example.org SRV 0 1 $pop3s other.example.org
	autoconfig.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	other.example.org A 127.0.0.1
	END
	autoconfig mail.example.org | sed "s/>SSL</>plain</; s/>STARTTLS</>plain</" |
		document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_failure 69
	refute_output --partial 'imap ='
}

@test 'an autoconfig document with entities, without an end, or of 10 MiB is not read' {
	internet <<-END
	autoconfig.example.org A 127.0.0.1
	example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	autoconfig mail.example.org >plain.xml
	sed "1a <!DOCTYPE clientConfig [<!ENTITY a 'mail'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>" plain.xml |
		document autoconfig.example.org/mail/config-v1.1.xml
	document example.org/.well-known/autoconfig/mail/config-v1.1.xml.endless </dev/null
	discover
	assert_failure 69
	rm "$internet"/www/example.org/.well-known/autoconfig/mail/*
	rm "$internet"/www/autoconfig.example.org/mail/*
	document autoconfig.example.org/mail/config-v1.1.xml.huge <plain.xml
	discover -v alice@example.org
	assert_failure 69
	assert_regex "$stderr" 'the answer is larger than 256 KiB'
	# ten million laughs, in 10 MiB
	{
		echo '<!DOCTYPE clientConfig [<!ENTITY a0 "ha">'
		for i in 1 2 3 4 5 6 7; do
			printf '<!ENTITY a%d "%s">' "$i" "$(printf "&a$((i - 1));%.0s" 0 1 2 3 4 5 6 7 8 9)"
		done
		echo ']><clientConfig>&a7;</clientConfig>'
	} | document autoconfig.example.org/mail/config-v1.1.xml.huge
	discover
	assert_failure 69
}

@test 'a redirect to another host is not followed' {
	internet <<-END
	autoconfig.example.org A 127.0.0.1
	www.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	autoconfig mail.example.org | document www.example.org/x.xml
	autoconfig mail.example.org | document autoconfig.example.org/y.xml
	echo https://www.example.org/x.xml | document autoconfig.example.org/mail/config-v1.1.xml.redirect
	discover
	assert_failure 69
	run ! grep www "$internet/requests"
	echo http://autoconfig.example.org/y.xml >"$internet"/www/autoconfig.example.org/mail/config-v1.1.xml.redirect
	discover
	assert_failure 69
	echo https://autoconfig.example.org/y.xml >"$internet"/www/autoconfig.example.org/mail/config-v1.1.xml.redirect
	discover
	assert_success
	assert_line --partial 'imap = imaps://mail.example.org'
}

@test 'an HTTPS server with a certificate for another name is not believed' {
	internet <<-END
	autoconfig.example.org A 127.0.0.1
	mail.example.org A 127.0.0.1
	END
	mv "$(server_certificate other.example.com)" "$internet/autoconfig.example.org.pem"
	autoconfig mail.example.org | document autoconfig.example.org/mail/config-v1.1.xml
	discover
	assert_failure 69
}

@test 'a resolver that does not answer costs the deadline, not more' {
	local begin=$EPOCHSECONDS
	internet <<-END
	example.org silent
	_imaps._tcp.example.org silent
	_imap._tcp.example.org silent
	autoconfig.example.org silent
	_ua-auto-config.example.org silent
	mail.example.org silent
	END
	discover
	assert_failure 69
	((EPOCHSECONDS - begin < 10))
}

@test 'a preset whose server is not reached is no unknown provider: that is said, and to be tried later' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '%s\n' '[here]' 'domains = example.org' 'imap = imaps://127.0.0.1:1' >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	internet </dev/null
	run --separate-stderr maccount discover --timeout=2 alice@example.org
	assert_failure 75
	assert_regex "$stderr" '127\.0\.0\.1, the server for alice@example\.org \(preset here\), was not reached: '
}

@test 'what is not a mail address is a usage error' {
	for address in alice alice@ @example.org 'a b@example.org' 'a@b/c' '[x]@example.org'; do
		discover "$address"
		assert_failure 64
		assert_regex "$stderr" 'is not a mail address'
	done
}

# ---- presets ----

@test 'providers lists the presets, or those that match a word' {
	run --separate-stderr maccount providers
	assert_success
	((${#lines[@]} >= 277))
	run --separate-stderr maccount providers GMAIL
	assert_line $'gmail\tGmail\timaps://imap.gmail.com\tpop3s://pop.gmail.com\tsmtps://smtp.gmail.com'
	run --separate-stderr maccount providers nosuchprovider
	assert_failure 66
}
