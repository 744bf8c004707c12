libcommon_a_SOURCES += \
	%D%/bookmark.c \
	%D%/bookmark.h \
	%D%/journal.c \
	%D%/journal.h \
	%D%/journal_former.c \
	%D%/journal_former.h \
	%D%/journal_index.c \
	%D%/journal_index.h \
	%D%/journal_line.c \
	%D%/journal_line.h \
	%D%/journal_listing.c \
	%D%/journal_listing.h \
	%D%/journal_migrate.c \
	%D%/journal_migrate.h \
	%D%/journal_peek.c \
	%D%/journal_peek.h \
	%D%/journal_record.c \
	%D%/journal_record.h \
	%D%/journal_rewrite.c \
	%D%/journal_rewrite.h \
	%D%/journal_stale.c \
	%D%/journal_stale.h \
	%D%/journal_state.h
