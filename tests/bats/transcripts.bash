# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the transcripts*.bats files share; each loads helper and replay first.

setup()
{
	replay_setup
	replay_hellos
}
