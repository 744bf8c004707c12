#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The cases of tests/hostile/cases: what a server may say, and what must hold. What was said before is a stage here.
# The names of stages begin with the protocol. The cases of a test run side by side, each in a directory of its own, for
# some of them wait.

# shellcheck disable=SC2154  # stderr, output, status: run
# shellcheck disable=SC2030,SC2031  # a case's settings are its own

load helper
load replay

setup()
{
	replay_setup
	table=$abs_top_srcdir/tests/hostile/cases
	password=tanstaaf
	imap_as_user=("${imap[@]}")
	as_pop3=$'S: +OK\nC: CAPA\nS: +OK\nS: PIPELINING\nS: TOP\nS: UIDL\nS: .'
	as_imap=$'S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\nC: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm'
	in_imap=$as_imap$'\nS: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in'
	in_inbox=$in_imap$'\nC: a2 SELECT "INBOX"\nC: a3 UID FETCH 1:* (UID RFC822.SIZE)'
	listed=$'S: * 1 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: a2 OK\nS: * 1 FETCH (UID 1 RFC822.SIZE 9)\nS: a3 OK'
	in_list=${in_imap/UIDPLUS/UIDPLUS MOVE}$'\nC: a2 SELECT "INBOX"\nC~ a3 UID FETCH 1:[*] .*'
	as_smtp=$'S: 220 ready\nC: EHLO [127.0.0.1]'
	wire_letter=$(sed 's/^/C: /' letter)
	memory='-d 65536'
	! are_sanitized || memory='-d unlimited'
}

# ---- stages: what was said before, and which command is run ----

pop3_stage()
{
	local sasl=$'S: +OK\nC: CAPA\nS: +OK\nS: SASL CRAM-MD5 SCRAM-SHA-1\nS: USER\nS: .'
	local list=$'\nC: UIDL\nC: LIST' retr=$'\nS: +OK\nS: 1 a\nS: .\nS: +OK\nS: 1 9\nS: .\nC: RETR 1\nC: NOOP'
	command=(mlist "${pop3[@]}")
	case $1 in
	greeting) before='' ;;
	capa) before=$'S: +OK\nC: CAPA' ;;
	user) before=$sasl$'\nC: USER alice' command+=(--auth=user) ;;
	cram) before=$sasl$'\nC: AUTH CRAM-MD5' command+=(--auth=cram-md5) ;;
	scram) before=$sasl$'\nC~ AUTH SCRAM-SHA-1 .*' command+=(--auth=scram-sha-1) ;;
	uidl) before=$as_pop3$list ;;
	dele) before=$as_pop3$list$retr$'\nS: +OK\\r\\nA: b\\r\\n\\r\\nhi\\r\\n.\\r\\n+OK\nC: DELE 1\nC: QUIT' ;;
	retr) before=$as_pop3$list$retr ;;
	top) before=$as_pop3$'\nC: LIST\nS: +OK\nS: 1 9\nS: .\nC: TOP 1 0' command+=(-o subject) ;;
	esac
	[[ $1 != @(uidl|retr|dele) ]] || command=(mfetch "${pop3[@]}" --maildir=box)
}

smtp_stage()
{
	local one=$'\nS: 250 mx\nC~ MAIL .*'
	local rcpt=$one$'\nS: 250 ok\nC~ RCPT .*'
	local data=$rcpt$'\nS: 250 ok\nC: DATA'
	command=(msend "${smtp[@]}" bob@example.org)
	before=$as_smtp
	case $1 in
	greeting) before='' ;;
	auth)
		before+=$'\nS: 250-mx\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5'
		command+=(--user=alice --auth=cram-md5 --password-command='cat password')
		;;
	mail) before+=$one ;;
	rcpt) before+=$rcpt ;;
	data) before+=$data ;;
	dot) before+=$data$'\nS: 354 go\n'"$wire_letter"$'\nC: .' ;;
	esac
}

lmtp_stage()
{
	before=$'S: 220 ready\nC: LHLO [127.0.0.1]'
	case $1 in
	greeting) before='' ;;
	rcpt) before+=$'\nS: 250 mx\nC~ MAIL .*\nS: 250 ok\nC~ RCPT .*' ;;
	dot) before+=$'\nS: 250 mx\nC~ MAIL .*\nS: 250 ok\nC~ RCPT .*\nS: 250 ok\nC: DATA\nS: 354 go\nC~ A: b\nC:\nC: hi\nC: .' ;;
	esac
	# The message comes from a server of its own.
	printf '%s\n' "$as_pop3" $'C: UIDL\nC: LIST\nS: +OK\nS: 1 a\nS: .\nS: +OK\nS: 1 9\nS: .\nC: RETR 1\nC: NOOP' \
		'S: +OK\r\nA: b\r\n\r\nhi\r\n.\r\n+OK' >pop3
	command=("$abs_top_builddir/tests/serve" lmtp.sock script -- env REPLAY_VERDICT= REPLAY_FLIGHTS= mfetch "${pop3[@]}" "$(tunnel_to "$PWD/pop3")"
		"--lmtp=lmtp+unix://$PWD/lmtp.sock" --recipient=bob@example.org)
}

imap_stage()
{
	local listed_uid=${listed/ RFC822.SIZE 9/}
	local asked=$'\nC: a4 UID FETCH 1 (UID BODY.PEEK[])'
	command=(mfetch "${imap_as_user[@]}" --maildir=box)
	case $1 in
	greeting) before='' ;;
	login) before=$as_imap ;;
	select) before=$in_inbox ;;
	list) before=$in_inbox$'\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: a2 OK' ;;
	fetch) before=$in_inbox$'\n'$listed$asked ;;
	store)
		before=$in_inbox$'\n'$listed$asked$'\nS: * 1 FETCH (UID 1 BODY[] {10}\\r\\nA: b\\r\\n\\r\\nhi)\nS: a4 OK'
		before+=$'\nC: a5 UID STORE 1 +FLAGS.SILENT (\\\\Deleted)\nC: a6 UID EXPUNGE 1\nC: a7 LOGOUT'
		;;
	headers) before=$as_imap$'\nS: a1 OK [CAPABILITY IMAP4rev1] in\nC: a2 EXAMINE "INBOX"\nC~ a3 UID FETCH .*' command=(mlist "${imap_as_user[@]}" -o subject) ;;
	flags) before=$in_list$'\n'$listed_uid$'\nC: a4 UID STORE 1 +FLAGS.SILENT (\\\\Seen)' command=(mmark "${imap_as_user[@]}" --seen 1) ;;
	expunge) before=$in_list$'\n'$listed_uid$'\nC: a4 UID STORE 1 +FLAGS.SILENT (\\\\Deleted)\nC: a5 UID EXPUNGE 1\nC: a6 LOGOUT' command=(mdel "${imap_as_user[@]}" 1) ;;
	move) before=$in_list$'\n'$listed_uid$'\nC: a4 STATUS "Trash" (UIDVALIDITY)' command=(mmark "${imap_as_user[@]}" --move=Trash 1) ;;
	folders) before=$in_imap$'\nC: a2 LIST "" "*"' command=(mlist "${imap_as_user[@]}" --folders) ;;
	esac
}

# ---- cases ----

# script_of SAYS: a transcript of what was said before and what is said now
script_of()
{
	local says=$1 line
	[[ -z $before ]] || printf '%s\n' "$before"
	while [[ $says == *' ;; '* ]]; do
		line=${says%% ;; *}
		says=${says#* ;; }
		printf '%s\n' "$line"
	done
	case $says in
	[SC][:\>*%~]* | '! '*) printf '%s\n' "$says" ;;
	*) printf 'S: %s\n' "$says" ;;
	esac
}

# run_case STAGE SAYS: in an empty directory, which is the current one
run_case()
{
	local stage=$1 says=$2 limit=20
	cp ../password ../letter .
	export HOME=$PWD XDG_STATE_HOME=$PWD/state REPLAY_VERDICT=$PWD/verdict REPLAY_FLIGHTS=$PWD/flights
	[[ $says != *'! drip'* ]] || limit=2
	"${stage%%-*}_stage" "${stage#*-}"
	command+=("--timeout=$limit")
	script_of "$says" >script
	if [[ $stage = lmtp-* ]]; then
		REPLAY_VERDICT=$PWD/script.verdict
	else
		command+=("$(tunnel_to "$PWD/script")")
	fi
	# shellcheck disable=SC2086 # two words
	ulimit $memory
	"${command[@]}" <letter >output 2>stderr || status=$?
}

# holds WHAT: everything that is shown is collected for one look at it at the end
holds()
{
	local delivered=(box/new/*)
	[[ -e ${delivered[0]} ]] || delivered=()
	case $1 in
	nothing) [[ ${#delivered[@]} -eq 0 && -z $output ]] ;;
	delivered) [[ ${#delivered[@]} -eq 1 ]] ;;
	stored*) [[ ${#delivered[@]} -eq 1 ]] && printf '%b' "${1#stored }" | cmp - "${delivered[0]}" ;;
	shown*) [[ ${#delivered[@]} -eq 0 && $output == *"${1#shown}"* ]] ;;
	*) return 1 ;;
	esac
}

# Only a server that takes its time is waited for, and it until the timeout.
waits_rightly()
{
	local has_timed_out=0 takes_time=0
	[[ $stderr != *'timed out'* ]] || has_timed_out=1
	[[ $says != *'! drip'* || $expected != 75 ]] || takes_time=1
	((has_timed_out == takes_time))
}

# one_case STAGE STATUS MUST SOURCE SAYS TITLE: says on standard error what is wrong
one_case()
{
	local stage=$1 expected=$2 must=$3 source=$4 says=$5 title=$6 status=0 output stderr said=
	run_case "$stage" "$says"
	output=$(<output)
	stderr=$(<stderr)
	read -r said <"$REPLAY_VERDICT" || :
	if ((status != expected)) || [[ $said != ok || $output$stderr == *"$password"* ]] || ! holds "$must" || ! waits_rightly; then
		printf '%s: %s (%s): exit status %d, not %d\n%s\n%s\nverdict: %s\n' \
			"$stage" "$title" "$source" "$status" "$expected" "$output" "$stderr" "$said"
	fi
}

# cases STAGE...: all cases of these stages; the failures are shown together
cases()
{
	local case count=0 at_once pids=()
	at_once=$(($(getconf _NPROCESSORS_ONLN) + 2))
	while IFS=$'\t' read -ra case; do
		[[ " $* " == *" ${case[0]} "* ]] || continue
		((++count <= at_once)) || wait -n || :
		mkdir "$count"
		(cd "$count" && one_case "${case[@]}" >wrong 2>&1) 3>&- &
		pids+=($!)
	done < <(grep -v '^#' "$table")
	wait "${pids[@]}"
	assert_harmless "$(cat [0-9]*/output [0-9]*/stderr)"
	assert_equal "$(cat [0-9]*/wrong)" ''
	((count > 0))
}

@test 'POP3: the greeting and the capabilities' { cases pop3-greeting pop3-capa; }
@test 'POP3: logins' { cases pop3-user pop3-cram pop3-scram; }
@test 'POP3: lists' { cases pop3-uidl; }
@test 'POP3: messages and headers' { cases pop3-retr pop3-top; }
@test 'POP3: deletions' { cases pop3-dele; }
@test 'SMTP: the greeting and the extensions' { cases smtp-greeting smtp-ehlo; }
@test 'SMTP: the login and the envelope' { cases smtp-auth smtp-mail smtp-rcpt; }
@test 'SMTP: the message' { cases smtp-data smtp-dot; }
@test 'LMTP' { cases lmtp-greeting lmtp-lhlo lmtp-rcpt lmtp-dot; }
@test 'IMAP: the greeting and the login' { cases imap-greeting imap-login; }
@test 'IMAP: folders and lists' { cases imap-folders imap-select imap-list imap-headers; }
@test 'IMAP: messages' { cases imap-fetch; }
@test 'IMAP: flags, deletions and moves' { cases imap-flags imap-expunge imap-move; }

@test 'every case is run, and there are at least 200, of all four protocols' {
	local stage
	grep -v '^#' "$table" | cut -f1 | grep -v / | sort | uniq >stages
	while read -r stage; do
		grep -qE "^@test .* cases .*\b${stage}[ ;]" "$BATS_TEST_FILENAME"
	done <stages
	assert_equal "$(cut -d- -f1 stages | sort -u | xargs)" 'imap lmtp pop3 smtp'
	assert [ "$(grep -cvE '^(#|tests/)' "$table")" -ge 200 ]
	assert_equal "$(grep -v '^#' "$table" | awk -F '\t' 'NF != 6')" ''
}

@test 'every case that is tested elsewhere is tested there' {
	local file title name
	grep '^tests/' "$table" >elsewhere
	while IFS=$'\t' read -r file _ _ _ name title; do
		grep -qF -- "$name" "$abs_top_srcdir/$file" || fail "$title: $file has no '$name'"
	done <elsewhere
}
