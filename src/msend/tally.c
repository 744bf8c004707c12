/* SPDX-License-Identifier: ISC */
#include "msend/tally.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "base/err.h"
#include "net/wait.h"

struct tally {
	_Atomic int64_t answered_at;
};

struct tally *
tally_open(struct err *e)
{
	struct tally *t =
	    mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t != MAP_FAILED)
		return t;
	err_set_errno(e, ERR_TEMPORARY, "no memory to share");
	return NULL;
}

void
tally_close(struct tally *t)
{
	if (t)
		munmap(t, sizeof *t);
}

void
tally_note_answer(struct tally *t)
{
	if (t)
		atomic_store(&t->answered_at, wait_clock());
}

int64_t
tally_last_answer(const struct tally *t)
{
	return t ? atomic_load(&t->answered_at) : 0;
}
