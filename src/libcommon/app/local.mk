libcommon_a_SOURCES += \
	%D%/folder_names.c \
	%D%/folder_names.h \
	%D%/login_delay.c \
	%D%/login_delay.h \
	%D%/mailbox_name.c \
	%D%/mailbox_name.h \
	%D%/mailbox_session.c \
	%D%/mailbox_session.h \
	%D%/probe.c \
	%D%/probe.h \
	%D%/select.c \
	%D%/select.h \
	%D%/session.c \
	%D%/session.h \
	%D%/smtp_account.c \
	%D%/smtp_account.h \
	%D%/message_lines.c \
	%D%/message_lines.h \
	%D%/message_search.c \
	%D%/message_search.h \
	%D%/table.c \
	%D%/table.h \
	%D%/tool.c \
	%D%/tool.h \
	%D%/workers.c \
	%D%/workers.h
