# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What queue.bats and queue-shown.bats share; each loads helper first.

# shellcheck disable=SC2034  # for the tests

# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

setup()
{
	replay_setup
	sender=$(fresh_user) rcpt=$(fresh_user) other=$(fresh_user)
	config_for "$sender" 'queue = yes' "log = $HOME/log"
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	queue=$XDG_STATE_HOME/mailverbs/queue
	log=$HOME/log
}

# server URL: from now on it is the account's
server()
{
	sed -i "s|^smtp = .*|smtp = $1|" "$config"
}

away()
{
	server smtps://127.0.0.1:1
}

back()
{
	server "smtps://$SRV_SUBMISSIONS"
}

# Another account, for $other, whose server is away.
other_account()
{
	cat >>"$config" <<-END
	[other]
	address = $other@example.org
	smtp = smtps://127.0.0.1:1
	tls-ca-file = $SRV_CA
	password = $SRV_PASSWORD
	queue = yes
	END
}

# letter [NUMBER]: one that comes as it was sent
letter()
{
	cat <<-END
	From: $sender@example.org
	To: $rcpt@example.org
	Date: Sat, 21 Nov 2026 10:00:00 +0000
	Message-ID: <${1-1}.$sender@example.org>
	Subject: letter ${1-1}

	.
	From here on: Größe
	END
}

# entries [DIR]: the names of those in the queue
entries()
{
	find "${1-$queue}" -maxdepth 1 -type f ! -name lock ! -name '*.eml' -printf '%f\n' 2>/dev/null | sort
}

assert_empty_queue()
{
	run find "$queue" -mindepth 1 ! -name lock ! -path "$queue/failed*"
	assert_output ''
}

# Its first delivery is so long ago.
age_entry()
{
	sed -i "s/^time .*/time $(($(date +%s) - $2))/" "$1"
}

# late_since ENTRY SECONDS: an attempt failed so long ago, after its time was over
late_since()
{
	sed -i "/^late /d;s/^tried .*/&\nlate $(($(date +%s) - $2))/" "$1"
}
