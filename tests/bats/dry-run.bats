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
	local option words='--tls-ca-file: missing: '
	dry 78 127.0.0.1:1 mlist --server=imaps://127.0.0.1:1 --tls-ca-file=empty
	dry 78 127.0.0.1:1 mlist --server=imaps://127.0.0.1:1 --tls-priority=NONSENSE
	dry 78 '--tls-cert-file: missing: ' mlist --server=imaps://127.0.0.1:1 --tls-cert-file=missing
	option=--tls-ca-file=missing
	dry 78 "$words" mlist --server=imaps://127.0.0.1:1 "$option"
	dry 78 "$words" mlist --server=pop3://127.0.0.1:1 "$option"
	dry 78 "$words" mmark --append=Sent --server=imaps://127.0.0.1:1 "$option"
	dry 78 "$words" mlist --folders --server=imap://127.0.0.1:1 "$option"
	dry 78 "$words" msend --server=smtp://127.0.0.1:1 "$option" bob@example.org
	dry 0 'would list' mlist --server=imaps://127.0.0.1:1
	dry 0 octets msend --server=smtps://127.0.0.1:1 bob@example.org
}

@test 'a dry run shows the settings before it fails' {
	last_of 78 mlist -n
	[[ $output = *$'\naddress = me@company.example\t'* ]]
	last_of 78 msend -P bob@example.org
	[[ $output = *$'\naddress = me@company.example\t'* ]]
}

# A mailbox of one message, for a listing.
hello='S: +OK ready
C: CAPA
S: +OK\r\nPIPELINING\r\n.
C: UIDL
C: LIST
S: +OK\r\n1 a\r\n.\r\n+OK\r\n1 9\r\n.'

# alike STATUS ARGUMENT...: mfetch with these fails alike, in a dry run and then in earnest
alike()
{
	local expected=$1 said option
	shift
	for option in -n --quiet; do
		against - "$expected" mfetch $option "$@" <<<"$hello"
		[[ -z ${said-} ]] || assert_equal "$stderr" "$said"
		said=$stderr
	done
}

@test 'a dry run of mfetch fails if the destination cannot be made, in the same words' {
	mkdir other mail mail/cur
	touch other/file mail/tmp
	alike 73 --maildir=letter/box
	alike 73 --maildir=other
	alike 73 --maildir=mail
	alike 73 --mbox=letter/box
	alike 73 --mbox=other
	alike 73 --mbox=missing/box
	mkfifo fifo
	alike 73 --mbox=fifo
	[ ! -d /proc/self ] || against - 73 mfetch -n --maildir=/proc/box/new <<<"$hello"
}

@test 'a dry run of mfetch makes nothing where the destination could be made' {
	local destination
	for destination in --maildir=a/b/box --mbox=new-box; do
		against - 0 mfetch -n $destination <<<"$hello"
		assert_line 'would fetch 1 of 1 messages'
	done
	[ ! -e a ]
	[ ! -e new-box ]
}

@test 'a dry run of msend reads the journal, and leaves it as it is' {
	local send=(msend --provider=none --server=smtp+insecure://127.0.0.1:9 --user=alice --password-command='cat password' --from=alice@example.org)
	last_of 65 "${send[@]}" -P --journal=letter bob@example.org
	last_of 73 "${send[@]}" -P --journal=missing/journal bob@example.org
	last_of 73 "${send[@]}" -P --journal=. bob@example.org
	last_of 0 "${send[@]}" -P --journal=new bob@example.org
	[ ! -e new ]
	flock held "${send[@]}" -P --journal=held bob@example.org <letter || status=$?
	[ $status = 75 ]
	local key
	key=$({ printf -- '-\0'; cat letter; } | sha256sum | cut -c 1-32)
	printf 'mailverbs send journal 1\nsent %s bob@example.org\nbegin %s carol@example.org -\nto' "$key" "$key" >journal
	cp journal before
	last_of 75 "${send[@]}" -P --journal=journal bob@example.org carol@example.org dave@example.org
	[[ $output = *dave@example.org* && $output = *'carol@example.org: may have been sent'* ]]
	[[ $output != *bob@example.org* ]]
	cmp journal before
}

@test 'a dry run shows the defaults too, those of the protocol' {
	local line

	last_of 0 mlist -P -s imap.example.org
	for line in 'timeout = 60' 'auth = auto' 'folder = INBOX' 'columns = number,size,date,from,subject'; do
		grep -qxF "$line"$'\t(default)' <<<"$output"
	done
	last_of 0 mlist -P -s pop3s://pop.example.org --timeout=7
	grep -qxF $'timeout = 7\t(command line)' <<<"$output"
	run grep -E '^(folder|compress|timeout) = .*default' <<<"$output"
	assert_output ''
	last_of 0 msend -P -s smtp.example.org -f me@company.example bob@example.org
	grep -qxF $'rewrite-from = local\t(default)' <<<"$output"
}

@test 'a dry run shows the server as a user would write it' {
	local url

	for url in smtps://mail.example.org smtp://mail.example.org smtp://mail.example.org:25 \
	    smtp+insecure://localhost 'smtps://[::1]' 'smtps://[::1]:1465' lmtp://localhost:2424 lmtp+unix:///run/lmtp; do
		last_of 0 msend -P -s "$url" -f me@company.example bob@example.org
		grep -qxF "server: $url" <<<"$output" || { echo "$output"; false; }
	done
	last_of 0 mlist -P -s imap.example.org
	grep -qxF 'server: imaps://imap.example.org' <<<"$output"
	last_of 0 mlist -P --host pop.example.org --port 1995
	grep -qxF 'server: pop3s://pop.example.org:1995' <<<"$output"
}

@test 'mmark: a folder that is missing, or that the messages are in already' {
	local user action
	user=$(fresh_user)
	echo 'Subject: x' | deliver "$user"
	printf '[a]\nuser = %s\nimap = imap+insecure://%s\npassword-command = echo %s\n' \
		"$user" "$SRV_IMAP" "$SRV_PASSWORD" >"$config"
	for action in '--copy=Missing 1' '--move=Missing 1' '--append=Missing' '--seen --move=Missing all'; do
		# shellcheck disable=SC2086  # words
		last_of 66 mmark $action
		# shellcheck disable=SC2086
		last_of 66 mmark -P $action
		# shellcheck disable=SC2086
		run -0 mmark --dry-run --create $action <letter
		assert_output --partial 'Missing'
	done
	both 64 mmark --copy=inbox 1
	both 64 mmark --copy='\Nonsense' --create 1
	both 64 mmark --append='\Snet' --create
	assert_equal "$(mlist -o flags)" ''
	assert_equal "$(mlist --folders | cut -f 4)" 'INBOX'
}

@test 'a queue that is sent or shown takes no message, however its recipients are given' {
	local option
	ln -s "$abs_top_builddir/msend" sendmail
	for option in -q --flush -bp --list-queue; do
		last_of 64 msend "$option" -t
		assert_equal "${last##* and }" '--read-recipients cannot be combined'
	done
	last_of 64 ./sendmail -q -t
	last_of 64 ./sendmail -t -bp
}
