libcommon_a_SOURCES += \
	%D%/certificate.c \
	%D%/certificate.h \
	%D%/connect.c \
	%D%/connect.h \
	%D%/deflate.c \
	%D%/deflate.h \
	%D%/dialog.c \
	%D%/dialog.h \
	%D%/idna.c \
	%D%/idna.h \
	%D%/resolve.c \
	%D%/resolve.h \
	%D%/socks.c \
	%D%/socks.h \
	%D%/stream.c \
	%D%/stream.h \
	%D%/tls.c \
	%D%/tls.h \
	%D%/tls_error.c \
	%D%/tls_error.h \
	%D%/trust.c \
	%D%/trust.h \
	%D%/wait.c \
	%D%/wait.h \
	%D%/wire.c \
	%D%/wire.h
