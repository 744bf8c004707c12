#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# msend --save: a copy of what was sent is filed by IMAP, once, and nothing about it changes what was sent. Against Dovecot
# and Postfix.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these
# shellcheck disable=SC2030,SC2031  # each test is a subshell

load helper

setup()
{
	mailverbs_setup
	export MAILVERBS_PROTOCOL=imap
	me=$(fresh_user) rcpt=$(fresh_user) other=$(fresh_user)
	config_for "$me"
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	letter >m
}

# letter [LINE]...: a complete one, with these header lines
letter()
{
	printf '%s\n' "From: $me@example.org" "To: $rcpt@example.org" "$@" 'Date: Sun, 01 Nov 2026 10:00:00 +0000' \
		"Message-ID: <1.$me@example.org>" 'Subject: Grüße' '' '.' 'From the start' '..' 'Größe' ''
}

# key LINE: in the account's section
key() { sed -i "/^\[test\]/a $1" "$config"; }

# key_for_all LINE: above the first section
key_for_all() { sed -i "1i $1" "$config"; }

# filed [FOLDER]: the number of messages in it
filed() { mlist --protocol=imap --folder="${1-Sent}" -c 2>/dev/null | cut -f1; }

# taken: the copy as a file
taken() { mfetch --folder=Sent --raw; }

# assert_filed: one copy, of m, read
assert_filed()
{
	taken >copy
	assert_same_file m copy
	run -0 mlist --folder=Sent -o flags
	assert_output --partial '\Seen'
}

@test 'what was sent is in the Sent folder, byte for byte and read' {
	run -0 --separate-stderr msend --save "$rcpt@example.org" <m
	assert_equal "$output$stderr" ''
	assert_filed
	await_mail "$rcpt"
	assert_arrived copy "$(mailbox_files "$rcpt")"
	run -0 mlist --folders
	assert_line --regexp $'^1\t0\tsent\tSent$'
}

@test 'by Postfix too' {
	require_postfix
	run -0 msend --server="smtps://$SRV_POSTFIX_SMTPS" --save "$rcpt@example.org" <m
	assert_output ''
	assert_filed
	await_mail "$rcpt"
	assert_arrived copy "$(mailbox_files "$rcpt")"
}

@test 'the copy has what was added, and the Bcc that was not sent, in its place' {
	letter "Bcc: $other@example.org," "	z@example.org" >m
	sed -i '/^Date:/d' m
	run -0 msend --save "$rcpt@example.org" <m
	await_mail "$rcpt"
	taken >copy
	run -0 grep -n '' copy
	assert_line "3:Bcc: $other@example.org,"
	assert_line $'4:\tz@example.org'
	grep -v '^Bcc\|z@example' copy >without
	assert_arrived without "$(mailbox_files "$rcpt")"
	refute grep -q '^Bcc' "$(mailbox_files "$rcpt")"
}

@test 'a folder can be named, on the command line and by the key, which sendmail heeds' {
	mmark --create --append='Own Mail' <m
	run -0 msend --save='Own Mail' "$rcpt@example.org" <m
	assert_output ''
	assert_equal "$(filed 'Own Mail')" 2
	key 'save = Own Mail'
	ln -s "$abs_top_builddir/msend" sendmail
	run -0 ./sendmail "$rcpt@example.org" <m
	assert_output ''
	assert_equal "$(filed 'Own Mail'), $(filed)" '3, '
	run -0 msend --save=no "$rcpt@example.org" <m
	assert_equal "$(filed 'Own Mail')" 3
}

@test 'a copy that is refused is one line of warning, and with the option 75; the message is sent' {
	run -75 --separate-stderr msend --save=Nowhere "$rcpt@example.org" <m
	assert_regex "$stderr" "^msend: the message was sent, but saving a copy in Nowhere failed: localhost:[0-9]+: NO [^
]*$"
	key 'save = Nowhere'
	run -0 --separate-stderr msend "$rcpt@example.org" <m
	assert_regex "$stderr" "^msend: the message was sent, but saving a copy in Nowhere failed: localhost:[0-9]+: NO [^
]*$"
	sed -i 's/^imap = .*/imap = imaps:\/\/127.0.0.1:1/; s/^save = .*/save = yes/' "$config"
	run -0 --separate-stderr msend "$rcpt@example.org" <m
	assert_regex "$stderr" '^msend: the message was sent, but saving a copy in .Sent failed: 127\.0\.0\.1:1: [^
]*$'
	await_mail "$rcpt" 3
	assert_equal "$(filed Nowhere)" ''
	run -78 msend --save='\Foo' "$rcpt@example.org" <m
	assert_output 'msend: --save: '"'"'\Foo'"'"' is not one of \Sent, \Drafts, \Archive, \Junk and \Trash'
}

@test 'a message that is refused has no copy, one for several recipients has one' {
	run msend --save 'no such@example.org' <m
	assert_not_equal "$status" 0
	assert_equal "$(filed)" ''
	run -0 msend --save --each "$rcpt@example.org" "$other@example.org" <m
	assert_output ''
	await_mail "$other"
	assert_filed
	run -0 msend --save --batch m m
	assert_equal "$(filed)" 3
}

@test 'where the provider files it, no copy is made, but for who wants it for this account or message' {
	printf '[files]\nname = Files\ndomains = example.org\nsave = no\n' >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	key_for_all 'save = yes'
	run -0 msend "$rcpt@example.org" <m
	assert_equal "$(filed)" ''
	run -0 msend --save "$rcpt@example.org" <m
	assert_equal "$(filed)" 1
	key 'save = yes'
	run -0 msend "$rcpt@example.org" <m
	assert_equal "$(filed)" 2
}

@test 'Gmail, Outlook and Microsoft 365 file sent messages themselves' {
	local of
	for of in gmail outlook office365; do
		printf '[%s]\naddress = me@example.net\nprovider = %s\npassword = x\n' "$of" "$of"
	done >presets
	{ echo 'save = yes'; cat presets; } >all
	chmod 600 all
	for of in gmail outlook office365; do
		run -0 msend --dry-run -C all -a "$of" "$rcpt@example.org" <m
		assert_line "save = no	(preset $of)"
		refute_line --partial 'copy to'
	done
	run -0 msend --dry-run "$rcpt@example.org" --save <m
	assert_line 'copy to: \Sent'
}

@test 'without an IMAP server --save is an error before anything is sent, and the key for all accounts does not hold' {
	sed -i '/^imap = /d' "$config"
	run --separate-stderr msend --save "$rcpt@example.org" <m
	assert_equal "$status" 78
	assert_equal "${stderr_lines[0]}" "msend: --save: no imap server is known for the account 'test'"
	assert_equal "$(mailbox_count "$rcpt")" 0
	key_for_all 'save = yes'
	run -0 msend "$rcpt@example.org" <m
	assert_output ''
	await_mail "$rcpt"
}

# slow_account: its second login, that of the append, waits for the file go
slow_account()
{
	sed -i '/^password = /d' "$config"
	cat >password.sh <<-END
	if [ -e first ]; then
		touch second
		until [ -e go ]; do sleep 0.01; done
	fi
	touch first
	echo '$SRV_PASSWORD'
	END
	key "password-command = sh $PWD/password.sh"
	key 'save = yes'
}

await_file()
{
	local tries=0
	until [[ -e $1 ]]; do
		((++tries < 500)) || return 1
		sleep 0.02
	done
}

@test 'killed while the copy is being filed, it is filed whole and once' {
	local pid tries=0
	slow_account
	msend "$rcpt@example.org" <m 3>&- &
	pid=$!
	await_file second
	kill -KILL "$pid"
	wait "$pid" || :
	touch go
	until [[ $(filed) == 1 ]]; do
		((++tries < 100)) || return 1
		sleep 0.05
	done
	assert_filed
}

@test 'a signal leaves the append its time' {
	local pid
	slow_account
	msend "$rcpt@example.org" <m 2>err 3>&- &
	pid=$!
	await_file second
	kill -TERM "$pid"
	touch go
	wait "$pid" || :
	assert_equal "$(cat err)" ''
	assert_filed
}

@test 'a queued message is filed when it is sent, once, with its Bcc' {
	letter "Bcc: $other@example.org" >m
	sed -i 's|^smtp = .*|smtp = smtps://127.0.0.1:1|' "$config"
	run -0 msend --save --queue "$rcpt@example.org" <m
	assert_output --partial 'kept in the queue'
	assert_equal "$(filed)" ''
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" "$config"
	run -64 msend -q --save
	run -0 msend -q
	assert_output ''
	await_mail "$rcpt"
	refute grep -q '^Bcc' "$(mailbox_files "$rcpt")"
	assert_filed
	run -0 msend -q
	assert_equal "$(filed)" 1
}

@test 'the queue: killed after a server took a message, the next run neither sends nor files it again' {
	local entry
	cp "$abs_top_builddir/msend" x-msend
	printf '#!/bin/sh\ncat >>copies\n' >x-mmark
	chmod 755 x-mmark
	sed -i 's|^smtp = .*|smtp = smtps://127.0.0.1:1|' "$config"
	run -0 ./x-msend --save --queue "$rcpt@example.org" <m
	entry=$(grep -l '^to ' "$XDG_STATE_HOME/mailverbs/queue"/*)
	sed -i 's/^to .*/copying/' "$entry"
	run -0 ./x-msend -q
	assert_output --partial 'the message was sent, and a run that was ended could not tell whether a copy was saved'
	assert [ ! -e copies ]
	run -0 ./x-msend -q
	assert_output ''
}

@test 'the queue: killed while the copy is filed, for all or with one who must wait, the next run says so, once' {
	local rest server=(--server=smtp+insecure:// --auth=none --queue --save --partial)
	write_server
	cp "$abs_top_builddir/msend" x-msend
	printf '#!/bin/sh\ncat >/dev/null\necho >>copies\ntouch begun\nwhile [ ! -e go ]; do sleep 0.1; done\n' >x-mmark
	chmod 755 x-mmark
	letter | LC_ALL=C tr -cd '\0-\177' >m
	for rest in '' other@example.org; do
		rm -f on begun go copies
		# shellcheck disable=SC2086  # a word, or none
		run -0 ./x-msend "${server[@]}" --tunnel="[ -e on ] && exec bash $PWD/server.sh" $rest "$rcpt@example.org" <m
		touch on
		./x-msend -q 3>&- &
		await_file begun
		kill -KILL $!
		wait $! || :
		touch go up
		run -0 ./x-msend -q
		assert_line --regexp '^x-msend: [0-9a-f]+: the message was sent, and a run that was ended could not tell whether a copy was saved$'
		assert_equal "${#lines[@]}" 1
		run -0 ./x-msend -q
		assert_output ''
		assert_equal "$(wc -l <copies)" 1
		rm up
	done
}

@test 'the queue: sent to one now and to another later, it is filed once' {
	local server=(--server=smtp+insecure:// --auth=none --queue --save --partial)
	write_server
	cp "$abs_top_builddir/msend" x-msend
	printf '#!/bin/sh\necho >>copies\ncat >/dev/null\n' >x-mmark
	chmod 755 x-mmark
	letter | LC_ALL=C tr -cd '\0-\177' >m
	run -0 ./x-msend "${server[@]}" --tunnel="[ -e on ] && exec bash $PWD/server.sh" other@example.org "$rcpt@example.org" <m
	touch on
	run -75 ./x-msend -q
	run find "$XDG_STATE_HOME/mailverbs/queue" -name '*.eml'
	refute_output ''
	touch up
	run -0 ./x-msend -q
	run find "$XDG_STATE_HOME/mailverbs/queue" -name '*.eml'
	assert_output ''
	assert_equal "$(wc -l <copies)" 1
}

@test 'a copy that fails does not keep a queued message in the queue' {
	sed -i 's|^smtp = .*|smtp = smtps://127.0.0.1:1|' "$config"
	run -0 msend --save=Nowhere --queue "$rcpt@example.org" <m
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" "$config"
	run -75 msend -q
	assert_output --regexp '^msend: [0-9a-f]+: the message was sent, but saving a copy in Nowhere failed: '
	run -0 msend -q
	assert_output ''
	await_mail "$rcpt"
}

# A server that takes everybody but "other", unless the file up is there.
write_server()
{
	cat >server.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '220 here'
	while read -r verb rest; do
		case $verb$rest in
		DATA*)
			say '354 go'
			while read -r line; do
				[ "$line" != "$(printf '.\r')" ] || break
			done
			say '250 taken'
			;;
		RCPT*other*) [ -e up ] && say '250 fine' || say '450 later' ;;
		RCPT*bad*) say "550 5.1.1 nobody" ;;
		*) say '250 fine' ;;
		esac
	done
	END
}

@test 'sent to some now and to others from the queue, in one transaction or several, it is filed once' {
	local how server=(--server=smtp+insecure:// --auth=none --queue --save)
	write_server
	letter | LC_ALL=C tr -cd '\0-\177' >m
	server+=(--tunnel="exec bash $PWD/server.sh")
	for how in --partial --each; do
		rm -f up
		run -0 msend "${server[@]}" "$how" other@example.org "$rcpt@example.org" <m
		assert_output --partial 'kept in the queue'
		touch up
		run -0 msend -q
		assert_output ''
	done
	assert_equal "$(filed)" 2
	run find "$XDG_STATE_HOME/mailverbs/queue" -name '*.eml'
	assert_output ''
}

@test 'mmark is found beside msend, with the prefix that both were installed with' {
	cp "$abs_top_builddir/msend" x-msend
	printf '#!/bin/sh\ntouch used\nexec %s/mmark "$@"\n' "$abs_top_builddir" >x-mmark
	chmod 755 x-mmark
	run -0 ./x-msend --save "$rcpt@example.org" <m
	assert_output ''
	assert [ -e used ]
	assert_filed
}

# journaled: msend with a journal and a copy, to RECIPIENTs one by one; its mmark notes each copy and waits for the file go
journaled()
{
	./x-msend --server=smtp+insecure:// --auth=none --tunnel="exec bash $PWD/server.sh" --save --journal=j --each "$@" <m
}

prepare_journaled()
{
	write_server
	cp "$abs_top_builddir/msend" x-msend
	printf '#!/bin/sh\ncat >/dev/null\necho >>copies\nwhile [ ! -e go ]; do sleep 0.1; done\n' >x-mmark
	chmod 755 x-mmark
	letter | LC_ALL=C tr -cd '\0-\177' >m
}

@test '--journal: killed while the copy is filed, the next run says so, once, and files no second one' {
	local pid
	prepare_journaled
	journaled a@example.org b@example.org 3>&- &
	pid=$!
	await_file copies
	kill -KILL "$(pgrep -P "$pid" x-msend || echo "$pid")"
	wait "$pid" || :
	touch go
	run -75 journaled a@example.org b@example.org
	assert_output 'x-msend: the message was sent, and a run that was ended could not tell whether a copy was saved'
	run -0 journaled a@example.org b@example.org
	assert_output ''
	assert_equal "$(wc -l <copies)" 1
}

@test '--journal: killed before the copy is begun, the next run files it, though everybody has the message' {
	prepare_journaled
	touch go
	run -0 journaled a@example.org b@example.org
	assert_equal "$(wc -l <copies)" 1
	sed -i '/^cop\(ying\|ied\) /d' j # as if it had been killed then
	run -0 journaled a@example.org b@example.org --dry-run
	assert_equal "$(wc -l <copies)" 1
	run -0 journaled a@example.org b@example.org
	assert_output ''
	assert_equal "$(wc -l <copies)" 2
	run -0 journaled a@example.org b@example.org
	assert_equal "$(wc -l <copies)" 2
}

@test '--journal: sent to one now and to another by a later run or the queue, it is filed once' {
	prepare_journaled
	touch go
	run -75 journaled a@example.org other@example.org
	assert_equal "$(wc -l <copies)" 1
	touch up
	run -0 journaled a@example.org other@example.org
	assert_output ''
	assert_equal "$(wc -l <copies)" 1
	rm -f up j
	run -0 journaled --queue other@example.org
	run -0 journaled other@example.org
	assert_output ''
	assert_equal "$(wc -l <copies)" 1
	touch up
	run -0 ./x-msend -q
	assert_output ''
	assert_equal "$(wc -l <copies)" 2
	run -0 journaled other@example.org
	assert_equal "$(wc -l <copies)" 2
}

@test '--journal: a copy is filed only for messages sent in a run that was to file them' {
	prepare_journaled
	touch go
	sed 's/ --save / /' <(declare -f journaled) >without.sh
	# shellcheck disable=SC1091
	(. ./without.sh && journaled a@example.org)
	run -0 journaled a@example.org
	assert_output ''
	assert [ ! -e copies ]
	run -67 journaled a@example.org bad@example.org
	assert [ ! -e copies ]
}
