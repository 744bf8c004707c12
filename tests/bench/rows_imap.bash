# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# mfetch and mlist over IMAP, by tests/bench/run; the floor is POP3's, for that is what IMAP is
# held against
# shellcheck disable=SC2154,SC2317,SC2034  # work, bin, SRV_*, tool: tests/bench/run; by_*: contest

# ---- the peers' configurations; IMAPS_PORT: another port than the server's ----

imaps_port()
{
	echo "${IMAPS_PORT:-${SRV_IMAPS##*:}}"
}

imaps()
{
	echo "imaps://localhost:$(imaps_port)"
}

mbsync_config()
{
	cat >"$work/mbsyncrc" <<-END
	IMAPAccount bench
	Host localhost
	Port $(imaps_port)
	User $user
	Pass $SRV_PASSWORD
	AuthMechs PLAIN
	SSLType IMAPS
	CertificateFile $SRV_CA

	IMAPStore far
	Account bench

	MaildirStore near
	Path $work/peer/
	Inbox $box

	Channel bench
	Far :far:
	Near :near:
	Sync PullNew
	SyncState $work/peer/
	END
}

getmail_imap_config()
{
	mkdir -p "$work/peer/getmail"
	cat >"$work/peer/getmail/rc" <<-END
	[retriever]
	type = SimpleIMAPSSLRetriever
	server = localhost
	port = $(imaps_port)
	username = $user
	password = $SRV_PASSWORD
	ca_certs = $SRV_CA
	[destination]
	type = Maildir
	path = $box/
	[options]
	read_all = false
	verbose = 0
	END
}

fetchmail_imap_config()
{
	cat >"$work/fetchmailrc" <<-END
	set idfile "$work/peer/ids"
	poll localhost service $(imaps_port) protocol imap auth password
	user "$user" password "$SRV_PASSWORD" ssl sslcertck sslcertfile "$SRV_CA" keep fetchall
	mda "cat >/dev/null"
	END
	chmod 600 "$work/fetchmailrc"
}

by_mbsync_into() { mbsync_config; "$1" mbsync -q -c "$work/mbsyncrc" bench; }

by_curl_into()
{
	"$1" curl -s --cacert "$SRV_CA" --user "$user:$SRV_PASSWORD" --login-options AUTH=PLAIN \
		"$(imaps)/INBOX/;UID=[1-$count]" -o "$box/new/#1"
}

# ---- many ----

row_imap_maildir()
{
	how=keep count=1000 size=10240 where=$work user=
	row '1,000 messages of 10 KiB into a Maildir, keep, TLS, in memory: IMAP, and POP3 beside it'
	by_floor() { fresh; measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" maildir keep "$box"; arrived; }
	by_ours_pop3() { fresh; measured mfetch -q --keep --maildir="$box"; arrived; }
	by_ours() { fresh; measured mfetch -q --keep -s "$(imaps)" --maildir="$box"; arrived; }
	by_mbsync() { fresh; by_mbsync_into measured; arrived; }
	by_curl() { fresh; by_curl_into measured; }
	# a hundred: of a thousand it takes as many and then stands still for minutes
	by_getmail_100() {
		local user='' count=100
		fresh
		getmail_imap_config
		as_nobody getmail -q --getmaildir "$work/peer/getmail" --rcfile rc
		arrived
	}
	by_fetchmail() { fresh; fetchmail_imap_config; measured fetchmail -s --nosyslog -f "$work/fetchmailrc"; }
	contest 7 floor ours_pop3 ours
	contest 3 mbsync
	contest 1 curl
	[[ ${BENCH_SLOW-} = no ]] || contest 1 getmail_100 fetchmail
	limit wall 1.1 ours ours_pop3
	limit cpu 1 ours mbsync
	limit_rss 10
	forget_mailbox
}

# ---- far away ----

# far COUNT MS: a mailbox of so many letters of 4 KiB, and the line to it
far()
{
	forget_mailbox
	user='' count=$1
	proxied "$SRV_IMAPS" "$2"
	IMAPS_PORT=$proxy
}

near()
{
	end_proxy
	unset IMAPS_PORT
}

row_imap_rounds()
{
	how=keep size=4096 where=$work user=
	row "messages of 4 KiB, keep, TLS: 200 at 50 ms round trip (TCP's not counted), 1,000 too"
	by_ours() { fresh; through_proxy mfetch -q --keep -s "$(imaps)" --maildir="$box"; arrived; }
	by_ours_1000() { by_ours; }
	by_mbsync() { fresh; by_mbsync_into through_proxy; }
	by_curl() { fresh; by_curl_into through_proxy; }
	far 200 50
	contest 1 ours mbsync
	[[ ${BENCH_SLOW-} = no ]] || contest 1 curl
	near
	far 1000 50
	contest 1 ours_1000
	near
	limit_rounds 7 ours "with TCP's" 1
	limit_rounds "$(rounds_of ours)" ours_1000
	forget_mailbox
}

# ---- nothing new ----

row_imap_nothing_new()
{
	local first
	how=keep count=50000 size=600 where=$work user=
	row 'nothing new in a folder of 50,000 messages that are kept on the server, TLS'
	mailbox links 1 600
	first=$user
	fresh_box
	mfetch -q -s "$(imaps)" --maildir="$box" || return # and it is empty
	by_empty() { measured mfetch -q --keep -s "$(imaps)" --maildir="$box"; }
	contest 9 empty

	mailbox links 50000 600
	fresh_box
	mfetch -q --mark-seen -s "$(imaps)" --maildir="$box" # as if all had been fetched
	mfetch -q --keep -s "$(imaps)" --maildir="$box"
	by_ours() { measured mfetch -q --keep -s "$(imaps)" --maildir="$box"; }
	by_ours_far() { through_proxy mfetch -q --keep -s "$(imaps)" --maildir="$box"; }
	contest 9 ours
	far_from_all
	forget_mailbox
	user=$first
	forget_mailbox
	limit_more 1 ours empty
	limit_rounds 4 ours_far "to the answer (not LOGOUT)" -1
}

far_from_all()
{
	proxied "$SRV_IMAPS" 20
	IMAPS_PORT=$proxy
	# another port is another mailbox
	mfetch -q --mark-seen -s "$(imaps)" --maildir="$box"
	mfetch -q --keep -s "$(imaps)" --maildir="$box"
	contest 1 ours_far
	near
}

# ---- listing ----

row_imap_list_10000()
{
	row 'mlist of 10,000 messages: numbers, from, subject, TLS'
	tool=mlist user=
	mailbox links 10000 600
	by_ours() { measured mlist -s "$(imaps)" -o number,from,subject; }
	by_ours_pop3() { measured mlist -o number,from,subject; }
	by_ours_far() { through_proxy mlist -s "$(imaps)" -o number,from,subject; }
	contest 3 ours ours_pop3
	far_from_all
	limit_rss 10
	forget_mailbox
}
