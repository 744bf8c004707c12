# SPDX-License-Identifier: ISC
#
# What POP3 alone has, against the server in this file's name: pop3-courier.bats and the others are links to
# pop3-dovecot.bats.

# shellcheck disable=SC2154 # helper.bash and peers.bash set what is used here

load helper
load peers

setup_file()
{
	peer_start
}

teardown_file()
{
	peer_stop
}

setup()
{
	mailbox_setup
}

@test 'a server that lacks STLS gets no secret, one that has it is used' {
	plain a
	if peer_is popa3d; then
		run -69 mlist -v --server="pop3://$PEER_POP3"
		assert_line --partial 'does not offer STLS'
		refute_output --partial 'C: PASS'
	else
		run -0 mlist -v -o subject --server="pop3://$PEER_POP3"
		assert_line 'C: STLS'
		assert_line a
	fi
}

@test 'a server that wants a pause between two logins is given it' {
	run -0 command mlist
	run command mlist
	if peer_is courier; then
		assert_equal "$status" 75
		assert_output --partial 'wants 10 seconds between two logins'
	else
		assert_equal "$status" 0
	fi
}
