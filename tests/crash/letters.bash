# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Letters with all that mail programs stumble over, for mfetch.bats and crash/matrix.

# letters DIR N [big]: DIR/001.eml … (as they stand on the server) and DIR/001.want … (as they must
# arrive: with LF and a last line end). With `big`, one has an attachment of 5 MiB.
letters()
{
	local dir=$1 n=$2 big=${3-} i name
	mkdir -p "$dir"
	for ((i = 1; i <= n; i++)); do
		printf -v name '%s/%03d' "$dir" "$i"
		letter_header "$i" >"$name.eml"
		letter_body $((i % 17)) "$i" >>"$name.eml"
	done
	if [[ $big == big ]]; then
		{
			letter_header big
			echo
			head -c 3932160 /dev/urandom | base64 -w 76
		} >"$dir/002.eml"
	fi
	for name in "$dir"/*.eml; do
		LC_ALL=C sed 's/\r$//' "$name" >"${name%.eml}.want"
		# the last line always ends on the wire
		[[ -z $(tail -c 1 "$name") ]] || echo >>"${name%.eml}.want"
	done
}

letter_header()
{
	cat <<-END
	Return-Path: <sender$1@example.net>
	Delivered-To: alice@example.org
	From: =?utf-8?q?J=C3=BCrgen?= <sender$1@example.net>
	To: alice@example.org
	Subject: letter $1
	Date: Sun, 01 Nov 2026 10:00:00 +0000
	Message-ID: <letter.$1@example.net>
	END
}

letter_body()
{
	case $1 in
	0) return ;; # a header only
	1) echo ;;   # an empty body
	*) echo ;;
	esac
	case $1 in
	2) printf 'no line end at the end' ;;
	3) printf '%s\n' 'From here on' '>From there' '>>From everywhere' 'From' 'from nowhere' ' From' 'From ' ;;
	4) printf '%s\n' . .. ... . ' .' '. ' '.x' . ;;
	5) printf 'Größe: 10 €\nlatin-1: \344\366\374\n\200\377\n' ;;
	6) head -c 1500 /dev/zero | tr '\0' x && echo ;;
	7) head -c 20000 /dev/zero | tr '\0' y && printf '\nbehind it\n' ;;
	8) printf 'crlf 1\r\ncrlf 2\r\n\r\nend\r\n' ;;
	9) printf '\n\n\nempty lines at both ends\n\n\n\n' ;;
	10) printf 'a dot, and no line end\n.' ;;
	11) head -c 12000 /dev/urandom | base64 -w 76 ;;
	12) printf 'From the first line to the last\nFrom' ;;
	13) printf '\tblank \t\n \nform\ffeed\bback\033[31m\n' ;;
	14) printf 'From \n\nFrom \n' ;;
	15) for ((j = 0; j < 900; j++)); do echo "line $j of letter $2"; done ;;
	16) printf '%s\n' '-----BEGIN-----' '+OK' '-ERR' '.QUIT' 'QUIT' ;;
	esac
}

# The form that FILE has in an mbox (mboxrd), without its From_ line.
as_mbox()
{
	LC_ALL=C sed 's/^>*From />&/' "$1"
	echo
}

# split_mbox FILE DIR: DIR/00001 … as they stand there, without their From_ lines.
split_mbox()
{
	mkdir -p "$2"
	LC_ALL=C awk -v dir="$2" '
		/^From / {
			if (file) close(file)
			file = sprintf("%s/%05d", dir, ++n)
			printf "" >file
			next
		}
		{ print >file }' "$1"
}
