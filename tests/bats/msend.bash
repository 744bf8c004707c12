# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What msend.bats and msend-recipients.bats share; each loads helper first.

setup()
{
	mailverbs_setup
	user=$(fresh_user)
	me=$user@example.org
	config_for "$user"
}

# ---- the ways in ----

# shellcheck disable=SC2120  # `run` and arrives give them arguments
by_postfix_tls() { msend --server="smtps://$SRV_POSTFIX_SMTPS" "$@"; }
by_postfix_starttls() { msend --server="smtp://$SRV_POSTFIX_SUBMISSION" "$@"; }
by_postfix_plain() { msend --server="smtp+insecure://$SRV_POSTFIX_PLAIN" --auth=none "$@"; }
by_postfix_bare() { msend --server="smtp+insecure://$SRV_POSTFIX_BARE" --auth=none "$@"; }
by_dovecot_tls() { msend --server="smtps://$SRV_SUBMISSIONS" "$@"; }
by_dovecot_starttls() { msend --server="smtp://$SRV_SUBMISSION" "$@"; }

# ---- letters ----

# letter [LINE...]: a letter from us, complete but for an address, with the LINEs (or a word) in it.
letter()
{
	cat <<-END
	From: Alice <$me>
	Subject: a letter
	Date: Sun, 01 Nov 2026 10:00:00 +0000
	Message-ID: <letter@example.org>
	MIME-Version: 1.0
	Content-Type: text/plain; charset=utf-8
	Content-Transfer-Encoding: 8bit

	END
	printf '%s\n' "${@:-hello}"
}

# there_are WAY...: those of the by_… that there are here, which are not Postfix's for an ordinary user
there_are()
{
	local way
	for way; do
		[[ $way != by_postfix_* || -n $SRV_POSTFIX_SMTPS ]] && echo "$way"
	done
	return 0
}

# arrives WAYS SENT [EXPECTED]: a letter that goes out by each of the WAYS (words, each one of the
# by_…) comes out as SENT, or as EXPECTED.
arrives()
{
	local way to all=()
	# shellcheck disable=SC2086  # words are wanted
	for way in $(there_are $1); do
		to=$(fresh_user)
		run -0 "$way" "$to@example.org" <"$2"
		assert_output ''
		all+=("$to")
	done
	[ ${#all[@]} -gt 0 ]
	for to in "${all[@]}"; do
		await_mail "$to"
		assert_arrived "${3-$2}" "$(mailbox_files "$to")"
	done
}

arrives_by_all()
{
	arrives 'by_postfix_tls by_postfix_bare by_dovecot_tls' "$@"
}

# mail_of USER: the one message that USER has.
mail_of()
{
	await_mail "$1"
	assert_equal "$(mailbox_count "$1")" 1
	mailbox_files "$1"
}

# header_of USER NAME: the field as it stands in USER's one message, folded or not.
header_of()
{
	sed -n '1,/^$/p' "$(mail_of "$1")" |
		awk -v name="$2" '/^[^ \t]/ { on = index(tolower($0), tolower(name) ":") == 1 } on'
}

# Nothing has come, although what was sent later to the same USERs has.
assert_no_mail()
{
	local to
	letter 'this one may come' >behind
	by_dovecot_tls "${@/%/@example.org}" <behind
	for to; do
		await_mail "$to"
		assert_arrived behind "$(mail_of "$to")"
	done
}

# recipients ARGUMENT...: what msend would send to with these arguments, one address a line.
recipients()
{
	msend --dry-run "$@" | sed -n 's/^envelope to: <\(.*\)>$/\1/p'
}
