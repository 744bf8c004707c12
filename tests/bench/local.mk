# ---- benchmarks: `make bench`, or tests/bench/run ROW... ----

bench_programs = \
	tests/bench/floor_pop3 \
	tests/bench/floor_smtp \
	tests/bench/floor_spawn \
	tests/bench/letters \
	tests/bench/mailbox_pop3 \
	tests/bench/measure \
	tests/bench/proxy \
	tests/bench/sink_smtp
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES += $(bench_programs)

tests_bench_floor_pop3_SOURCES = tests/bench/floor_pop3.c tests/bench/floor.h tests/bench/socket.h
tests_bench_floor_pop3_LDADD = $(GNUTLS_LIBS)
tests_bench_floor_smtp_SOURCES = tests/bench/floor_smtp.c tests/bench/floor.h tests/bench/socket.h
tests_bench_floor_smtp_LDADD = $(GNUTLS_LIBS)
tests_bench_floor_spawn_SOURCES = tests/bench/floor_spawn.c
tests_bench_floor_spawn_LDADD =
tests_bench_letters_SOURCES = tests/bench/letters.c
tests_bench_letters_LDADD =
tests_bench_mailbox_pop3_SOURCES = tests/bench/mailbox_pop3.c
tests_bench_mailbox_pop3_LDADD =
tests_bench_measure_SOURCES = tests/bench/measure.c
tests_bench_measure_LDADD =
tests_bench_proxy_SOURCES = tests/bench/proxy.c tests/bench/socket.h
tests_bench_proxy_LDADD =
tests_bench_sink_smtp_SOURCES = tests/bench/sink_smtp.c tests/bench/socket.h
tests_bench_sink_smtp_LDADD = $(GNUTLS_LIBS)

bench-programs: $(bin_PROGRAMS) $(bench_programs)

bench: bench-programs
	@abs_top_builddir='$(abs_top_builddir)' '$(srcdir)/tests/bench/run'

.PHONY: bench bench-programs
