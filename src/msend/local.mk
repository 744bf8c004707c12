bin_PROGRAMS += msend
msend_SOURCES = %D%/msend.c
msend_LDADD = libmsend.a $(LDADD)

noinst_LIBRARIES += libmsend.a
libmsend_a_SOURCES = \
	%D%/backoff.c \
	%D%/backoff.h \
	%D%/batch.c \
	%D%/batch.h \
	%D%/letter.c \
	%D%/letter.h \
	%D%/log.c \
	%D%/log.h \
	%D%/mailq.c \
	%D%/mailq.h \
	%D%/name_list.c \
	%D%/name_list.h \
	%D%/opener.c \
	%D%/opener.h \
	%D%/outcome.c \
	%D%/outcome.h \
	%D%/queue.c \
	%D%/queue.h \
	%D%/queue_access.c \
	%D%/queue_access.h \
	%D%/queue_attempt.c \
	%D%/queue_attempt.h \
	%D%/queue_route.c \
	%D%/queue_route.h \
	%D%/queue_settle.c \
	%D%/queue_settle.h \
	%D%/queue_add.c \
	%D%/queue_add.h \
	%D%/queue_entry.c \
	%D%/queue_entry.h \
	%D%/queue_run.c \
	%D%/queue_run.h \
	%D%/queue_settings.c \
	%D%/queue_settings.h \
	%D%/queue_share.c \
	%D%/queue_share.h \
	%D%/rate.c \
	%D%/rate.h \
	%D%/recipient_status.c \
	%D%/recipient_status.h \
	%D%/save.c \
	%D%/save.h \
	%D%/save_command.c \
	%D%/save_command.h \
	%D%/send_filter.c \
	%D%/send_filter.h \
	%D%/send_journal.c \
	%D%/send_journal.h \
	%D%/send_options.c \
	%D%/send_options.h \
	%D%/sent_copy.c \
	%D%/sent_copy.h \
	%D%/smtp_session.c \
	%D%/smtp_session.h \
	%D%/submission.c \
	%D%/submission.h \
	%D%/tally.c \
	%D%/tally.h \
	%D%/transactions.c \
	%D%/transactions.h
