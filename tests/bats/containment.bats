#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Whoever takes over the program by what a server sends gets nothing of the user's: tests/jump.c tries. And what the
# program itself needs goes on working.

# shellcheck disable=SC2154 # stderr: bats' run --separate-stderr; user: setup(); SRV_*: tests/servers/start

load helper

setup_file()
{
	cc -D_GNU_SOURCE -shared -fPIC -o "$BATS_FILE_TMPDIR/jump.so" "$abs_top_srcdir/tests/jump.c" -ldl
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
keys"
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
	mkdir Mail
	deliver "$user" <<<'Subject: here'
	run -0 taken_over mfetch --maildir=Mail
	got_nothing
	grep -q here Mail/new/*
	run -0 mlist --count
	assert_output $'0\t0'
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
