bin_PROGRAMS += mdel
mdel_SOURCES = %D%/mdel.c
