libcommon_a_SOURCES += \
	%D%/folder_names.c \
	%D%/folder_names.h \
	%D%/login_delay.c \
	%D%/login_delay.h \
	%D%/select.c \
	%D%/select.h \
	%D%/session.c \
	%D%/session.h \
	%D%/table.c \
	%D%/table.h \
	%D%/tool.c \
	%D%/tool.h \
	%D%/workers.c \
	%D%/workers.h
