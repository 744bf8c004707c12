# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# msend, by tests/bench/run
# shellcheck disable=SC2154,SC2317,SC2034  # work, bin, SRV_*, tool: tests/bench/run; by_*: contest
# shellcheck disable=SC2016,SC2094,SC2002  # for another shell; a file is read only; a pipe is wanted

# The letter as it stands here (LF), and what msend makes of it for the wire (CRLF; nothing is added,
# for it has all that a message needs).
prepare_letters()
{
	"$bin/letters" message 2048 >"$work/letter"
	sed 's/$/\r/' "$work/letter" >"$work/letter.crlf"
}

peer_smtp_config()
{
	cat >"$work/msmtprc" <<-END
	account default
	host ${1%:*}
	port ${1##*:}
	tls on
	tls_starttls $2
	tls_trust_file $3
	auth plain
	user bench
	password $SRV_PASSWORD
	from bench@example.org
	END
	chmod 600 "$work/msmtprc"
}

curl_smtp()
{
	local url=$1
	shift
	measured curl -s --url "$url" --user "bench:$SRV_PASSWORD" --login-options AUTH=PLAIN \
		--mail-from bench@example.org --mail-rcpt bob@example.org "$@"
}

submission()
{
	settings_for bench
	by_msmtp() { measured msmtp -C "$work/msmtprc" bob@example.org <"$work/letter"; }
	contest 15 floor ours
	contest 5 msmtp curl
	limit wall 1.5
	limit cpu 1.6
}

row_submit_tls()
{
	row 'one message of 2 KiB, implicit TLS, to Postfix'
	[[ -n $SRV_POSTFIX_SMTPS ]] || { skip_row 'no Postfix'; return; }
	peer_smtp_config "$SRV_POSTFIX_SMTPS" off "$SRV_CA"
	by_floor() {
		measured "$bin/floor_smtp" "${smtps[@]}" bench "$SRV_PASSWORD" bench@example.org \
			bob@example.org 1 "$(stat -c %s letter.crlf)" <letter.crlf
	}
	by_ours() { measured msend bob@example.org <letter; }
	by_curl() { curl_smtp "smtps://$SRV_POSTFIX_SMTPS" --cacert "$SRV_CA" -T letter.crlf; }
	submission
}

row_submit_starttls()
{
	row 'one message of 2 KiB, STARTTLS, to Postfix'
	[[ -n $SRV_POSTFIX_SMTPS ]] || { skip_row 'no Postfix'; return; }
	peer_smtp_config "$SRV_POSTFIX_SUBMISSION" on "$SRV_CA"
	by_floor() {
		measured "$bin/floor_smtp" -s "${smtp[@]}" bench "$SRV_PASSWORD" bench@example.org \
			bob@example.org 1 "$(stat -c %s letter.crlf)" <letter.crlf
	}
	by_ours() { measured msend -s "smtp://$SRV_POSTFIX_SUBMISSION" bob@example.org <letter; }
	by_curl() { curl_smtp "smtp://$SRV_POSTFIX_SUBMISSION" --ssl-reqd --cacert "$SRV_CA" -T letter.crlf; }
	submission
}

# ---- many ----

row_submit_1000()
{
	local i files=()
	row '1,000 messages of 2 KiB over one connection, implicit TLS, to Postfix'
	[[ -n $SRV_POSTFIX_SMTPS ]] || { skip_row 'no Postfix'; return; }
	settings_for bench
	peer_smtp_config "$SRV_POSTFIX_SMTPS" off "$SRV_CA"
	"$bin/letters" maildir "$work/outbox" 1000 2048
	files=("$work"/outbox/cur/*)
	for ((i = 0; i < 1000; i++)); do
		((i == 0)) || echo next
		printf 'url = "smtps://%s"\nupload-file = "%s"\nmail-from = bench@example.org\n' \
			"$SRV_POSTFIX_SMTPS" "${files[i]}"
		printf 'mail-rcpt = bob@example.org\nuser = "bench:%s"\nlogin-options = AUTH=PLAIN\n' "$SRV_PASSWORD"
		printf 'cacert = "%s"\nsilent\n' "$SRV_CA"
	done >"$work/curlrc"
	by_floor() {
		measured "$bin/floor_smtp" "${smtps[@]}" bench "$SRV_PASSWORD" bench@example.org \
			bob@example.org 1000 "$(stat -c %s letter.crlf)" <letter.crlf
	}
	by_ours() { measured msend --batch "${files[@]}"; }
	by_curl() { measured curl -K "$work/curlrc"; }
	by_msmtp_100() {
		measured sh -c 'for f; do msmtp -C "$0" bob@example.org <"$f" || exit; done' \
			"$work/msmtprc" "${files[@]:0:100}"
	}
	contest 3 floor ours
	[[ ${BENCH_SLOW-} = no ]] || contest 1 curl msmtp_100
	limit wall 1.5
	limit cpu 2
	rm -rf "$work/outbox"
}

# ---- whom we trust ----

# The system's bundle, with our authority in it, in a mount namespace.
in_system_that_trusts_us()
{
	unshare --mount sh -c 'mount --bind "$1" /etc/ssl/certs/ca-certificates.crt && shift && exec "$@"' \
		sh "$work/bundle" "$@"
}

row_submit_system_trust()
{
	local bundle=/etc/ssl/certs/ca-certificates.crt
	row "one message of 2 KiB: one CA file, or the system's whole trust store"
	[[ -n $SRV_POSTFIX_SMTPS ]] || { skip_row 'no Postfix'; return; }
	cat "$bundle" "$SRV_CA" >"$work/bundle"
	in_system_that_trusts_us true 2>/dev/null || { skip_row 'needs root, and the bundle of Debian'; return; }
	settings_for bench
	peer_smtp_config "$SRV_POSTFIX_SMTPS" off "$SRV_CA"
	sed "s|^tls_trust_file.*|tls_trust_file $bundle|" msmtprc >msmtprc.system
	chmod 600 msmtprc.system
	sed "s/^password.*/&/; /^tls-ca-file/d" "$XDG_CONFIG_HOME/mailverbs/config.ini" >system.ini
	by_ours_ca_file() { in_system measured msend bob@example.org <letter; }
	by_ours_system() { in_system measured msend -C "$work/system.ini" bob@example.org <letter; }
	by_msmtp_ca_file() { in_system measured msmtp -C "$work/msmtprc" bob@example.org <letter; }
	by_msmtp_system() { in_system measured msmtp -C "$work/msmtprc.system" bob@example.org <letter; }
	by_curl_ca_file() { in_system curl_smtp "smtps://$SRV_POSTFIX_SMTPS" --cacert "$SRV_CA" -T letter.crlf; }
	by_curl_system() { in_system curl_smtp "smtps://$SRV_POSTFIX_SMTPS" -T letter.crlf; }
	contest 11 ours_ca_file ours_system
	contest 3 msmtp_ca_file msmtp_system curl_ca_file curl_system
	limit cpu 1.5 ours_system ours_ca_file
}

# in_system COMMAND...: with the bundle above; `measure` runs inside
in_system()
{
	local plain=$bin bin=$work/inside
	mkdir -p "$bin"
	cat >"$bin/measure" <<-END
	#!/bin/sh
	exec unshare --mount sh -c 'mount --bind "\$0" /etc/ssl/certs/ca-certificates.crt && exec "\$@"' \
		'$work/bundle' '$plain/measure' "\$@"
	END
	chmod +x "$bin/measure"
	"$@"
}

# ---- large ----

large()
{
	local mib=$1 rounds=$2
	row "one message of $mib MiB to a server that drops it, from a file and from a pipe"
	settings_for bench
	peer_smtp_config "localhost:$sink" off "$SRV_CA"
	"$bin/letters" message $((mib * 1024 * 1024)) >"$work/large"
	sed 's/$/\r/' "$work/large" >"$work/large.crlf"
	size=$(stat -c %s "$work/large.crlf")
	floor_large=("$bin/floor_smtp" localhost "$sink" "$SRV_CA" bench x bench@example.org bob@example.org 1 "$size")
	ours_large=(msend -s "smtps://localhost:$sink" bob@example.org)
	by_floor() { measured "${floor_large[@]}" <"$work/large.crlf"; }
	by_floor_pipe() { cat "$work/large.crlf" | measured "${floor_large[@]}"; }
	by_ours() { measured "${ours_large[@]}" <"$work/large"; }
	by_ours_pipe() { cat "$work/large" | measured "${ours_large[@]}"; }
	by_ours_crlf() { measured "${ours_large[@]}" <"$work/large.crlf"; }
	by_curl() { curl_smtp "smtps://localhost:$sink" --cacert "$SRV_CA" -T "$work/large.crlf"; }
	by_msmtp() { measured msmtp -C "$work/msmtprc" bob@example.org <"$work/large"; }
	contest "$rounds" floor ours ours_crlf
	contest "$rounds" floor_pipe ours_pipe
	contest 1 curl
	((mib > 200)) || contest 1 msmtp # a minute and more
	limit wall 1.3
	limit cpu 1.5
	limit_rss 10
	limit wall 1.5 ours_pipe floor_pipe
	limit cpu 1.5 ours_pipe floor_pipe
	limit_rss 10 ours_pipe
	rm -f "$work/large" "$work/large.crlf"
}

row_submit_25m() { large 25 7; }
row_submit_200m() { large 200 3; }
row_submit_1g() { large 1024 1; }

# ---- far away ----

row_submit_rounds()
{
	row 'one message of 2 KiB at 20 ms round trip (TCP handshake not counted), TLS and STARTTLS'
	[[ -n $SRV_POSTFIX_SMTPS ]] || { skip_row 'no Postfix'; return; }
	settings_for bench
	proxied "$SRV_POSTFIX_SMTPS" 20
	peer_smtp_config "localhost:$proxy" off "$SRV_CA"
	by_ours() { through_proxy msend -s "smtps://localhost:$proxy" bob@example.org <letter; }
	by_msmtp() { through_proxy msmtp -C "$work/msmtprc" bob@example.org <letter; }
	by_curl() { curl_far "smtps://localhost:$proxy"; }
	contest 1 ours msmtp curl
	end_proxy
	proxied "$SRV_POSTFIX_SUBMISSION" 20
	peer_smtp_config "localhost:$proxy" on "$SRV_CA"
	by_ours_starttls() { through_proxy msend -s "smtp://localhost:$proxy" bob@example.org <letter; }
	by_msmtp_starttls() { through_proxy msmtp -C "$work/msmtprc" bob@example.org <letter; }
	by_curl_starttls() { curl_far "smtp://localhost:$proxy"; }
	contest 1 ours_starttls msmtp_starttls curl_starttls
	end_proxy
	limit_rounds 5 ours
	limit_rounds 6 ours_starttls
}

curl_far()
{
	through_proxy curl -s --url "$1" --ssl-reqd --cacert "$SRV_CA" --user "bench:$SRV_PASSWORD" \
		--login-options AUTH=PLAIN --mail-from bench@example.org --mail-rcpt bob@example.org -T letter.crlf
}
