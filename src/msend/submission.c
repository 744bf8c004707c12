/* SPDX-License-Identifier: ISC */
#include "msend/submission.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "app/tool.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "config/account.h"
#include "msend/backoff.h"
#include "msend/letter.h"
#include "msend/rate.h"
#include "msend/send_options.h"
#include "msend/smtp_session.h"
#include "net/wait.h"

/* A letter may make a server fail, and so may the next one; more failures in a row are the
 * server's. */
enum { FRUITLESS_MAX = 4 };

/* The longest time without any success, in seconds, unless --timeout is shorter; and before the
 * first one. */
enum { BACKOFF_MAX_S = 60, BACKOFF_FIRST_S = 4 };

struct conversation {
	struct conversation *next;
	char *whose;
	struct smtp_session session; /* where `is_open` */
	bool is_open;
	bool is_used;         /* it has served a letter */
	bool was_reached;     /* the server has answered to a letter, in this run */
	unsigned served;      /* letters, over the connection at hand */
	unsigned ended_after; /* so many, the connection that the server ended last; 0: none */
	unsigned most;        /* letters that the server takes over one connection; 0: not known */
	struct backoff backoff;
	unsigned failed_in_a_row; /* conversations that broke before they had, in a row */
	struct err given_up;      /* why it is opened no more; ERR_NONE: it is */
};

struct submission {
	const struct shared *shared; /* never NULL */
	struct send_account account; /* where `has_account`, the one for `sender` */
	char *sender;
	bool has_account;
	struct conversation *conversations;
};

struct submission *
submission_open(const struct shared *s)
{
	static const struct send_options none = {0};
	static const struct shared nothing = {.options = &none};
	struct submission *h = mem_alloc(sizeof *h);

	h->shared = s ? s : &nothing;
	return h;
}

const struct shared *
submission_shared(const struct submission *h)
{
	return h->shared;
}

static void
end(struct conversation *c)
{
	if (c->is_open)
		smtp_session_close(&c->session);
	c->is_open = c->is_used = false;
	c->served = 0;
}

/* The server ended the connection: WORDS are the last that it said, or "". */
static void
learn_limit(struct conversation *c, const char *words)
{
	if (c->served > 0 &&
	    (c->served == c->ended_after || text_contains(words, "too many messages")))
		c->most = c->served;
	c->ended_after = c->served;
}

static void
forget_account(struct submission *h)
{
	send_account_free(&h->account);
	free(h->sender);
	h->sender = NULL;
	h->has_account = false;
}

const struct send_account *
submission_account(struct submission *h, struct run *run, const char *sender, struct err *e)
{
	if (h->has_account && (!h->account.base.follows_sender || text_equal(h->sender, sender)))
		return &h->account;
	forget_account(h);
	h->sender = sender ? mem_strdup(sender) : NULL;
	h->has_account = send_account_of_run(&h->account, run, sender, e);
	h->account.base.is_unattended = h->shared->options->connections > 1;
	return h->has_account ? &h->account : NULL;
}

void
submission_close(struct submission *h)
{
	if (!h)
		return;
	forget_account(h);
	while (h->conversations) {
		struct conversation *c = h->conversations;

		h->conversations = c->next;
		end(c);
		free(c->whose);
		free(c);
	}
	free(h);
}

char *
submission_place(const struct send_account *account, struct err *e)
{
	const struct account *a = &account->base;
	const char *user = a->settings.login.user;
	const struct url *url = account_server(a, e);

	if (!url)
		return NULL;
	return mem_printf("%s %s%s:%u %s", a->name, url->host, url->path, url->port,
			  user ? user : "");
}

static struct conversation *
find(struct submission *h, const struct send_account *a, struct err *e)
{
	char *whose = submission_place(a, e);
	struct conversation *c = whose ? h->conversations : NULL;

	while (c && strcmp(c->whose, whose) != 0)
		c = c->next;
	if (!whose || c) {
		free(whose);
		return c;
	}
	c = mem_alloc(sizeof *c);
	c->whose = whose;
	c->next = h->conversations;
	h->conversations = c;
	return c;
}

static int64_t
last_answer(const struct submission *h)
{
	return h->shared->answered_at ? atomic_load(h->shared->answered_at) : 0;
}

/* For how many seconds without a success the server is tried again; 0: it is not. With several
 * processes, one may be the first that is served, and the others have to wait for its end. */
static unsigned
backoff_limit(const struct submission *h, const struct conversation *c,
	      const struct send_account *a)
{
	const unsigned timeout = a->base.settings.connection.timeout_s;
	unsigned limit = 0;

	if (c->was_reached || last_answer(h) != 0)
		limit = BACKOFF_MAX_S;
	else if (h->shared->answered_at)
		limit = BACKOFF_FIRST_S;
	return timeout > 0 && timeout < limit ? timeout : limit;
}

/* Pauses before the next attempt. False: there is to be none. */
static bool
pause_for(struct submission *h, struct conversation *c, const struct send_account *a)
{
	return stop_signal() == 0 &&
	       backoff_wait(&c->backoff, backoff_limit(h, c, a), last_answer(h));
}

/* Opens it, as often as is worth while. False: c->given_up. */
static bool
open_patiently(struct submission *h, struct conversation *c, const struct send_account *a)
{
	while (!smtp_session_open(&c->session, &a->base, &c->given_up))
		if (c->given_up.code != ERR_TEMPORARY || !pause_for(h, c, a))
			return false;
	c->given_up = (struct err){0};
	return true;
}

/* A server that hung up, or said 421, since the last letter is left before the next one begins, so
 * that the state of that letter is never in doubt; likewise one that would take no more. */
static bool
be_open(struct submission *h, struct conversation *c, const struct send_account *a, struct err *e)
{
	if (c->is_open && !smtp_is_idle(c->session.smtp)) {
		learn_limit(c, "");
		end(c);
	} else if (c->most > 0 && c->served >= c->most) {
		end(c);
	}
	if (c->is_open)
		return true;
	if (c->given_up.code == ERR_NONE)
		c->is_open = open_patiently(h, c, a);
	if (!c->is_open)
		*e = c->given_up;
	return c->is_open;
}

/* Records that a letter had its answer. */
static void
note_answer(struct submission *h, struct conversation *c)
{
	c->was_reached = true;
	c->served++;
	c->failed_in_a_row = 0;
	backoff_reset(&c->backoff);
	if (h->shared->answered_at)
		atomic_store(h->shared->answered_at, wait_clock());
}

/* Records the effect of the letter on the conversation. True: it broke, and the letter may go out
 * again. */
static bool
broke(struct submission *h, struct conversation *c, const struct send_account *a,
      const struct outcome *o, bool ok, const struct err *e)
{
	const bool is_broken = !ok && smtp_is_broken(c->session.smtp), was_used = c->is_used;
	const bool is_421 = is_broken && smtp_is_closing(c->session.smtp);
	const bool may_go_again = is_broken && e->code == ERR_TEMPORARY && !o->maybe_sent;

	c->is_used = true;
	if (!is_broken)
		note_answer(h, c);
	else
		learn_limit(c, is_421 ? e->text : "");
	if (smtp_is_over(c->session.smtp))
		end(c);
	if (was_used && is_broken)
		c->failed_in_a_row = 0;
	if (may_go_again && stop_signal() == 0 && (was_used || (is_421 && pause_for(h, c, a))))
		return true;
	if (is_broken && !was_used && ++c->failed_in_a_row == FRUITLESS_MAX)
		c->given_up = *e;
	if (is_broken)
		backoff_reset(&c->backoff);
	return false;
}

/* Those who come in another transaction go to the end, and out of this one; all keep their
 * order. */
static void
leave_out_postponed(struct smtp_envelope *v)
{
	struct smtp_recipient *postponed = mem_alloc(v->count * sizeof *postponed);
	size_t kept = 0, others = 0;

	for (size_t i = 0; i < v->count; i++)
		if (v->recipients[i].is_postponed)
			postponed[others++] = v->recipients[i];
		else
			v->recipients[kept++] = v->recipients[i];
	for (size_t i = 0; i < others; i++)
		v->recipients[kept + i] = postponed[i];
	v->count = kept;
	free(postponed);
}

/* As many as the server is known to take in one transaction. */
static bool
fit_in(const struct smtp *c, struct smtp_envelope *v)
{
	const size_t most = smtp_recipients_max(c);
	const bool fits = most == 0 || v->count <= most;

	if (!fits)
		v->count = most;
	return fits;
}

bool
submission_send(struct submission *h, const struct send_account *a, struct letter *l, bool last,
		struct outcome *o, struct err *e)
{
	struct conversation *c = find(h, a, e);
	uint64_t place;
	bool ok;

	do {
		if (!c || !be_open(h, c, a, e) || !rate_begin(h->shared->rate, &place, e))
			return false;
		/* it may have waited long */
		if (h->shared->rate && !be_open(h, c, a, e)) {
			rate_end(h->shared->rate, place);
			return false;
		}
		outcome_free(o);
		o->server = mem_strdup(session_place(&c->session.base));
		l->envelope.is_last =
		    (!l->may_shrink || fit_in(c->session.smtp, &l->envelope)) && last;
		ok = smtp_send(c->session.smtp, &l->envelope, l->message, &o->reply, &o->maybe_sent,
			       e);
		rate_end(h->shared->rate, place);
	} while (broke(h, c, a, o, ok, e));
	if (l->may_shrink)
		leave_out_postponed(&l->envelope);
	if (!ok && o->maybe_sent)
		err_hint(
		    e, "the message may have been sent: its end went out, the reply was not seen");
	return ok;
}
