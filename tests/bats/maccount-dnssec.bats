#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# maccount discover with a resolver that validates signatures (unbound), and really signed, unsigned and forged zones: a
# server outside the domain is trusted only if the signature was checked on this machine.

# shellcheck disable=SC2154  # helper.bash and run set what is used here

load helper
load maccount

setup_file()
{
	command -v unbound >/dev/null || skip 'unbound is not installed'
	local zone
	dns=$BATS_FILE_TMPDIR/dns
	mkdir "$dns"
	for zone in signed unsigned forged; do
		printf '%s\n' "_imaps._tcp.$zone.example SRV 0 1 $(port_of "$SRV_IMAPS") localhost" \
			"_submissions._tcp.$zone.example SRV 0 1 $(port_of "$SRV_SUBMISSIONS") localhost" \
			"$zone.example MX 10 mx1.hoster.example" >"$dns/$zone"
	done
	sed -i 's/localhost/mail.example.net/' "$dns/forged" # its owner's; an attacker puts his own there
	"$tests/servers/signed-zone" "$dns" signed.example <"$dns/signed" >"$dns/signed.zone"
	mv "$dns/anchor" "$dns/signed.anchor"
	"$tests/servers/signed-zone" - unsigned.example <"$dns/unsigned" >"$dns/unsigned.zone"
	"$tests/servers/signed-zone" "$dns" forged.example localhost mail.example.net <"$dns/forged" >"$dns/forged.zone"
	mv "$dns/anchor" "$dns/forged.anchor"
	start_resolver
	export resolver_pid MAILVERBS_DNS dns
}

# As tests/servers/internet says that it is signed, but checked.
start_resolver()
{
	local port zone
	port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	{
		cat <<-END
		server:
		 interface: 127.0.0.1
		 port: $port
		 do-daemonize: no
		 use-syslog: no
		 logfile: ""
		 chroot: ""
		 username: ""
		 directory: "$dns"
		 pidfile: ""
		 module-config: "validator iterator"
		 trust-anchor-file: "$dns/signed.anchor"
		 trust-anchor-file: "$dns/forged.anchor"
		remote-control:
		 control-enable: no
		END
		for zone in signed unsigned forged; do
			printf '%s\n' 'auth-zone:' " name: $zone.example" " zonefile: \"$dns/$zone.zone\"" \
				' for-downstream: no' ' for-upstream: yes' ' fallback-enabled: no'
		done
	} >"$dns/unbound.conf"
	unbound -d -c "$dns/unbound.conf" >"$dns/log" 2>&1 3>&- &
	resolver_pid=$!
	until grep -q 'start of service' "$dns/log"; do
		kill -0 $resolver_pid || { cat "$dns/log"; return 1; }
		sleep 0.02
	done
	MAILVERBS_DNS=127.0.0.1:$port
}

teardown_file()
{
	[[ -z ${resolver_pid-} ]] || kill "$resolver_pid"
}

discover()
{
	run --separate-stderr maccount discover --tls-ca-file="$SRV_CA" --timeout=5 "alice@$1.example"
}

@test 'a server outside the domain is trusted if the zone is signed, and not if it is unsigned' {
	discover signed
	assert_success
	assert_output - <<-END
	[alice@signed.example]
	address = alice@signed.example
	imap = imaps://localhost:$(port_of "$SRV_IMAPS") ; SRV _imaps._tcp.signed.example, signed
	smtp = smtps://localhost:$(port_of "$SRV_SUBMISSIONS") ; SRV _submissions._tcp.signed.example, signed
	END
	discover unsigned
	assert_failure 69
	refute_output
	assert_regex "$stderr" 'hint: localhost .*outside unsigned\.example, and only unsigned DNS names it'
}

@test 'a record that was changed after it was signed names no server' {
	grep -q 'SRV.*localhost' "$dns/forged.zone"
	discover forged
	assert_failure 69
	refute_output
	refute_regex "$stderr" localhost
}

@test 'a signature that was checked on another machine proves nothing' {
	MAILVERBS_DNS+=,192.0.2.1 discover signed
	assert_failure 69
	assert_regex "$stderr" 'only unsigned DNS names it'
}

@test 'a preset that the MX leads to is trusted if the zone is signed, and not if it is unsigned' {
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '%s\n' '[hoster]' 'mx = *.hoster.example' "pop3 = pop3s://localhost:$(port_of "$SRV_POP3S")" \
		>"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	discover signed
	assert_success
	assert_line "pop3 = pop3s://localhost:$(port_of "$SRV_POP3S") ; preset hoster by MX mx1.hoster.example"
	discover unsigned
	assert_failure 69
	assert_regex "$stderr" 'only unsigned DNS names it'
}

@test 'a script may add the account if the zone is signed' {
	local user
	user=$(fresh_user)
	run -0 maccount add --yes --tls-ca-file="$SRV_CA" --password-command="echo $SRV_PASSWORD" "$user@signed.example"
	run -69 maccount add --yes --tls-ca-file="$SRV_CA" --password-command="echo $SRV_PASSWORD" "$user@unsigned.example"
	run -0 grep '^\[' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	assert_output "[$user@signed.example]"
}
