# SPDX-License-Identifier: ISC
#
# What the tools share, and mlist and mdel: output that other programs and people can read, operands, deletion.

load helper

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config_for "$user"
}

tools='msend mlist mfetch mdel'

# letter SUBJECT [FIELD...]: the subject as it stands in a header
letter()
{
	printf 'From: Alice Example <alice@example.org>\nTo: %s\nSubject: %s\n' "$me" "$1"
	shift
	printf '%s\n' 'Date: Sun, 01 Nov 2026 10:00:00 +0100' 'Message-ID: <letter@example.org>' "$@"
	printf '\nhello\n'
}

# letters SUBJECT...: so many messages are in the mailbox
letters()
{
	local files=() subject
	for subject; do
		letter "$subject" >"letter-$subject"
		files+=("letter-$subject")
	done
	deliver "$user" "${files[@]}"
}

# What is in the mailbox, said by the files there
left()
{
	local file
	for file in $(mailbox_files "$user"); do
		sed -n 's/^Subject: //p' "$file"
	done | tr '\n' ' ' | sed 's/ $//'
}

# on_terminal COMMAND: what it shows on a terminal of 80 columns, its lines in $lines
on_terminal()
{
	script -qfc "stty cols 80 rows 24; $1; echo \$? >status" /dev/null </dev/null >screen 2>&1
	mapfile -t lines < <(tr -d '\r' <screen)
	cat -v screen
}

# ---- help and version ----

@test '--help and --version go to standard output, and the exit status is 0' {
	for tool in $tools; do
		for option in --help -h; do
			$tool $option >out 2>err
			assert_equal "$(head -n 1 out | cut -d' ' -f1-2)" "Usage: $tool"
			grep -q -e '--account=NAME' out
			[ ! -s err ]
		done
		$tool --version >out 2>err
		assert_regex "$(<out)" "^$tool \\(mailverbs\\) [0-9]+\\.[0-9]"
		[ ! -s err ]
	done
}

@test '--help comes although the configuration is broken' {
	echo nonsense >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	for tool in $tools; do
		run -0 "$tool" --help
	done
}

@test 'no line of --help is wider than a terminal' {
	for tool in $tools; do
		$tool --help | awk 'length($0) > 100 { print; bad = 1 } END { exit bad }'
	done
}

# ---- output that cannot be written ----

@test 'a full disk under standard output is 74' {
	[[ -w /dev/full ]] || skip 'needs /dev/full'
	letters one
	for tool in $tools; do
		run -74 sh -c "$tool --help >/dev/full"
		assert_output --regexp "^$tool: standard output: "
		assert_equal "${#lines[@]}" 1
	done
	for command in 'mlist' 'mlist --json' 'mlist -c' 'mlist --probe' 'mlist --dry-run' 'mdel --dry-run all' 'mfetch' 'mfetch --raw'; do
		run -74 sh -c "$command >/dev/full"
		assert_equal "${#lines[@]}" 1
	done
	assert_equal "$(left)" one
}

@test 'a closed standard output is 74, and nothing is lost' {
	letters one
	for tool in $tools; do
		run -74 sh -c "exec >&-; $tool --help"
	done
	for command in 'mlist' 'mlist --json' 'mlist -c' 'mfetch' 'mfetch --keep' 'mfetch --raw'; do
		run -74 sh -c "exec >&-; $command"
	done
	assert_equal "$(left)" one
	# and where nothing is to be written, nothing fails
	run -0 sh -c 'exec >&-; mdel all'
	assert_equal "$(left)" ''
}

@test 'closed standard error and input harm nothing' {
	letters one two
	run -0 sh -c 'exec <&- 2>&-; mlist -o subject'
	assert_output $'one\ntwo'
	run -0 sh -c 'exec <&- 2>&- >&-; mfetch --maildir=Mail 1'
	assert_equal "$(find Mail/new -type f | wc -l)" 1
	assert_equal "$(left)" two
}

# ---- --probe ----

@test '--probe shows server, TLS, certificate, pin, offer and login, and changes nothing' {
	letters one
	for tool in $tools; do
		run -0 "$tool" --probe
		[ "$tool" = msend ] && server=$SRV_SUBMISSIONS offer='8BITMIME' || { server=$SRV_POP3S && offer=UIDL; }
		assert_line "server: $server"
		assert_line --regexp '^tls: TLS1\.[23], '
		assert_line --regexp '^tls: certificate: CN=localhost, issued by CN=Tests of mailverbs, valid [0-9-]* to [0-9-]*'
		assert_line --partial "pin: $SRV_PIN"
		assert_line "offers: $offer"
		assert_line "login: $me: works"
	done
	assert_equal "$(left)" one
}

@test '--probe shows what the server offers although the login fails' {
	for tool in $tools; do
		run -77 "$tool" --probe --password-command='echo wrong' 2>&1
		assert_line --regexp '^offers: '
		assert_line --partial uthentication
		refute_line --partial works
	done
}

@test '--probe works without a user, without TLS, and by STARTTLS' {
	rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -0 mlist --probe -s "pop3s://$SRV_POP3S" --tls-ca-file="$SRV_CA"
	assert_line --regexp '^tls: TLS1'
	refute_line --partial login:
	run -0 mlist --probe -s "pop3+insecure://$SRV_POP3"
	assert_line 'tls: none'
	assert_line 'offers: STLS'
	run -0 msend --probe -s "smtp://$SRV_SUBMISSION" --tls-ca-file="$SRV_CA"
	assert_line --regexp '^tls: TLS1'
	run -77 msend --probe -s "smtp://$SRV_SUBMISSION"
	refute_line --partial offers:
}

# ---- mlist: tables ----

@test 'mlist shows a line a message, its columns separated by TABs' {
	letters one 'two words'
	run -0 mlist
	size=$(sed 's/$/\r/' letter-one | wc -c | tr -d ' ')
	assert_line -n 0 "1"$'\t'"$size"$'\t2026-11-01T09:00:00+00:00\tAlice Example <alice@example.org>\tone'
	assert_line -n 1 "2"$'\t'"$((size + 6))"$'\t2026-11-01T09:00:00+00:00\tAlice Example <alice@example.org>\ttwo words'
	assert_equal "${#lines[@]}" 2
}

@test 'mlist of an empty mailbox shows nothing; with --exit-status it exits with 1' {
	run -0 mlist
	assert_output ''
	run -1 mlist -e
	assert_output ''
	run -1 mlist --exit-status -c
	assert_output $'0\t0'
	letters one two
	run -0 mlist -e
	run -1 mlist -e last:0
	mfetch --keep --maildir=Mail
	run -1 mlist -e new
}

@test 'mlist -o shows the columns asked for, in that order' {
	letter x 'Cc: c@example.org' | deliver "$user"
	run -0 mlist -o subject,number,cc,to,message-id
	assert_output $'x\t1\tc@example.org\t'"$me"$'\t<letter@example.org>'
	run -0 mlist --columns=uid
	assert_regex "$output" '^[!-~]{1,70}$'
	uid=$output
	run -0 mlist -o number "uid:$uid"
	assert_output 1
}

@test 'mlist asks the server only for what the columns need' {
	letters one
	run -0 mlist -v -o number,size
	refute_output --partial 'C: TOP'
	refute_output --partial 'C: UIDL'
	run -0 mlist -v -o uid
	refute_output --partial 'C: TOP'
	run -0 mlist -v -c
	refute_output --partial 'C: LIST'
	run -0 mlist -v
	refute_output --partial 'C: RETR'
}

@test 'mlist -c counts messages and octets, of all or of some' {
	letters one two three
	total=0
	for one in one two three; do
		size=$(sed 's/$/\r/' "letter-$one" | wc -c)
		((total += size))
	done
	run -0 mlist --count
	assert_output 3$'\t'"$total"
	run -0 mlist -c 3
	assert_output 1$'\t'"$((size))"
	run -66 mlist -c 3-4 5
	assert_line 1$'\t'"$((size))"
}

@test 'mlist takes operands in every form, and shows each message once, in order' {
	letters a b c d e
	for case in 2=b '2 1=a b' 2-3='b c' 4-='d e' last:2='d e' first:2='a b' all='a b c d e' '5 1-2 2 last:1=a b e' new='a b c d e' last:9='a b c d e'; do
		# shellcheck disable=SC2086  # words are wanted
		run -0 mlist -o subject -- ${case%=*}
		assert_equal "${output//$'\n'/ }" "${case##*=}"
	done
	run -66 mlist -o subject 9 2 uid:nonsense
	assert_line b
	assert_line 'mlist: 9: no such message'
	assert_line 'mlist: uid:nonsense: no such message'
	run -66 mlist -o subject 6-
}

@test 'mlist new shows what was delivered nowhere' {
	letters a b
	mfetch --keep --maildir=Mail
	letters c
	run -0 mlist -o subject new
	assert_output c
	mfetch --keep --mbox=box last:1
	run -0 mlist -o subject new
	assert_output ''
}

# ---- mlist: JSON ----

@test 'mlist --json has an object a line: numbers, UTF-8 text, the date in both forms, null for what is not there' {
	letter '=?utf-8?q?Gr=C3=BC=C3=9Fe?= "quoted" \ back' >one
	printf 'Date: whenever\n\nx\n' >two
	deliver "$user" one two
	run -0 mlist --json -o number,size,date,subject,to
	assert_line -n 0 '{"number":1,"size":'"$(sed 's/$/\r/' one | wc -c | tr -d ' ')"',"date":"2026-11-01T10:00:00+01:00","date-sent":"Sun, 01 Nov 2026 10:00:00 +0100","subject":"Grüße \"quoted\" \\ back","to":"'"$me"'"}'
	assert_line -n 1 '{"number":2,"size":'"$(sed 's/$/\r/' two | wc -c | tr -d ' ')"',"date":null,"date-sent":"whenever","subject":null,"to":null}'
	run -0 mlist --json 1
	for key in number uid size date date-sent from to cc subject message-id; do
		assert_output --partial "\"$key\":"
	done
}

@test 'mlist --json keeps the headers of strangers inside its strings' {
	letter $'a\tb \x1b[31m \x7f "}, {" \xff' >one
	letter '=?utf-8?q?x=00=0A=22y?=' >two
	letter $'a\xc2\x9bb \xe2\x80\xaec \xe2\x81\xa6d \xe7\x94\xb0' >three
	deliver "$user" one two three
	run -0 mlist --json -o subject
	assert_equal "${#lines[@]}" 3
	refute_output --partial $'\x1b'
	refute_output --partial $'\x7f'
	refute_output --partial $'\xc2\x9b'
	refute_output --partial $'\xe2\x80\xae'
	assert_line -n 2 '{"subject":"a\u009bb \u202ec \u2066d 田"}'
	assert_line -n 0 --regexp '^\{"subject":"a\\tb \\u001B\[31m [^"]* \\"\}, \{\\" [^"]*"\}$'
	assert_line -n 1 --regexp '^\{"subject":"x[^"]*\\n\\"y"\}$'
}

@test 'mlist --json is ASCII on a terminal that does not speak UTF-8, and says the same' {
	local text=$'a \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbd \xef\xbf\xbd \xc3\xa9 / \\ " \b\f'
	letter "$text" | deliver "$user"
	run -0 env LC_ALL=C script -qec 'mlist --json -o subject' /dev/null </dev/null
	refute_output --regexp $'[\x80-\xff]'
	assert_output --partial '\ud83d\ude00'
	mlist --json -o subject >bytes
	run -0 python3 -c 'import json, sys
print(json.loads(sys.argv[1]) == json.load(open("bytes")) == {"subject": sys.argv[2]})' "${output%$'\r'}" "$text"
	assert_output True
}

@test 'no mail tool but maccount loads a library for JSON' {
	local tool
	for tool in msend mfetch mlist mdel mmark; do
		run ldd "${abs_top_builddir-}/$tool"
		refute_output --regexp 'jansson|curl|expat|cares'
	done
}

# ---- mlist: what people see ----

@test 'on a terminal mlist shows a table that fits, with a title' {
	letters one "$(printf 'long%.0s' {1..40})"
	letter '漢字' | deliver "$user"
	on_terminal mlist
	assert_equal "$(<status)" 0
	assert_equal "${#lines[@]}" 4
	assert_regex "${lines[0]}" '^number +size +date +from +subject$'
	assert_regex "${lines[1]}" '^ +1 +[0-9]+  2026-11-01 09:00  Alice Example <alice  one$'
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ]
		[[ $line != *$'\t'* ]]
	done
	assert_regex "${lines[2]}" 'longlong[long]*$'
	assert_regex "${lines[3]}" '漢字$'
	# the columns stand below each other
	before=${lines[0]%%subject*}
	assert_equal "${lines[1]:${#before}}" one
	on_terminal 'COLUMNS=120 mlist'
	[ "${#lines[2]}" -gt 80 ]
}

@test 'control characters in a header never reach a terminal, however they come' {
	local esc=$'\x1b'
	for subject in "a$esc]0;title"$'\x07b' $'a\x9bb' $'a\xc2\x9b31mb' '=?utf-8?q?a=1B[2Jb?=' '=?utf-8?b?YRtbMkpi?=' \
	    '=?iso-8859-1?q?a=9B2Jb?=' $'a\x08\x08b\x7f' '=?utf-8?q?a=0D=0Ab?=' '=?utf-8?q?a=E2=80=AEb?=' $'a\tb'; do
		letter "$subject" "Cc: $subject <x@example.org>" | sed "s/^From: .*/From: $subject <a@example.org>/"
	done >all
	LC_ALL=C awk '/^From:/ { n++ } { print >sprintf("xx%02d", n) }' all
	deliver "$user" xx*
	count=$(mailbox_count "$user")
	[ "$count" -ge 10 ]
	for locale in C C.UTF-8; do
		LC_ALL=$locale mlist -o from,subject,cc,message-id >out
		assert_equal "$(wc -l <out | tr -d ' ')" "$count"
		assert_equal "$(tr -cd '\t' <out | wc -c | tr -d ' ')" "$((3 * count))"
		assert_equal "$(LC_ALL=C tr -d '\n\t' <out | LC_ALL=C tr -cd '\000-\037\177' | wc -c | tr -d ' ')" 0
		run ! grep -P '\xc2[\x80-\x9f]|\xe2\x80\xae' out
	done
	on_terminal mlist
	assert_equal "$(<status)" 0
	assert_equal "${#lines[@]}" "$((count + 1))"
	assert_equal "$(LC_ALL=C tr -d '\r\n' <screen | LC_ALL=C tr -cd '\000-\037\177' | wc -c | tr -d ' ')" 0
}

@test 'what a server says never controls the terminal either' {
	cat >evil.sh <<-'END'
	printf '+OK \033[2Jhello\r\n'
	read -r _
	printf -- '-ERR \033]0;x\007 \302\233 no\r\n'
	read -r _
	printf -- '-ERR \033]0;x\007 \302\233 no\r\n'
	read -r _
	END
	for v in '' -v; do
		run mlist -s pop3+insecure://x --auth=user $v --tunnel='sh evil.sh'
		[ "$status" -ne 0 ]
		refute_output --partial $'\x1b'
		refute_output --partial $'\x07'
		assert_output --partial '\x1b]0;x\x07'
	done
}

@test 'encoded words are decoded, whatever their charset; raw text is shown as it is meant' {
	local i=0
	while IFS=$'\t' read -r sent shown; do
		i=$((i + 1))
		letter "$sent" >"letter$i.eml"
		printf '%s\n' "$shown" >>expected
	done <<-'END'
	=?utf-8?Q?Gr=C3=BC=C3=9Fe?=	Grüße
	=?UTF-8?B?5L2g5aW9?=	你好
	=?iso-8859-1?q?caf=E9_au_lait?=	café au lait
	=?gb2312?B?xOO6ww==?=	你好
	=?koi8-r?B?8NLJ18XU?=	Привет
	=?utf-8?q?one?= =?utf-8?q?two?=	onetwo
	=?utf-8?q?one?= two	one two
	=?utf-8?b?5L2g?= =?utf-8?b?5aW9?=	你好
	=?nonsense?q?x?=	=?nonsense?q?x?=
	=?utf-8?q?broken	=?utf-8?q?broken
	raw ü	raw ü
	END
	i=$((i + 1))
	letter $'folded\n over\n\tlines' >"letter$i.eml"
	printf 'folded over\tlines\n' >>expected
	for ((n = 1; n <= i; n++)); do
		files+=("letter$n.eml")
	done
	deliver "$user" "${files[@]}"
	sed -i 's/\t/\\x09/' expected
	mlist -o subject >shown
	assert_same_file expected shown
}

# ---- mdel ----

@test 'mdel deletes exactly the messages named, in every form' {
	for case in 2='a c d e' '2 4=a c e' 2-4='a e' 3-='a b' last:2='a b c' first:2='c d e' '1 1 1-2=c d e' all=''; do
		user=$(fresh_user)
		config_for "$user"
		letters a b c d e
		# shellcheck disable=SC2086  # words are wanted
		run -0 mdel -- ${case%=*}
		assert_output ''
		assert_equal "$(left)" "${case##*=}"
	done
}

@test 'mdel by unique id deletes that message, whatever its number is by now' {
	letters a b c
	uid=$(mlist -o uid 2)
	mdel 1
	letters d
	run -0 mdel "uid:$uid"
	assert_equal "$(left)" 'c d'
	run -66 mdel "uid:$uid"
	assert_output "mdel: uid:$uid: no such message"
	assert_equal "$(left)" 'c d'
}

@test 'what mlist finds can be piped to mdel' {
	letters ham 'spam one' egg 'more spam'
	mlist -o uid,subject | grep spam | cut -f1 | mdel -
	assert_equal "$(left)" 'ham egg'
	printf '' | mdel -
	assert_equal "$(left)" 'ham egg'
}

@test 'on standard input a bare word is a unique id, never a number' {
	letters a b
	run -66 mdel - <<<1
	assert_output 'mdel: uid:1: no such message'
	assert_equal "$(left)" 'a b'
	# a list by NUL is not one by lines: its first id alone would be taken
	run -64 mdel - < <(mlist -0 -o uid)
	assert_line --partial 'standard input: NUL within an operand'
	assert_equal "$(left)" 'a b'
	mlist -o uid 1 | sed 's/^/uid:/' | mdel - <&0
	assert_equal "$(left)" b
}

@test 'the rows that mlist writes without --columns name no message: their numbers are no unique ids' {
	local protocol
	letters a b
	for protocol in imap pop3; do
		run -64 mdel --protocol="$protocol" - < <(mlist --protocol="$protocol" 1)
		assert_line --partial 'standard input: a line as from mlist without --columns'
		run -64 mfetch --protocol="$protocol" - < <(mlist --protocol="$protocol" 1)
		run -64 mlist --protocol="$protocol" - < <(mlist --protocol="$protocol" 1)
	done
	run -64 mmark --protocol=imap --flag - < <(mlist --protocol=imap 1)
	assert_equal "$(left)" 'a b'
	mlist -o uid,size,date,from,subject 1 | cut -f1 | mdel -
	assert_equal "$(left)" b
}

@test 'an operand without a message is 66, after the others were deleted' {
	letters a b c
	run -66 mdel 2 7 9-12 uid:x
	assert_output $'mdel: 7: no such message\nmdel: 9-12: no such message\nmdel: uid:x: no such message'
	assert_equal "$(left)" 'a c'
}

@test 'mdel without an operand is a usage error' {
	letters a
	run -64 mdel
	assert_line -n 0 'mdel: no messages given'
	assert_line -n 1 --partial 'mdel: hint: '
	run -64 mdel -v
	assert_equal "$(left)" a
}

@test 'mdel new deletes only what was delivered nowhere' {
	letters a b
	mfetch --keep --maildir=Mail 1
	run -0 mdel new
	assert_equal "$(left)" a
	run -0 mdel new
	assert_equal "$(left)" a
}

@test 'mdel -v says what it deletes, and how many' {
	letters a b c
	uid=$(mlist -o uid 2)
	run -0 mdel -v 2-
	assert_line --partial "deletes 2 (uid:$uid)"
	assert_line '* 2 deleted'
	assert_equal "$(left)" a
}

@test 'mdel does not load what it deletes' {
	letters a b
	run -0 mdel -v all
	refute_output --regexp 'C: (RETR|TOP)'
}

# ---- installation ----

# built_again OPTION...: a copy of the build directory, configured once more; the current directory is
# then the copy. With the sources next to it as before, make takes its objects for up to date; only
# the one that holds paths is compiled again.
built_again()
{
	local name=${abs_top_builddir##*/} source=${abs_top_srcdir:?} options
	mkdir copy
	if [[ ${abs_top_builddir%/*} = "$source" ]]; then
		ln -s "$source"/* copy
		rm "copy/$name"
		source=..
	fi
	cp -a "$abs_top_builddir" copy
	cd "copy/$name" || return
	rm -f src/libcommon/config/paths.o
	eval "options=($(./config.status --config))"
	"$source/configure" -q "${options[@]}" "$@" >log 2>&1 || {
		cat log
		false
	}
}

@test 'make install puts everything in its place under DESTDIR, renamed by --program-prefix, and uninstall takes it away' {
	local prefix=$PWD/prefix dest=$PWD/dest tree
	built_again --prefix="$prefix" --program-prefix=x
	make -s -j2 install DESTDIR="$dest" >../log 2>&1 || {
		cat ../log
		false
	}
	tree=$dest$prefix
	for tool in $tools; do
		[ -x "$tree/bin/x$tool" ]
		run -0 "$tree/bin/x$tool" --version
		assert_output --regexp "^x$tool \\(mailverbs\\)"
		run -64 "$tree/bin/x$tool" --nonsense
		assert_line -n 0 --partial "x$tool: "
		assert_line -n 1 "x$tool: hint: x$tool --help shows the options"
		grep -q "^.Nm x$tool\$" "$tree/share/man/man1/x$tool.1"
		grep -q "^complete .* x$tool\$" "$tree/share/bash-completion/completions/x$tool"
		grep -q "^#compdef x$tool\$" "$tree/share/zsh/site-functions/_x$tool"
		grep -q "x$tool\$" "$tree/share/fish/vendor_completions.d/x$tool.fish"
	done
	[ -s "$tree/share/man/man5/xmailverbs.ini.5" ]
	grep -q '^.Xr xmsend 1' "$tree/share/man/man7/xmailverbs.7"
	# the names, in all pages, are the new ones, and nothing else has changed
	run -1 grep -rE '(^|[^x])(msend|mfetch|mlist|mdel|mmark|maccount)' "$tree/share/man"
	run -1 grep -rE '^.Xr mailverbs ' "$tree/share/man"
	for page in man1/xmsend.1 man7/xmailverbs.7; do
		name=${page#*/x}
		sed -E 's/x(msend|mfetch|mlist|mdel|mmark|maccount)/\1/g; s/^(.Xr) xmailverbs/\1 mailverbs/; s/^.Dt XMSEND/.Dt MSEND/' \
			"$tree/share/man/$page" >"$name"
		assert_same_file "$abs_top_srcdir/man/$name" "$name"
	done
	assert_same_file "$abs_top_srcdir/providers.ini" "$tree/share/mailverbs/providers.ini"
	[ ! -e "$prefix" ]
	assert_equal "$(find "$tree/bin" -type f ! -name 'x*')" ''
	# what is installed finds its presets
	mv "$tree" "$prefix"
	unset MAILVERBS_DATADIR
	run -0 "$prefix/bin/xmlist" --dry-run -a 10001@qq.com
	assert_line --partial 'pop3 = pop3s://pop.qq.com'
	mv "$prefix" "$tree"
	make -s uninstall DESTDIR="$dest" >../log 2>&1
	assert_equal "$(find "$dest" -type f)" ''
}

# ---- mlist: programs and narrow terminals ----

@test 'mlist --null ends each line with NUL, with the fields of the TAB form, on a terminal too' {
	letters one 'two words'
	mlist -o number,subject >lines
	mlist -0 -o number,subject >out
	cmp out <(tr '\n' '\0' <lines)
	mlist --null --count >out
	cmp out <(mlist --count | tr '\n' '\0')
	on_terminal 'mlist -0 -o number,subject'
	assert_equal "$(<status)" 0
	assert_equal "$(tr -d '\0' <screen)" $'1\tone2\ttwo words'
	run -64 mlist -0 --json
	assert_output 'mlist: --null and --json cannot be combined'
}

@test 'mlist shows dates in the time zone of the reader; --json has the zone of the sender' {
	letters one
	TZ=Asia/Shanghai run -0 mlist -o date
	assert_output 2026-11-01T17:00:00+08:00
	TZ=America/New_York run -0 mlist -o date
	assert_output 2026-11-01T04:00:00-05:00
	on_terminal 'TZ=Asia/Kolkata mlist -o date'
	assert_equal "${lines[1]}" '2026-11-01 14:30'
	TZ=Asia/Shanghai run -0 mlist --json -o date
	assert_output '{"date":"2026-11-01T10:00:00+01:00","date-sent":"Sun, 01 Nov 2026 10:00:00 +0100"}'
}

@test 'a table is never wider than the terminal, whatever its columns; numbers are whole' {
	letters one "$(printf 'long%.0s' {1..40})"
	for width in 20 40 60 80 132; do
		for columns in number,size,date,from,subject subject,size \
		    number,uid,size,date,from,to,cc,subject,message-id; do
			on_terminal "COLUMNS=$width mlist -o $columns"
			assert_equal "$(<status)" 0
			assert_equal "${#lines[@]}" 3
			for line in "${lines[@]}"; do [ "${#line}" -le "$width" ]; done
		done
	done
	on_terminal 'COLUMNS=40 mlist'
	assert_regex "${lines[1]}" '^ +1 +[0-9]+ 2026-11-01 Alice [^ ]* +one$'
	on_terminal 'COLUMNS=40 mlist -o subject,size'
	assert_regex "${lines[2]}" " $(mlist -o size 2)\$"
}
