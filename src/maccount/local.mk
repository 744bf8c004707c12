bin_PROGRAMS += maccount
maccount_SOURCES = %D%/maccount.c
maccount_LDADD = libmaccount.a $(LDADD) $(CURL_LIBS) $(CARES_LIBS) $(EXPAT_LIBS) $(JANSSON_LIBS)

noinst_LIBRARIES += libmaccount.a
libmaccount_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(CARES_CFLAGS) $(EXPAT_CFLAGS)
libmaccount_a_SOURCES = \
	%D%/autoconfig.c \
	%D%/autoconfig.h \
	%D%/candidate.c \
	%D%/candidate.h \
	%D%/candidate_check.c \
	%D%/command.h \
	%D%/config_writer.c \
	%D%/config_writer.h \
	%D%/discover.c \
	%D%/discover.h \
	%D%/discover_dns.c \
	%D%/discover_https.c \
	%D%/discover_preset.c \
	%D%/discover_section.c \
	%D%/dns.c \
	%D%/dns.h \
	%D%/greet.c \
	%D%/greet.h \
	%D%/https.c \
	%D%/https.h \
	%D%/import.c \
	%D%/import.h \
	%D%/import_account.c \
	%D%/import_fetchmail.c \
	%D%/import_fetchmail.h \
	%D%/import_fetchmail_items.c \
	%D%/import_getmail.c \
	%D%/import_msmtp.c \
	%D%/loopback.c \
	%D%/loopback.h \
	%D%/maccount_options.c \
	%D%/maccount_options.h \
	%D%/oauth.c \
	%D%/oauth.h \
	%D%/oauth_login.c \
	%D%/oauth_service.c \
	%D%/oauth_token.c \
	%D%/pacc.c \
	%D%/pacc.h \
	%D%/ports.c \
	%D%/ports.h \
	%D%/providers.c \
	%D%/password_keeper.c \
	%D%/password_keeper.h \
	%D%/server_issuer.c \
	%D%/server_issuer.h \
	%D%/terminal.c \
	%D%/terminal.h \
	%D%/token.c \
	%D%/token_command.c \
	%D%/token_command.h \
	%D%/token_store.c \
	%D%/token_store.h \
	%D%/wizard.c
