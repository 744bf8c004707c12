bin_PROGRAMS += mfetch
mfetch_SOURCES = %D%/mfetch.c
mfetch_LDADD = libmfetch.a $(LDADD)

noinst_LIBRARIES += libmfetch.a
libmfetch_a_SOURCES = \
	%D%/clock_note.c \
	%D%/clock_note.h \
	%D%/destination.c \
	%D%/destination.h \
	%D%/fetch.c \
	%D%/fetch.h \
	%D%/fetch_choice.c \
	%D%/fetch_choice.h \
	%D%/fetch_deliver.c \
	%D%/fetch_deliver.h \
	%D%/fetch_finish.c \
	%D%/fetch_finish.h \
	%D%/fetch_journal.c \
	%D%/fetch_journal.h \
	%D%/fetch_options.c \
	%D%/fetch_options.h \
	%D%/fetch_report.c \
	%D%/fetch_report.h \
	%D%/fetch_select.c \
	%D%/fetch_select.h \
	%D%/fetch_state.h \
	%D%/fetch_turn.c \
	%D%/fetch_turn.h \
	%D%/filter.c \
	%D%/filter.h \
	%D%/hook.c \
	%D%/hook.h \
	%D%/listing.c \
	%D%/listing.h \
	%D%/lmtp.c \
	%D%/lmtp.h \
	%D%/message_marks.c \
	%D%/message_marks.h \
	%D%/oversize.c \
	%D%/oversize.h \
	%D%/progress.c \
	%D%/progress.h \
	%D%/repeats.c \
	%D%/repeats.h \
	%D%/retention.c \
	%D%/retention.h \
	%D%/suspects.c \
	%D%/suspects.h \
	%D%/uidvalidity.c \
	%D%/uidvalidity.h \
	%D%/undeleted.c \
	%D%/undeleted.h \
	%D%/unread.c \
	%D%/unread.h \
	%D%/watch.c \
	%D%/watch.h
