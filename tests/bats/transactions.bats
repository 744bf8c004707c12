#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# One letter in several transactions: max-recipients, a server that takes no more recipients, --each and --verp; and the
# names of a batch on standard input.
# shellcheck shell=bash disable=SC2154  # helper.bash and run set what is used here

load helper
load replay

setup()
{
	mailverbs_setup
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	# A server that takes at most $MOST recipients in a transaction and refuses the sender's message to bad@. It
	# notes the connections in `connections`, and each message that it took as "SENDER: RECIPIENTS" in `taken`.
	cat >server.sh <<-'END'
	echo x >>connections
	say() { printf '%s\r\n' "$@"; }
	say '220 x'
	while IFS= read -r line; do
		line=${line%?} answer='250 ok'
		case $line in
		EHLO*) printf '250-x\r\n250 PIPELINING\r\n'; continue ;;
		MAIL*) from=${line#*<} from=${from%%>*} to= count=0 ;;
		RCPT*bad@*) answer='550 5.1.1 no such user' ;;
		RCPT*full@*) answer='452 4.2.2 mailbox full' ;;
		RCPT*) if [ $count -lt $MOST ]; then
				count=$((count + 1)) address=${line#*<} to="$to ${address%%>*}"
			else
				answer=${TOO_MANY-452 4.5.3 too many recipients}
			fi ;;
		DATA) if [ $count -gt 0 ]; then
				say '354 go'
				end=
				while IFS= read -r line; do [ "${line%?}" != . ] || { end=1 && break; }; done
				[ "$end" ] || exit
				echo "$from:$to" >>taken
				case $to in *lost@*) exit ;; esac
			else
				answer='554 no recipients'
			fi ;;
		QUIT) say '221 bye'; exit ;;
		esac
		say "$answer"
	done
	END
	export MOST=1000
	: >connections
	: >taken
	cat >"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-END
	[test]
	address = alice@a.example
	smtp = smtp+insecure://x
	auth = none
	tunnel = exec sh $PWD/server.sh
	END
	printf 'Subject: x\n\nhi\n' >letter
}

set_key() { echo "$1" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"; }
taken() { sed 's/^alice@a.example: //' taken | paste -sd'|'; }

@test 'max-recipients: a letter with more goes out in several transactions over one connection' {
	set_key 'max-recipients = 2'
	run -0 --separate-stderr msend --log=log {a,b,c,d,e}@x.example <letter
	assert_equal "$stderr" ''
	assert_equal "$(taken)" 'a@x.example b@x.example|c@x.example d@x.example|e@x.example'
	assert_equal "$(wc -l <connections)" 1
	assert_equal "$(grep -c 'status=sent' log)" 3
}

@test '452 after some recipients opens a further transaction, and the number is remembered' {
	local reply
	for reply in '452 4.5.3 too many recipients' '452 too many' '552 too many recipients' '552 5.5.3 x'; do
		: >taken
		MOST=2 TOO_MANY=$reply run -0 --separate-stderr msend {a,b,c,d,e}@x.example <letter
		assert_equal "$stderr" ''
		assert_equal "$(taken)" 'a@x.example b@x.example|c@x.example d@x.example|e@x.example'
	done
	MOST=2 run -0 --separate-stderr msend -v {a,b,c,d,e}@x.example <letter
	assert_equal "$(grep -c 'C: RCPT' <<<"$stderr")" 8 # five, then two, and one
}

@test '452 about a mailbox or a disk is a refusal for now, not a further transaction' {
	run -75 --separate-stderr msend {a,full,c}@x.example <letter
	assert_equal "$(taken)" ''
	MOST=1 TOO_MANY='452 4.3.1 insufficient storage' run -75 --separate-stderr msend {a,b}@x.example <letter
	assert_equal "$(taken)" ''
	MOST=0 run -75 --separate-stderr msend {a,b}@x.example <letter
	assert_equal "$(taken)" ''
}

@test 'one of several transactions is refused: the others are made, and each who does not get it has a line' {
	set_key 'max-recipients = 2'
	run -67 --separate-stderr msend {a,b,c,bad,e}@x.example <letter
	assert_equal "$(taken)" 'a@x.example b@x.example|e@x.example'
	assert_regex "$stderr" 'bad@x.example: 550 5.1.1'
	assert_regex "$stderr" 'c@x.example: not sent: '
	: >taken
	run -67 --separate-stderr msend --partial {a,b,c,bad,e}@x.example <letter
	assert_equal "$(taken)" 'a@x.example b@x.example|c@x.example|e@x.example'
	refute_regex "$stderr" 'c@x.example'
	assert_regex "$stderr" 'bad@x.example: 550 5.1.1'
}

@test '--each: a transaction for each recipient; with --verp each has its own sender' {
	run -67 --separate-stderr msend --each {a,bad,c}@x.example <letter
	assert_equal "$(taken)" 'a@x.example|c@x.example'
	assert_equal "${#stderr_lines[@]}" 1
	assert_equal "$(wc -l <connections)" 1
	: >taken
	run -0 --separate-stderr msend --each --verp a@x.example '"b c"@y.example' <letter
	assert_equal "$(<taken)" 'alice+a=x.example@a.example: a@x.example
"alice+b c=y.example"@a.example: "b c"@y.example'
	run -64 msend --verp a@x.example <letter
	run -64 msend --each --verp -f '<>' a@x.example <letter
}

@test 'what is queued of several transactions is queued for those who did not get it' {
	set_key 'max-recipients = 1'
	run -0 --separate-stderr msend --queue {a,full,c}@x.example <letter
	assert_equal "$(taken)" 'a@x.example|c@x.example'
	run -0 msend --list-queue
	assert_output --partial 'full@x.example'
	refute_output --partial 'a@x.example,'
}

@test 'Postfix takes each transaction of a letter, and each recipient gets it once' {
	require_postfix
	local user users=()
	for _ in 1 2 3 4 5; do
		user=$(fresh_user)
		users+=("$user@example.org")
	done
	rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
	config_for "$user" 'max-recipients = 2'
	run -0 --separate-stderr msend -s "smtps://$SRV_POSTFIX_SMTPS" -v "${users[@]}" <letter
	assert_equal "$(grep -c 'C: MAIL' <<<"$stderr")" 3
	for user in "${users[@]}"; do
		await_mail "$user"
		assert_equal "$(mailbox_count "$user")" 1
	done
}

# ---- names of a batch on standard input ----

@test '--batch -: names from standard input, each as soon as it is there' {
	local n
	for n in 1 2 3; do printf 'Subject: %d\nTo: r%d@x.example\n\nx\n' $n $n >"$n x.eml"; done
	run -66 --separate-stderr msend --batch - < <(printf '1 x.eml\n\nmissing\n2 x.eml')
	assert_equal "$(taken)" 'r1@x.example|r2@x.example'
	assert_equal "$stderr" 'msend: missing: No such file or directory'
	: >taken
	mkfifo names
	msend --batch - '3 x.eml' <names 3>&- &
	exec 4>names
	echo '1 x.eml' >&4
	until [[ -s taken ]]; do sleep 0.02; done
	echo '2 x.eml' >&4
	exec 4>&-
	wait $!
	assert_equal "$(taken)" 'r1@x.example|r2@x.example|r3@x.example'
	: >taken
	run -0 msend --connections=2 --batch - < <(printf '%d x.eml\n' 1 2 3)
	assert_equal "$(sort taken | taken=x sed 's/.* //' | paste -sd' ')" 'r1@x.example r2@x.example r3@x.example'
	run -66 msend --batch - < <(printf '1 x.eml\0y\n')
}

# ---- the journal and the rate ----

letters()
{
	local n
	for n; do printf 'Subject: %d\nTo: r%d@x.example\n\nx\n' "$n" "$n" >"$n.eml"; done
}

@test '--journal: a later run sends what an earlier one did not, whatever the files are called by' {
	letters 1 2 3 4
	run -0 --separate-stderr msend --journal=j --batch 1.eml 2.eml 1.eml
	run -0 --separate-stderr msend --journal=j --batch ./1.eml "$PWD/2.eml" 3.eml
	assert_equal "$(taken)" 'r1@x.example|r2@x.example|r3@x.example'
	cp 3.eml same.eml
	echo more >>2.eml
	run -0 --separate-stderr msend --journal=j --connections=2 --batch 1.eml 2.eml 3.eml same.eml same.eml
	assert_equal "$(sort taken | sed 's/.* //' | paste -sd' ')" 'r1@x.example r2@x.example r2@x.example r3@x.example r3@x.example'
	run -0 --separate-stderr msend --journal=k --each bad@x.example a@x.example <letter || true
	run -67 --separate-stderr msend --journal=k --each bad@x.example a@x.example <letter
	assert_equal "$(grep -c ' a@x.example' taken)" 1 # those who were refused are tried again, the others not
}

@test '--journal: one that others can write is not believed' {
	run -0 msend --journal=j --each a@x.example <letter
	chmod go+w j
	run -78 --separate-stderr msend --journal=j --each a@x.example b@x.example <letter
	assert_equal "${stderr_lines[0]}" 'msend: j: others can write this file'
}

@test '--journal: where the reply was lost, the recipient is named and not sent to again' {
	run -75 --separate-stderr msend --journal=j --each a@x.example lost@x.example c@x.example <letter
	assert_regex "$stderr" 'lost@x.example: may have been sent'
	run -75 --separate-stderr msend --journal=j --each a@x.example lost@x.example c@x.example <letter
	assert_equal "$(taken)" 'a@x.example|lost@x.example|c@x.example'
	assert_regex "${stderr_lines[0]}" 'lost@x.example: may have been sent in an earlier run'
	assert_regex "${stderr_lines[1]}" 'hint: .*delete its line from j'
	sed -i '/lost/d' j
	run -75 --separate-stderr msend --journal=j --each lost@x.example <letter
	assert_equal "$(grep -c lost taken)" 2
}

@test '--journal with --queue: a letter that the queue may have is not called lost' {
	run -0 msend --journal=j --queue --server=smtp+insecure://127.0.0.1:1 --tunnel=false a@x.example <letter
	sed -i '/^sent/d' j # as if it had been killed then
	run -75 --separate-stderr msend --journal=j --queue a@x.example <letter
	assert_regex "${stderr_lines[0]}" '^msend: a@x.example: may have been sent or queued in an earlier run, which did not see the end of it; not sent again$'
	assert_regex "${stderr_lines[1]}" '^msend: hint: to send it again, unless --list-queue shows it, delete its line from j: begin [0-9a-f]{32}$'
	assert_equal "$(taken)" ''
	run -0 msend --list-queue
	assert_output --partial a@x.example
}

@test '--journal: killed again and again, each letter goes out once or is named' {
	local round pid
	letters {1..30}
	for round in {1..12}; do
		msend --journal=j --batch {1..30}.eml 2>/dev/null 3>&- &
		pid=$!
		until [[ $(wc -l <taken) -ge $((round * 2)) ]] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
		kill -KILL $pid 2>/dev/null || true
		wait $pid || true
	done
	run --separate-stderr msend --journal=j --batch {1..30}.eml
	assert_equal "$(sort taken | uniq -d)" ''
	assert_equal "$(($(wc -l <taken) + $(grep -c 'may have been sent' <<<"$stderr") >= 30))" 1
	# who is named may have it or not; who is not named has it
	for n in {1..30}; do
		grep -q " r$n@x" taken || grep -q "r$n@x.example: may have" <<<"$stderr"
	done
}

@test '--journal: a torn last line is as good as not written; another file is not a journal; two runs exclude each other' {
	letters 1 2
	run -0 msend --journal=j --batch 1.eml
	printf 'sent 0123' >>j
	run -0 msend --journal=j --batch 1.eml 2.eml
	assert_equal "$(taken)" 'r1@x.example|r2@x.example'
	run -65 --separate-stderr msend --journal=1.eml --batch 2.eml
	assert_regex "$stderr" '1.eml:1: not a line of a send journal'
	assert_equal "$(taken)" 'r1@x.example|r2@x.example'
	printf 'my only notes' >notes
	run -65 --separate-stderr msend --journal=notes --batch 2.eml
	assert_equal "$stderr" 'msend: notes: not a send journal'
	assert_equal "$(<notes)" 'my only notes'
	mkfifo pipe
	run -73 --separate-stderr timeout 10 msend --journal=pipe --batch 2.eml
	assert_equal "$stderr" 'msend: pipe: not a regular file'
	printf 'mailverbs send jour' >torn
	run -0 msend --journal=torn --batch 2.eml
	assert_equal "$(taken)" 'r1@x.example|r2@x.example|r2@x.example'
	exec 4<>j
	flock 4
	run -75 --separate-stderr msend --journal=j --batch 1.eml
	assert_regex "$stderr" 'another run uses this journal'
	exec 4>&-
	run -0 msend --journal=j --batch 1.eml
}

@test '--journal: a recipient whose domain is written in other letters is the same one' {
	letters 1
	run -0 msend --journal=j bob@x.example <1.eml
	run -0 msend --journal=j bob@X.Example <1.eml
	assert_equal "$(taken)" bob@x.example
	run -0 msend --journal=j Bob@x.example <1.eml
	assert_equal "$(taken)" 'bob@x.example|Bob@x.example'
}

@test '--journal on a full disk: what cannot be recorded is not sent, with room again each letter goes out once or is named' {
	letters {1..12}
	# a file of at most 512 or 1024 bytes is as good as a full disk
	run -74 --separate-stderr sh -c 'ulimit -f 1; exec msend --journal=j --batch "$@"' sh {1..12}.eml
	assert_equal "${stderr_lines[-1]}" 'msend: 12.eml: j: File too large'
	assert_equal "$(uniq -d <<<"$stderr")" ''
	assert_equal "$(($(wc -l <taken) < 12))" 1
	run --separate-stderr msend --journal=j --batch {1..12}.eml
	assert_equal "$(sort taken | uniq -d)" ''
	assert_equal "$(($(wc -l <taken) + $(grep -c 'may have been sent' <<<"$stderr") >= 12))" 1
	for n in {1..12}; do
		grep -q " r$n@x" taken || grep -q "r$n@x.example: may have" <<<"$stderr"
	done
}

@test '--journal: a record that was torn in the middle of the file is as good as not written' {
	local key rest
	letters 1 2 3
	run -0 msend --journal=j --batch 1.eml 2.eml
	key=$(sed -n 's/^sent \(.*\) r2@.*/\1/p' j)
	for rest in b sen "begin $key" "begin $key r9" "sent $key r9@x.exam" 'refused ' "begin $key r9@x.example %2" copied "copying ${key%?}" 'x\x00\x00'; do
		sed "1!s,^,$rest," j >torn
		printf %b "$rest" >>torn
		run -0 --separate-stderr msend --journal=torn --batch 1.eml 2.eml
	done
	assert_equal "$(taken)" 'r1@x.example|r2@x.example'
	run -0 msend --journal=torn --batch 1.eml 2.eml 3.eml
	assert_equal "$(taken)" 'r1@x.example|r2@x.example|r3@x.example'
}

@test '--rate: never more than N in any period, over all connections' {
	local start
	letters 1 2 3 4 5
	start=${EPOCHREALTIME/[.,]/}
	run -0 msend --rate=2/s --batch {1..5}.eml
	assert_equal "$((${EPOCHREALTIME/[.,]/} - start >= 2000000))" 1
	start=${EPOCHREALTIME/[.,]/}
	run -0 msend --rate=2/s --connections=3 --batch {1..5}.eml
	assert_equal "$((${EPOCHREALTIME/[.,]/} - start >= 2000000))" 1
	run -0 timeout 20 msend --rate=5/h --batch {1..5}.eml
	assert_equal "$(wc -l <taken)" 15
	for rate in 0/s 5 5/d x/s -1/s 5/; do run -64 msend --rate=$rate --batch 1.eml; done
}
