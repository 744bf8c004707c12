#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Whoever takes over the program by what a server sends gets nothing of the user's: tests/jump.c tries. And what the
# program itself needs goes on working.

# shellcheck disable=SC2154 # stderr: bats' run --separate-stderr; user: setup(); SRV_*: tests/servers/start

load helper

setup_file()
{
	for library in jump old_kernel; do
		cc -D_GNU_SOURCE -shared -fPIC -o "$BATS_FILE_TMPDIR/$library.so" "$abs_top_srcdir/tests/$library.c" -ldl
	done
}

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	config_for "$user"
	if are_sanitized; then skip 'a sanitizer needs what is given up'; fi
	mlist --probe -v 2>trace >/dev/null
	grep -q 'contained: files, TCP ports, signals, system calls$' trace || skip "this kernel has: $(grep contained trace)"
	mkdir -p "$HOME/.ssh" "$XDG_STATE_HOME/mailverbs/tokens"
	for secret in "$HOME/.ssh/id" "$HOME/password-of-another" "$XDG_STATE_HOME/mailverbs/tokens/another"; do
		(umask 077 && echo secret >"$secret")
	done
}

# taken_over TOOL [OPTION]...: runs it, and a stranger in it tries; what he was told is in `tried`
taken_over()
{
	local victim
	sleep 60 3>&- &
	victim=$!
	(
		export JUMP_FD=9 JUMP="read $HOME/.ssh/id
read $HOME/password-of-another
read $XDG_STATE_HOME/mailverbs/tokens/another
read $XDG_CONFIG_HOME/mailverbs/config.ini
list $HOME
write $HOME/.profile
write $XDG_STATE_HOME/mailverbs/queue
unlink $HOME/.ssh/id
chmod $HOME/.ssh
exec /bin/true
signal $victim
trace $victim
memory $victim
connect ${SRV_SUBMISSION##*:}
bind
packet
keys${JUMP_MORE+
$JUMP_MORE}"
		PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$BATS_FILE_TMPDIR/jump.so" "$@" 9>tried
	)
	local status=$?
	kill "$victim"
	return "$status"
}

# got_nothing: of all that was tried nothing was done
got_nothing()
{
	[[ $(wc -l <tried) -eq 17 ]]
	run ! grep ': done$' tried
	[[ -e $HOME/.ssh/id && ! -e $HOME/.profile ]]
}

@test "mlist taken over reads no file of the user's, writes none, and starts, signals and connects to nothing" {
	deliver "$user" <<<'Subject: here'
	run -0 taken_over mlist -o subject
	assert_output here
	got_nothing
}

@test "with --no-sandbox it could" {
	run -0 taken_over mlist --no-sandbox --count
	for kind in read write list unlink chmod exec signal connect bind; do
		grep "^$kind .*: done$" tried
	done
}

@test "no-sandbox = yes in the configuration does the same" {
	config_for "$user" 'no-sandbox = yes'
	run -0 taken_over mlist --count
	grep "^read $HOME/.ssh/id: done$" tried
}

@test "mdel and mmark taken over get nothing either, and do their work" {
	deliver "$user" <<<'Subject: here'
	run -0 taken_over mmark --protocol=imap --seen all
	got_nothing
	run -0 taken_over mdel all
	got_nothing
	run -0 mlist --count
	assert_output $'0\t0'
}

@test "the program itself reads its certificates and names, and writes its records" {
	(umask 077 && echo "$SRV_PASSWORD" >password)
	sed -i "s|^password = .*|password-file = $PWD/password|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	local attempts="read $SRV_CA
read /etc/hosts
read $PWD/password
write $XDG_STATE_HOME/mailverbs/journal/new
connect ${SRV_POP3S##*:}"
	run -0 env JUMP_FD=9 JUMP="$attempts" PATH="$abs_top_builddir:$PATH" LD_PRELOAD="$BATS_FILE_TMPDIR/jump.so" mlist --count 9>tried
	[[ $(grep -c ': done$' tried) -eq 5 ]]
}

@test "commands are run uncontained, those of the configuration and no other" {
	sed -i "s|^password = .*|password-command = cat $HOME/password-of-another \&\& echo \$ACCOUNT|" \
		"$XDG_CONFIG_HOME/mailverbs/config.ini"
	echo "$SRV_PASSWORD" >"$HOME/password-of-another"
	run -0 taken_over mlist --count
	got_nothing
}

@test "a tunnel's command works, and is ended with the session" {
	config_for "$user" "tunnel = openssl s_client -quiet -connect $SRV_POP3S 2>/dev/null"
	sed -i 's|^pop3 = .*|pop3 = pop3+insecure://localhost|; /^tls/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -0 mlist --probe -v
	assert_line --partial 'contained: files'
	run -0 mlist --count
	assert_output $'0\t0'
}

@test "a password from .netrc is read once, before" {
	sed -i '/^password/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	(umask 077 && printf 'machine localhost login %s@example.org password %s\n' "$user" "$SRV_PASSWORD" >"$HOME/.netrc")
	run -0 taken_over mlist --count
	got_nothing
}

# ---- mfetch ----

@test "mfetch taken over gets nothing, and delivers into a Maildir" {
	mkdir -p Mail/{tmp,new,cur}
	deliver "$user" <<<'Subject: here'
	run -0 taken_over mfetch --maildir=Mail
	got_nothing
	grep -q here Mail/new/*
	run -0 mlist --count
	assert_output $'0\t0'
}

@test "mfetch taken over gets nothing, and makes a Maildir of an empty directory" {
	mkdir empty
	deliver "$user" <<<'Subject: here'
	run -0 taken_over mfetch --maildir=empty
	got_nothing
	grep -q here empty/new/*
}

@test "mfetch taken over gets nothing if the Maildir holds the home, or is it" {
	for box in "$HOME" "$HOME/.."; do
		mkdir -p "$box"/{tmp,new,cur}
		deliver "$user" <<<'Subject: here'
		run -0 taken_over mfetch --maildir="$box"
		got_nothing
		grep -q here "$box"/new/*
	done
}

@test "mfetch taken over by a message gets nothing, if it has made the Maildir" {
	local protocol box
	deliver "$user" <<<'Subject: here'
	for protocol in imap pop3; do
		box=$HOME/$protocol
		JUMP_AFTER=$box/new run -0 taken_over mfetch --keep --protocol=$protocol --maildir="$box"
		got_nothing
		grep -q here "$box"/new/*
	done
}

@test "mfetch taken over gets nothing, and makes a Maildir beside others" {
	mkdir mail
	deliver "$user" <<<'Subject: here'
	run -0 mfetch --probe -v --maildir=mail/box
	assert_line --partial 'contained: files, TCP ports'
	run -0 taken_over mfetch --maildir=mail/box
	got_nothing
	grep -q here mail/box/new/*
}

@test "a watch that begins without a Maildir makes it, and is contained from then on" {
	deliver "$user" <<<'Subject: here'
	# it ends by a signal when it has been taken over
	(
		until [[ -e tried && $(wc -l <tried) -eq 17 ]] && grep -qs here "$HOME"/box/new/*; do sleep 0.05; done
		kill "$(<pid)"
	) 3>&- &
	printf '#!/bin/sh\necho $$ >pid\nexec mfetch "$@"\n' >watcher
	chmod +x watcher
	JUMP_AFTER=$HOME/box/new run taken_over ./watcher --watch --keep --maildir="$HOME/box"
	got_nothing
}

@test "neither --dry-run nor --probe makes a Maildir" {
	mkdir empty
	for box in missing empty; do
		run -0 mfetch --dry-run --maildir="$box"
		run -0 mfetch --probe -v --maildir="$box"
	done
	assert_line --partial 'contained: files,'
	assert [ ! -e missing ]
	assert_equal "$(ls empty)" ''
}

@test "mfetch taken over gets nothing, and delivers into an mbox with its lock" {
	mkdir spool
	deliver "$user" <<<'Subject: here'
	run -0 taken_over mfetch --mbox=spool/mail
	got_nothing
	grep -q here spool/mail
}

@test "mfetch taken over gets nothing, and delivers to standard output and LMTP" {
	deliver "$user" <<<'Subject: here'
	taken_over mfetch --delete >out
	got_nothing
	grep -q here out
	deliver "$user" <<<'Subject: again'
	run -0 taken_over mfetch --lmtp="lmtp://$SRV_LMTP" --recipient="$user@example.org" --keep
	got_nothing
}

@test "mfetch taken over runs its own commands only: --pipe, --filter and --hook" {
	deliver "$user" <<<$'From: a@b.test\nSubject: here'
	run -0 taken_over mfetch --filter="cat >filtered" --pipe="cat >$HOME/taken-%F" --hook="echo \$COUNT >hooked"
	got_nothing
	grep -q here filtered "$HOME"/taken-*
	run -0 cat hooked
	assert_output 1
}

@test "an mbox beside the home's other files leaves files out, and --probe -v tells" {
	run mfetch --probe -v --mbox="$HOME/mbox"
	assert_line --partial 'contained: TCP ports, signals, system calls'
}

@test "a .netrc that has no password, or cannot be used, says the same as without" {
	local with line
	sed -i '/^password/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	for line in 'machine elsewhere password x' "machine localhost login $user@example.org password x" '"'; do
		echo "$line" >"$HOME/.netrc"
		chmod 644 "$HOME/.netrc"
		run mlist --count
		with=$status$output
		run mlist --no-sandbox --count
		assert_equal "$with" "$status$output"
	done
}

# ---- msend ----

# sends [LINE]...: the account for it, with these lines
sends()
{
	config_for "$user" "$@"
	printf '%s\n' "From: $user@example.org" "To: $user@example.org" 'Subject: here' '' 'hello' >letter
}

# is_kept: what msend sent came
is_kept()
{
	await_mail "$user"
	run -0 mlist -o subject
	assert_output here
}

@test "msend taken over gets nothing, and sends: a file, a pipe" {
	sends "log = $PWD/log"
	run -0 taken_over msend <letter
	got_nothing
	is_kept
	assert_equal "$(grep -c status=sent log)" 1
	taken_over msend -t < <(cat letter)
	got_nothing
	run -0 cat log
	assert_equal "${#lines[@]}" 2
}

@test "msend taken over reads no temporary file, and no message but its own" {
	sends
	echo secret >"$TMPDIR/file"
	JUMP_MORE="read $TMPDIR/file
read $PWD/letter" taken_over msend <letter
	assert_equal "$(grep -c 'Permission denied$' <(tail -n 2 tried))" 2
}

@test "msend taken over runs its own commands only: filter, password, copy" {
	echo "$SRV_PASSWORD" >"$HOME/password-of-another"
	sends 'send-filter = sed s/hello/filtered/ && echo done' save=yes
	sed -i "s|^password = .*|password-command = cat $HOME/password-of-another \&\& :|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -0 taken_over msend <letter
	refute_output
	got_nothing
	is_kept
	mfetch --raw --keep | grep filtered
	run -0 mlist --protocol=imap --folder=Sent -o subject
	assert_output here
}

@test "the queue's run taken over gets nothing, and runs the filters of its messages" {
	sends
	msend --queue --server=smtps://localhost:9 --send-filter="cat && echo >$PWD/filtered && sleep 0 && exit 75" <letter
	rm filtered
	run -75 msend --flush --server="smtps://$SRV_SUBMISSIONS"
	[[ -e filtered ]]
	rm -r "$XDG_STATE_HOME/mailverbs/queue" filtered
	msend --queue --server=smtps://localhost:9 <letter
	msend --queue --server=smtps://localhost:9 --save <letter
	run -0 taken_over msend --flush --server="smtps://$SRV_SUBMISSIONS"
	got_nothing
	run -0 mlist -o subject
	assert_output $'here\nhere'
	run -0 mlist --protocol=imap --folder=Sent -o subject
	assert_output here
	run -0 msend --list-queue
	assert_output ''
}

@test "msend --batch taken over gets the messages, but no other file; so does --mbox, and --connections" {
	sends "log = $PWD/log"
	cp letter letter2
	printf '%s\n' letter letter2 >names
	run -0 taken_over msend --batch --journal=journal letter letter2
	got_nothing
	run -0 taken_over msend --batch - <names
	got_nothing
	{ printf 'From a\n' && cat letter && printf '\nFrom a\n' && cat letter; } >box.mbox
	run -0 taken_over msend --mbox <box.mbox
	got_nothing
	run -66 msend --batch letter missing
	assert_output --partial 'missing: No such file'
	run -0 taken_over msend --batch --connections=2 letter letter2
	assert_equal "$(grep -c ': done$' tried)" 0
	assert_equal "$(grep -c status=sent log)" 9
}

@test "the queue's run for several accounts reads the passwords of each" {
	local config=$XDG_CONFIG_HOME/mailverbs/config.ini other
	other=$(fresh_user)
	sed -i '/^password/d; s|^smtp = .*|smtp = smtps://localhost:9|' "$config"
	printf '[other]\naddress = %s@example.org\nsmtp = smtps://localhost:9\ntls-ca-file = %s\n' "$other" "$SRV_CA" >>"$config"
	for name in "$user@example.org" "$other@example.org"; do
		printf 'Subject: x\n\nhi\n' | msend -f "$name" --queue --quiet "$user@example.org"
	done
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" "$config"
	(
		umask 077
		echo "machine localhost login $user@example.org password $SRV_PASSWORD" >"$HOME/.netrc"
		echo "machine localhost login $other@example.org password $SRV_PASSWORD" >"$HOME/.authinfo"
	)
	run -0 msend -q
	await_mail "$user" 2
	run -0 msend --list-queue
	assert_output ''
}

# ---- several accounts ----

# inverted TEXT: as tests/jump.c is told what to look for
inverted()
{
	local i byte
	for ((i = 0; i < ${#1}; i++)); do
		printf -v byte %d "'${1:i:1}"
		printf %02x $((255 - byte))
	done
}

# two_accounts: $user's, and one by the name of `other`, each with a password file; what is tried then is to read both
two_accounts()
{
	local name
	other=$(fresh_user)
	config_for "$user" "maildir = $PWD/one"
	{
		cat "$XDG_CONFIG_HOME/mailverbs/config.ini"
		sed "s/^\[test\]/[other]/; s/$user/$other/; s|/one$|/other|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	} >both
	for name in test other; do
		(umask 077 && echo "$SRV_PASSWORD" >"$name.password")
		sed "/^\[$name\]/,/^password/s|^password = .*|password-file = $PWD/$name.password|" both >both.new
		mv both.new both
	done
	cat both >"$XDG_CONFIG_HOME/mailverbs/config.ini"
	JUMP_MORE="read $PWD/test.password
read $PWD/other.password"
}

# got_own TIMES: two processes were taken over, so often; each could read a password file, which is its own
got_own()
{
	[[ $(wc -l <tried) -eq $((19 * $1)) ]]
	assert_equal "$(grep -c ': done$' tried)" "$1"
	grep -q "^read $PWD/test.password: done$" tried
	grep -q "^read $PWD/other.password: done$" tried
}

@test "of several accounts, one taken over in mfetch -A reads the password of no other" {
	two_accounts
	mkdir one other
	deliver "$user" <<<'Subject: to one'
	deliver "$other" <<<'Subject: to the other'
	run -0 taken_over mfetch -A
	got_own 2
	grep -q 'to one' one/new/*
	grep -q 'to the other' other/new/*
}

@test "nor in the queue's run, neither from a file nor from memory" {
	two_accounts
	sed -i "s|^smtp = .*|smtp = smtps://localhost:9|; /^\[test\]/,/^\[other\]/s|^password-file.*|password = password-of-the-first|
		/^\[other\]/,\$s|^password-file.*|password = password-of-the-other|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	for name in "$user" "$other"; do
		printf 'Subject: x\n\nhi\n' | msend -f "$name@example.org" --queue --quiet "$user@example.org"
	done
	sed -i "s|^smtp = .*|smtp = smtps://$SRV_SUBMISSIONS|" "$XDG_CONFIG_HOME/mailverbs/config.ini"
	JUMP_MORE="find $(inverted password-of-the-first)
find $(inverted password-of-the-other)"
	run -77 taken_over msend --flush
	assert_equal "$(grep '^find .*: done$' tried | sort)" "$(printf '%s: done\n' "${JUMP_MORE[0]%%$'\n'*}" "${JUMP_MORE#*$'\n'}" | sort)"
	assert_equal "$(grep -c ': done$' tried)" 2
}

@test "of the configuration's other passwords, nothing is left in memory once a server is heard" {
	local config=$XDG_CONFIG_HOME/mailverbs/config.ini
	{
		printf '[before]\naddress = a@example.org\npassword = password-before\n'
		cat "$config"
		printf '[after]\naddress = a@example.org\npassword = first-part-of-it\n second-part-of-it\n'
		printf '[last]\naddress = a@example.org\npassword = password-at-the-end\n'
	} >all
	cat all >"$config"
	JUMP_MORE="find $(inverted password-before)
find $(inverted first-part-of-it)
find $(inverted second-part-of-it)
find $(inverted password-at-the-end)
find $(inverted "$SRV_PASSWORD")" taken_over mlist -a test --count
	assert_equal "$(grep -c '^find .*: No such file' tried)" 4
	assert_equal "$(grep ': done$' tried)" "find $(inverted "$SRV_PASSWORD"): done"
}

# ---- older kernels ----

# with_landlock VERSION COMMAND...: the kernel offers no more of it
with_landlock()
{
	LANDLOCK_ABI=$1 LD_PRELOAD=$BATS_FILE_TMPDIR/old_kernel.so "${@:2}"
}

# is_contained VERSION WHAT TOOL...: by these parts
is_contained()
{
	run -0 --separate-stderr with_landlock "$1" "${@:3}" --probe -v
	grep -q "contained: $2\$" <<<"$stderr"
}

@test "on a kernel with less of Landlock, or none, the tools are contained by what there is, and work" {
	local version with
	for version in {0..6}; do
		with='files, '
		((version > 0)) || with=
		((version < 4)) || with+='TCP ports, '
		((version < 6)) || with+='signals, '
		is_contained "$version" "${with}system calls" mlist
		((version != 1)) || with= # a rename from tmp to new cannot be allowed
		is_contained "$version" "${with}system calls" mfetch --maildir=Mail
		deliver "$user" <<<"Subject: maildir $version"
		run -0 with_landlock "$version" mfetch --maildir=Mail
	done
	assert_equal "$(cat Mail/new/* | grep -c '^Subject: maildir')" 7
}

@test "so do an mbox, and the queue, where it cannot rename or truncate" {
	local version
	mkdir spool
	sends
	for version in 1 2; do
		deliver "$user" <<<"Subject: mbox $version"
		run -0 with_landlock "$version" mfetch --mbox=spool/mail
		with_landlock "$version" msend --queue --server=smtps://localhost:9 --quiet <letter
		run -0 with_landlock "$version" msend --flush --server="smtps://$SRV_SUBMISSIONS"
		run -0 with_landlock "$version" msend --list-queue
		assert_output ''
	done
	assert_equal "$(grep -c '^Subject: mbox' spool/mail)" 2
}
