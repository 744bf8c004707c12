#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# maccount login, token, status, logout against a private authorization server, and the mail tools with its tokens.

# shellcheck disable=SC2154,SC2016,SC2086  # helper.bash sets what is used here; scripts expand $1; words are wanted

load helper
load maccount
load oauth

@test 'login by the browser holds tokens that open all three kinds of mailbox' {
	echo hello | deliver "$user"
	try maccount login test
	assert_success
	assert_output --partial "$url/authorize?response_type=code"
	run cat browser.html
	assert_output --partial 'The answer has arrived'
	run stat -c %a "$(token_file)"
	assert_output 600
	for server in "imaps://$SRV_IMAPS" "pop3s://$SRV_POP3S" "imap://$SRV_IMAP" "pop3://$SRV_POP3"; do
		for auth in auto xoauth2 oauthbearer; do
			try mlist -c -s "$server" --auth=$auth
			assert_success
			assert_output --partial 1
		done
	done
	for auth in auto xoauth2 oauthbearer; do
		try msend --auth=$auth bob@example.org <<<$'Subject: x\n\nhello'
		assert_success
	done
}

@test 'the token is printed for other programs, and status shows it without it' {
	maccount login test
	try maccount token test
	assert_success
	assert_output "$(sed -n 's/^access //p' "$(token_file)")"
	try maccount status
	assert_output --regexp $'^test\tvalid until\t20[0-9-]* [0-9:]*\trenewable$'
	[[ $(count refresh_token) -eq 0 ]]
}

@test 'a token that is about to expire is renewed in silence by the mail tools' {
	maccount login test
	age 100
	try mlist -c
	assert_success
	[[ -z $stderr ]]
	[[ $(count refresh_token) -eq 1 ]]
	try mlist -c
	[[ $(count refresh_token) -eq 1 ]]
}

@test 'a rejected token is renewed once and the login is tried again' {
	mode rejected
	maccount login test
	mode
	for protocol in imap pop3; do
		sed -i 's/^access .*/access not-a-token/' "$(token_file)"
		sed -i "/^protocol/d; \$a protocol = $protocol" "$XDG_CONFIG_HOME/mailverbs/config.ini"
		try mlist -c
		assert_success
		[[ -z $stderr ]]
	done
	sed -i 's/^access .*/access not-a-token/' "$(token_file)"
	try msend bob@example.org <<<$'Subject: x\n\nhello'
	assert_success
	[[ $(count refresh_token) -eq 3 ]]
}

@test 'a token that stays rejected is told with the words of the server and what to do' {
	mode rejected
	maccount login test
	for tool in 'mlist -c' 'mlist -c --auth=xoauth2' "mlist -c -s pop3s://$SRV_POP3S"; do
		try $tool
		assert_failure 77
		assert_regex "$stderr" '"status":'
		assert_regex "$stderr" 'hint: maccount login test'
	done
}

@test 'a refresh token that is refused is told with what to do' {
	maccount login test
	age 0
	mode invalid
	try mlist -c
	assert_failure 77
	assert_regex "$stderr" 'invalid_grant: it is invalid_grant \(said by the server\) \*\*\*'
	assert_regex "$stderr" 'hint: maccount login test'
	try maccount token test
	assert_failure 77
	# it is still held: the server may change its mind
	mode
	try maccount token test
	assert_success
}

@test 'each new refresh token takes the place of the one before' {
	local before
	maccount login test
	for _ in 1 2 3; do
		before=$(sed -n 's/^refresh //p' "$(token_file)")
		maccount token --force test >/dev/null
		[[ $(sed -n 's/^refresh //p' "$(token_file)") != "$before" ]]
	done
	run stat -c %a "$(token_file)"
	assert_output 600
}

@test 'ten processes at once make one refresh' {
	local pids=()
	maccount login test
	age 0
	for i in 1 2 3 4 5 6 7 8 9 10; do
		maccount token test >"token.$i" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	[[ $(count refresh_token) -eq 1 ]]
	run bash -c 'sort -u token.* | wc -l'
	assert_output 1
}

# renewed HOW AT: a renewal with tests/crash/kill_at.c
renewed()
{
	run env PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$BATS_TEST_TMPDIR/kill_at.so" KILL_HOW="$1" KILL_AT="$2" KILL_LOG="$PWD/calls" \
		ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" maccount token --force test
}

@test 'killed at any step of writing a new token: the account still works, and the new refresh token is the one kept' {
	local at first reserved flushed last how
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -shared -fPIC -O1 -o kill_at.so "$tests/crash/kill_at.c" -ldl
	maccount login test
	: >calls
	renewed none 0
	assert_success
	# room is made, flushed, before the server is asked; then comes the new token
	reserved=$(awk '/fsync/ && !n { n = $1 } END { print n }' calls)
	flushed=$(awk '/fsync/ && ++k == 2 { n = $1 } END { print n }' calls)
	first=$(awk -v n="$reserved" '$1 < n && /open/ { at = $1 } END { print at }' calls)
	last=$(awk '/rename/ { n = $1 } END { print n + 2 }' calls)
	assert [ "$((last - first))" -ge 5 ]
	for ((at = first; at <= last; at++)); do
		for how in before torn; do
			[[ $how = before ]] || grep -q "^$at write" calls || continue
			# a server that takes each refresh token once will only do if the new one is on disk
			((at > flushed)) && mode || mode lenient
			renewed "$how" "$at"
			maccount token --force test >printed
			assert_equal "$(sed -n 's/^access //p' "$(token_file)")" "$(cat printed)"
			assert_equal "$(find "${XDG_STATE_HOME}/mailverbs/tokens" -type f ! -name '*.lock')" "$(token_file)"
		done
	done
	mode
	maccount token --force test
}

# await_request NAME: it came to the authorization server
await_request()
{
	local tries=0
	until grep -qx "$1" "$oauth/requests" 2>/dev/null; do
		((++tries < 500)) || return 1
		sleep 0.02
	done
}

@test 'a signal leaves a renewal that is under way its time, alone or for a mail tool: the new refresh token is not lost' {
	local pid command
	for command in 'maccount token --force test' 'mlist -c'; do
		mode delay=2
		rm -f "$oauth/requests"
		maccount login test
		age 0
		$command >/dev/null 2>&1 3>&- &
		pid=$!
		await_request refresh_token
		kill -TERM "$pid"
		run wait "$pid"
		mode
		run -0 maccount token --force test
	done
}

@test 'without room for a new token the server is not asked for one: the refresh token stays good' {
	maccount login test
	cp "$(token_file)" before
	run -74 sh -c 'ulimit -f 0; exec maccount token --force test'
	assert_output --partial "$(token_file).new: File too large"
	assert_same_file before "$(token_file)"
	run -0 maccount token --force test
	[[ $(count refresh_token) -eq 1 ]]
	mode invalid
	run -77 maccount token --force test
	assert_equal "$(find "${XDG_STATE_HOME}/mailverbs/tokens" -type f ! -name '*.lock')" "$(token_file)"
}

# A keeper of tokens for `test`: a directory, in which it notes what it did.
keeper()
{
	mkdir -p kept
	cat >keep <<-'END'
	#!/bin/sh
	echo "$ACTION $ACCOUNT" >>did
	[ ! -e locked ] || exit "$(cat locked)"
	case $ACTION in
	load) cat "kept/$ACCOUNT" ;;
	store) if [ -e forgetful ]; then cat >/dev/null; else cat >"kept/$ACCOUNT"; fi ;;
	erase) rm "kept/$ACCOUNT" ;;
	esac
	END
	account 'oauth2-client-id = public' "token-store-command = cd $PWD && sh keep"
}

@test 'token-store-command keeps the tokens: no secret is on disk, and all works as with a file' {
	keeper
	echo hello | deliver "$user"
	maccount login test
	assert_equal "$(xargs <did)" 'store test load test'
	run ! grep -rE '^(access|refresh|client-secret) ' "$XDG_STATE_HOME"
	run -0 mlist -c
	run -0 maccount status
	assert_output --regexp $'^test\tvalid until\t.*\trenewable$'
	access=$(maccount token test)
	assert_equal "$access" "$(sed -n 's/^access //p' kept/test)"
	# it expires, is rejected, is renewed
	sed -i "s/^expires .*/expires $EPOCHSECONDS/" kept/test "$(token_file)"
	run -0 mlist -c --protocol=pop3
	[[ $(count refresh_token) -eq 1 ]]
	sed -i 's/^access .*/access not-a-token/' kept/test
	run -0 mlist -c
	[[ $(count refresh_token) -eq 2 ]]
	maccount logout test
	assert_equal "$(tail -n 1 did)" 'erase test'
	[[ ! -e kept/test && ! -e $(token_file) ]]
	run -77 maccount token test
	assert_output --partial 'hint: maccount login test'
}

@test 'the examples of mailverbs(7) keep the tokens with pass and in the Secret Service' {
	local example n=0
	printf '%s\n' '#!/bin/sh' 'case $1 in' 'insert) cat >in-pass ;;' 'show) cat in-pass ;;' 'rm) rm in-pass ;;' 'esac' >bin/pass
	# it drops the line end
	printf '%s\n' '#!/bin/sh' 'case $1 in' 'store) printf %s "$(cat)" >in-service ;;' 'lookup) cat in-service ;;' \
		'clear) rm in-service ;;' 'esac' >bin/secret-tool
	chmod +x bin/*
	while IFS= read -r -d '' example; do
		account 'oauth2-client-id = public' "$example"
		maccount login test
		[[ -s in-pass || -s in-service ]]
		run -0 maccount token --force test
		maccount logout test
		[[ ! -e in-pass && ! -e in-service ]]
		((++n))
	done < <(sed -n '/^token-store-command/,/^.esac/p' "$abs_top_srcdir/man/mailverbs.7" | sed 's/^.esac$/&\x00/' | sed -z 's/^\n//')
	assert_equal "$n" 2
}

@test 'token-store-command that fails, forgets or is gone: said, and the file of before goes on' {
	maccount login test
	keeper
	echo 1 >locked
	# the tokens are still in the file; they move with the next renewal
	maccount token test
	[[ ! -e did ]]
	mode lenient
	run -77 maccount token --force test
	assert_output --partial 'token-store-command: store: exit status 1'
	echo 75 >locked
	run -75 maccount token --force test
	rm locked
	: >forgetful
	run -77 maccount token --force test
	assert_output --partial 'token-store-command: load: exit status 1'
	echo other >kept/test
	run -74 maccount token --force test
	assert_output --partial 'something else than was stored'
	rm forgetful kept/test
	maccount token --force test
	run ! grep -E '^(access|refresh) ' "$(token_file)"
	echo 75 >locked # such as a keyring that is locked
	run -75 mlist -c
	account 'oauth2-client-id = public'
	run -78 maccount token test
	assert_output --partial 'no token-store-command is set'
	maccount login test
	grep -q '^access ' "$(token_file)"
}

@test 'login by a code on another device waits as the server says' {
	mode pending
	try maccount login --device test
	assert_success
	assert_output --partial WDJB-MJHT
	assert_output --partial https://localhost/device
	[[ $(count urn:ietf:params:oauth:grant-type:device_code) -eq 2 ]]
	try mlist -c
	assert_success
	mode denied
	try maccount login --device test
	assert_failure 77
	assert_regex "$stderr" access_denied
}

@test 'login by pasting works without a browser here' {
	unset DISPLAY
	mkfifo answer
	maccount login --paste test <answer >shown 3>&- &
	local pid=$! begun
	exec 7>answer
	until begun=$(grep -o 'https://localhost[^ ]*' shown); do sleep 0.02; done
	curl -s --cacert "$SRV_CA" -o /dev/null -w '%{redirect_url}\n' "$begun" >&7
	exec 7>&-
	wait "$pid"
	try mlist -c
	assert_success
}

@test 'an answer with a wrong state or iss, or without iss, is refused' {
	for what in wrong-state wrong-iss no-iss denied; do
		mode $what
		try maccount login test
		assert_failure 77
		[[ ! -e $(token_file) ]]
	done
	[[ $(count authorization_code) -eq 0 ]]
}

@test 'an iss cannot be compared, and does not matter, if no issuer is configured' {
	account 'oauth2-client-id = public' "oauth2-token = $url/token" "oauth2-authorize = $url/authorize"
	sed -i /oauth2-issuer/d "$XDG_CONFIG_HOME/mailverbs/config.ini"
	try maccount login test
	assert_success
}

@test 'an error of the server is tried again, with pauses, and then told' {
	maccount login test
	mode status=503
	printf x >"$oauth/again"
	try maccount token --force test
	assert_success
	[[ $(count refresh_token) -eq 2 ]]
	mode redirect
	try maccount token --force test
	assert_failure 76
	run ! grep elsewhere "$oauth/requests"
}

@test 'a client id is got by registration where the server allows it' {
	account
	try maccount login test
	assert_success
	[[ $(count /register) -eq 1 ]]
	run grep ^client "$(token_file)"
	assert_output 'client registered'
	try maccount token --force test
	assert_success
	[[ $(count /register) -eq 1 ]]
}

@test 'without a client id it is said where to get one' {
	account "oauth2-token = $url/token" "oauth2-authorize = $url/authorize"
	sed -i /oauth2-issuer/d "$XDG_CONFIG_HOME/mailverbs/config.ini"
	try maccount login test
	assert_failure 78
	assert_regex "$stderr" 'hint: set oauth2-client-id'
}

@test 'client credentials and a service account need no person' {
	account 'oauth2-grant = client-credentials' 'oauth2-client-id = secretive' \
		'oauth2-client-secret-command = echo s3cret'
	try maccount login test
	assert_success
	try mlist -c
	assert_success
	run ! grep s3cret "$(token_file)"
	openssl genrsa -out key.pem 2048 2>/dev/null
	python3 -c 'import json; print(json.dumps({"client_email": "robot@example.org",
		"private_key": open("key.pem").read()}))' >key.json
	account 'oauth2-grant = jwt-bearer' "oauth2-key-file = $PWD/key.json"
	try maccount login test
	assert_success
	age 0
	try mlist -c
	assert_success
	mode late
	sed -i s/robot/rabbit/ key.json
	try maccount token --force test
	assert_failure 77
	assert_regex "$stderr" "hint: this machine's clock is [0-9]* seconds behind the server's"
}

@test 'logout forgets the token and takes it back at the server' {
	maccount login test
	cp "$(token_file)" kept
	try maccount logout test
	assert_success
	[[ ! -e $(token_file) ]]
	[[ $(count /revoke) -eq 1 ]]
	cp kept "$(token_file)"
	try maccount token --force test
	assert_failure 77
	rm "$(token_file)"
	try maccount token test
	assert_failure 77
	assert_regex "$stderr" 'hint: maccount login test'
	try maccount logout test
	assert_failure 66
}

@test 'logout that is killed while the server is asked can be run again' {
	local how pid
	for how in KILL TERM; do
		mode delay=2
		rm -f "$oauth/requests"
		maccount login test
		maccount logout test 3>&- &
		pid=$!
		await_request /revoke
		kill -$how "$pid"
		run wait "$pid"
		mode
		run -0 maccount logout test
		[[ ! -e $(token_file) && $(count /revoke) -eq 2 ]]
	done
}

@test 'a token file of another account, or that others may read, is refused' {
	maccount login test
	chmod 644 "$(token_file)"
	try mlist -c
	assert_failure 78
	assert_regex "$stderr" 'hint: chmod 600'
	chmod 600 "$(token_file)"
	sed -i 's/^account .*/account other/' "$(token_file)"
	try mlist -c
	assert_failure 78
	try maccount token test
	assert_failure 78
}

@test 'a clock that was set back does not make a token last longer' {
	maccount login test
	sed -i "s/^issued .*/issued $((EPOCHSECONDS + 5000))/; s/^expires .*/expires $((EPOCHSECONDS + 9000))/" "$(token_file)"
	try mlist -c
	assert_success
	[[ $(count refresh_token) -eq 1 ]]
}

@test 'a password that is configured comes before a token, and --auth=plain does without one' {
	maccount login test
	sed -i "\$a password = $SRV_PASSWORD" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	chmod 600 "$XDG_CONFIG_HOME/mailverbs/config.ini"
	sed -i 's/^access .*/access not-a-token/' "$(token_file)"
	try mlist -c
	assert_success
	sed -i '/^password/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	try mlist -c --auth=plain </dev/null
	assert_failure 77
	assert_regex "$stderr" 'no password for'
}

@test 'options of other commands are refused' {
	try maccount token --device test
	assert_failure 64
	try maccount login --device --paste test
	assert_failure 64
	try maccount discover --force a@example.org
	assert_failure 64
}
