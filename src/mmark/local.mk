bin_PROGRAMS += mmark
mmark_SOURCES = \
	%D%/mmark.c \
	%D%/mmark_options.c \
	%D%/mmark_options.h
