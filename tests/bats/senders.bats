#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Who sends, to whom, and where a header and a message begin: parsed, compared, never guessed.
# shellcheck shell=bash disable=SC2154  # helper.bash and run set what is used here

load helper
load replay

setup()
{
	mailverbs_setup
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	cat >"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-'END'
	account = home
	[home]
	address = alice@home.example
	smtp = smtp+insecure://home.invalid
	[work]
	address = alice.smith@work.example
	aliases = *@desk.example
	smtp = smtp+insecure://work.invalid
	END
}

# plan [OPTION]... <MESSAGE: the account, the sender and the recipients of it, in one line
plan()
{
	msend --dry-run "$@" | sed -n 's/^account \([^=]*\)$/\1/p; s/^envelope from: \(.*\)/\1/p; s/^envelope to: \(.*\)/\1/p' | xargs -d '\n'
}

# plans WANT FIELDS [OPTION]...
plans()
{
	local want=$1 fields=$2
	shift 2
	assert_equal "$(printf '%b\n\nhi\n' "$fields" | plan "$@")" "$want"
}

# refuses STATUS FIELDS [OPTION]...
refuses()
{
	local status=$1 fields=$2
	shift 2
	run "-$status" --separate-stderr msend --dry-run "$@" < <(printf '%b\n\nhi\n' "$fields")
}

@test 'the sender chooses the account, whatever stands before <ADDRESS> and in whatever case' {
	local from
	for from in 'alice.smith@work.example <alice.smith@work.example>' '[JIRA] Alice <alice.smith@work.example>' \
		'=?utf-8?q?A?= : x <alice.smith@work.example>' '"alice@home.example" <alice.smith@work.example>' \
		'alice.smith@work.example (alice@home.example)' '<@a.example,@b.example:alice.smith@work.example>'; do
		plans 'work <alice.smith@work.example> <bob@example.org>' "From: $from\nTo: bob@example.org"
	done
	plans 'work <Alice.Smith@Work.Example> <bob@example.org>' 'From: Alice.Smith@Work.Example\nTo: bob@example.org'
	plans 'work <ALICE.smith+x@work.example> <bob@example.org>' 'To: bob@example.org' -f 'A S <ALICE.smith+x@work.example>'
	plans 'work <Any@Desk.Example> <bob@example.org>' 'From: Any@Desk.Example\nTo: bob@example.org'
	plans 'work <alice.smith@work.example> <bob@example.org> <Bob@example.org>' \
		'From: alice.smith@work.example' bob@example.org Bob@example.org bob@Example.org
	plans 'work <alice.smith@work.example> <bob@example.org>' 'From: alice.smith@work.example\nSender: root\nTo: bob@example.org'
}

@test 'the two spellings of an international domain choose one account' {
	local from
	cat >>"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-'END'
	[u]
	address = alice@bücher.example
	aliases = *@straße.example
	smtp = smtp+insecure://u.invalid
	[a]
	address = alice@xn--mnchen-3ya.example
	aliases = *@xn--kln-sna.example
	smtp = smtp+insecure://a.invalid
	END
	for from in u:alice@bücher.example u:alice@xn--bcher-kva.example u:alice@XN--BCHER-KVA.example u:Alice@BÜCHER.example \
		u:x@xn--strae-oqa.example a:alice@münchen.example a:x@köln.example a:alice+x@münchen.example; do
		run -0 plan <<<"From: ${from#*:}"$'\nTo: bob@example.org\n\nhi'
		assert_output --regexp "^${from%%:*} "
		run -0 plan --from="${from#*:}" <<<$'To: bob@example.org\n\nhi'
		assert_output --regexp "^${from%%:*} "
	done
}

@test 'a sender that cannot be read is refused, unless --from is given' {
	local field
	for field in 'From: Alice alice.smith@work.example' 'From: "alice.smith@work.example"' \
		'From: =?utf-8?q?alice=2Esmith=40work=2Eexample?=' 'From: alice.smith@work.example>' \
		'From: Alice <alice.smith@work.example' 'Sender: Alice Smith\nFrom: alice@home.example' \
		'Sender: a@x.example, b@x.example\nFrom: alice@home.example' \
		'Resent-From: a@x b@x\nResent-To: bob@example.org\nFrom: alice@home.example'; do
		refuses 65 "$field\nTo: bob@example.org"
		plans 'work <alice.smith@work.example> <bob@example.org>' "$field\nTo: bob@example.org" \
			-f alice.smith@work.example bob@example.org
	done
}

@test 'a From without an address is as good as missing' {
	local field
	for field in 'From:' 'From: <>' 'From: Alice Example' 'From: "Alice Example" <>' 'From: =?utf-8?q?Alice?=' 'Sender: \nFrom:'; do
		plans 'home <alice@home.example> <bob@example.org>' "$field\nTo: bob@example.org"
	done
}

@test 'operands are lists of addresses, as fields are' {
	plans 'home <alice@home.example> <bob@example.org> <carol@example.org>' '' 'bob@example.org,carol@example.org'
	plans 'home <alice@home.example> <bob@example.org>' '' ' <bob@example.org> '
	plans 'home <alice@home.example> <bob@example.org> <"c d"@x>' '' 'Team: Bob <bob@example.org>, "c d"@x;'
	plans 'home <alice@home.example> <bob@example.org> <carol@example.org>' \
		'To: undisclosed recipients <>\nCc: [ML] B <bob@example.org>; carol@example.org;'
	local bad
	for bad in '' '<>' ',' 'Bob bob@example.org' '<bob@example.org' 'bob@example.org, carol@@example.org' \
		$'bob@example.org\nRCPT' 'Smith; Bob <bob@example.org>' '"bob@example.org"'; do
		refuses 64 '' -- "$bad"
	done
	refuses 64 '' -f 'a@x, b@x' bob@example.org
	refuses 64 '' -f 'a@x b@x' bob@example.org
}

@test 'many recipients, many of them twice, and aliases that double, are quick' {
	local n
	{
		printf 'To: r0@example.org'
		for ((n = 0; n < 30000; n++)); do printf ',\n r%d@example.org' $((n % 27000)); done
		printf '\n\nx\n'
	} >letter
	assert_equal "$(timeout 60 msend --dry-run <letter | grep -c '^envelope to')" 27000
	for ((n = 0; n < 40; n++)); do echo "a$n: a$((n + 1)), a$((n + 1))"; done >aliases
	echo 'a40: x@y.example' >>aliases
	echo "alias-file = $PWD/aliases" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	assert_equal "$(timeout 60 msend -a work --dry-run a0 a1 <<<$'Subject: x\n\nx' | grep -c '^envelope to: <x@y.example>')" 1
	for ((n = 0; n < 5000; n++)); do echo "b$n: b$((n + 1))"; done >aliases
	run -78 --separate-stderr msend -a work --dry-run b0 <<<$'Subject: x\n\nx'
	assert_regex "$stderr" 'nested too deep'
}

@test 'an alias-file that is a FIFO is not waited for without end' {
	mkfifo aliases
	echo "alias-file = $PWD/aliases" >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -78 --separate-stderr timeout 10 msend -a work --dry-run root <<<$'Subject: x\n\nx'
	assert_equal "$stderr" "msend: $PWD/aliases: nobody writes into this FIFO"
	echo 'root: x@y.example' >aliases 3>&- &
	assert_equal "$(msend -a work --dry-run root <<<$'Subject: x\n\nx' | grep -c '^envelope to: <x@y.example>')" 1
	wait $!
}

# ---- borders ----

dated() { printf 'From %s@x %s\n' "$1" "${2-Tue May  3 16:07:05 2005}"; }

# part N TO [FIRST LINE]...
part()
{
	local n=$1 to=$2
	shift 2
	dated "$n"
	(($# == 0)) || printf '%s\n' "$@"
	printf 'From: alice@home.example\nTo: %s\nSubject: s%d\n\nsecret %d\n\n' "$to" "$n" "$n"
}

@test 'every From_ line with a date separates messages, and one that cannot be sent does not stop the others' {
	{
		part 1 one@x.example
		part 2 two@x.example '>From mike@nowhere Mon May 2 16:07:05 2005'
		dated 3
		printf '\nno header\n\n'
		dated 4
		printf 'a text\nTo: four@x.example\nBcc: five@x.example\n\nx\n\n'
		part 5 six@x.example
		printf 'From here on it is text\nNote: so is this\n'
	} >box
	run -65 --separate-stderr msend --mbox --dry-run <box
	assert_equal "$(grep -c '^envelope to' <<<"$output")" 3
	assert_equal "$(grep '^envelope to' <<<"$output" | xargs -d '\n')" \
		'envelope to: <one@x.example> envelope to: <two@x.example> envelope to: <six@x.example>'
	assert_equal "${stderr_lines[0]}" 'msend: message 3: the message has no recipient'
	assert_regex "$stderr" "message 4: 'a text' is not a header field, but 'To' follows it"
	run -65 --separate-stderr msend --mbox --dry-run < <(sed 's/$/\r\r/' box)
	assert_equal "$(grep -c '^envelope to' <<<"$output")" 3
	run -65 --separate-stderr msend --mbox --dry-run < <(printf '\xef\xbb\xbf\n\n' && cat box)
	assert_equal "$(grep -c '^envelope to' <<<"$output")" 3
}

@test 'dates of From_ lines are known in the forms that programs write' {
	local date
	for date in 'Mon May  2 16:07:05 CEST 2005' 'Mon May  2 16:07 2005' 'Mon, 2 May 2005 16:07:05 +0200' \
		'Mon May  2 16:07:05 2005 +0200' 'Mon May  2 16:07:05 2005 remote from host' '02-May-2005 16:07:05'; do
		{
			part 1 one@x.example
			dated 2 "$date"
			printf '\nx\n'
		} >box
		run -65 --separate-stderr msend --mbox --dry-run <box
		assert_equal "${stderr_lines[0]}" 'msend: message 2: the message has no recipient'
	done
}

# ---- what goes out ----

# wire <MESSAGE: the message as a server takes it
wire()
{
	cat >smtp.sh <<-'END'
	printf '220 x\r\n'
	while IFS= read -r line; do
		case $line in
		EHLO*) printf '250 x\r\n' ;;
		DATA*)
			printf '354 go\r\n'
			while IFS= read -r line && [ "$line" != "$(printf '.\r')" ]; do printf '%s\n' "$line"; done >>taken
			printf '250 ok\r\n'
			;;
		QUIT*) exit ;;
		*) printf '250 ok\r\n' ;;
		esac
	done
	END
	: >taken
	msend --server=smtp+insecure://x --auth=none --tunnel="exec sh $PWD/smtp.sh" "$@"
	cat taken
}

@test 'a header is found whatever comes before it and ends its lines: no Bcc goes out' {
	local way letter='From: alice@home.example\nTo: bob@example.org\nBcc: secret@example.org\nBcc :\n secret@example.org\nSubject: x\n\nhi\n'
	printf '%b' "$letter" >lf
	sed 's/$/\r\r/' lf >crcrlf
	tr '\n' '\r' <lf >cr
	{ printf '\xef\xbb\xbf' && cat lf; } >bom
	{ dated 1 | sed 's/^/>/' && cat lf; } >quoted
	{ dated 1 && cat quoted; } >twice
	for way in lf crcrlf cr bom quoted twice; do
		assert_equal "$way $(wire -t <"$way" | tr -d '\r' | grep -v '^Date\|^Message-ID')" \
			"$way From: alice@home.example
To: bob@example.org
Subject: x

hi"
	done
	{ echo && cat lf; } >empty
	refuses_file() { run -65 --separate-stderr msend --dry-run bob@example.org; }
	refuses_file <empty
	{ echo 'Hello Bob' && cat lf; } >stray
	refuses_file <stray
	{ echo 'Hello' && printf 'X-%05d: filler filler filler\n' {1..500} && cat lf; } >far
	refuses_file <far
}

@test 'names of ours are written in A-labels, and an empty full name is none' {
	sed -i 's/home.example/bücher.example/' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run wire bob@example.org <<<$'Subject: x\n\nhi'
	assert_line $'From: alice@xn--bcher-kva.example\r'
	assert_line --regexp $'^Message-ID: <.*@xn--bcher-kva.example>\r'
	ln -s "$abs_top_builddir/msend" sendmail
	./sendmail -F '' -t -n >out 2>&1 <<<$'Subject: x\nTo: nobody@x.invalid\n\nhi' || true
	run cat out
	refute_output --partial 'usage'
	refute_output --partial 'empty'
}

# ---- by the name of sendmail ----

@test 'sendmail takes its own short options only' {
	local arguments
	ln -s "$abs_top_builddir/msend" sendmail
	for arguments in '--tunnel=touch pwned' -Cevil.ini '-X pwned' '-s x' '-a work' -P -S '-u x' --help --version --dry-run -4; do
		# shellcheck disable=SC2086  # words are wanted
		run -64 --separate-stderr ./sendmail -t -i $arguments <<<$'To: bob@example.org\n\nx'
		assert_regex "$stderr" "^sendmail: (unknown|option)"
	done
	[[ ! -e pwned ]]
}

@test 'in msend -n is no option: it neither sends nor pretends to' {
	run -64 --separate-stderr msend -n bob@example.org <<<$'Subject: x\n\nx'
	run -64 --separate-stderr msend --probe bob@example.org </dev/null
	assert_regex "$stderr" "unexpected 'bob@example.org'"
}
