# The completions are made from the table of settings, by a program that runs on the build machine;
# so there are none in a cross build.

noinst_PROGRAMS = completions/list_settings
completions_list_settings_SOURCES = completions/list_settings.c

completions/made: completions/list_settings$(EXEEXT) completions/generate.awk completions/bash.in \
    completions/zsh.in completions/fish.in
	$(AM_V_GEN)$(MKDIR_P) completions/bash completions/zsh completions/fish && \
	for tool in $(bin_PROGRAMS); do \
		for file in bash/$$tool zsh/_$$tool fish/$$tool.fish; do \
			completions/list_settings | $(AWK) -v tool=$$tool -v shell=$${file%%/*} \
			    -f $(srcdir)/completions/generate.awk - $(srcdir)/completions/$${file%%/*}.in \
			    > completions/$$file || exit 1; \
		done; \
	done && touch $@

if !CROSS_COMPILING
all-local: completions/made
endif
CLEANFILES += completions/made
clean-local:
	-rm -rf completions/bash completions/zsh completions/fish
