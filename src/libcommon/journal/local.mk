libcommon_a_SOURCES += \
	%D%/bookmark.c \
	%D%/bookmark.h \
	%D%/journal.c \
	%D%/journal.h \
	%D%/journal_index.c \
	%D%/journal_index.h \
	%D%/journal_line.c \
	%D%/journal_line.h \
	%D%/journal_migrate.c \
	%D%/journal_migrate.h \
	%D%/journal_stale.c \
	%D%/journal_stale.h
