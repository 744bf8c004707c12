#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --dry-run fails as the real run would: mistakes that the real run finds before it connects are found without a server.

# shellcheck disable=SC2154  # helper.bash, replay.bash and run set what is used here

load helper
load replay

setup()
{
	replay_setup
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	printf 'password-command = cat password\n[a]\naddress = me@company.example\n' >"$config"
	: >empty
}

# last_of STATUS TOOL [ARGUMENT]...: its last line, the hint left out, if it ended with STATUS
last_of()
{
	local expected=$1 line
	shift
	status=0 last=
	output=$("$@" <letter 2>&1) || status=$?
	[[ $status = "$expected" ]] || { echo "$*: $status: $output"; return 1; }
	while read -r line; do
		[[ $line = *': hint: '* ]] || last=$line
	done <<<"$output"
}

# both STATUS TOOL [ARGUMENT]...: the real run, which connects to nothing, and the dry run end alike
both()
{
	local expected=$1 real
	shift
	last_of "$expected" "$@"
	real=$last
	last_of "$expected" "$1" -P "${@:2}"
	assert_equal "$last" "$real"
}

# dry STATUS WORDS TOOL [ARGUMENT]...: likewise, where the real run would first connect
dry()
{
	local expected=$1 words=$2
	shift 2
	last_of "$expected" "$1" -P "${@:2}"
	[[ $last = *"$words"* ]] || { echo "$last"; false; }
}

@test 'without a server a dry run fails as the real run does' {
	both 78 mlist
	both 78 mlist -c 1-2
	both 78 mlist --folders
	both 78 mmark --append=Sent
	both 78 mmark --seen 1
	both 78 mdel 1
	both 78 mfetch
	both 78 msend bob@example.org
	both 78 msend --batch letter
	both 78 mlist -a you@company.example
	both 78 msend -a you@company.example bob@example.org
	both 78 mlist --server=imaps://
}

@test 'a dry run finds what is wrong with the way to the server' {
	local options
	for options in --source-ip=192.0.2.77 '--source-ip=127.0.0.1 -6'; do
		# shellcheck disable=SC2086  # words are wanted
		both 78 mlist --server=imaps://127.0.0.1:1 $options
	done
	both 78 msend --server=smtps://127.0.0.1:1 --source-ip=192.0.2.77 bob@example.org
	both 64 msend --server="lmtp+unix:///$(printf 'x%.0s' {1..200})" bob@example.org
	both 78 mlist --server=pop3s://127.0.0.1:1 --search=unseen
	both 78 mlist --server=pop3s://127.0.0.1:1 --folders
	both 78 mlist --server=pop3s://127.0.0.1:1 --folder=x
}

@test 'a dry run finds what is wrong with the files of TLS' {
	local option
	for option in --tls-ca-file=missing --tls-ca-file=empty --tls-cert-file=missing --tls-priority=NONSENSE; do
		dry 78 127.0.0.1:1 mlist --server=imaps://127.0.0.1:1 "$option"
	done
	option=--tls-ca-file=missing
	dry 78 127.0.0.1:1 mlist --server=pop3://127.0.0.1:1 "$option"
	dry 78 127.0.0.1:1 mmark --append=Sent --server=imaps://127.0.0.1:1 "$option"
	dry 78 127.0.0.1:1 mlist --folders --server=imap://127.0.0.1:1 "$option"
	dry 78 127.0.0.1:1 msend --server=smtp://127.0.0.1:1 "$option" bob@example.org
	dry 0 'would list' mlist --server=imaps://127.0.0.1:1
	dry 0 octets msend --server=smtps://127.0.0.1:1 bob@example.org
}

@test 'a dry run shows the settings before it fails' {
	last_of 78 mlist -n
	[[ $output = *$'\naddress = me@company.example\t'* ]]
	last_of 78 msend -P bob@example.org
	[[ $output = *$'\naddress = me@company.example\t'* ]]
}
