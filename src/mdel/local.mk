bin_PROGRAMS += mdel
mdel_SOURCES = %D%/mdel.c
mdel_LDADD = $(LDADD) $(JANSSON_LIBS)
