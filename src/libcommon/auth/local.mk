libcommon_a_SOURCES += \
	%D%/apop.c \
	%D%/choose.c \
	%D%/held_token.c \
	%D%/held_token.h \
	%D%/mechanism.c \
	%D%/mechanism.h \
	%D%/netrc.c \
	%D%/netrc.h \
	%D%/sasl.c \
	%D%/sasl.h \
	%D%/secret.c \
	%D%/secret.h \
	%D%/secret_params.h \
	%D%/secret_source.c \
	%D%/secret_source.h \
	%D%/secret_terminal.c \
	%D%/secret_token.c \
	%D%/token.c \
	%D%/token.h
