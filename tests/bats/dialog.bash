# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What is said in a session of mfetch, as a transcript (tests/replay.c), in either protocol: so a test is the same over
# POP3 and IMAP.
#
#	{ hello; lists 3; asks 1 2 3; gives 1 one; gives 2 two; gives 3 three; given; quits; } >script
#
# The messages have the numbers and the UIDs 1 to N, the unique ids `id N`, which are `key N` in a journal, and 9 octets
# each by the server's account, or as many as $octets says.
#
#	hello             the greeting and, over IMAP, the login
#	lists N           the whole list is asked for, and N messages are told
#	asks_list, tells_list N
#	                  the same in two steps
#	news LAST N       what came behind the message LAST is asked for, and N are told
#	asks N...         the texts of these, which follow each other, are asked for
#	gives N TEXT      and given: an empty header, and the line TEXT
#	begins N TEXT     given up to TEXT, without a line end; ten million octets are to come
#	given             all that was asked for was given
#	deletes N...      these, which follow each other, are deleted, and that is the end
#	agrees            the server agrees to the first step of that
#	deleted N...      and to all
#	quits             the end, where nothing was deleted

octets=9

case ${MAILVERBS_PROTOCOL:-pop3} in
pop3)
	id() { echo "id-$1"; }
	key() { id "$1"; }
	hello() { printf '%s\n' 'S: +OK ready' 'C: CAPA' 'S: +OK' 'S: PIPELINING' 'S: .'; }
	asks_list() { printf '%s\n' 'C: UIDL' 'C: LIST'; }
	tells_list() { printf '%s\n' 'S: +OK' "S* $1 \\i id-\\i" 'S: .' 'S: +OK' "S* $1 \\i $octets" 'S: .'; }
	news()
	{
		local n total=$(($1 + $2))
		printf '%s\n' 'C: STAT' "C: UIDL $1" "S: +OK $total $((total * octets))" "S: +OK $1 id-$1"
		for ((n = $1 + 1; n <= total; n++)); do printf '%s\n' "C: UIDL $n" "C: LIST $n"; done
		for ((n = $1 + 1; n <= total; n++)); do printf '%s\n' "S: +OK $n id-$n" "S: +OK $n $octets"; done
	}
	asks() { printf 'C: RETR %d\n' "$@" && echo 'C: NOOP'; }
	gives() { printf 'S: +OK\\r\\n\\r\\n%s\\r\\n.\n' "$2"; }
	begins() { printf 'S> +OK\\r\\n\\r\\n%s\n' "$2"; }
	given() { echo 'S: +OK'; }
	deletes() { printf 'C: DELE %d\n' "$@" && quits; }
	agrees() { echo 'S: +OK'; }
	deleted() { printf 'S* %d +OK\n' $(($# + 1)); }
	quits() { echo 'C: QUIT'; }
	;;
imap)
	# set N...: as a command has them
	set_of() { if (($# == 1)); then echo "$1"; else echo "$1:${!#}"; fi; }
	# told FROM TO: in the list
	told()
	{
		local n
		for ((n = $1; n <= $2; n++)); do echo "S: * $n FETCH (UID $n RFC822.SIZE $octets)"; done
	}
	selected() { printf '%s\n' "S: * $1 EXISTS" 'S: * OK [UIDVALIDITY 7] valid' "S: a$((tag - 1)) OK selected"; }
	lists_from() { printf '%s\n' "C~ a$((++tag)) (SELECT|EXAMINE) \"INBOX\"" "C: a$((++tag)) UID FETCH $1:* (UID RFC822.SIZE)"; }

	id() { echo "$1"; }
	key() { echo "7:$1"; }
	hello()
	{
		tag=1
		printf '%s\n' 'S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready' \
			'C: a1 AUTHENTICATE PLAIN AGFsaWNlAHRhbnN0YWFm' 'S: a1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in'
	}
	asks_list() { lists_from 1; }
	tells_list() { selected "$1" && told 1 "$1" && given; }
	news()
	{
		lists_from $(($1 + 1))
		selected $(($1 + $2))
		told $(($2 == 0 ? $1 : $1 + 1)) $(($1 + $2)) # n:* is the last one at least
		given
	}
	asks() { echo "C: a$((++tag)) UID FETCH $(set_of "$@") (UID BODY.PEEK[])"; }
	gives() { printf 'S: * %d FETCH (UID %d BODY[] {%d}\\r\\n\\r\\n%s\\r\\n)\n' "$1" "$1" $((${#2} + 4)) "$2"; }
	begins() { printf 'S> * %d FETCH (UID %d BODY[] {9999999}\\r\\n\\r\\n%s\n' "$1" "$1" "$2"; }
	given() { echo "S: a$tag OK done"; }
	deletes()
	{
		printf 'C: a%d UID STORE %s +FLAGS.SILENT (%s)\n' $((++tag)) "$(set_of "$@")" '\\Deleted'
		printf 'C: a%d UID EXPUNGE %s\n' $((++tag)) "$(set_of "$@")"
		quits
	}
	agrees() { echo "S: a$((tag - 2)) OK marked"; }
	deleted()
	{
		agrees
		for _; do echo "S: * $1 EXPUNGE"; done
		printf '%s\n' "S: a$((tag - 1)) OK expunged" 'S: * BYE' "S: a$tag OK"
	}
	quits() { echo "C: a$((++tag)) LOGOUT"; }
	;;
esac

lists() { asks_list && tells_list "$1"; }
