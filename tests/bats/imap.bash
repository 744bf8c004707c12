# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# For IMAP, against the real server and against scripts: `load imap` behind `load helper`.
#
# shellcheck disable=SC2154  # me: setup(); SRV_*: tests/servers/start

# message NUMBER UID [ITEM]: the line of a script that sends it, the text being its number
message()
{
	printf 'S: * %d FETCH (UID %d BODY[] {11}\\r\\nSubject: %02d%s)\n' "$1" "$2" "$1" "${3-}"
}

# arrived: the texts of those that are in the Maildir box
arrived()
{
	if [[ -d box/new ]]; then cat box/new/* 2>/dev/null; fi | sed 's/Subject: \(..\)/\1 /g'
}

# raw COMMAND...: another client says these to the server, in the clear on a loopback address
raw()
{
	local host=${SRV_IMAP%:*} port=${SRV_IMAP##*:} line
	exec 5<>"/dev/tcp/$host/$port"
	{
		printf 'x1 LOGIN "%s" "%s"\r\n' "$me" "$SRV_PASSWORD"
		printf '%s\r\n' "$@"
		printf 'xz LOGOUT\r\n'
	} >&5
	while read -r -u 5 line; do
		printf '%s\n' "${line%$'\r'}"
	done
	exec 5>&-
}
