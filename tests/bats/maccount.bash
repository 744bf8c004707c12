# shellcheck shell=bash disable=SC2154  # helper.bash sets what is used here
# SPDX-License-Identifier: ISC
#
# For maccount's tests, after helper: a private DNS and HTTPS (tests/servers/internet), and certificates.

# server_certificate NAME…: prints a PEM file, a certificate for these names by the suite's CA, and its key.
server_certificate()
{
	local pem
	pem=$(mktemp "$BATS_TEST_TMPDIR/server.XXXXXX")
	SAN=$(printf 'DNS:%s,' "$@")
	SAN=${SAN%,} openssl req -new -config "$SRV_DIR/tls/ca.conf" -key "$SRV_DIR/tls/good.key" -subj "/CN=${1#\*.}" |
		SAN=${SAN%,} openssl x509 -req -CA "$SRV_DIR/tls/ca.crt" -CAkey "$SRV_DIR/tls/ca.key" \
			-set_serial "0x$(openssl rand -hex 8)" -days 30 -extfile "$SRV_DIR/tls/ca.conf" \
			-extensions server >"$pem" 2>/dev/null
	cat "$SRV_DIR/tls/good.key" >>"$pem"
	printf '%s\n' "$pem"
}

# await_file FILE: another process makes it; ten seconds at most
await_file()
{
	local tries=0
	until [[ -e $1 ]]; do
		((++tries < 500)) || {
			echo "$1 does not come" >&2
			return 1
		}
		sleep 0.02
	done
}

# In setup_file: starts the DNS and the HTTPS server of the file's tests.
start_internet()
{
	internet=$BATS_FILE_TMPDIR/internet
	mkdir -p "$internet/www"
	: >"$internet/zone"
	mv "$(BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR server_certificate example.org '*.example.org' '*.example.net')" \
		"$internet/cert.pem"
	python3 "$tests/servers/internet" "$internet" 3>&- &
	internet_pid=$!
	await_file "$internet/ports"
	export internet internet_pid
}

# In teardown_file.
stop_internet()
{
	[[ -z ${internet_pid-} ]] || kill "$internet_pid"
}

# The zone comes from standard input; there are no documents yet. Then maccount asks this DNS, and https:// goes there.
internet()
{
	local dns https
	cat >"$internet/zone"
	rm -rf "$internet"/www "$internet"/requests "$internet"/*.example.*.pem
	mkdir "$internet/www"
	read -r dns https <"$internet/ports"
	export MAILVERBS_DNS=127.0.0.1:$dns MAILVERBS_PORTS=443=$https
}

# document HOST/PATH: standard input is what https://HOST/PATH gives
document()
{
	mkdir -p "$internet/www/${1%/*}"
	cat >"$internet/www/$1"
}
