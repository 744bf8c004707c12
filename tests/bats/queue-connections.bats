#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# msend -q with several accounts and several connections: a server that is slow or away holds up no letters but its own,
# and each letter goes out once.
# shellcheck disable=SC2154  # output, lines, status: run
# shellcheck disable=SC2016  # the server's own variables

load helper

setup()
{
	mailverbs_setup
	# A connection for the account $1, which reads `before.$1` first, and `data.$1` for each letter. What was taken
	# is in `taken`.
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	echo >>"connections.$1"
	[ ! -e "before.$1" ] || . "./before.$1"
	say '220 here'
	while IFS= read -r line; do
		case ${line%$'\r'} in
		RCPT*) to=${line#*<} to=${to%@*}; say '250 fine' ;;
		DATA)
			say '354 go on'
			sed '/^\.\r$/q' >/dev/null
			[ ! -e "data.$1" ] || . "./data.$1"
			echo "$to" >>taken
			say '250 taken'
			;;
		QUIT) say '221 bye'; exit ;;
		*) say '250 fine' ;;
		esac
	done
	END
	: >taken
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	mkdir -p "${config%/*}"
}

# account NAME...: each sends from NAME@example.org
account()
{
	local name
	for name; do
		printf '%s\n' "[$name]" "address = $name@example.org" 'smtp = smtp+insecure://' 'provider = none' \
			'auth = none' "tunnel = exec bash server.sh $name"
	done >>"$config"
}

# queued ACCOUNT TO...
queued()
{
	local from=$1 to
	shift
	mv "$config" off.ini
	sed "s/^tunnel = .*/tunnel = false/" off.ini >"$config"
	chmod 600 "$config"
	for to; do
		printf 'From: %s@example.org\nTo: %s@example.org\n\nhello\n' "$from" "$to" | msend --queue --quiet
	done
	mv off.ini "$config"
}

# how often the account's server was called
connections() { wc -l <"connections.$1" | tr -d ' '; }

@test 'a server that says nothing does not hold up the letters of other accounts, nor does one that is away' {
	account slow away alice
	queued slow s1 s2
	queued away w1
	queued alice a1 a2
	echo 'exit 1' >before.away
	echo 'read -r line' >before.slow
	msend --flush >out 2>&1 3>&- &
	pid=$!
	until [[ $(wc -l <taken) -eq 2 && -s out ]]; do sleep 0.02; done
	kill -0 "$pid" # it waits for the silent one
	assert_equal "$(xargs <taken)" 'a1 a2'
	kill -TERM "$pid"
	wait "$pid" && status=0 || status=$?
	assert_equal "$status" 143
	assert_equal "$(msend --list-queue | wc -l | tr -d ' ')" 3
	rm before.*
	run -0 msend --flush
	assert_output ''
	assert_equal "$(sort taken | xargs)" 'a1 a2 s1 s2 w1'
}

@test 'an account whose server was reached and went away waits for it alone' {
	account alice bob
	queued alice a1 a2
	queued bob b1
	echo '[ ! -e gone ] || { until [ -e b1 ]; do sleep 0.02; done; exit 1; }' >before.alice
	echo '[ "$to" != a2 ] || { : >gone; exit; }' >data.alice
	echo ': >"$to"' >data.bob
	run -75 timeout 20 msend --flush --timeout=1
	assert_equal "$(sort taken | xargs)" 'a1 b1'
	assert_output --partial 'the message may have been sent'
}

@test '--connections: so many for each account, each letter once; a dead server is said once' {
	account alice dead
	queued alice a{1..6}
	queued dead d{1..6}
	# nobody is served before all three are here
	echo 'until [ "$(wc -l <connections.alice)" -ge 3 ]; do sleep 0.02; done' >before.alice
	echo 'exit 1' >before.dead
	run -75 timeout 20 msend --flush --connections=3 --timeout=1
	assert_equal "$(sort taken | xargs)" "$(echo a{1..6})"
	assert_equal "$(connections alice)" 3
	assert_equal "${#lines[@]}" 1
	assert_equal "$(msend --list-queue | wc -l | tr -d ' ')" 6
	run -64 msend --flush --connections=65
	run -64 msend --list-queue --connections=2
}

@test '--connections: no more than there are letters; --rate counts over all of them' {
	account alice bob
	queued alice a1 a2
	queued bob b1
	local start=${EPOCHREALTIME/[.,]/}
	run -0 msend --flush --connections=9 --rate=2/s
	((${EPOCHREALTIME/[.,]/} - start >= 1000000))
	assert_equal "$(sort taken | xargs)" 'a1 a2 b1'
	(($(connections alice) <= 2 && $(connections bob) == 1))
}

@test 'a message whose filter says later is no server that is away: the others are tried, and it is named' {
	account alice
	printf '%s\n' 'send-filter = [ ! -e busy ] || exit 75; sed "/^To: a2@/q75"' >>"$config"
	: >busy
	queued alice a1 a2 a3
	queued alice a2 # with the same words
	rm busy
	run -75 msend --flush
	assert_equal "$(sort taken | xargs)" 'a1 a3'
	assert_equal "$(grep -cE "^msend: [0-9a-f]+: send-filter .*: exit status 75" <<<"$output")" 2
	assert_equal "$(grep -hc '^tried 2' "$XDG_STATE_HOME"/mailverbs/queue/*[0-9a-f] | xargs)" '1 1'
}
