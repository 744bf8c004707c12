#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --send-filter: what the user's command makes of a message is sent; where it fails, nothing is.
# shellcheck disable=SC2154  # output, status: run
# shellcheck disable=SC2016  # the commands' own variables

load helper

setup()
{
	mailverbs_setup
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	[ ! -e away ] || exit 1
	say '220 here'
	while read -r verb rest; do
		case $verb in
		EHLO) say 250-here '250 SIZE 1000000' ;;
		DATA*)
			say '354 go on'
			sed '/^\.\r$/q; s/\r$//' >>got
			say '250 taken'
			;;
		RCPT) echo "${rest%?}" >>rcpt; say '250 fine' ;;
		*) say '250 fine' ;;
		esac
	done
	END
	printf '%s\n' 'From: alice@example.org' 'To: bob@example.org' 'Bcc: carol@example.org' 'Subject: one' '' 'hello' >letter
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	mkdir -p "${config%/*}"
	printf '%s\n' '[a]' 'address = alice@example.org' 'smtp = smtp+insecure://' 'provider = none' 'auth = none' \
		"tunnel = exec bash '$PWD/server.sh'" >"$config"
	: >got
}

@test 'what the command writes is sent; it reads the message as it would be sent, and the envelope stays' {
	run -0 msend --send-filter='tee seen | sed "s/hello/HELLO/; \$a\\
-- footer for $SENDER by $ACCOUNT"' <letter
	assert_output ''
	assert_equal "$(sed -n '/^$/,$p' got)" $'\nHELLO\n-- footer for alice@example.org by a\n.\r'
	assert_equal "$(sort rcpt | xargs)" 'TO:<bob@example.org> TO:<carol@example.org>'
	run -0 sort <(sed 's/^\([^:]*\):.*/\1/; /^$/,$d' seen)
	assert_output $'Date\nFrom\nMessage-ID\nSubject\nTo'
	run ! grep -q $'\r' seen
	sed 's/hello/HELLO/; $a-- footer for alice@example.org by a\n.\r' seen | diff - got
}

@test 'a header that the command spoils is put in order: Bcc goes, a missing Date comes' {
	run -0 msend --send-filter='printf "From: alice@example.org\nBcc: dave@example.org\n\nnew\n"' <letter
	run -0 grep -c '^Date:\|^Message-ID:' got
	assert_output 2
	run ! grep Bcc got
	run ! grep dave rcpt
}

@test 'size and encoding are decided after the command' {
	run -65 msend --send-filter='cat; head -c 1000000 /dev/zero | tr "\0" x' <letter
	assert_output --partial 'octets, the server takes at most 1000000'
	run -0 msend --send-filter='cat; echo "grün"' <letter
	run -0 grep -c '^gr=C3=BCn$' got
}

@test 'an exit status other than 0 sends nothing: 75 is for later, others refuse; so do silence and endless output' {
	local expected command
	while read -r expected command; do
		run "-$expected" msend --send-filter="$command" <letter
		assert_output --partial "send-filter '$command'"
	done <<-'END'
	65 cat; exit 1
	75 cat; exit 75
	75 cat; kill -9 $$
	78 /nonexistent/filter
	65 cat >/dev/null
	65 true
	65 exec yes
	END
	assert_equal "$(<got)" ''
}

@test 'a command that reads nothing, or writes before it reads, does not hang, however large the message is' {
	head -c 3000000 /dev/zero | tr '\0' '\n' >>letter
	run -0 timeout 20 msend --send-filter='exec <&-; sed p /dev/null; printf "From: alice@example.org\n\nother\n"' <letter
	sed -i 's/ SIZE 1000000//' server.sh
	run -0 timeout 20 msend --send-filter='head -c 300000 /dev/zero | tr "\0" "\n" | sed "1iFrom: alice@example.org"; cat' <letter
	(($(wc -l <got) > 3300000))
}

@test 'each message of a batch, an mbox and several connections goes through it, once, and one that fails stops no other' {
	local way
	for n in {1..6}; do sed "s/one/number $n/" letter >"$n.eml"; done
	for n in {1..6}; do echo "From a Sat Nov 21 10:00:00 2026" && cat "$n.eml" && echo; done >box
	for way in '--batch 1.eml 2.eml 3.eml 4.eml 5.eml 6.eml' '--batch --connections=3 1.eml 2.eml 3.eml 4.eml 5.eml 6.eml' \
		'--mbox' '--batch --each 1.eml 2.eml 3.eml 4.eml 5.eml 6.eml'; do
		: >got
		: >runs
		# shellcheck disable=SC2086  # words are wanted
		run -75 msend --send-filter='echo >>runs; sed "/number 3/q75; \$aseen"' $way <box
		assert_output --regexp '^msend: (3.eml|message 3): send-filter .*: exit status 75; the message is not sent$'
		assert_equal "$(wc -l <runs | tr -d ' ')" 6
		assert_equal "$(sed -n 's/^Subject: number //p' got | sort -u | xargs)" '1 2 4 5 6'
		assert_equal "$(grep -c '^seen$' got)" "$(grep -c '^Subject' got)"
	done
}

@test 'with the queue: filtered before it is stored, or, if the command could not do it, when it is sent' {
	: >away
	printf '%s\n' 'send-filter = [ ! -e busy ] || exit 75; echo >>runs; sed "\$aseen"' 'queue = yes' >>"$config"
	run -0 msend <letter
	assert_equal "$(wc -l <runs | tr -d ' ')" 1
	rm away
	: >busy
	run -0 msend <letter
	assert_equal "$(msend --list-queue | wc -l | tr -d ' ')" 2
	run -75 msend --flush
	assert_output --partial 'exit status 75'
	run -0 grep -c '^seen$' got
	assert_output 1
	rm busy
	run -0 msend --flush
	assert_equal "$(grep -c '^seen$' got)" 2
	assert_equal "$(wc -l <runs | tr -d ' ')" 2
	run ! grep -q '^Bcc' got
	run -0 msend --list-queue
	assert_output ''
}

@test 'a filter that fails in a run of the queue is reported for each message, and not taken for a server that is away' {
	: >busy
	printf '%s\n' 'send-filter = ! grep -q one || [ ! -e busy ] || exit 75; echo X: y; cat letter' 'queue = yes' >>"$config"
	run -0 msend <letter
	run -0 msend <letter
	sed -i.bak 's/^smtp = .*/smtp = smtp+insecure:\/\/127.0.0.1:1/; /^tunnel/d' "$config"
	run -75 msend --flush
	assert_equal "$(printf '%s\n' "${lines[@]}" | grep -c '^msend: [^:]*: send-filter')" 2
	rm busy
	run -75 msend --flush
	assert_line --partial 'Connection refused'
}

@test 'by the name sendmail the key holds, and the option is not accepted' {
	ln -s "$abs_top_builddir/msend" sendmail
	printf '%s\n' 'send-filter = sed "\$aseen"' >>"$config"
	run -0 ./sendmail -t <letter
	run -0 grep -c '^seen$' got
	run -64 ./sendmail -t --send-filter=true <letter
}

@test 'a dry run shows it and does not run it' {
	run -0 msend --send-filter=': >ran' --dry-run <letter
	assert_line 'filter: : >ran'
	[[ ! -e ran ]]
}
