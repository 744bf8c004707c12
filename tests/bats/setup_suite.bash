# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# `bats tests/x.bats` alone starts its own private servers; tests/run starts them once for all.

setup_suite()
{
	[[ -z ${SRV_DIR-} ]] || return 0
	local tests
	tests=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
	export SUITE_SERVERS
	SUITE_SERVERS=$(mktemp -d /tmp/mailverbs.XXXXXX)
	"$tests/servers/start" "$SUITE_SERVERS"
	# shellcheck source=/dev/null
	. "$SUITE_SERVERS/env"
}

teardown_suite()
{
	[[ -n ${SUITE_SERVERS-} ]] || return 0
	"${BASH_SOURCE[0]%/*}/../servers/stop" "$SUITE_SERVERS"
	rm -rf "$SUITE_SERVERS"
}
