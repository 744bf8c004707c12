# ---- tests ----

unit_tests = \
	tests/unit/test_address \
	tests/unit/test_alias \
	tests/unit/test_base \
	tests/unit/test_child \
	tests/unit/test_connect \
	tests/unit/test_deflate \
	tests/unit/test_dialog \
	tests/unit/test_encoded_word \
	tests/unit/test_eol \
	tests/unit/test_recipient_status \
	tests/unit/test_fingerprint \
	tests/unit/test_date \
	tests/unit/test_header \
	tests/unit/test_imap_capabilities \
	tests/unit/test_imap_code \
	tests/unit/test_imap_name \
	tests/unit/test_imap_parse \
	tests/unit/test_imap_query \
	tests/unit/test_mbox \
	tests/unit/test_netrc \
	tests/unit/test_outgoing \
	tests/unit/test_envelope \
	tests/unit/test_provider \
	tests/unit/test_queue \
	tests/unit/test_uidvalidity \
	tests/unit/test_sasl \
	tests/unit/test_secret \
	tests/unit/test_journal \
	tests/unit/test_opener \
	tests/unit/test_operands \
	tests/unit/test_seven_bit \
	tests/unit/test_sink \
	tests/unit/test_smtp \
	tests/unit/test_smtp_parameters \
	tests/unit/test_source \
	tests/unit/test_pace \
	tests/unit/test_stream \
	tests/unit/test_syscall_filter \
	tests/unit/test_tls

fuzz_targets = tests/fuzz/fuzz_eol tests/fuzz/fuzz_address tests/fuzz/fuzz_encoded_word \
	tests/fuzz/fuzz_imap_name tests/fuzz/fuzz_imap_parse tests/fuzz/fuzz_imap_talk \
	tests/fuzz/fuzz_imap_query tests/fuzz/fuzz_deflate tests/fuzz/fuzz_fingerprint \
	tests/fuzz/fuzz_journal tests/fuzz/fuzz_pop3_talk tests/fuzz/fuzz_smtp_talk \
	tests/fuzz/fuzz_ini tests/fuzz/fuzz_outgoing

check_PROGRAMS = $(unit_tests) $(fuzz_targets) tests/replay tests/serve tests/links \
	tests/peak
tests_unit_test_address_SOURCES = tests/unit/test_address.c
tests_unit_test_alias_SOURCES = tests/unit/test_alias.c
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_child_SOURCES = tests/unit/test_child.c
tests_unit_test_connect_SOURCES = tests/unit/test_connect.c
tests_unit_test_deflate_SOURCES = tests/unit/test_deflate.c
tests_unit_test_dialog_SOURCES = tests/unit/test_dialog.c
tests_unit_test_encoded_word_SOURCES = tests/unit/test_encoded_word.c
tests_unit_test_eol_SOURCES = tests/unit/test_eol.c
tests_unit_test_recipient_status_SOURCES = tests/unit/test_recipient_status.c
tests_unit_test_recipient_status_LDADD = libmsend.a $(LDADD)
tests_unit_test_fingerprint_SOURCES = tests/unit/test_fingerprint.c
tests_unit_test_date_SOURCES = tests/unit/test_date.c
tests_unit_test_header_SOURCES = tests/unit/test_header.c
tests_unit_test_imap_capabilities_SOURCES = tests/unit/test_imap_capabilities.c
tests_unit_test_imap_code_SOURCES = tests/unit/test_imap_code.c
tests_unit_test_imap_name_SOURCES = tests/unit/test_imap_name.c
tests_unit_test_imap_parse_SOURCES = tests/unit/test_imap_parse.c
tests_unit_test_imap_query_SOURCES = tests/unit/test_imap_query.c
tests_unit_test_mbox_SOURCES = tests/unit/test_mbox.c
tests_unit_test_netrc_SOURCES = tests/unit/test_netrc.c
tests_unit_test_outgoing_SOURCES = tests/unit/test_outgoing.c
tests_unit_test_envelope_SOURCES = tests/unit/test_envelope.c
tests_unit_test_provider_SOURCES = tests/unit/test_provider.c
tests_unit_test_queue_SOURCES = tests/unit/test_queue.c
tests_unit_test_queue_LDADD = libmsend.a $(LDADD)
tests_unit_test_uidvalidity_SOURCES = tests/unit/test_uidvalidity.c
tests_unit_test_uidvalidity_LDADD = libmfetch.a $(LDADD)
tests_unit_test_sasl_SOURCES = tests/unit/test_sasl.c
tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c
tests_unit_test_seven_bit_SOURCES = tests/unit/test_seven_bit.c
tests_unit_test_opener_SOURCES = tests/unit/test_opener.c
tests_unit_test_opener_LDADD = libmsend.a $(LDADD)
tests_unit_test_operands_SOURCES = tests/unit/test_operands.c
tests_unit_test_sink_SOURCES = tests/unit/test_sink.c
tests_unit_test_smtp_SOURCES = tests/unit/test_smtp.c
tests_unit_test_smtp_parameters_SOURCES = tests/unit/test_smtp_parameters.c
tests_unit_test_source_SOURCES = tests/unit/test_source.c
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c
tests_unit_test_syscall_filter_SOURCES = tests/unit/test_syscall_filter.c
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c
tests_unit_test_tls_SOURCES = tests/unit/test_tls.c
tests_fuzz_fuzz_eol_SOURCES = tests/fuzz/fuzz_eol.c tests/fuzz/standalone.c
tests_fuzz_fuzz_eol_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_address_SOURCES = tests/fuzz/fuzz_address.c tests/fuzz/standalone.c
tests_fuzz_fuzz_address_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_encoded_word_SOURCES = tests/fuzz/fuzz_encoded_word.c tests/fuzz/standalone.c
tests_fuzz_fuzz_encoded_word_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_imap_parse_SOURCES = tests/fuzz/fuzz_imap_parse.c tests/fuzz/standalone.c
tests_fuzz_fuzz_imap_parse_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_imap_talk_SOURCES = tests/fuzz/fuzz_imap_talk.c tests/fuzz/standalone.c
tests_fuzz_fuzz_imap_talk_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_imap_name_SOURCES = tests/fuzz/fuzz_imap_name.c tests/fuzz/standalone.c
tests_fuzz_fuzz_imap_name_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_imap_query_SOURCES = tests/fuzz/fuzz_imap_query.c tests/fuzz/standalone.c
tests_fuzz_fuzz_imap_query_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_deflate_SOURCES = tests/fuzz/fuzz_deflate.c tests/fuzz/standalone.c
tests_fuzz_fuzz_deflate_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_fingerprint_SOURCES = tests/fuzz/fuzz_fingerprint.c tests/fuzz/standalone.c
tests_fuzz_fuzz_fingerprint_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c tests/fuzz/standalone.c
tests_fuzz_fuzz_journal_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_pop3_talk_SOURCES = tests/fuzz/fuzz_pop3_talk.c tests/fuzz/standalone.c
tests_fuzz_fuzz_pop3_talk_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_smtp_talk_SOURCES = tests/fuzz/fuzz_smtp_talk.c tests/fuzz/standalone.c
tests_fuzz_fuzz_smtp_talk_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_ini_SOURCES = tests/fuzz/fuzz_ini.c tests/fuzz/standalone.c
tests_fuzz_fuzz_ini_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_fuzz_fuzz_outgoing_SOURCES = tests/fuzz/fuzz_outgoing.c tests/fuzz/standalone.c
tests_fuzz_fuzz_outgoing_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
tests_replay_SOURCES = tests/replay.c
tests_replay_LDADD =
tests_serve_SOURCES = tests/serve.c
tests_serve_LDADD =
tests_links_SOURCES = tests/links.c
tests_links_LDADD =
tests_peak_SOURCES = tests/peak.c
tests_peak_LDADD =


script_tests = tests/layers tests/errors tests/rooms tests/options tests/fuzz/run

check-local: $(bin_PROGRAMS)
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
	UNIT_TESTS="$$(printf '$(abs_top_builddir)/%s ' $(unit_tests))" \
	SCRIPT_TESTS="$$(printf '$(abs_top_srcdir)/%s ' $(script_tests))" \
	    '$(srcdir)/tests/run'

# mfetch, msend's queue and mmark, killed at every system call, cut off, out of disk: all of it takes minutes.
check-crash: $(bin_PROGRAMS)
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
	    '$(srcdir)/tests/crash/matrix'
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
	    '$(srcdir)/tests/crash/queue'
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
	    '$(srcdir)/tests/crash/marks'
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
	    '$(srcdir)/tests/crash/faults'

# Each fuzzer for ten minutes, or FUZZ_SECONDS; needs clang.
fuzz:
	@abs_top_srcdir='$(abs_top_srcdir)' abs_top_builddir='$(abs_top_builddir)' \
	FUZZERS='$(fuzz_targets)' LIBRARIES='$(LDADD)' '$(srcdir)/tests/fuzz/hunt'

.PHONY: check-crash fuzz

