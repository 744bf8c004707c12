libcommon_a_SOURCES += \
	%D%/delivery.c \
	%D%/delivery.h \
	%D%/mbox_lock.c \
	%D%/mbox_lock.h \
	%D%/next_hop.h \
	%D%/sink.c \
	%D%/sink.h \
	%D%/sink_command.c \
	%D%/sink_lmtp.c \
	%D%/sink_maildir.c \
	%D%/sink_mbox.c \
	%D%/sink_stdout.c \
	%D%/sinks.h \
	%D%/writer.c \
	%D%/writer.h
