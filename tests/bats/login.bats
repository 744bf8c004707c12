# SPDX-License-Identifier: ISC
#
# Logging in: each tool, at Dovecot and at Postfix, with TLS at once and after STARTTLS, by every mechanism that they
# offer; and where the password comes from.

load helper
load terminal

# shellcheck disable=SC2154  # `run --separate-stderr` sets these
: "${stderr-}" "${stderr_lines-}"

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config=$XDG_CONFIG_HOME/mailverbs/config.ini
	config_for "$user"
	printf 'From: %s\nSubject: x\nDate: Sun, 01 Nov 2026 10:00:00 +0000\nMessage-ID: <x@example.org>\n\nhello\n' "$me" >letter.eml
}

# call TOOL [OPTION]...: the tool at its job
call()
{
	local tool=$1
	shift
	case $tool in
	msend) msend "$@" "$me" <letter.eml ;;
	mlist) mlist "$@" ;;
	mfetch) mfetch "$@" ;;
	mdel) mdel "$@" all ;;
	esac
}

# What MECHANISM takes for a password.
password_for()
{
	case $1 in
	xoauth2 | oauthbearer) access_token "$me" ;;
	*) printf '%s\n' "$SRV_PASSWORD" ;;
	esac
}

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
	run mlist -s "pop3s://$SRV_EXTERNAL_POP3S" --auth=external --tls-cert-file="$pem"
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

# ---- where the password comes from ----

# A POP3 server on standard input and output that writes down the password.
write_password_catcher()
{
	cat >catcher.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	say '+OK here'
	while IFS= read -r line; do
		line=${line%?}
		case $line in
		CAPA) say '+OK' USER . ;;
		'PASS '*)
			printf '%s\n' "${line#PASS }" >caught
			say '-ERR [AUTH] no'
			;;
		*) say '+OK' ;;
		esac
	done
	END
}

# caught [OPTION]...: the password that mlist sends
caught()
{
	rm -f caught
	mlist -s pop3+insecure://mail.example.org --auth=user --tunnel='sh catcher.sh' "$@" >/dev/null 2>said
	cat caught
}

@test 'the password is taken from the first of its places that has one' {
	write_password_catcher
	{
		printf '[test]\naddress = %s\n' "$me"
		printf 'password = from the configuration\n'
		printf 'password-file = ~/secret\n'
		printf 'password-command = echo from the command\n'
	} >"$config"
	(umask 077 && echo 'from the file' >"$HOME/secret")
	(umask 077 && printf 'machine mail.example.org login %s password from-netrc\n' "$me" >"$HOME/.netrc")
	assert_equal "$(caught --password-command='echo from the option')" 'from the option'
	assert_equal "$(caught)" 'from the command'
	sed -i '/^password-command/d' "$config"
	assert_equal "$(caught)" 'from the file'
	sed -i '/^password-file/d' "$config"
	assert_equal "$(caught)" 'from the configuration'
	sed -i '/^password/d' "$config"
	assert_equal "$(caught)" 'from-netrc'
	rm "$HOME/.netrc"
	run ! caught
	assert_equal "$(<said)" "mlist: no password for $me at mail.example.org
mlist: hint: set password-command, password-file or password, add a line to ~/.netrc or ~/.authinfo, or run this on a terminal to be asked"
}

@test 'a password from ~/.authinfo, in each tool that logs in' {
	local tool
	sed -i '/^password/d' "$config"
	(umask 077 && printf 'machine localhost login %s password %s\n' "$me" "$SRV_PASSWORD" >"$HOME/.authinfo")
	printf 'machine localhost login bob password wrong\n' >"$HOME/.netrc"
	for tool in msend mfetch mlist; do
		run -0 "$tool" --probe
		assert_line --regexp '^login: .*: works$'
	done
	printf 'machine localhost login %s password wrong\n' "$me" >"$HOME/.authinfo"
	run -77 mlist -c
	assert_line --partial 'password from ~/.authinfo)'
	chmod 640 "$HOME/.authinfo"
	run -78 mlist -c
	assert_line "mlist: hint: chmod 600 $HOME/.authinfo"
}

@test 'without a password msend ends with 77 and names the places' {
	sed -i '/^password/d' "$config"
	run -77 call msend
	assert_line -n 0 "msend: no password for $me at localhost"
	for place in password-command password-file /.netrc terminal; do
		assert_line -n 1 --partial "$place"
	done
	assert_equal "${#lines[@]}" 2
}

@test 'only the first line counts, and of ~/.netrc only the right machine and login' {
	write_password_catcher
	sed -i '/^password/d' "$config"
	assert_equal "$(caught --password-command='printf "one\r\ntwo\n"')" one
	assert_equal "$(caught --password-command='printf one; exec sleep 0')" one
	cat >"$HOME/.netrc" <<-END
	machine other.example.org login $me password a
	machine mail.example.org login other@example.org password b
	machine mail.example.org
	    login $me
	    password "c d"
	default login x password e
	END
	chmod 600 "$HOME/.netrc"
	assert_equal "$(caught)" 'c d'
}

@test 'a password-command that fails ends it: 77, behind its own words' {
	run -77 mlist --password-command='echo no such entry >&2; echo not-this; exit 3'
	assert_line -n 0 'no such entry'
	assert_line -n 1 'mlist: password-command: the command failed: exit status 3'
	refute_output --partial not-this
	run -77 mlist --password-command='kill -9 $$'
	assert_output 'mlist: password-command: the command failed: ended by signal 9'
	run -77 mlist --password-command=true
	assert_output 'mlist: password-command: the password is empty'
	run -77 mlist --password-command='printf "a\000b\n"'
	assert_output --partial 'NUL'
}

@test 'password-command gets no input: not the message of msend' {
	run -0 call msend --password-command="cat; echo $SRV_PASSWORD"
	await_mail "$user"
	assert_arrived letter.eml "$(mailbox_files "$user")"
}

@test 'a password-file that others can read is refused, with the chmod to run' {
	write_password_catcher
	sed -i 's|^password = .*|password-file = ~/secret|' "$config"
	echo x >"$HOME/secret"
	for mode in 644 640 604 620; do
		chmod $mode "$HOME/secret"
		run -78 mlist
		assert_line -n 0 --partial "mlist: password-file: $HOME/secret: others may read it (mode $mode)"
		assert_line -n 1 "mlist: hint: chmod 600 $HOME/secret"
		assert_equal "${#lines[@]}" 2
	done
	for mode in 600 400; do
		chmod $mode "$HOME/secret"
		assert_equal "$(caught)" x
	done
	rm "$HOME/secret"
	run -78 mlist
	assert_output "mlist: password-file: $HOME/secret: No such file or directory"
}

@test 'a password in a configuration that others can read is refused, with the chmod to run' {
	for mode in 644 640 604; do
		chmod $mode "$config"
		run -78 mlist
		assert_line -n 0 "mlist: $config:3: password: others can read this file, which has a password in it"
		assert_line -n 1 "mlist: hint: chmod 600 $config"
		assert_equal "${#lines[@]}" 2
	done
	chmod 600 "$config"
	run -0 mlist
	sed -i 's/^password = .*/password-command = cat ~\/x/' "$config"
	chmod 644 "$config"
	echo "$SRV_PASSWORD" >"$HOME/x"
	run -0 mlist
}

@test 'a .netrc that others can read is refused, if the password is in it' {
	sed -i '/^password/d' "$config"
	echo "machine localhost login $me password $SRV_PASSWORD" >"$HOME/.netrc"
	chmod 644 "$HOME/.netrc"
	run -78 mlist
	assert_line -n 1 "mlist: hint: chmod 600 $HOME/.netrc"
	chmod 600 "$HOME/.netrc"
	run -0 mlist
}

@test 'a systemd credential can be the password-file' {
	require_root 'the file must be of root'
	write_password_catcher
	mkdir creds
	echo credential >creds/mail
	chmod 440 creds/mail
	export CREDENTIALS_DIRECTORY=$PWD/creds
	sed -i 's|^password = .*|password-file = '"$PWD"'/creds/mail|' "$config"
	assert_equal "$(caught)" credential
	chmod 444 creds/mail
	run ! caught
}

@test 'on a terminal the password is asked for, and not shown' {
	sed -i '/^password/d' "$config"
	on_terminal "mlist --count" "$SRV_PASSWORD"
	cat screen
	assert_equal "$(<status)" 0
	grep -q "Password for $me at localhost: " screen
	grep -q '^0.0' screen
	run ! grep -q "$SRV_PASSWORD" screen
}

@test 'msend asks on the terminal although its standard input is the message' {
	sed -i '/^password/d' "$config"
	on_terminal "msend $me <letter.eml" "$SRV_PASSWORD"
	cat screen
	assert_equal "$(<status)" 0
	run ! grep -q "$SRV_PASSWORD" screen
	await_mail "$user"
	assert_arrived letter.eml "$(mailbox_files "$user")"
}

@test 'after three wrong passwords from the terminal it is 77, and none is shown' {
	sed -i '/^password/d' "$config"
	for command in "mlist -s imaps://$SRV_IMAPS" "mlist -s pop3s://$SRV_POP3S" \
		"mlist -s pop3s://$SRV_POP3S --auth=user" "msend -f $me $me <letter.eml"; do
		on_terminal "$command" wrong-horse-battery wrong-horse-staple wrong-horse-shoe
		cat screen
		assert_equal "$(<status)" 77
		assert_equal "$(grep -c 'Password for' screen)" 3
		assert_equal "$(grep -c 'password from the prompt' screen)" 3
		run ! grep -q wrong-horse screen
	done
}

@test 'a password mistyped once is asked for again, in the same connection' {
	sed -i '/^password/d' "$config"
	for command in "mlist -v --count -s imaps://$SRV_IMAPS" "mlist -v --count -s pop3s://$SRV_POP3S" \
		"mlist -v --count -s pop3s://$SRV_POP3S --auth=user" "msend -v -f $me $me <letter.eml"; do
		on_terminal "$command" wrong-horse-battery "$SRV_PASSWORD"
		cat screen
		assert_equal "$(<status)" 0
		assert_equal "$(grep -c 'password from the prompt' screen)" 1
		assert_equal "$(grep -cE '^(S: (220|\+OK|\* OK)|< (220|\+OK|\* OK)).*[Rr]eady' screen)" 1
		run ! grep -qE "wrong-horse|$SRV_PASSWORD" screen
	done
}

@test 'an empty password, and a server that hangs up, end the questions' {
	sed -i '/^password/d' "$config"
	on_terminal "mlist -s pop3s://$SRV_POP3S" wrong-horse-battery ''
	assert_equal "$(<status)" 77
	grep -q 'the password is empty' screen
	cat >script <<-'END'
	S: +OK
	C: CAPA
	S: -ERR
	C: USER me
	S: +OK
	C: PASS wrong-horse-battery
	S: -ERR [AUTH] not this one
	END
	# shellcheck disable=SC2154  # helper.bash sets it
	echo "exec mlist -s pop3+insecure://localhost --user=me --tunnel=\"exec '$abs_top_builddir/tests/replay' script\"" >run
	on_terminal 'sh run' wrong-horse-battery again
	cat screen
	assert_equal "$(<status)" 77
	assert_equal "$(grep -c 'not this one' screen)" 2
}

# ---- who gets to see it ----

@test 'no child has the password in its environment or among its arguments' {
	export -n SRV_PASSWORD
	sed -i 's/^password = .*/password = horse-with-a-name/' "$config"
	run mlist --tunnel="{ env; tr '\\0' '\\n' </proc/\$PPID/cmdline; } >seen.tunnel; exit 1"
	run mlist --password-command="{ env; tr '\\0' '\\n' </proc/\$PPID/cmdline; } >seen.command; echo x"
	config_for "$user"
	deliver "$user" letter.eml
	mfetch --keep --pipe="{ env; tr '\\0' '\\n' </proc/\$PPID/cmdline; } >seen.pipe; cat >/dev/null"
	for file in seen.tunnel seen.command seen.pipe; do
		grep -q '^HOME=' $file
		run ! grep -E "horse-with-a-name|$SRV_PASSWORD" $file
	done
}

@test 'a password in the environment is not taken' {
	sed -i '/^password/d' "$config"
	PASSWORD=$SRV_PASSWORD MAILVERBS_PASSWORD=$SRV_PASSWORD run -77 mlist
}

# ---- the note of a provider ----

provider_with_note()
{
	cat >"$XDG_CONFIG_HOME/mailverbs/providers.ini" <<-END
	[mine]
	name = My Mail
	domains = example.org
	smtp = smtps://$SRV_SUBMISSIONS
	pop3 = pop3s://$SRV_POP3S
	note = Make an app password in the settings,
	    and log in with that.
	END
	sed -i '/^\(smtp\|pop3\|imap\) =/d' "$config"
}

@test 'the note of the provider is the hint where a login fails' {
	provider_with_note
	for tool in msend mlist mfetch mdel; do
		run -77 call $tool --password-command='echo wrong'
		assert_line -n 0 --partial uthentication
		assert_line -n 1 "$tool: hint: Make an app password in the settings, and log in with that."
		assert_equal "${#lines[@]}" 2
	done
}

@test 'the note of the provider is shown at no other failure, and not where all went well' {
	provider_with_note
	for tool in msend mlist; do
		run -0 call $tool
		refute_output --partial 'app password'
		run call $tool --user=later
		refute_output --partial 'app password'
		sed -i '/^tls-ca-file/d' "$config"
		run -77 call $tool
		refute_output --partial 'app password'
		echo "tls-ca-file = $SRV_CA" >>"$config"
	done
}

@test '-v shows of a SCRAM server only that it challenged, not what guesses can be tried against' {
	config_for "$(fresh_user)"
	run -0 mlist -v --auth=scram-sha-256 --count
	assert_line 'S: + ***'
	refute_line --regexp '^S: \+ [^*]'
}
