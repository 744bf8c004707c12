libcommon_a_SOURCES += \
	%D%/account.c \
	%D%/account.h \
	%D%/account_settings.c \
	%D%/account_settings.h \
	%D%/conflict.c \
	%D%/conflict.h \
	%D%/ini.c \
	%D%/ini.h \
	%D%/opt.c \
	%D%/opt.h \
	%D%/paths.c \
	%D%/paths.h \
	%D%/provider.c \
	%D%/provider.h \
	%D%/setting.c \
	%D%/setting.h \
	%D%/setting_check.c \
	%D%/setting_mail.c \
	%D%/setting_mail.h \
	%D%/setting_table.c \
	%D%/suggest.c \
	%D%/suggest.h \
	%D%/url.c \
	%D%/url.h \
	%D%/values.c \
	%D%/values.h
