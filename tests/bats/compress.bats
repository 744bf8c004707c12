#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --compress (RFC 4978): against a real Dovecot, and against servers that do not want to.

# shellcheck disable=SC2154  # `run --separate-stderr` sets these

load helper
load replay

setup()
{
	replay_setup
	user=$(fresh_user)
	config_for "$user"
	imap=(--server="imaps://$SRV_IMAPS" --compress)
	mlist --server="imaps://$SRV_IMAPS" -v --probe 2>&1 | grep -q COMPRESS=DEFLATE ||
		skip 'this Dovecot does not compress'
}

@test 'what is fetched compressed is what was sent, in TLS and without' {
	local i
	for ((i = 1; i <= 40; i++)); do
		printf 'Subject: %d\n\n%s\n' "$i" "$(head -c 3000 /dev/urandom | base64)" >"$i.eml"
	done
	head -c 3000000 /dev/urandom | base64 | cat <(printf 'Subject: large\n\n') - >41.eml
	head -c 3000000 /dev/zero | tr '\0' x | fold | cat <(printf 'Subject: even\n\n') - >42.eml
	printf '\n' >>42.eml
	deliver "$user" {1..42}.eml
	run -0 mfetch "${imap[@]}" --keep --maildir=box
	cmp <(cat {1..42}.eml | sort) <(cat box/new/* | sort)
	run -0 mfetch "${imap[@]}" --server="imap+insecure://$SRV_IMAP" --maildir=other
	cmp <(cat {1..42}.eml | sort) <(cat other/new/* | sort)
	run -0 mlist "${imap[@]}" -c
	assert_output $'0\t0'
}

@test 'the trace shows the conversation in the clear' {
	printf 'Subject: one\n\nx\n' | deliver "$user"
	run -0 --separate-stderr mlist "${imap[@]}" -v -o uid,subject
	assert_output $'1\tone'
	assert_regex "$stderr" 'C: a[0-9]+ COMPRESS DEFLATE'
	assert_regex "$stderr" 'C: a[0-9]+ SELECT "INBOX"'
	assert_regex "$stderr" 'S: \* 1 EXISTS'
}

@test 'without --compress nothing is compressed' {
	trace_user "$user"
	run -0 mlist --server="imaps://$SRV_IMAPS"
	run wire_trace "$user" in
	assert_output --partial EXAMINE
	refute_output --partial COMPRESS
}

@test 'a key of the account compresses too' {
	printf 'compress = yes\n' >>"$XDG_CONFIG_HOME/mailverbs/config.ini"
	run -0 --separate-stderr mlist --server="imaps://$SRV_IMAPS" -v
	assert_regex "$stderr" 'COMPRESS DEFLATE'
}

@test 'a server that cannot, or refuses, is spoken to as before' {
	local folder='S: * 0 EXISTS
S: * OK [UIDVALIDITY 1] x'
	against - 0 mlist --server=imap+insecure:// --user=u --auth=login --timeout=5 --compress -o size <<-END
	S: * OK [CAPABILITY IMAP4rev1] ready
	C: a1 LOGIN "u" "tanstaaf"
	S: a1 OK [CAPABILITY IMAP4rev1] in
	C: a2 EXAMINE "INBOX"
	C: a3 UID FETCH 1:* (UID RFC822.SIZE)
	$folder
	S: a2 OK x
	S: a3 OK x
	C: a4 LOGOUT
	END
	against - 0 mlist --server=imap+insecure:// --user=u --auth=login --timeout=5 --compress -o size <<-END
	S: * OK [CAPABILITY IMAP4rev1] ready
	C: a1 LOGIN "u" "tanstaaf"
	S: a1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in
	C: a2 COMPRESS DEFLATE
	S: a2 NO [COMPRESSIONACTIVE] TLS does it already
	C: a3 EXAMINE "INBOX"
	C: a4 UID FETCH 1:* (UID RFC822.SIZE)
	$folder
	S: a3 OK x
	S: a4 OK x
	C: a5 LOGOUT
	END
}

@test 'plain text behind the consent to compress is an error' {
	against - 76 mlist --server=imap+insecure:// --user=u --auth=login --timeout=5 --compress <<-'END'
	S: * OK [CAPABILITY IMAP4rev1] ready
	C: a1 LOGIN "u" "tanstaaf"
	S: a1 OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in
	C: a2 COMPRESS DEFLATE
	S: a2 OK go
	S: \xff\xff\xff\xff
	! interrupt
	END
	assert_equal "$stderr" "mlist: tunnel: the server's compressed data are damaged"
}
