# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What hostile.bats and hostile-login.bats share; each loads helper first.

# shellcheck disable=SC2034  # for the tests

# shellcheck disable=SC2154  # smtp, pop3: tests/replay.bash

# shellcheck disable=SC2030,SC2031  # run's and a test's variables are meant to be its own

setup()
{
	replay_setup
	replay_hellos
	kib=$(printf 'x%.0s' {1..1024})
}
