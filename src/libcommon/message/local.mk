libcommon_a_SOURCES += \
	%D%/address.c \
	%D%/author.c \
	%D%/author.h \
	%D%/address.h \
	%D%/alias.c \
	%D%/alias.h \
	%D%/date.c \
	%D%/date.h \
	%D%/encoded_word.c \
	%D%/encoded_word.h \
	%D%/envelope.c \
	%D%/envelope.h \
	%D%/eol.c \
	%D%/eol.h \
	%D%/fingerprint.c \
	%D%/fingerprint.h \
	%D%/header.c \
	%D%/header.h \
	%D%/mbox.c \
	%D%/mbox.h \
	%D%/outgoing.c \
	%D%/outgoing.h \
	%D%/receiver.h \
	%D%/source.c \
	%D%/source.h \
	%D%/spool.c \
	%D%/spool.h
