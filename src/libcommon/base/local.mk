libcommon_a_SOURCES += \
	%D%/buf.c \
	%D%/buf.h \
	%D%/clock.h \
	%D%/child.c \
	%D%/child.h \
	%D%/digest.c \
	%D%/digest.h \
	%D%/err.c \
	%D%/err.h \
	%D%/file.c \
	%D%/file.h \
	%D%/mem.c \
	%D%/mem.h \
	%D%/program.c \
	%D%/program.h \
	%D%/spawner.c \
	%D%/spawner.h \
	%D%/screen.c \
	%D%/screen.h \
	%D%/stop.c \
	%D%/stop.h \
	%D%/text.c \
	%D%/text_set.c \
	%D%/text_set.h \
	%D%/text.h \
	%D%/trace.c \
	%D%/trace.h
