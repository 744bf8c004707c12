/* SPDX-License-Identifier: ISC */
/* The commands that deal with tokens: login, token, status, logout. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/tool.h"
#include "base/buf.h"
#include "base/directory.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "config/account.h"
#include "config/conflict.h"
#include "config/paths.h"
#include "maccount/command.h"
#include "maccount/https.h"
#include "maccount/maccount_options.h"
#include "maccount/oauth.h"
#include "maccount/token_store.h"

enum { REVOKE_TIMEOUT_S = 15 };

/* An account with its authorization server and its tokens. */
struct holder {
	struct account account;
	struct oauth oauth;
	struct token_store store;
	struct held_token token;
};

static bool
find_account(struct account *a, struct run *run, const char *name, struct err *e)
{
	values_replace(&run->given, SET_ACCOUNT, name, "command line");
	return account_resolve(a, TOOL_MFETCH, &run->given, NULL, e);
}

static const char *
store_command_of(const struct run *run, const struct account *a)
{
	return oauth_settings_read(&run->given, &a->values).store_command;
}

static bool
holder_open(struct holder *h, struct run *run, struct err *e)
{
	*h = (struct holder){.store.lock = -1};
	return find_account(&h->account, run, run->operands[0], e) &&
	       token_store_open(&h->store, h->account.name, store_command_of(run, &h->account), e);
}

static void
holder_close(struct holder *h)
{
	held_token_free(&h->token);
	token_store_close(&h->store);
	oauth_free(&h->oauth);
	account_free(&h->account);
}

static void
set(char **to, const char *text)
{
	char *copy = mem_strdup(text);

	free(*to);
	*to = copy;
}

/* The data that a later renewal and revocation need. */
static void
describe(struct holder *h, bool is_registered)
{
	set(&h->token.server, h->oauth.token);
	set(&h->token.client, h->oauth.client);
	set(&h->token.revoke, h->oauth.revoke);
	set(&h->token.scope, h->oauth.scope);
	if (is_registered)
		set(&h->token.client_secret, h->oauth.secret);
}

static bool
sign_in(struct holder *h, const struct maccount_options *options, struct err *e)
{
	struct oauth *o = &h->oauth;

	if (o->grant != GRANT_CODE)
		return oauth_service_token(o, &h->token, e);
	if (!oauth_need_client(o, e))
		return false;
	if (options->device)
		return oauth_login_device(o, &h->token, e);
	return options->paste ? oauth_login_paste(o, &h->token, e)
			      : oauth_login_browser(o, &h->token, e);
}

bool
command_login(struct run *run, struct err *e)
{
	const struct maccount_options options = maccount_options_read(&run->given);
	struct holder h;
	bool ok = holder_open(&h, run, e) &&
		  conflict_check_options(&run->given, TOOL_MACCOUNT, e) &&
		  oauth_open(&h.oauth, run, &h.account, NULL, e);
	const bool is_registered = ok && !h.oauth.client;

	if (ok)
		ok = sign_in(&h, &options, e) && token_store_lock(&h.store, e);
	if (ok) {
		describe(&h, is_registered);
		ok = token_store_save(&h.store, &h.token, e);
	}
	if (ok && !h.token.refresh && h.oauth.grant == GRANT_CODE)
		run_remark(run,
			   "%s: the server gave no refresh token; sign in again when this one "
			   "expires",
			   h.account.name);
	holder_close(&h);
	return ok;
}

static bool
refresh(struct holder *h, struct err *e)
{
	struct oauth *o = &h->oauth;
	struct buf body = {0};
	char error[64];
	bool ok;

	if (!o->client)
		o->client = mem_strdup(h->token.client);
	if (!o->secret)
		o->secret = mem_strdup(h->token.client_secret);
	oauth_add(&body, "grant_type", "refresh_token");
	oauth_add(&body, "refresh_token", h->token.refresh);
	ok = oauth_ask_token(o, &body, &h->token, error, e) == OAUTH_DONE;
	buf_wipe(&body);
	if (!ok && (strcmp(error, "invalid_grant") == 0 || strcmp(error, "invalid_client") == 0))
		err_hint(e, "maccount login %s", h->account.name);
	return ok;
}

static bool
has_moved(const struct holder *h, struct err *e)
{
	if (!h->token.server || strcmp(h->token.server, h->oauth.token) == 0)
		return false;
	err_set(e, ERR_CONFIG, "the token for %s is of %s, not of %s", h->account.name,
		h->token.server, h->oauth.token);
	err_hint(e, "maccount login %s", h->account.name);
	return true;
}

static bool
renew(struct holder *h, const struct run *run, struct err *e)
{
	if (!oauth_open(&h->oauth, run, &h->account, &h->token, e) || has_moved(h, e) ||
	    !token_store_reserve(&h->store, &h->token, e))
		return false;
	if (h->oauth.grant != GRANT_CODE) {
		if (!oauth_service_token(&h->oauth, &h->token, e))
			return false;
	} else if (!h->token.refresh) {
		err_set(e, ERR_LOGIN, "the token for %s has expired, and there is no refresh token",
			h->account.name);
		return err_hint(e, "maccount login %s", h->account.name);
	} else if (!refresh(h, e)) {
		return false;
	}
	return token_store_save(&h->store, &h->token, e);
}

/* With --force a token that another process has renewed since we looked is new enough. */
static bool
renew_once(struct holder *h, struct run *run, bool is_forced, struct err *e)
{
	char *seen = mem_strdup(h->token.access ? h->token.access : "");
	bool is_new, ok = token_store_lock(&h->store, e);

	held_token_free(&h->token);
	ok = ok && token_store_load(&h->store, &h->token, e);
	is_new = ok && h->token.access && strcmp(seen, h->token.access) != 0;
	if (ok && (!held_token_is_fresh(&h->token, (int64_t)time(NULL)) || (is_forced && !is_new)))
		ok = renew(h, run, e);
	mem_free_secret(seen);
	return ok;
}

bool
command_token(struct run *run, struct err *e)
{
	const bool is_forced = maccount_options_read(&run->given).force;
	struct holder h;
	bool ok = holder_open(&h, run, e) && token_store_load(&h.store, &h.token, e);

	if (!ok && e->code == ERR_NO_INPUT)
		e->code = ERR_LOGIN;
	if (ok && (is_forced || !held_token_is_fresh(&h.token, (int64_t)time(NULL))))
		ok = renew_once(&h, run, is_forced, e);
	if (ok)
		printf("%s\n", h.token.access);
	holder_close(&h);
	return ok;
}

bool
token_forget(struct run *run, const char *account, struct err *e)
{
	struct account a = {0};
	struct token_store store = {.lock = -1};
	const bool ok = find_account(&a, run, account, e) &&
			token_store_open(&store, a.name, store_command_of(run, &a), e) &&
			token_store_remove(&store, e);

	token_store_close(&store);
	account_free(&a);
	return ok;
}

static bool
revoke(const struct holder *h, const struct run *run, struct err *e)
{
	const char *ca_file = oauth_settings_read(&run->given, &h->account.values).ca_file;

	if (!h->token.revoke)
		return true;
	https_start();
	return oauth_revoke(&h->token, ca_file, REVOKE_TIMEOUT_S, e);
}

/* It is forgotten here even if the server cannot be reached, but not before the server was asked:
 * a run that is ended then can be repeated. */
static bool
forget(const struct holder *h, struct run *run, struct err *e)
{
	struct err problem;
	const bool is_revoked = revoke(h, run, e);

	if (!is_revoked && stop_signal() != 0)
		return false;
	if (token_store_remove(&h->store, &problem))
		return is_revoked;
	if (!is_revoked)
		run_complain(run, e);
	*e = problem;
	return false;
}

bool
command_logout(struct run *run, struct err *e)
{
	struct holder h;
	const bool ok = holder_open(&h, run, e) && token_store_lock(&h.store, e) &&
			token_store_load(&h.store, &h.token, e) && forget(&h, run, e);

	holder_close(&h);
	return ok;
}

static void
show_status(const char *account, const struct held_token *t)
{
	const int64_t now = (int64_t)time(NULL);
	const time_t expires = (time_t)t->expires;
	struct tm tm;
	char when[64] = "?";

	if (localtime_r(&expires, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s\t%s\t%s\t%s\n", account, t->expires > now ? "valid until" : "expired", when,
	       t->kept      ? t->kept
	       : t->refresh ? "renewable"
			    : "not renewable");
}

static bool
show_account(const char *account, struct err *e)
{
	struct token_store store;
	struct held_token t = {0};
	const bool ok =
	    token_store_open(&store, account, NULL, e) && token_store_peek(&store, &t, e);

	if (ok)
		show_status(account, &t);
	held_token_free(&t);
	token_store_close(&store);
	return ok;
}

/* Escaped names are unescaped; locks and files that are being written are passed over. */
static bool
show_name(void *ctx, const char *file)
{
	struct run *run = ctx;
	char *name = mem_strdup(file);
	const char *dot = strrchr(name, '.');
	const bool is_other =
	    name[0] == '.' || (dot && (strcmp(dot, ".lock") == 0 || strcmp(dot, ".new") == 0));
	struct err e;

	if (!is_other && text_unescape(name) && !show_account(name, &e))
		run_complain(run, &e);
	free(name);
	return true;
}

static bool
show_all(struct run *run, struct err *e)
{
	char *path = paths_state("tokens");
	const bool ok = !path || directory_each(path, show_name, run) || errno == ENOENT ||
			err_set_errno(e, ERR_IO, "%s", path);

	free(path);
	return ok;
}

bool
command_status(struct run *run, struct err *e)
{
	struct account a = {0};
	bool ok;

	if (run->operand_count == 0)
		return show_all(run, e);
	ok = find_account(&a, run, run->operands[0], e) && show_account(a.name, e);
	account_free(&a);
	return ok;
}
