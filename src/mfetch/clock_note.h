/* SPDX-License-Identifier: ISC */
/*
 * clock_note - when a mailbox was last listed, to notice a clock that jumped.
 *
 * A clock that is years ahead makes every message old enough to be deleted. After a year in which
 * there was no run, the clock is not believed for one day: if it is put right within that day,
 * nothing was lost. If it is right, that day is all that is lost.
 */
#ifndef MAILVERBS_MFETCH_CLOCK_NOTE_H
#define MAILVERBS_MFETCH_CLOCK_NOTE_H

#include <stdbool.h>
#include <stdint.h>

struct journal;

/*
 * Does NOW agree with the last run that J's mailbox was listed by? NEWEST is the newest time on
 * record, used if no run was noted (0: none). RECORDS: NOW is noted. False: it is earlier, or the
 * clock jumped within the last day. The note may be lost.
 */
bool clock_note_agrees(const struct journal *j, int64_t now, int64_t newest, bool records);

#endif
