#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Where passwords may be written, and that no message shows them.

load helper

setup()
{
	mailverbs_setup
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
}

configure() { rm -f "$config" && (umask 077 && cat >"$config"); }

# tells_nothing STATUS COMMAND...: it fails so, and shows no password
tells_nothing()
{
	local expected=$1
	shift
	run "$@"
	assert_equal "$status" "$expected"
	refute_output --partial hunter
}

@test 'a password in a server URL is refused and never shown' {
	local url
	for url in pop3s://bob:hunter2@127.0.0.1:1 bob:hunter2@host imap://hunter2@host:x pop9://bob:hunter2@host \
	    smtp://bob:hunter2@ lmtp://bob:hunter2@host:24 pop3s://bob:hunter2 pop3s://host:hunter2 \
	    imaps://bob:hun@hunter2@host; do
		tells_nothing 64 mlist --server="$url"
		tells_nothing 64 mfetch --lmtp="$url" --server=pop3s://host
		printf '[a]\nimap = %s\n' "$url" | configure
		tells_nothing 78 mlist -n
	done
	printf '[a]\npop3 = pop3s://bob:hunter2@host\n' | configure
	run -78 mlist
	assert_output --partial "config.ini:2: pop3: a server URL has no user name or password in it"
}

@test 'a proxy that is malformed is refused before anything else, and never shown' {
	local proxy
	for proxy in socks5:/bob:hunter2@host http://bob:hunter2@host socks5://bob:hunter2@ socks5://bob:hunter2@host:x \
	    socks5://bob:hunter2@:1080 bob:hunter2@host; do
		tells_nothing 64 mlist --server=pop3s://host --proxy="$proxy" -n
		printf '[a]\npop3 = pop3s://host\nproxy = %s\n' "$proxy" | configure
		tells_nothing 78 mlist -n
	done
}

@test 'a configuration with a password that others can read is refused: password and proxy' {
	local line
	for line in 'password = hunter2' 'proxy = socks5://bob:hunter2@host'; do
		printf '[a]\nimap = imaps://host\n%s\n' "$line" | configure
		run -0 mlist -n
		refute_output --partial hunter2
		chmod 640 "$config"
		tells_nothing 78 mlist -n
		assert_output --partial "hint: chmod 600 $config"
	done
	printf '[a]\nimap = imaps://host\nproxy = socks5://bob@host\n' | configure
	chmod 644 "$config"
	run -0 mlist -n
}

@test 'a configuration that others can write is refused' {
	local mode
	printf '[a]\nimap = imaps://host\n' | configure
	for mode in 620 602 666; do
		chmod $mode "$config"
		run -78 mlist -n
		assert_output --partial "$config: others can write this file"
		assert_output --partial "hint: chmod go-w $config"
		cp -p "$config" elsewhere.ini
		run -78 mlist -n -C elsewhere.ini
	done
	chmod 644 "$config"
	run -0 mlist -n
	run -64 mlist -C /dev/null --nonsense
	printf '[x]\ndomains = example.org\nimap = imaps://host\n' >"${config%/*}/providers.ini"
	chmod 666 "${config%/*}/providers.ini"
	run -78 mlist -n -a bob@example.org
}
