# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What matrix, queue and marks have in common: many trials, each in a process of its own, all or a sample of them. Such a
# script sets `here`, abs_top_srcdir and abs_top_builddir, and has
#
#   defaults    sets what the options change: `step`, and its own
#   own_option  takes an option that only this script has; fails if there is none like it
#   prepare     gets ready in $WORK, after the servers and what kills and cuts are there
#   all_trials  prints them, one a line
#   trial       makes the one that its arguments are, and prints `killed …`, `lived …` or `FAILED …`
#   summary     of $WORK/results
#
# and ends with `main "$@"`, unless it is called as `--trial TRIAL`: see one_trial.
#
# shellcheck disable=SC2154,SC2034  # here, abs_top_*: the script's; step, list: for it

die()
{
	echo "tests/crash/${0##*/}: $1" >&2
	exit 1
}

options()
{
	local option
	sample='' seed='' only=. list=''
	defaults
	for option; do
		case $option in
		--step=*) step=${option#*=} ;;
		--sample=*) sample=${option#*=} ;;
		--seed=*) seed=${option#*=} ;;
		--only=*) only=${option#*=} ;;
		--list) list=yes ;;
		*) own_option "$option" || die "$option is not an option" ;;
		esac
	done
	export WORK
}

own_option() { false; }

# shellcheck disable=SC2317  # it is the trap's
clean_up()
{
	[[ ! -e $WORK/servers/env ]] || "$abs_top_srcdir/tests/servers/stop" "$WORK/servers"
	if ls -d "$WORK"/trial.* >/dev/null 2>&1 && [[ -z $sample ]]; then
		echo "what failed is kept in $WORK"
	else
		rm -rf "$WORK"
	fi
}

# The private servers, unless they run, and what kills a tool and cuts its line.
start()
{
	if [[ -z ${SRV_DIR-} ]]; then
		"$abs_top_srcdir/tests/servers/start" --no-postfix "$WORK/servers" || exit 1
		# shellcheck source=/dev/null
		. "$WORK/servers/env"
	fi
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -shared -fPIC -O1 -o "$WORK/kill_at.so" "$here/kill_at.c" -ldl || die 'kill_at.c'
	# shellcheck disable=SC2086  # CC may be several words
	${CC:-cc} -O1 -o "$WORK/cut" "$here/cut.c" || die 'cut.c'
}

in_random_order()
{
	awk -v seed="$1" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort | cut -f2-
}

# A kill comes first: a slow machine has time for few.
choose_sample()
{
	: "${seed:=$RANDOM$RANDOM}"
	echo "seed $seed, $(wc -l <"$WORK/trials") trials to choose from"
	in_random_order "$seed" <"$WORK/trials" |
		awk '!/^kill / || found++ { rest = rest $0 "\n"; next } { print } END { printf "%s", rest }' >"$WORK/random"
	mv "$WORK/random" "$WORK/trials"
	export DEADLINE=$((EPOCHSECONDS + sample))
}

# in_parallel HOW: this script with that, for each line of standard input. A line of output is whole.
in_parallel()
{
	xargs -P "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" -L 1 "$0" "$1"
}

# sum_up FIELDS: of how many kinds of trial, a kind being the first FIELDS words of one, how many there were
sum_up()
{
	grep FAILED "$WORK/results" | sort | head -n 100
	awk -v fields="$1" '{
			seen[$1]++
			kind = $2
			for (i = 3; i <= fields + 1; i++)
				kind = kind " " $i
			by[kind]++
		}
		END {
			for (b in by) print by[b], "trials:", b
			printf "%d trials, %d killed, %d failed\n", NR, seen["killed"], seen["FAILED"]
		}' "$WORK/results" | sort -k2
	[[ -s $WORK/results ]] && ! grep -q FAILED "$WORK/results"
}

main()
{
	options "$@"
	WORK=$(mktemp -d /tmp/crash.XXXXXX)
	chmod a+x "$WORK"
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	start
	prepare
	all_trials >"$WORK/all" || exit
	grep -E "$only" "$WORK/all" >"$WORK/trials" || die 'there are no trials'
	if [[ -n $list ]]; then
		cat "$WORK/trials"
		return
	fi
	[[ -z $sample ]] || choose_sample
	in_parallel --trial <"$WORK/trials" 2>&1 >"$WORK/results" | grep -v 'status 255; aborting$' >&2
	summary
}

# one_trial TRIAL...: unless the time is up; then xargs begins no other one.
one_trial()
{
	[[ -z ${DEADLINE-} ]] || ((EPOCHSECONDS < DEADLINE)) || exit 255
	trial "$@"
	exit 0
}
