# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# For what is asked and typed on a terminal, after helper. A file may set `question` to the extended regular expression
# of the questions that it waits for.

# on_terminal COMMAND ANSWER...: runs the shell command on a terminal of its own; an answer is typed each time the screen
# shows the next question. What was shown is in the file screen, the exit status in the file status.
on_terminal()
{
	local typing child answer count=0 tries
	rm -f status
	mkfifo keys
	: >screen
	script -qfc "$1; echo \$? >status" screen <keys >/dev/null 2>&1 3>&- &
	child=$!
	exec {typing}>keys
	for answer in "${@:2}"; do
		((++count)) && tries=0
		until [[ -e status ]] || (($(grep -aoE "${question-Password for [^:]*: }" screen | wc -l) >= count)); do
			((++tries < 1000))
			sleep 0.02
		done
		printf '%s\n' "$answer" >&$typing
	done
	wait "$child"
	exec {typing}>&-
	rm keys
}
