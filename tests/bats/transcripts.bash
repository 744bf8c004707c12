# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the transcripts*.bats files share; each loads helper and replay first.

# shellcheck disable=SC2034  # for the tests

setup()
{
	replay_setup
	# what a server without quirks says before the first command that matters
	pop3_hello='S: +OK ready
C: CAPA
S: +OK
S: PIPELINING
S: TOP
S: .'
	smtp_hello='S: 220 ready
C: EHLO [127.0.0.1]
S: 250-mx.example.org
S: 250 PIPELINING'
	# the letter, as the wire has it
	wire_letter=$(sed 's/^/C: /' letter)
}
