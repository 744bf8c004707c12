# SPDX-License-Identifier: ISC
#
# Logging in: each tool, at Dovecot and at Postfix, with TLS at once and after STARTTLS, by every mechanism that they
# offer.

# shellcheck disable=SC2154  # `run --separate-stderr` sets some, and setup() the others

load helper
load login

# How MECHANISM is called in the servers' logs.
logged_as()
{
	case $1 in
	user) echo PLAIN ;;
	*) echo "${1^^}" ;;
	esac
}

# Where the login with MECHANISM goes.
server_for()
{
	if [ "$2" = external ]; then
		local name=${1/SRV_/SRV_EXTERNAL_}
		echo "${!name}"
	else
		echo "${!1}"
	fi
}

external_options()
{
	[ "$1" = external ] || return 0
	pem=$(client_certificate "$me")
	printf '%s\n' --tls-cert-file="$pem" --tls-key-file="$pem"
}

# log_in TOOL SCHEME VARIABLE MECHANISM [OPTION]...: an attempt at the server in VARIABLE (SRV_…)
log_in()
{
	local tool=$1 scheme=$2 variable=$3 mechanism=$4 options
	shift 4
	mapfile -t options < <(external_options "$mechanism")
	password_for "$mechanism" >password
	call "$tool" -s "$scheme://$(server_for "$variable" "$mechanism")" --auth="$mechanism" \
		--password-command="cat $PWD/password" "${options[@]}" "$@"
}

# offered_to TOOL VARIABLE: the mechanisms to try
offered_to()
{
	local mechanism list=$SRV_AUTH
	[[ $2 != SRV_POSTFIX_* ]] || list=$SRV_POSTFIX_AUTH
	[ "$1" = msend ] || list="$list user"
	for mechanism in $list; do
		case $1-$mechanism in
		msend-apop) ;;
		*-external) [ -z "${SRV_EXTERNAL_POP3-}" ] || echo "$mechanism" ;;
		*) echo "$mechanism" ;;
		esac
	done
}

# was_let_in_by VARIABLE MECHANISM: the server's log says so, or will in ten seconds
was_let_in_by()
{
	local tries=0
	until is_logged "$@"; do
		((++tries < 500)) || return 1
		sleep 0.02
	done
}

is_logged()
{
	if [[ $1 == SRV_POSTFIX_* ]]; then
		grep -q "sasl_method=$(logged_as "$2"), sasl_username=$me\$" "$SRV_LOG/postfix.log"
	else
		grep -Eq "login: Info: (Login|Logged in): user=<$me>, method=$(logged_as "$2"), .* TLS" "$SRV_LOG/dovecot.log"
	fi
}

# every_mechanism TOOL SCHEME VARIABLE: each lets us in
every_mechanism()
{
	local mechanism
	for mechanism in $(offered_to "$1" "$3"); do
		run log_in "$1" "$2" "$3" "$mechanism" -v
		echo "$mechanism: $output"
		assert_equal "$status" 0
		was_let_in_by "$3" "$mechanism"
		only_stars "$mechanism"
		echo "$mechanism" >>tried
	done
	[ "$(wc -l <tried)" -ge 8 ]
}

# In $output, as -v shows it, what goes to the server between the name of the mechanism and the verdict is "***" (and
# a user name, or a mechanism's).
only_stars()
{
	local said
	said=$(grep '^C: ' <<<"$output" |
		grep -Ev -e '^C: (EHLO|STARTTLS|CAPA|STLS|MAIL|RCPT|BDAT|UIDL|LIST|TOP|RETR|DELE|QUIT)\b' \
			-e "^C: ((AUTH [A-Z0-9-]+( \\*\\*\\*)?)|\\*\\*\\*|\\*|USER $me|PASS \\*\\*\\*|APOP $me \\*\\*\\*)\$" || true)
	assert_equal "$said" ''
	no_secret "$(<password)"
}

# The secret is in $output neither as it is nor in the forms in which it goes over the wire.
no_secret()
{
	local form
	if [[ ${forms[0]-} != "$1" ]]; then
		forms=("$1" "$(base64_of "$1")" "$(base64_of "\\0$me\\0$1")" "$(base64_of "$me\\0$me\\0$1")")
	fi
	for form in "${forms[@]}"; do
		[ -n "$form" ]
		refute_output --partial "$form"
	done
}

base64_of()
{
	# shellcheck disable=SC2059  # the \0 in it are meant
	printf "${1//%/%%}" | openssl base64 -A
}

# every_refusal TOOL SCHEME VARIABLE: with each mechanism a wrong secret is refused
every_refusal()
{
	local mechanism
	for mechanism in $(offered_to "$1" "$3"); do
		[ "$mechanism" != external ] || continue # there is no wrong one: see the certificate's name
		run wrong_secret "$1" "$2" "$3" "$mechanism" -v
		echo "$mechanism: $output"
		assert_equal "$status" 77
		only_stars
		mapfile -t lines < <(grep -Ev '^(C|S|\*): ?' <<<"$output")
		assert_regex "${lines[0]}" "^$1: [^ ]*:[0-9]+: (-ERR|535) .*[Aa]uthentication failed"
		[ "${#lines[@]}" -eq 1 ] || assert_regex "${lines[1]}" "^$1: hint: "
		[ "${#lines[@]}" -le 2 ]
	done
}

wrong_secret()
{
	local tool=$1 scheme=$2 variable=$3 mechanism=$4
	shift 4
	echo wrong-horse-battery >password
	call "$tool" -s "$scheme://${!variable}" --auth="$mechanism" --password-command="cat $PWD/password" "$@"
}

# ---- every mechanism ----

@test 'mlist logs in at Dovecot by every mechanism, with TLS at once' {
	every_mechanism mlist pop3s SRV_POP3S
}

@test 'mlist logs in at Dovecot by every mechanism, after STLS' {
	every_mechanism mlist pop3 SRV_POP3
}

@test 'mfetch logs in at Dovecot by every mechanism, with TLS at once' {
	every_mechanism mfetch pop3s SRV_POP3S
}

@test 'mfetch logs in at Dovecot by every mechanism, after STLS' {
	every_mechanism mfetch pop3 SRV_POP3
}

@test 'mdel logs in at Dovecot by every mechanism, with TLS at once' {
	every_mechanism mdel pop3s SRV_POP3S
}

@test 'mdel logs in at Dovecot by every mechanism, after STLS' {
	every_mechanism mdel pop3 SRV_POP3
}

@test 'msend logs in at Dovecot by every mechanism, with TLS at once' {
	every_mechanism msend smtps SRV_SUBMISSIONS
	assert_equal "$(mailbox_count "$user")" "$(wc -l <tried | tr -d ' ')"
}

@test 'msend logs in at Dovecot by every mechanism, after STARTTLS' {
	every_mechanism msend smtp SRV_SUBMISSION
	assert_equal "$(mailbox_count "$user")" "$(wc -l <tried | tr -d ' ')"
}

@test 'msend logs in at Postfix by every mechanism, with TLS at once' {
	require_postfix
	every_mechanism msend smtps SRV_POSTFIX_SMTPS
	await_mail "$user" "$(wc -l <tried)"
}

@test 'msend logs in at Postfix by every mechanism, after STARTTLS' {
	require_postfix
	every_mechanism msend smtp SRV_POSTFIX_SUBMISSION
	await_mail "$user" "$(wc -l <tried)"
}

@test 'a wrong password is refused by every mechanism, and not shown: POP3' {
	every_refusal mlist pop3s SRV_POP3S
}

@test 'a wrong password is refused by every mechanism, and not shown: submission' {
	every_refusal msend smtps SRV_SUBMISSIONS
	assert_equal "$(mailbox_count "$user")" 0
}

@test 'a wrong password is refused by every mechanism, and not shown: Postfix' {
	require_postfix
	every_refusal msend smtp SRV_POSTFIX_SUBMISSION
	assert_equal "$(mailbox_count "$user")" 0
}

@test 'auto takes the strongest mechanism that a password can do' {
	for tool in mlist msend; do
		run -0 call $tool -v
		assert_output --partial 'C: AUTH SCRAM-SHA-256 ***'
	done
}

@test 'auto takes the certificate where no password is set' {
	[[ -n ${SRV_EXTERNAL_POP3-} ]] || skip 'needs 127.0.0.2'
	sed -i '/^password/d' "$config"
	pem=$(client_certificate "$me")
	run -0 mlist -v -s "pop3s://${SRV_EXTERNAL_POP3S-}" --tls-cert-file="$pem" --tls-key-file="$pem"
	assert_output --partial 'C: AUTH EXTERNAL'
	run -0 call msend -v -s "smtp://$SRV_EXTERNAL_SUBMISSION" --tls-cert-file="$pem"
	assert_output --partial 'C: AUTH EXTERNAL'
}

@test 'a certificate of somebody else lets nobody in as me' {
	[[ -n ${SRV_EXTERNAL_POP3-} ]] || skip 'needs 127.0.0.2'
	pem=$(client_certificate "other-$me")
	run -77 mlist -s "pop3s://$SRV_EXTERNAL_POP3S" --auth=external --tls-cert-file="$pem"
	run ! is_logged SRV_EXTERNAL_POP3S external
}

@test 'the channel binding of SCRAM-PLUS is not for a server that does not offer it' {
	run -77 mlist --auth=scram-sha-256-plus
	assert_output --partial ', not SCRAM-SHA-256-PLUS'
	assert_equal "${#lines[@]}" 1
}

@test 'a mechanism that the server lacks is 77, and the offer is named' {
	run -77 mlist --auth=gssapi
	assert_output --partial ', not GSSAPI'
	run -77 call msend --auth=gssapi
	for mechanism in apop user; do
		run -78 call msend --auth=$mechanism
		assert_equal "${#lines[@]}" 1
	done
}

@test 'an expired token is refused, and what the server adds is the hint' {
	access_token "$me" -600 >password
	for mechanism in xoauth2 oauthbearer; do
		for tool in mlist msend; do
			run -77 call $tool --auth=$mechanism --password-command="cat $PWD/password"
			assert_line -n 1 --partial "$tool: hint: the server adds: {"
			no_secret "$(<password)"
		done
	done
}

@test 'a token longer than a command line goes in a second step' {
	# 255 octets are the limit in POP3, 512 in SMTP
	local name
	name=$user.$(printf 'x%.0s' {1..150})@example.org
	access_token "$name" >password
	[ "$(wc -c <password)" -gt 400 ]
	for mechanism in xoauth2 oauthbearer; do
		for tool in mlist msend; do
			run -0 call $tool -v --auth=$mechanism -u "$name" --password-command="cat $PWD/password"
			assert_line "C: AUTH ${mechanism^^}"
			assert_line 'C: ***'
			no_secret "$(<password)"
		done
	done
}

@test 'passwords with any characters reach the server as they are' {
	write_password_catcher
	local secret
	# shellcheck disable=SC2016  # so they are
	for secret in 'a b' ' a ' 'ü漢' '"q" \ %s $HOME `x`' '***' '='; do
		printf '%s\n' "$secret" >password
		assert_equal "$(caught --password-command="cat $PWD/password")" "$secret"
	done
}

@test '-v shows neither password nor what it becomes on the wire' {
	for mechanism in plain login user cram-md5 digest-md5 scram-sha-1 scram-sha-256 apop; do
		run -0 mlist -v -v --auth=$mechanism
		no_secret "$SRV_PASSWORD"
		assert_output --partial '***'
	done
}
