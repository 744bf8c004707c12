bin_PROGRAMS += mlist
mlist_SOURCES = %D%/mlist.c
mlist_LDADD = libmlist.a $(LDADD)

noinst_LIBRARIES += libmlist.a
libmlist_a_SOURCES = \
	%D%/columns.c \
	%D%/columns.h \
	%D%/folder_table.c \
	%D%/folder_table.h \
	%D%/listing.c \
	%D%/listing.h \
	%D%/mlist_options.c \
	%D%/mlist_options.h \
	%D%/rows.c \
	%D%/rows.h
