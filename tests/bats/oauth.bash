# shellcheck shell=bash disable=SC2154,SC2016,SC2086,SC2034,SC2119,SC2120  # helper.bash sets what is used here; scripts expand $1
# SPDX-License-Identifier: ISC
#
# For tests of signing in, after helper and maccount: a private authorization server (tests/servers/oauth) for the file's
# tests, the account `test`, which uses it, and a browser.

setup_file()
{
	local key
	export oauth=$BATS_FILE_TMPDIR/oauth
	mkdir "$oauth"
	key=$(find "$SRV_DIR/dovecot/keys" -type f | head -n 1)
	mv "$(BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR server_certificate localhost)" "$oauth/cert.pem"
	python3 "$tests/servers/oauth" "$oauth" "$oauth/cert.pem" "$key" 3>&- &
	export oauth_pid=$!
	await_file "$oauth/port"
}

teardown_file()
{
	kill "$oauth_pid"
}

setup()
{
	mailverbs_setup
	url=https://localhost:$(cat "$oauth/port")
	rm -f "$oauth/requests" "$oauth/again" "$oauth/user"
	user=$(fresh_user)
	echo "$user" >"$oauth/user"
	mode
	# the person's browser: it goes where the server sends it
	mkdir bin
	printf '#!/bin/sh\nexec curl -s -L --cacert %s "$1" >browser.html 2>&1\n' "$SRV_CA" >bin/xdg-open
	chmod +x bin/xdg-open
	export PATH=$PWD/bin:$PATH DISPLAY=:99
	account "oauth2-client-id = public"
}

mode()
{
	echo "$*" >"$oauth/mode"
}

# account LINE...: the account `test` with tokens
account()
{
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cat >"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-END
	[test]
	address = $user@example.org
	user = $user
	tls-ca-file = $SRV_CA
	smtp = smtps://$SRV_SUBMISSIONS
	imap = imaps://$SRV_IMAPS
	pop3 = pop3s://$SRV_POP3S
	oauth2-issuer = $url
	oauth2-scope = mail offline_access
	$(printf '%s\n' "$@")
	END
}

token_file()
{
	echo "$XDG_STATE_HOME/mailverbs/tokens/test"
}

# The held token ends in N seconds.
age()
{
	sed -i "s/^expires .*/expires $((EPOCHSECONDS + $1))/" "$(token_file)"
}

count()
{
	grep -cx "$1" "$oauth/requests" || :
}

try()
{
	run --separate-stderr "$@"
}
