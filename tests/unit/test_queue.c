/* SPDX-License-Identifier: ISC */
#include "msend/queue.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "msend/queue_attempt.h"
#include "msend/queue_route.h"
#include "msend/queue_share.h"
#include "tap.h"

#define MESSAGE "Subject: x\r\n\r\n.\r\nFrom \xff\r\n"

static char root[] = "/tmp/test_queue.XXXXXX";
static char *dir; /* a new one for each group of tests */

static struct queue *
start(void)
{
	static int number;

	free(dir);
	dir = mem_printf("%s/%d/queue", root, ++number);
	return queue_new(dir);
}

static bool
pour_message(void *ctx, eol_put put, void *to, struct err *e)
{
	(void)ctx;
	(void)e;
	return put(to, MESSAGE, 5) && put(to, &MESSAGE[5], strlen(MESSAGE) - 5);
}

static bool
pour_and_fail(void *ctx, eol_put put, void *to, struct err *e)
{
	(void)ctx;
	put(to, "x", 1);
	return err_set(e, ERR_MALFORMED, "no more of it");
}

static void
fill(struct queue_entry *entry, const char *account)
{
	*entry = (struct queue_entry){.account = mem_strdup(account), .from = mem_strdup("")};
	queue_entry_add_recipient(entry, "bob@example.org", NULL);
}

/* Adds a message; its id is the caller's to free(). */
static char *
add(struct queue *q, const char *account)
{
	struct queue_entry entry;
	struct err e = {0};
	char *id;

	fill(&entry, account);
	if (!queue_add(q, &entry, pour_message, NULL, &e))
		diag("%s", e.text);
	id = mem_strdup(entry.id);
	queue_entry_free(&entry);
	return id;
}

/* The names in DIR/SUB, sorted, a blank behind each, but for the lock. */
static char *
names(const char *sub)
{
	char *path = mem_printf("%s%s", dir, sub);
	struct dirent **found;
	struct buf all = {0};
	const int n = scandir(path, &found, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (found[i]->d_name[0] != '.' && strcmp(found[i]->d_name, "lock") != 0)
			buf_addf(&all, "%s ", found[i]->d_name);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	free(path);
	return buf_take(&all);
}

static void
is_names(const char *sub, const char *want, const char *name)
{
	char *got = names(sub);

	is_str(got, want, name);
	free(got);
}

static size_t
count(const struct queue *q)
{
	struct queue_list l;
	struct err e;
	size_t n;

	queue_list(q, &l, &e);
	n = l.count;
	queue_list_free(&l);
	return n;
}

static void
write_file(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", dir, name);
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || !file_write_all(fd, text, strlen(text)))
		diag("cannot write %s", path);
	close(fd);
	free(path);
}

static unsigned
mode_of(const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	struct stat st = {0};

	stat(path, &st);
	free(path);
	return st.st_mode & 07777;
}

static void
test_entry_text(void)
{
	static const char odd[] = "a b%\t\n\x1b[31m\xc3\xa9\x7f\r";
	struct queue_entry out = {.arrived = 17, .size = 4711, .attempts = 3, .tried = 20},
			   in = {0};
	struct buf text = {0};
	size_t line;

	out.account = mem_strdup(odd);
	out.from = mem_strdup("");
	out.reply = mem_strdup(odd);
	out.maybe_sent = true;
	queue_entry_add_setting(&out, "tls-pin", odd);
	queue_entry_add_recipient(&out, odd, NULL);
	queue_entry_add_recipient(&out, "carl@example.org", odd);
	queue_entry_write(&out, &text);
	ok(!memchr(text.data, '\x1b', text.len) && !memchr(text.data, '\r', text.len),
	   "no control character reaches the file");
	ok(queue_entry_read(&in, text.data, &line), "an entry is read back");
	ok(in.arrived == 17 && in.size == 4711 && in.attempts == 3 && in.tried == 20 &&
	       in.maybe_sent,
	   "its numbers");
	is_str(in.account, odd, "its account");
	is_str(in.from, "", "the null sender");
	is_str(in.reply, odd, "its reply");
	ok(in.setting_count == 1 && strcmp(in.settings[0].name, "tls-pin") == 0 &&
	       strcmp(in.settings[0].value, odd) == 0,
	   "its settings");
	ok(in.count == 2 && queue_entry_count_due(&in) == 1, "its recipients, one of them due");
	is_str(in.recipients[0].address, odd, "an address with whatever is in it");
	is_str(in.recipients[1].refusal, odd, "a refusal with whatever is in it");
	in.recipients[0].has_it = true;
	buf_clear(&text);
	queue_entry_write(&in, &text);
	ok(queue_entry_count_due(&in) == 0 && !strstr(text.data, "\nto "),
	   "who got it is none any more");
	queue_entry_free(&in);
	queue_entry_free(&out);
	buf_free(&text);
}

static void
test_damage(void)
{
#define GOOD "mailverbs queue 1\ntime 1\nsize 1\naccount \nfrom \nto b\n"
	static const struct {
		const char *text;
		size_t line;
		const char *what;
	} damaged[] = {
	    {"", 0, "an empty file"},
	    {"mailverbs queue 2\n" GOOD, 1, "another version"},
	    {GOOD "to", 6, "a line that is cut"},
	    {GOOD "to \n\n", 8, "an empty line"},
	    {GOOD "two b\n", 7, "an unknown word"},
	    {GOOD "to b c\n", 7, "a word too many"},
	    {GOOD "refused b\n", 7, "a word too few"},
	    {GOOD "to %0\n", 7, "half an escape"},
	    {GOOD "from a\n", 7, "two senders"},
	    {GOOD "tried x 1\n", 7, "a number that is none"},
	    {"mailverbs queue 1\naccount \nfrom \n", 3, "no recipient"},
	    {"mailverbs queue 1\naccount \nto b\n", 3, "no sender"},
	};

	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		struct queue_entry q = {0};
		char *text = mem_strdup(damaged[i].text);
		size_t line = 0;

		ok(!queue_entry_read(&q, text, &line) && line == damaged[i].line,
		   "%s is damage, and the line is told (%zu)", damaged[i].what, line);
		queue_entry_free(&q);
		free(text);
	}
}

static void
test_add(void)
{
	struct queue *q = start();
	struct queue_entry entry;
	struct err e = {0};
	char bytes[100], *id, *path;
	ssize_t got;
	int fd;

	ok(count(q) == 0 && access(dir, F_OK) != 0,
	   "looking at a queue that is not there makes none");
	id = add(q, "work");
	ok(mode_of("") == 0700, "the directory is its owner's");
	path = mem_printf("%s.eml", id);
	ok(mode_of(id) == 0600 && mode_of(path) == 0600, "the files too");
	free(path);
	path = mem_printf("%s %s.eml ", id, id);
	is_names("", path, "there are two, and no more");
	free(path);
	ok(queue_read(q, id, &entry, &e), "the entry can be read");
	is_str(entry.account, "work", "the account");
	is_number(entry.size, strlen(MESSAGE), "the size");
	ok(entry.arrived <= time(NULL) && entry.arrived > time(NULL) - 100, "when it came");
	fd = queue_open_message(q, &entry, &e);
	got = read(fd, bytes, sizeof bytes);
	is_bytes(bytes, (size_t)got, MESSAGE, strlen(MESSAGE), "the message, as it was");
	close(fd);
	entry.size++;
	ok(queue_open_message(q, &entry, &e) < 0 && e.code == ERR_IO,
	   "a message that is not whole is not given out");
	queue_entry_free(&entry);
	fill(&entry, "work");
	ok(!queue_add(q, &entry, pour_and_fail, NULL, &e) && e.code == ERR_MALFORMED,
	   "what can't be read can't be added");
	queue_entry_free(&entry);
	path = mem_printf("%s %s.eml ", id, id);
	is_names("", path, "and nothing is left of it");
	free(path);
	free(id);
	queue_free(q);
}

static void
test_order(void)
{
	struct queue *q = start();
	char *ids[20];
	struct queue_list l;
	struct err e;
	bool same = true;

	for (size_t i = 0; i < 20; i++)
		ids[i] = add(q, "");
	ok(queue_list(q, &l, &e) && l.count == 20, "all are listed");
	for (size_t i = 0; i < 20 && l.count == 20; i++)
		same = same && strcmp(ids[i], l.ids[i]) == 0;
	ok(same, "in the order in which they came, however fast");
	for (size_t i = 0; i < 20; i++)
		free(ids[i]);
	queue_list_free(&l);
	queue_free(q);
}

static void
test_update_and_remove(void)
{
	struct queue *q = start();
	char *id = add(q, "");
	struct queue_entry entry, again;
	struct err e;

	queue_read(q, id, &entry, &e);
	queue_entry_tried(&entry, "450 later");
	entry.maybe_sent = true;
	ok(queue_update(q, &entry, true, &e) && queue_read(q, id, &again, &e), "an update");
	ok(again.attempts == 1 && again.maybe_sent && strcmp(again.reply, "450 later") == 0,
	   "is what is read from then on");
	ok(queue_remove(q, &entry, &e), "it can be taken away");
	is_names("", "", "and nothing is left of it");
	queue_entry_free(&again);
	ok(!queue_read(q, id, &again, &e) && e.code == ERR_NO_INPUT, "nor found");
	queue_entry_free(&again);
	queue_entry_free(&entry);
	free(id);
	queue_free(q);
}

static void
test_fail(void)
{
	struct queue *q = start();
	char *id = add(q, ""), *both = mem_printf("%s %s.eml ", id, id);
	struct queue_entry entry;
	struct queue_list l;
	struct err e;

	queue_read(q, id, &entry, &e);
	ok(queue_fail(q, &entry, &e) && count(q) == 0, "what failed is not in the queue");
	is_names("/failed", both, "but beside it");
	is_names("", "failed ", "and nothing else is left");
	ok(queue_list_failed(q, &l, &e) && l.count == 1, "it is listed there");
	queue_list_free(&l);
	queue_entry_free(&entry);
	free(both);
	free(id);
	queue_free(q);
}

static void
test_lock(void)
{
	struct queue *q = start(), *other = queue_new(dir);
	struct err e;

	ok(queue_lock(q, &e), "one may send");
	ok(!queue_lock(other, &e) && e.code == ERR_TEMPORARY, "a second one may not");
	free(add(other, ""));
	ok(count(other) == 1, "but add and list");
	queue_free(q);
	queue_free(other);
	q = queue_new(dir);
	ok(queue_lock(q, &e), "when the first one is gone the next may");
	queue_free(q);
}

/* What was left at each moment at which somebody was killed. */
static void
test_tidy(void)
{
	struct queue *q = start();
	char *id = add(q, ""), *both = mem_printf("%s %s.eml ", id, id), *path;
	struct err e;
	int fd;

	write_file("00000000000001.eml", "cut sh");
	write_file("00000000000001.new", "mailver");
	path = mem_printf("%s.new", id);
	write_file(path, "mailver");
	free(path);
	write_file("stranger", "x");
	ok(queue_lock(q, &e) && queue_tidy(q, &e), "it can be tidied up");
	path = mem_printf("%sstranger ", both);
	is_names("", path, "what was left of adding and updating is gone, and nothing else");
	free(path);
	write_file("00000000000002.eml", "it is being writ");
	path = mem_printf("%s/00000000000002.eml", dir);
	fd = open(path, O_RDONLY);
	ok(flock(fd, LOCK_EX) == 0 && queue_tidy(q, &e) && access(path, F_OK) == 0,
	   "a message that is being added stays");
	close(fd);
	ok(queue_tidy(q, &e) && access(path, F_OK) != 0, "until who adds it is gone");
	free(path);
	path = mem_printf("%s/failed", dir);
	mkdir(path, 0700);
	free(path);
	path = mem_printf("mv %s/%s.eml %s/failed", dir, id, dir);
	ok(system(path) == 0 && queue_tidy(q, &e) && count(q) == 0, "half a move to failed");
	is_names("/failed", both, "is made whole");
	free(path);
	free(both);
	free(id);
	queue_free(q);
}

/* Sharing among processes: N routes, with PER_ROUTE messages each, the routes in turn. */

enum { ROUTES_MAX = 100, PER_ROUTE = 3 };

struct crowd {
	struct queue_route routes[ROUTES_MAX];
	struct queue_route *items[ROUTES_MAX];
	struct queue_waiting all[ROUTES_MAX * PER_ROUTE];
	struct queue_routes table;
	size_t taken; /* messages, in the order of their route */
	bool in_order;
};

static struct queue_share *
share_crowd(struct crowd *c, size_t routes, size_t connections)
{
	struct err e;

	*c = (struct crowd){.table = {.items = c->items, .count = routes}, .in_order = true};
	for (size_t i = 0; i < routes; i++)
		c->items[i] = &c->routes[i];
	for (size_t i = 0; i < routes * PER_ROUTE; i++)
		c->all[i].route = &c->routes[i % routes];
	return queue_share_open(&c->table, c->all, routes * PER_ROUTE, connections, &e);
}

/* Three routes, of which the last has the server of the first. */
static struct queue_share *
share_followers(struct crowd *c)
{
	struct err e;

	queue_share_close(share_crowd(c, 3, 1));
	c->routes[2].leader = &c->routes[0];
	return queue_share_open(&c->table, c->all, 3 * PER_ROUTE, 1, &e);
}

static void
take_all(struct crowd *c, struct queue_share *s)
{
	struct queue_lane *l;
	struct queue_waiting *w, *before;

	while ((l = queue_share_take_turn(s)))
		for (before = NULL; (w = queue_share_take(s, l)); before = w, c->taken++)
			c->in_order &= w->route->lane == l && (!before || before < w);
}

static void
test_share(void)
{
	static struct crowd c;
	struct queue_share *s = share_crowd(&c, 2, 1);

	ok(queue_share_processes(s) == 2 && queue_share_is_even(s), "a process for each route");
	ok(!c.routes[0].lane->is_shared, "which it has for itself");
	take_all(&c, s);
	ok(c.taken == 6 && c.in_order, "each message once, oldest first");
	queue_share_close(s);

	s = share_crowd(&c, 2, 9);
	ok(queue_share_processes(s) == 6, "no more processes than messages");
	ok(c.routes[1].lane->is_shared, "several for a route");
	take_all(&c, s);
	ok(c.taken == 6, "each message once");
	queue_share_close(s);

	s = share_crowd(&c, ROUTES_MAX, 2);
	ok(queue_share_processes(s) == QUEUE_PROCESSES_MAX && !queue_share_is_even(s),
	   "more routes than processes");
	take_all(&c, s);
	ok(c.taken == ROUTES_MAX * PER_ROUTE && c.in_order, "each has its turn");
	queue_share_close(s);

	s = share_crowd(&c, 40, 2);
	ok(queue_share_processes(s) == QUEUE_PROCESSES_MAX && queue_share_is_even(s) &&
	       c.routes[0].lane->is_shared && !c.routes[39].lane->is_shared,
	   "not all get a second one");
	queue_share_close(s);

	s = share_followers(&c);
	ok(queue_share_processes(s) == 2 && c.routes[2].lane == c.routes[0].lane &&
	       c.routes[2].is_blocked != c.routes[0].is_blocked,
	   "routes with one server have one process");
	take_all(&c, s);
	ok(c.taken == 9 && c.in_order, "which takes their messages by age");
	queue_share_close(s);

	s = share_crowd(&c, 0, 1);
	ok(queue_share_processes(s) == 0, "an empty queue");
	queue_share_close(s);
}

int
main(void)
{
	char *remove;

	umask(0);
	if (!mkdtemp(root))
		return EXIT_FAILURE;
	test_entry_text();
	test_damage();
	test_add();
	test_order();
	test_update_and_remove();
	test_fail();
	test_lock();
	test_tidy();
	test_share();
	remove = mem_printf("rm -r %s", root);
	ok(system(remove) == 0, "clean");
	free(remove);
	free(dir);
	return tap_done();
}
