#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# maccount login where something is different: the mail server names the authorization server, the browser comes twice,
# the server has pages instead of answers; and tokens that expire while cron works.

# shellcheck disable=SC2154,SC2016,SC2012  # helper.bash and oauth.bash set what is used here; a script expands $redirect

load helper
load maccount
load oauth
load terminal

# named SERVER-KEY URL: the account has no authorization server of its own, and the browser finds https://localhost
named()
{
	account 'oauth2-client-id = public'
	sed -i '/^oauth2-issuer/d; /^smtp/d; /^imap/d; /^pop3/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	echo "$1 = $2" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	export MAILVERBS_PORTS=443=${url##*:}
	sed -i "s/curl/& --connect-to localhost:443:localhost:${url##*:}/" bin/xdg-open
}

# asked ANSWER: `maccount login` on a terminal
asked()
{
	# shellcheck disable=SC2034  # on_terminal reads it
	local question='\[y/N\] '
	on_terminal 'maccount login test' "$1"
	cat -v screen
}

@test 'the authorization server that the mail server names is used when a person agrees' {
	local server
	mode portless
	for server in "imap imaps://$SRV_IMAPS" "pop3 pop3://$SRV_POP3" "smtp smtp://$SRV_SUBMISSION"; do
		# shellcheck disable=SC2086  # words are wanted
		named $server
		asked y
		assert_equal "$(<status)" 0
		grep -aq "localhost:[0-9]* names https://localhost for signing in. Sign in there?" screen
		# it is renewed there, too
		age 0
		maccount token test >/dev/null
		[[ $(count refresh_token) -eq 1 ]]
		rm "$(token_file)" "$oauth/requests"
	done
}

@test 'the authorization server that the mail server names is not asked for anything before that' {
	mode portless
	named imap "imaps://$SRV_IMAPS"
	try maccount login test </dev/null
	assert_failure 78
	assert_regex "$stderr" 'names https://localhost for signing in, but the account does not'
	assert_regex "$stderr" 'hint: if you trust it, set oauth2-issuer = https://localhost'
	asked n
	assert_equal "$(<status)" 78
	[[ ! -e $oauth/requests && ! -e $(token_file) ]]
	# a page of it on another server would get the code
	mode portless elsewhere
	asked y
	assert_equal "$(<status)" 78
	grep -aq 'uses another server: https://elsewhere.example/token' screen
	[[ $(count /authorize) -eq 0 ]]
}

@test 'a second redirect of the browser is not listened to' {
	# the first answer is another program's: a stranger's code with the right state would be the second one
	cat >bin/xdg-open <<-END
	#!/bin/sh
	redirect=\$(curl -s --cacert '$SRV_CA' -o /dev/null -w '%{redirect_url}' "\$1")
	curl -s "\${redirect%%\?*}favicon.ico" >first
	curl -s "\$redirect" >second
	curl -s "\$(echo "\$redirect" | sed 's/code=[^&]*/code=stolen/')" >third
	echo \$? >third.status
	END
	try maccount login test
	assert_success
	await_file third.status
	grep -q 'not here' first
	grep -q 'The answer has arrived' second
	[[ ! -s third && $(<third.status) -eq 7 ]]
	[[ $(count authorization_code) -eq 1 ]]
	# an answer that has a parameter twice is none
	sed -i 's/"\$redirect" >second/"$redirect\&state=x" >second/' bin/xdg-open
	try maccount login test
	assert_failure 77
	[[ $(count authorization_code) -eq 1 ]]
}

@test 'a device that asks too fast waits longer' {
	# four seconds do not suffice for the second question, which comes five seconds later than it would
	mode slow impatient
	try maccount login --device test
	assert_failure 77
	assert_regex "$stderr" 'nobody signed in in time'
	[[ $(count urn:ietf:params:oauth:grant-type:device_code) -eq 1 ]]
}

@test 'a page instead of an answer is told, and the tokens stay' {
	local page
	maccount login test
	cp "$(token_file)" before
	for page in 200 404 418; do
		mode page=$page
		try maccount token --force test
		assert_failure 76
		refute_output
	done
	assert_regex "$stderr" "$url/token: status 418 without an OAuth 2 error"
	assert_same_file before "$(token_file)"
	mode
	maccount token --force test
	rm "$(token_file)"
	mode page=200
	try maccount login test
	assert_failure 76
	[[ ! -e $(token_file) ]]
}

# cron's environment has next to nothing
cron()
{
	env -i HOME="$HOME" PATH="$PATH" LOGNAME=cron SHELL=/bin/sh MAILVERBS_DATADIR="$MAILVERBS_DATADIR" /bin/sh -c "$1" \
		</dev/null >cron.mail 2>&1
}

@test 'a token that expires in the middle of a cron run is renewed in silence' {
	many_letters letters 1 3
	deliver "$user" letters/*
	maccount login test
	# it expires after the first command, and is rejected after the second
	cron "mlist -c >/dev/null && sed -i 's/^expires .*/expires 1/' '$(token_file)' &&
		mfetch --maildir=Mail --keep && sed -i 's/^access .*/access not-a-token/' '$(token_file)' &&
		mfetch --protocol=pop3 --maildir=Mail2 && msend bob@example.org <letters/1"
	assert_equal "$(<cron.mail)" ''
	[[ $(count refresh_token) -eq 2 ]]
	assert_equal "$(ls Mail/new | wc -l) $(ls Mail2/new | wc -l)" '3 3'
}

@test 'ten mail tools at once make one refresh' {
	local pid pids=()
	maccount login test
	age 0
	for _ in 1 2 3 4; do
		mlist -c >/dev/null 3>&- &
		pids+=($!)
		mlist -c --protocol=pop3 >/dev/null 3>&- &
		pids+=($!)
	done
	msend bob@example.org <<<$'Subject: x\n\nhello' 3>&- &
	pids+=($!)
	maccount token test >/dev/null 3>&- &
	pids+=($!)
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	[[ $(count refresh_token) -eq 1 ]]
}

@test '--device and --paste are refused before anybody is asked' {
	try maccount login --device --paste test
	assert_failure 64
	[[ ! -e $oauth/requests ]]
}
