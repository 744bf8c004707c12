#!/usr/bin/env bats
#
# Whom we trust where nobody says it: the system's certificates.

# shellcheck disable=SC2154  # stderr: bats' run --separate-stderr

load helper

bundle=/etc/ssl/certs/ca-certificates.crt

# with_system_trust FILE COMMAND...: the command, in a world in which FILE is the system's bundle
with_system_trust()
{
	local file=$1
	shift
	# shellcheck disable=SC2016  # the inner shell expands it
	"$abs_top_srcdir/tests/own-mounts" sh -c 'mount --bind "$1" "$2" && trap "umount $2" EXIT && shift 2 && "$@"' \
		sh "$file" "$bundle" "$@"
}

account_without_ca()
{
	mkdir -p "$XDG_CONFIG_HOME/mailverbs"
	printf '[me]\naddress = %s@example.org\npop3 = pop3s://%s\npassword = %s\n' \
		"$(fresh_user)" "$SRV_POP3S" "$SRV_PASSWORD" >"$XDG_CONFIG_HOME/mailverbs/config.ini"
	chmod 600 "$XDG_CONFIG_HOME/mailverbs/config.ini"
}

@test "a server whose issuer is among the system's certificates is trusted" {
	require_root
	[[ -e $bundle ]] || skip "this system keeps its certificates elsewhere"
	account_without_ca
	cat "$bundle" "$SRV_CA" >with-ours
	run with_system_trust "$PWD/with-ours" mlist --count
	assert_success
	assert_output $'0\t0'
}

@test "a server whose issuer is not among the system's certificates is refused, before any secret" {
	require_root
	[[ -e $bundle ]] || skip "this system keeps its certificates elsewhere"
	account_without_ca
	run -77 --separate-stderr with_system_trust "$bundle" mlist -v --count
	refute_output
	[[ $stderr == *"certificate not trusted: the issuer is unknown"* ]]
	[[ $stderr != *"C: "* ]]
}

@test "an issuer of the same name with another key is not trusted" {
	require_root
	[[ -e $bundle ]] || skip "this system keeps its certificates elsewhere"
	account_without_ca
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-keyout impostor.key -out impostor.crt \
		-subj "$(openssl x509 -in "$SRV_CA" -noout -subject -nameopt compat | sed 's/^subject=//')" \
		2>openssl.log
	cat "$bundle" impostor.crt >with-impostor
	run -77 with_system_trust "$PWD/with-impostor" mlist --count
	assert_output --partial "certificate not trusted"
}
