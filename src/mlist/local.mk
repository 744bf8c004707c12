bin_PROGRAMS += mlist
mlist_SOURCES = %D%/mlist.c
mlist_LDADD = libmlist.a $(LDADD) $(JANSSON_LIBS)

noinst_LIBRARIES += libmlist.a
libmlist_a_SOURCES = \
	%D%/folder_table.c \
	%D%/folder_table.h \
	%D%/mlist_options.c \
	%D%/mlist_options.h
