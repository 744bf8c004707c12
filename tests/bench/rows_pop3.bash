# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# mfetch, mlist and mdel over POP3, by tests/bench/run
# shellcheck disable=SC2154,SC2317,SC2034  # work, bin, SRV_*, tool: tests/bench/run; by_*: contest
# shellcheck disable=SC2046  # one word, or none

# ---- the peers' configurations; POP3S_PORT: another port than the server's ----

pop3s_port()
{
	echo "${POP3S_PORT:-${SRV_POP3S##*:}}"
}

# mpop_config on|off DELIVERY
mpop_config()
{
	cat >"$work/mpoprc" <<-END
	defaults
	tls on
	tls_starttls off
	tls_trust_file $SRV_CA
	account default
	host localhost
	port $(pop3s_port)
	auth plain
	user $user
	password $SRV_PASSWORD
	keep $1
	uidls_file $work/peer/uidls
	delivery $2
	END
	chmod 600 "$work/mpoprc"
}

# fetchmail_config keep|delete COMMAND
fetchmail_config()
{
	local keep='no keep'
	[[ $1 = delete ]] || keep='keep'
	cat >"$work/fetchmailrc" <<-END
	set idfile "$work/peer/ids"
	poll localhost service $(pop3s_port) protocol pop3 uidl auth password
	user "$user" password "$SRV_PASSWORD" ssl sslcertck sslcertfile "$SRV_CA" $keep
	mda "$2"
	END
	chmod 600 "$work/fetchmailrc"
}

# getmail_config keep|delete DESTINATION
getmail_config()
{
	local delete=false
	[[ $1 = keep ]] || delete=true
	mkdir -p "$work/peer/getmail"
	cat >"$work/peer/getmail/rc" <<-END
	[retriever]
	type = SimplePOP3SSLRetriever
	server = localhost
	port = $(pop3s_port)
	username = $user
	password = $SRV_PASSWORD
	ca_certs = $SRV_CA
	[destination]
	$2
	[options]
	read_all = false
	delete = $delete
	verbose = 0
	END
}

# fdm_config keep|delete ACTION: it trusts whom it likes, for it can't be told
fdm_config()
{
	local keep='keep'
	[[ $1 = keep ]] || keep=
	rm -f "$work/fdm.conf"
	cat >"$work/fdm.conf" <<-END
	set lock-file "$work/peer/fdm.lock"
	set maximum-size 1G
	account "bench" pop3s server "localhost" port $(pop3s_port) user "$user" pass "$SRV_PASSWORD" new-only cache "$work/peer/fdm.cache" no-verify $keep
	action "box" $2
	match all action "box"
	END
	chmod 600 "$work/fdm.conf"
}

by_mpop_into() { mpop_config "$(off_if_delete)" "$1"; measured mpop -q -C "$work/mpoprc"; }
by_fetchmail_into() { fetchmail_config "$how" "$1"; measured fetchmail -s --nosyslog -f "$work/fetchmailrc"; }
# as_nobody COMMAND...: getmail delivers nothing as root, and fdm becomes another user
as_nobody()
{
	local as=()
	if [[ $EUID -eq 0 ]]; then
		chown -R nobody:nogroup "$box" "$work/peer"
		[[ ! -e $work/fdm.conf ]] || chown nobody:nogroup "$work/fdm.conf"
		as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	fi
	TMPDIR=$work/peer "${runner:-measured}" "${as[@]}" "$@"
}

by_getmail_into() { getmail_config "$how" "$1"; as_nobody getmail -q --getmaildir "$work/peer/getmail" --rcfile rc; }
by_fdm_into() { fdm_config "$how" "$1"; as_nobody fdm -q -f "$work/fdm.conf" fetch; }
off_if_delete() { [[ $how = keep ]] && echo on || echo off; }

# curl fetches, and knows neither what it had nor how to delete that; message by message into files
curl_fetches()
{
	measured curl -s --cacert "$SRV_CA" --user "$user:$SRV_PASSWORD" --login-options AUTH=PLAIN \
		"pop3s://localhost:$(pop3s_port)/[1-$count]" -o "$box/new/#1"
}

# ---- many ----

# fresh: a mailbox as the first contestant found it, and nothing here
fresh()
{
	[[ $how = keep && -n ${user-} ]] || { forget_mailbox; mailbox maildir "$count" "$size"; }
	fresh_box "$where"
}

ours_options()
{
	[[ $how = delete ]] || echo --keep
}

into_maildir()
{
	by_floor() { fresh; measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" maildir "$how" "$box"; arrived; }
	by_ours() { fresh; measured mfetch -q $(ours_options) --maildir="$box"; arrived; }
	by_mpop() { fresh; by_mpop_into "maildir $box"; arrived; }
	by_curl() { fresh; curl_fetches; arrived; }
	by_fdm() { fresh; by_fdm_into "maildir \"$box\""; arrived; }
	by_getmail() { fresh; by_getmail_into "$(printf 'type = Maildir\npath = %s/' "$box")"; arrived; }
	by_fetchmail() { fresh; by_fetchmail_into "/usr/bin/procmail -m DEFAULT=$box/ $work/procmailrc"; arrived; }
	: >"$work/procmailrc"
}

into_mbox()
{
	by_floor() { fresh; measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" mbox "$how" "$box.mbox"; }
	by_ours() { fresh; measured mfetch -q $(ours_options) --mbox="$box.mbox"; }
	by_mpop() { fresh; by_mpop_into "mbox $box.mbox"; }
	by_fdm() { fresh; by_fdm_into "mbox \"$box.mbox\""; }
	by_getmail() { fresh; : >"$box.mbox"; by_getmail_into "$(printf 'type = Mboxrd\npath = %s' "$box.mbox")"; }
}

# What is measured is worth nothing if it did not do it. Over IMAP a message that somebody has read
# arrives in cur.
arrived()
{
	local there=("$box"/new/* "$box"/cur/*)
	((${#there[@]} == count)) && return
	echo "$row_name: $contestant: ${#there[@]} of $count arrived" | tee -a "$work/failures" >&2
	rm -f "$figures/$contestant"
	: >"$figures/.failed.$contestant"
}

# thousand keep|delete maildir|mbox: 1,000 messages of 10 KiB, in memory
thousand()
{
	how=$1 count=1000 size=10240 where=$work user=
	row "1,000 messages of 10 KiB into a${2/#m/ m}, $1, TLS, in memory"
	"into_$2"
	contest 7 floor ours
	contest 3 mpop
	if [[ $2 = maildir ]]; then
		[[ $how = delete ]] || contest 1 curl
		contest 1 fdm
		[[ ${BENCH_SLOW-} = no ]] || contest 1 getmail fetchmail
	fi
	limit wall 1.3
	limit cpu 1.5
	limit_rss 10
	forget_mailbox
}

row_fetch_maildir_keep() { thousand keep maildir; }
row_fetch_maildir_delete() { thousand delete maildir; }
row_fetch_mbox_keep() { thousand keep mbox; }
row_fetch_mbox_delete() { thousand delete mbox; }

# ---- on a real disk ----

# The floor flushes nothing: what its predecessors left for the kernel to write is written before.
on_disk()
{
	how=delete count=1000 size=10240 where=$disk user=
	row "1,000 messages of 10 KiB into a${1/#m/ m}, delete, TLS, on a disk, flushed"
	"into_$1"
	# The journal too: it is flushed as well.
	export XDG_STATE_HOME=$disk/state
	contest 5 floor ours
	contest 2 mpop
	export XDG_STATE_HOME=$HOME/.local/state
	limit wall 2.3
	forget_mailbox
	rm -rf "${disk:?}"/*
}

row_fetch_disk_maildir() { on_disk maildir; }
row_fetch_disk_mbox() { on_disk mbox; }

# ---- into a command ----

# The floors: the processes alone, without a mailbox; `sh` is what a shell between costs, and `true` is
# the least that a process costs.
row_fetch_pipe()
{
	how=keep count=1000 size=10240 where=$work user=
	row "1,000 messages of 10 KiB, each into its own 'cat >/dev/null', keep, TLS"
	by_floor() { measured "$bin/floor_spawn" "$count" "$size" cat; }
	by_floor_sh() { measured "$bin/floor_spawn" "$count" "$size" sh -c 'cat >/dev/null'; }
	by_floor_true() { measured "$bin/floor_spawn" "$count" "$size" true; }
	by_ours() { fresh; measured mfetch -q --keep --pipe='cat >/dev/null'; }
	by_mpop() { fresh; by_mpop_into "mda cat >/dev/null"; }
	by_fdm() { fresh; by_fdm_into 'pipe "cat >/dev/null"'; }
	contest 3 floor mpop ours
	contest 1 floor_sh floor_true fdm
	limit cpu 0.33 ours mpop
	forget_mailbox
}

# ---- large ones ----

large_fetch()
{
	how=keep count=$1 size=$(($2 * 1024 * 1024)) where=$work user=
	row "$1 x $2 MiB into a Maildir and an mbox, keep, TLS, in memory"
	into_maildir
	by_floor_mbox() { fresh; measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" mbox "$how" "$box.mbox"; }
	by_ours_mbox() { fresh; measured mfetch -q --keep --mbox="$box.mbox"; }
	contest 5 floor ours
	contest 5 floor_mbox ours_mbox
	contest 1 mpop curl fdm
	limit wall 1.2
	limit cpu 1.5
	limit_rss 10
	limit wall 1.2 ours_mbox floor_mbox
	limit cpu 1.5 ours_mbox floor_mbox
	limit_rss 10 ours_mbox
	forget_mailbox
	fresh_box
}

row_fetch_20x10m() { large_fetch 20 10; }
row_fetch_1x200m() { large_fetch 1 200; }

# ---- nothing new ----

# Everybody had all of it: what a run costs that finds nothing new. fetchmail and getmail would need
# minutes to come so far.
row_fetch_nothing_new()
{
	local first
	how=keep count=50000 size=600 where=$work user=
	row 'nothing new among 50,000 messages that are kept on the server, TLS'
	mailbox links 1 600
	first=$user
	fresh_box
	by_floor_login() { measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" login; }
	by_empty() { measured mfetch -q --keep --maildir="$box"; }
	by_empty_far() { through_proxy mfetch -q --keep -s "pop3s://localhost:$proxy" --maildir="$box"; }
	mfetch -q --maildir="$box" || return # and it is empty
	contest 9 empty floor_login
	proxied "$SRV_POP3S" 20
	contest 1 empty_far

	mailbox links 50000 600
	fresh_box
	mfetch -q --mark-seen --maildir="$box" # as if all had been fetched
	mfetch -q --keep --maildir="$box"
	# another port is another mailbox
	mfetch -q -s "pop3s://localhost:$proxy" --mark-seen --maildir="$box"
	mfetch -q -s "pop3s://localhost:$proxy" --keep --maildir="$box"
	by_floor() { measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" list; }
	by_ours() { measured mfetch -q --keep --maildir="$box"; }
	by_ours_far() { through_proxy mfetch -q --keep -s "pop3s://localhost:$proxy" --maildir="$box"; }
	by_ours_full() { measured mfetch -q --keep --full-listing --maildir="$box"; }
	by_mpop() { by_mpop_into "maildir $box"; }
	by_fdm() { by_fdm_into drop; }
	contestants=(floor "${contestants[@]}")
	contest 5 floor ours ours_full
	contest 1 ours_far
	end_proxy
	[[ ${BENCH_SLOW-} = no ]] || nothing_new_for_peers
	limit cpu 2 ours_full floor
	limit_more 2 ours empty
	limit_rounds "$(rounds_of empty_far)" ours_far
	forget_mailbox
	user=$first
	forget_mailbox
}

# Their first run is not measured.
nothing_new_for_peers()
{
	if command -v mpop >/dev/null; then
		mpop_config on "maildir $box"
		mpop -q -C "$work/mpoprc"
	fi
	if command -v fdm >/dev/null; then
		fdm_config keep drop
		runner='command' as_nobody fdm -q -f "$work/fdm.conf" fetch
	fi
	contest 2 mpop fdm
}

# ---- listing, deleting ----

row_list_10000()
{
	row 'mlist of 10,000 messages: numbers, sizes, ids, TLS'
	tool=mlist user=
	mailbox links 10000 600
	by_floor() { measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" list; }
	by_ours() { measured mlist -o number,size,uid; }
	by_curl() {
		measured curl -s --cacert "$SRV_CA" --user "$user:$SRV_PASSWORD" --login-options AUTH=PLAIN \
			"pop3s://$SRV_POP3S/" -X UIDL --next -s --cacert "$SRV_CA" --user "$user:$SRV_PASSWORD" \
			--login-options AUTH=PLAIN "pop3s://$SRV_POP3S/"
	}
	contest 11 floor ours
	contest 3 curl
	limit wall 1.2
	limit cpu 1.5
	forget_mailbox
}

row_delete_1000()
{
	row 'mdel of 1,000 messages, TLS'
	tool=mdel user=
	by_floor() {
		forget_mailbox
		mailbox links 1000 600
		measured "$bin/floor_pop3" "${pop3s[@]}" "$user" "$SRV_PASSWORD" delete
	}
	by_ours() {
		forget_mailbox
		mailbox links 1000 600
		measured mdel -q all
	}
	contest 11 floor ours
	limit wall 1.2
	forget_mailbox
}

# ---- far away ----

row_fetch_rounds()
{
	how=delete count=200 size=4096 where=$work user=
	row '200 messages of 4 KiB at 50 ms round trip, delete, TLS'
	proxied "$SRV_POP3S" 50
	POP3S_PORT=$proxy
	by_ours() { fresh; through_proxy mfetch -q -s "pop3s://localhost:$proxy" --maildir="$box"; arrived; }
	by_mpop() { fresh; mpop_config off "maildir $box"; through_proxy mpop -q -C "$work/mpoprc"; }
	by_fdm() { fresh; fdm_config delete "maildir \"$box\""; runner='through_proxy' as_nobody fdm -q -f "$work/fdm.conf" fetch; }
	by_fetchmail() { fresh; fetchmail_config delete 'cat >/dev/null'; through_proxy fetchmail -s --nosyslog -f "$work/fetchmailrc"; }
	contest 1 ours mpop fdm
	[[ ${BENCH_SLOW-} = no ]] || contest 1 fetchmail
	limit_rounds 8 ours "with TCP's" 1
	end_proxy
	unset POP3S_PORT
	forget_mailbox
}
