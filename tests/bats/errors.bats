# SPDX-License-Identifier: ISC
#
# What goes wrong: one line on standard error that says it, a hint behind it only where there is one, the right exit
# status; and nothing was sent, delivered or deleted, and no secret left this machine.

load helper

# shellcheck disable=SC2154  # `run --separate-stderr` sets these
: "${stderr-}" "${stderr_lines-}"

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config_for "$user"
	letter >letter.eml
}

# What the last command said, where a test fails.
teardown()
{
	mailverbs_teardown
	[[ -n ${BATS_TEST_COMPLETED-} ]] || printf '%s\n' "${said-}"
}

tools='msend mlist mfetch mdel'
declare -gA scheme=([msend]=smtp [mlist]=pop3 [mfetch]=pop3 [mdel]=pop3) port=([smtp]=465 [pop3]=995)

letter()
{
	printf 'From: %s\nTo: %s\nSubject: x\nDate: Sun, 01 Nov 2026 10:00:00 +0000\nMessage-ID: <x@example.org>\n\nhello\n' \
		"$me" "$me"
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
	mdel) mdel "$@" 1 ;;
	esac
}

# fails STATUS COMMAND...: it fails with that status and says so as it should; then $message is the first line behind
# the name of the tool, and $hint the hint, if any.
fails()
{
	local expected=$1 tool=$2
	shift
	[ "$2" = "${2#-}" ] && [ "$1" = call ] && tool=$2
	run --separate-stderr "$@"
	said="$* => $status: $stderr"
	assert_equal "$status" "$expected"
	assert_equal "$output" ''
	[ "${stderr_lines[0]#"$tool: "}" != "${stderr_lines[0]}" ]
	message=${stderr_lines[0]#"$tool: "}
	[ "${message#hint: }" = "$message" ]
	hint=''
	case ${#stderr_lines[@]} in
	1) ;;
	2)
		[ "${stderr_lines[1]#"$tool: hint: "}" != "${stderr_lines[1]}" ]
		hint=${stderr_lines[1]#"$tool: hint: "}
		;;
	*) false ;;
	esac
}

# Before a test: one message is there. After it: it still is, and nothing else.
give_mail()
{
	letter >there
	deliver "$user" there
}

assert_untouched()
{
	assert_equal "$(mailbox_count "$user")" 1
	assert_same_file there "$(mailbox_files "$user")"
	[ ! -e mark ]
}

# A password, and a mark when it is asked for.
ask='--password-command=touch mark; echo secret'

# url TOOL tls|starttls [KIND]: that tool's server, with the odd certificate of KIND (EXPIRED …)
url()
{
	local odd=${3:+${3}_} name
	case $1-$2 in
	msend-tls) name=SRV_${odd}SUBMISSIONS && echo "smtps://${!name}" ;;
	msend-starttls) name=SRV_${odd}SUBMISSION && echo "smtp://${!name}" ;;
	*-tls) name=SRV_${odd}POP3S && echo "pop3s://${!name}" ;;
	*-starttls) name=SRV_${odd}POP3 && echo "pop3://${!name}" ;;
	esac
}

require_odd_certificates()
{
	[ -n "${SRV_EXPIRED_POP3-}" ] || skip 'needs 127.0.0.2 and its neighbours'
}

# refused_for WORDS HINT KIND [OPTION]...: every tool, with TLS at once and after STARTTLS; HINT may be "none"
refused_for()
{
	local words=$1 wanted_hint=$2 kind=$3 tool way
	shift 3
	[ -e there ] || give_mail
	for tool in $tools; do
		for way in tls starttls; do
			fails 77 call "$tool" -s "$(url "$tool" "$way" "$kind")" "$ask" "$@"
			assert_regex "$message" "^[^ ]*:[0-9]+: $words"
			assert_regex "${hint:-none}" "$wanted_hint"
		done
	done
	assert_untouched
}

pin_of()
{
	openssl x509 -in "$SRV_DIR/tls/$1.crt" -noout -pubkey | openssl pkey -pubin -outform DER |
		openssl dgst -sha256 -binary | openssl base64 -A
}

# ---- login ----

@test 'a wrong password: 77 and the words of the server, nothing sent, nothing deleted' {
	give_mail
	for tool in $tools; do
		for way in tls starttls; do
			fails 77 call "$tool" -s "$(url "$tool" "$way")" --password-command='echo wrong'
			assert_regex "$message" '^localhost:[0-9]+: (535 5\.7\.8|-ERR \[AUTH\]) Authentication failed\. \(user .*, password from password-command\)$'
		done
	done
	if [[ -n $SRV_POSTFIX_SMTPS ]]; then
		fails 77 call msend -s "smtps://$SRV_POSTFIX_SMTPS" --password-command='echo wrong'
		assert_regex "$message" '^localhost:[0-9]+: 535 5\.7\.8 '
	fi
	assert_untouched
}

@test 'a login that the server cannot check now: 75' {
	for tool in $tools; do
		fails 75 call "$tool" --user=later
		assert_regex "$message" '^localhost:[0-9]+: (454 4\.7\.0|-ERR \[SYS/TEMP\]) '
	done
}

# ---- certificates ----

@test 'a certificate of an unknown issuer: 77' {
	sed -i '/^tls-ca-file/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	refused_for '(certificate not trusted: the issuer is unknown \(CN=Tests of mailverbs\)|this system has no trusted)' . ''
	fails 77 call mlist
	[[ $message == *'no trusted certificates' || $hint == *"--tls-pin=$SRV_PIN"* ]]
}

@test 'a self-signed certificate: 77' {
	require_odd_certificates
	refused_for 'certificate not trusted: it is signed by itself only \(CN=localhost\)$' \
		"--tls-pin=sha256:$(pin_of selfsigned | sed 's/+/\\+/g')" SELFSIGNED
}

@test 'an expired certificate: 77, and since when' {
	require_odd_certificates
	refused_for 'certificate expired on 2020-02-01$' --tls-pin= EXPIRED
}

@test 'a certificate that is not valid yet: 77, and from when on' {
	require_odd_certificates
	refused_for 'certificate not yet valid until 2048-01-01$' --tls-pin= FUTURE
}

@test 'a certificate for another name: 77, and for which' {
	require_odd_certificates
	refused_for 'certificate is for other\.example\.net, not for 127\.0\.0\.5$' --tls-host= WRONGNAME
	refused_for 'certificate is for localhost, .*, not for mail\.example\.com$' . '' --tls-host=mail.example.com
	refused_for 'certificate is for localhost, .*, not for a\.b\.mail\.example\.org$' . '' --tls-host=a.b.mail.example.org
}

@test 'a certificate that is for clients only: 77' {
	require_odd_certificates
	refused_for 'certificate not meant for a server$' --tls-pin= CLIENTONLY
}

@test 'the name that --tls-host gives is the one that counts' {
	require_odd_certificates
	run -0 mlist -s "$(url mlist tls WRONGNAME)" --tls-host=other.example.net
	run -0 mlist --tls-host=mail.example.org
	run -0 mlist --tls-host=imap.mail.example.org
	run -0 mlist --tls-host=127.0.0.1
}

@test 'the right pin is enough, whatever else is wrong with the certificate' {
	require_odd_certificates
	for kind in expired future wrongname selfsigned clientonly; do
		run -0 mlist -s "$(url mlist tls ${kind^^})" --tls-pin="sha256:$(pin_of $kind)"
		run -0 call msend -s "$(url msend starttls ${kind^^})" --tls-pin="sha256:$(pin_of $kind)"
	done
	sed -i '/^tls-ca-file/d' "$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -0 mlist --tls-pin="$SRV_PIN"
}

@test 'a pin that does not fit: 77, although the certificate is good' {
	require_odd_certificates
	wrong=sha256:$(pin_of expired)
	refused_for "the server's key is not the pinned one but ${SRV_PIN//+/\\+}\$" none '' --tls-pin="$wrong"
}

@test 'with two pins either will do' {
	require_odd_certificates
	other=sha256:$(pin_of expired)
	run -0 mlist --tls-pin="$other,$SRV_PIN"
	run -0 mlist --tls-pin="$SRV_PIN,$other"
	fails 77 mlist --tls-pin="$other,$other"
}

@test 'what is no pin is an error before anything is sent' {
	for pin in "${SRV_PIN#sha256:}" sha256:abc "$SRV_PIN," "$SRV_PIN,x" "sha1:${SRV_PIN#sha256:}" ''; do
		fails 64 mlist --tls-pin="$pin"
	done
	config_for "$user" "tls-pin = sha256:abc"
	fails 78 mlist
	assert_regex "$message" "config\\.ini:9: tls-pin: 'sha256:abc' is not a pin"
}

@test 'a CA file that is not there or holds none: 78' {
	fails 78 mlist --tls-ca-file=nothing
	assert_regex "$message" 'nothing'
	echo nonsense >empty.pem
	fails 78 mlist --tls-ca-file=empty.pem
	assert_regex "$message" 'empty\.pem'
	fails 78 mlist --tls-cert-file=empty.pem
	fails 78 mlist --tls-priority=NONSENSE
}

# ---- the way to the server ----

@test 'an unknown host: 68, or 75 where no name server answers' {
	give_mail
	for tool in $tools; do
		run --separate-stderr call "$tool" -s "${scheme[$tool]}s://no-such-host.invalid" "$ask" --timeout=20
		case $status in
		68) assert_equal "$stderr" "$tool: no-such-host.invalid:${port[${scheme[$tool]}]}: no such host" ;;
		75) assert_regex "$stderr" "^$tool: no-such-host.invalid:${port[${scheme[$tool]}]}: (the name cannot be resolved now|timed out: the name was not resolved within 20 seconds)\$" ;;
		*) fail "$tool: $status: $stderr" ;;
		esac
	done
	assert_untouched
}

@test 'a name that can belong to no host: 68' {
	label=$(printf 'a%.0s' {1..64})
	for host in "$label.example" a..b; do
		for tool in $tools; do
			fails 68 call "$tool" -s "${scheme[$tool]}s://$host" "$ask"
			assert_equal "$message" "$host:${port[${scheme[$tool]}]}: no such host"
		done
	done
	[ ! -e mark ]
}

@test 'a closed port: 75' {
	give_mail
	for tool in $tools; do
		fails 75 call "$tool" -s "${scheme[$tool]}s://localhost:1" "$ask"
		assert_equal "$message" 'localhost:1: cannot connect: Connection refused'
	done
	assert_untouched
}

@test 'a server that never answers: 75 after --timeout, and it heard no secret' {
	local pids=()
	give_mail
	for tool in $tools; do
		for kind in s '' +insecure; do
			(
				set -e
				fails 75 call "$tool" -s "${scheme[$tool]}$kind://here" -u "$kind$me" --auth=plain "$ask" --timeout=1 \
					--tunnel="cat >heard.$tool$kind"
				assert_regex "$message" '^here:[0-9]+: timed out: no answer within 1 second$'
			) 3>&- &
			pids+=($!)
		done
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for tool in $tools; do
		[ -s "heard.${tool}s" ]
		[ ! -s "heard.$tool" ]
		[ ! -s "heard.$tool+insecure" ]
	done
	assert_untouched
}

@test 'a server that hangs up at once: 75' {
	for tool in $tools; do
		for kind in s '' +insecure; do
			fails 75 call "$tool" -s "${scheme[$tool]}$kind://here" "$ask" --tunnel=true
		done
	done
	[ ! -e mark ]
}

@test 'a tunnel that is no command: 78, behind the words of the shell' {
	run -78 mlist -s pop3s://here --tunnel=no-such-command-at-all
	assert_output --partial no-such-command-at-all
}

@test 'TLS to a port that begins in plaintext: 76, and the hint names the right scheme' {
	give_mail
	for tool in $tools; do
		fails 76 call "$tool" -s "$(url "$tool" starttls | sed 's/:/s:/')" "$ask"
		assert_regex "$message" '^localhost:[0-9]+: the server does not speak TLS on this port$'
		assert_regex "$hint" "^${scheme[$tool]}:// "
	done
	assert_untouched
}

@test 'STARTTLS to a port that begins with TLS: 75, and the hint names the right scheme' {
	local pids=()
	give_mail
	for tool in $tools; do
		(
			set -e
			fails 75 call "$tool" -s "$(url "$tool" tls | sed 's/s:/:/')" "$ask" --timeout=1
			assert_regex "$message" '^localhost:[0-9]+: timed out: no answer within 1 second$'
			assert_regex "$hint" "^${scheme[$tool]}s:// "
		) 3>&- &
		pids+=($!)
	done
	fails 75 mlist -s "imap://$SRV_IMAPS" "$ask" --timeout=1
	assert_regex "$hint" '^imaps:// '
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	assert_untouched
}

@test 'a server of another protocol: 76 and its own words' {
	give_mail
	fails 76 mlist -s "pop3s://$SRV_IMAPS" "$ask"
	assert_regex "$message" '^localhost:[0-9]+: not a POP3 answer: \* OK '
	fails 76 call msend -s "smtp://$SRV_POP3" "$ask"
	assert_regex "$message" '^localhost:[0-9]+: not an SMTP reply: \+OK '
	fails 76 mlist -s "imaps://$SRV_POP3S" "$ask"
	assert_regex "$message" '^localhost:[0-9]+: not an IMAP greeting: \+OK '
	fails 76 mlist -s "imap://$SRV_SUBMISSION" "$ask"
	assert_regex "$message" '^localhost:[0-9]+: not an IMAP greeting: 220 '
	fails 76 mdel -s "pop3://$SRV_SUBMISSION" "$ask" 1
	assert_regex "$message" '^localhost:[0-9]+: not a POP3 answer: 220 '
	assert_untouched
}

# A server without STARTTLS or STLS, on standard input and output; what it hears is in the file heard.
write_plaintext_server()
{
	cat >plaintext.sh <<-'END'
	say() { printf '%s\r\n' "$@"; }
	[ "$1" = smtp ] && say '220 here' || say '+OK here'
	while read -r line; do
		echo "$line" >>heard
		case $1-$line in
		smtp-EHLO*) say 250-here '250-AUTH PLAIN LOGIN' '250 8BITMIME' ;;
		smtp-STARTTLS*) say '502 not here' ;;
		pop3-CAPA*) say '+OK' USER 'SASL PLAIN LOGIN' . ;;
		pop3-*) say '-ERR what' ;;
		*) say '500 what' ;;
		esac
	done
	END
}

@test 'STARTTLS to a server without it: 69, nothing sent but the question' {
	give_mail
	write_plaintext_server
	for tool in $tools; do
		[ "$tool" = msend ] && protocol=smtp words=STARTTLS || { protocol=pop3 && words=STLS; }
		fails 69 call "$tool" -s "$protocol://here" "$ask" --tunnel="sh plaintext.sh $protocol"
		assert_equal "$message" "here:$([ "$protocol" = smtp ] && echo 587 || echo 110): the server does not offer $words"
		assert_regex "$hint" "${protocol}s://"
		run -1 grep -Ev '^(EHLO|CAPA|QUIT|STLS|STARTTLS)' heard
		rm heard
	done
	assert_untouched
}

@test 'STARTTLS to a Postfix without it: 69' {
	require_postfix
	fails 69 call msend -s "smtp://$SRV_POSTFIX_PLAIN" "$ask"
	assert_regex "$message" '^localhost:[0-9]+: the server does not offer STARTTLS$'
	[ ! -e mark ]
	assert_equal "$(mailbox_count "$user")" 0
}

# ---- recipients ----

@test 'a refused recipient: 67 and the words of the server, nothing sent' {
	if [[ -n $SRV_POSTFIX_SMTPS ]]; then
		run -67 --separate-stderr msend -s "smtps://$SRV_POSTFIX_SMTPS" "$me" nobody@example.org <letter.eml
		assert_equal "${#stderr_lines[@]}" 2
		assert_regex "${stderr_lines[0]}" '^msend: localhost:[0-9]+: 550 5\.1\.1 <nobody@example\.org>: '
	fi
	fails 67 msend nosuch@example.org <letter.eml
	assert_regex "$message" '^localhost:[0-9]+: 550 5\.1\.1 '
	fails 67 msend "$me" nosuch@example.org <letter.eml
	# what comes later comes alone
	sed 's/^Subject: .*/Subject: later/' letter.eml >later.eml
	msend "$me" <later.eml
	await_mail "$user"
	assert_equal "$(mailbox_count "$user")" 1
	assert_arrived later.eml "$(mailbox_files "$user")"
}

# ---- the command line ----

@test 'an unknown option: 64, and the hint names --help' {
	give_mail
	for tool in $tools; do
		fails 64 call "$tool" --no-such-option
		assert_equal "$message" "unknown or ambiguous option '--no-such-option'"
		assert_equal "$hint" "$tool --help shows the options"
		fails 64 call "$tool" -Z
		assert_equal "$message" "unknown option '-Z'"
		fails 64 call "$tool" --json=yes
		fails 64 call "$tool" --timeout
		fails 64 call "$tool" --ver
	done
	assert_untouched
}

@test 'a bad value: 64, and the option is named' {
	for tool in $tools; do
		for option in timeout=soon timeout=-1 server=gopher://x server=pop3s://x:0 port=70000 auth=magic \
		    source-ip=here 'user=' $'user=a\nb'; do
			fails 64 call "$tool" --"$option"
			assert_regex "$message" "^--${option%%=*}: "
		done
	done
}

@test 'a folder that is not there: 66 and the words of the server, and the hint says how to find those that are' {
	for command in 'mlist' 'mdel 1' 'mfetch --maildir=Mail'; do
		# shellcheck disable=SC2086  # words are wanted
		fails 66 $command -s "imaps://$SRV_IMAPS" --folder=Entwürfe
		assert_regex "$message" '^localhost:[0-9]+: NO .*Entwürfe'
		assert_equal "$hint" "\`mlist --folders\` shows the folders there are"
	done
	[ ! -e Mail ]
}

@test 'a port without a host: 64' {
	for tool in $tools; do
		fails 64 call "$tool" --port=993
		assert_equal "$message" '--port goes with --host'
	done
}

@test 'a bad operand: 64, nothing deleted' {
	give_mail
	for tool in mlist mfetch mdel; do
		for operand in xyz 0 5-3 1,2 last: last:x uid: 1-x --1 99999999999; do
			fails 64 "$tool" -- "$operand"
			assert_equal "$message" "'$operand' names no messages"
		done
	done
	fails 64 mdel 1 xyz
	fails 64 msend 'not an address' <letter.eml
	assert_untouched
}

@test 'mdel without an operand: 64, nothing deleted' {
	give_mail
	fails 64 mdel
	assert_equal "$message" 'no messages given'
	assert_untouched
}

@test 'options that exclude each other: 64' {
	fails 64 mfetch --maildir=a --mbox=b
	fails 64 mfetch --raw --pipe=cat
	fails 64 mfetch --null
	[ ! -e a ]
	[ ! -e b ]
	fails 64 mlist --columns=number,nonsense
	fails 64 mlist --columns=number,number
	fails 64 mlist --count --json
	assert_equal "$message" '--count and --json cannot be combined'
	fails 64 mlist --count --columns=number
	# a column list of the configuration is for the other runs
	config_for "$user" 'columns = number'
	run -0 mlist --count
}

# ---- the configuration ----

@test 'an unknown account: 78, and the hint lists those there are' {
	cat >>"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-'END'
	[other]
	address = other@example.org
	END
	for tool in $tools; do
		fails 78 call "$tool" -a nonsense
		assert_equal "$message" "there is no account 'nonsense'"
		assert_equal "$hint" 'accounts: test, other'
	done
	fails 78 mlist
	assert_equal "$message" 'which account?'
	assert_equal "$hint" 'accounts: test, other'
}

@test 'no configuration at all: 78, and the hint names the file' {
	rm "$XDG_CONFIG_HOME/mailverbs/config.ini"
	for tool in $tools; do
		fails 78 call "$tool"
		assert_equal "$message" 'no account is configured'
		assert_regex "$hint" "^maccount add ADDRESS sets one up; or write one into $XDG_CONFIG_HOME/mailverbs/config\\.ini, "
	done
	fails 78 mlist -C nothing.ini
	assert_equal "$message" 'nothing.ini: No such file or directory'
}

# config_line LINE WORDS: that line, number 9 of the file, is an error for each tool, with these words
config_line()
{
	local tool
	config_for "$user" "$1"
	for tool in $tools; do
		fails 78 call "$tool" "$ask"
		assert_regex "$message" "^$XDG_CONFIG_HOME/mailverbs/config\\.ini:9: $2"
	done
}

@test 'a bad line in the configuration: 78 with file and line, nothing sent, nothing deleted' {
	give_mail
	config_line 'nonsense' 'neither \[section\] nor key = value$'
	config_line '[unclosed' 'neither \[section\] nor key = value$'
	config_line 'pasword = x' "unknown key 'pasword'$"
	config_line 'account = test' "unknown key 'account' in this place$"
	config_line 'read-recipients = yes' "unknown key 'read-recipients'$"
	config_line 'note = x' "unknown key 'note'$"
	config_line 'timeout = soon' "timeout: 'soon' is not a number from 0 to 1000000$"
	config_line 'keep = perhaps' "keep: 'perhaps' is neither yes nor no"
	config_line 'auth = magic' "auth: 'magic' is not one of "
	config_line 'full-name =' 'full-name: the value is empty$'
	config_line 'address = another@example.org' 'address: the key is given for the second time$'
	config_line "user = $(printf 'x%.0s' {1..200})" 'the line is too long; '
	config_line "; $(printf 'x%.0s' {1..300})" 'the line is too long; '
	config_line "[$(printf 'x%.0s' {1..60})]" 'the name of the section is too long$'
	config_line 'source-ip = here' "source-ip: 'here' is not an IP address$"
	assert_untouched
}

@test 'a bad line is an error although it belongs to another account' {
	give_mail
	cat >>"$XDG_CONFIG_HOME/mailverbs/config.ini" <<-'END'
	[other]
	adress = other@example.org
	END
	fails 78 mdel -a test 1
	assert_regex "$message" "config\\.ini:[0-9]+: unknown key 'adress'$"
	assert_untouched
}

@test 'a line with a NUL in it is an error, and not half a line' {
	printf 'user = a\0b\n' >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	fails 78 mlist
	assert_regex "$message" 'config\.ini:[0-9]+: the line holds a NUL byte$'
}

@test 'an error in the presets is told with file and line' {
	echo '[mine]' >"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	echo 'smpt = smtps://x' >>"$XDG_CONFIG_HOME/mailverbs/providers.ini"
	fails 78 mlist --provider=mine
	assert_regex "$message" "providers\\.ini:2: unknown key 'smpt'$"
	fails 78 mlist --provider=nonsense
	assert_equal "$message" "there is no provider 'nonsense'"
}

@test 'a server of the wrong kind: 78' {
	fails 78 mlist -s smtps://localhost
	fails 78 call msend -s pop3s://localhost
	fails 78 mlist -s pop3s://
}

@test 'output that is lost before the end is said to be, and a reader that has gone is no error' {
	planned() { mdel -n --server=pop3+insecure://127.0.0.1:1 --user=x 1; }
	full() { planned >/dev/full; }
	run -74 full
	assert_line --index 1 'mdel: standard output: what was written to it is lost'
	unread() { planned | true; echo "${PIPESTATUS[0]}"; }
	for _ in {1..5}; do
		run --separate-stderr -0 unread
		[[ $output = 141 ]] || assert_equal "$output $stderr" '75 mdel: 127.0.0.1:1: cannot connect: Connection refused'
	done
}
