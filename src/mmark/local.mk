bin_PROGRAMS += mmark
mmark_SOURCES = %D%/mmark.c
