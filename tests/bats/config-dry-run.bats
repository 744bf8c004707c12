# SPDX-License-Identifier: ISC
#
# --dry-run: what it shows of the settings, and what it leaves alone.

# shellcheck disable=SC2154  # abs_top_builddir: helper.bash

load helper
load config

@test '--dry-run hides the password, and what it becomes' {
	config_for "$user"
	for tool in msend mlist mfetch; do
		run -0 plan $tool
		assert_value password '***' "$config:3"
		refute_output --partial "$SRV_PASSWORD"
	done
	run -0 mdel --dry-run all
	refute_output --partial "$SRV_PASSWORD"
	for word in secret-word 'a:b' 'a@b' 'a://b'; do
		config_for "$user" "proxy = socks5://alice:$word@localhost:1080"
		run -0 plan mlist
		assert_line --partial $'proxy = socks5://alice:***@localhost:1080\t'
		refute_output --partial "$word@"
	done
	run -0 plan mlist --proxy=socks5://localhost:1080
	assert_value proxy socks5://localhost:1080 'command line'
}

@test '--dry-run shows what would be done and does nothing' {
	config_for "$user" 'maildir = ~/Mail'
	printf 'Subject: one\n\nx\n' >one
	deliver "$user" one one one
	run -0 mfetch --dry-run
	assert_line 'would fetch 3 of 3 messages'
	run -0 mfetch -n 1
	assert_line 'would fetch 1 of 3 messages'
	assert_line 'would delete 1 of 3 messages'
	run -0 mfetch -n --keep
	refute_output --partial delete
	run -0 mfetch -n --headers
	refute_output --partial delete
	run -0 mdel --dry-run 2-
	assert_line 'would delete 2 of 3 messages'
	uid=$(mlist -o uid 2)
	assert_line --partial "would delete 2 (uid:$uid), from "
	run -0 mlist --dry-run
	assert_line 'would list all messages'
	run -0 mlist --dry-run -c 1-2
	assert_line 'would count the messages named'
	run -0 mdel -n -q all
	assert_line 'would delete 3 of 3 messages'
	assert_equal "$(mailbox_count "$user")" 3
	[ ! -e "$HOME/Mail" ]
	# nor was anything recorded as delivered
	run -0 mlist new -o number
	assert_equal "${#lines[@]}" 3
	mfetch --maildir=Mail
	assert_equal "$(find Mail/new -type f | wc -l)" 3
}

@test '--dry-run counts what a run before delivered, and would be deleted now' {
	config_for "$user" 'maildir = ~/Mail'
	printf 'Subject: one\n\nx\n' >one
	deliver "$user" one one
	mfetch --keep
	deliver "$user" one
	run -0 mfetch --dry-run
	assert_line 'would fetch 1 of 3 messages'
	assert_line 'would delete 3 of 3 messages'
	run -0 mfetch --dry-run --keep=10d
	refute_output --partial 'would delete'
	run -0 mfetch --dry-run --keep=0s
	assert_line 'would delete 3 of 3 messages'
}

@test '--dry-run complains of what names no message' {
	config_for "$user" 'maildir = ~/Mail'
	printf 'Subject: one\n\nx\n' >one
	deliver "$user" one
	run -66 mdel --dry-run 1 9
	assert_line 'would delete 1 of 1 messages'
	assert_line 'mdel: 9: no such message'
	run -66 mfetch --dry-run 9
	assert_line 'mfetch: 9: no such message'
}

@test '--dry-run makes no directory, no record and no lock, and sees what is recorded' {
	config_for "$user" 'maildir = ~/Mail'
	printf 'Subject: one\n\nx\n' >one
	deliver "$user" one
	run -0 mfetch --dry-run
	run -0 mfetch --dry-run --mark-seen
	run -0 mfetch --dry-run --keep --maildir=other
	[ ! -e "$XDG_STATE_HOME" ]
	mfetch --keep
	deliver "$user" one
	find "$XDG_STATE_HOME" -type f -exec cksum {} + | sort >before
	run -0 mfetch --keep --dry-run
	assert_line 'would fetch 1 of 2 messages'
	run -0 mfetch --keep --dry-run --mbox=other
	assert_line 'would fetch 2 of 2 messages'
	find "$XDG_STATE_HOME" -type f -exec cksum {} + | sort | diff before -
}

@test '--dry-run shows the authorization server that the preset names for OAuth 2' {
	run -0 mlist --dry-run -a alice@outlook.com
	assert_line --regexp '^auth = xoauth2.\(preset outlook\)$'
	for key in authorize token device; do
		assert_line --regexp "^oauth2-$key = https://login\.microsoftonline\.com/.*.\(preset outlook\)\$"
	done
	assert_line --partial 'oauth2-scope = https://outlook.office.com/IMAP.AccessAsUser.All https://outlook'
	# an account may have its own
	printf '[one]\naddress = alice@outlook.com\noauth2-token = https://x\n' | configure
	run -0 mlist --dry-run
	assert_line --partial 'oauth2-token = https://x'
}

@test '--dry-run shows what is ready for a terminal only' {
	printf '[one]\naddress = %s\nfull-name = a\033[31mb\npop3 = pop3s://x\n' "$me" | configure
	run plan msend -s x
	refute_output --partial $'\033'
}
