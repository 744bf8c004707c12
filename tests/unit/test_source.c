/* SPDX-License-Identifier: ISC */
#include "message/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stop.h"
#include "tap.h"

static char dir[] = "/tmp/mailverbs-test.XXXXXX";

static void
fill(struct buf *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_char(text, (char)('!' + (i * 7 + i / 251) % 90));
}

static void
write_slowly(int fd, const char *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		const ssize_t len = write(fd, bytes + at, n - at < 5000 ? n - at : 5000);

		if (len <= 0)
			_exit(1);
		at += (size_t)len;
	}
	_exit(0);
}

/* A pipe out of which the N bytes come, with its end non-blocking where FLAGS says so. */
static int
pipe_of(const char *bytes, size_t n, int flags)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		abort();
	if (fork() == 0) {
		close(ends[0]);
		write_slowly(ends[1], bytes, n);
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, flags);
	return ends[0];
}

static int
file_of(const char *bytes, size_t n)
{
	char path[sizeof dir + 8];
	int fd;

	snprintf(path, sizeof path, "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
	unlink(path);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Is the source the N bytes, read in pieces of PIECE from both ends? */
static bool
holds(struct source *s, const char *bytes, size_t n, size_t piece)
{
	char *got = malloc(piece);
	bool same = source_size(s) == n;
	struct err e;
	size_t len;

	for (int pass = 0; same && pass < 2; pass++) {
		for (size_t at = 0; same && at < n; at += len) {
			same = source_read(s, at, got, piece, &len, &e) && len > 0 &&
			       at + len <= n && memcmp(got, bytes + at, len) == 0;
		}
	}
	same = same && source_read(s, n, got, piece, &len, &e) && len == 0;
	same = same && source_read(s, n + 5, got, piece, &len, &e) && len == 0;
	free(got);
	return same;
}

static void
test_sizes(void)
{
	static const size_t sizes[] = {0,
				       1,
				       SOURCE_MEMORY_MAX - 1,
				       SOURCE_MEMORY_MAX,
				       SOURCE_MEMORY_MAX + 1,
				       2 * SOURCE_MEMORY_MAX + 2,
				       1000000};
	struct buf text = {0};
	struct err e;

	fill(&text, 1000000);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const size_t n = sizes[i];
		const int fds[] = {pipe_of(text.data, n, 0), pipe_of(text.data, n, O_NONBLOCK),
				   file_of(text.data, n)};
		static const char *const kinds[] = {"pipe", "non-blocking pipe", "file"};

		for (size_t k = 0; k < 3; k++) {
			struct source *s = source_open(fds[k], &e);

			ok(s && holds(s, text.data, n, 4099) && holds(s, text.data, n, 1000001),
			   "%zu bytes from a %s can be read again and again", n, kinds[k]);
			source_close(s);
			ok(fcntl(fds[k], F_GETFD) >= 0, "... and the %s stays open", kinds[k]);
			close(fds[k]);
		}
	}
	buf_free(&text);
}

static void
test_file_in_place(void)
{
	const int fd = file_of("mbox\nmessage", 12);
	struct source *s;
	struct err e = {0};

	lseek(fd, 5, SEEK_SET);
	s = source_open(fd, &e);
	ok(s && holds(s, "message", 7, 3), "a file is read from its current offset");
	ok(lseek(fd, 0, SEEK_CUR) == 5, "which stays where it is");
	ok(ftruncate(fd, 8) == 0 && holds(s, "message", 7, 3),
	   "a small one that became shorter since is whole");
	source_close(s);
	lseek(fd, 100, SEEK_SET);
	s = source_open(fd, &e);
	ok(s && source_size(s) == 0, "an offset behind the end is an empty message");
	source_close(s);
	close(fd);
}

static void
test_file_that_shrinks(void)
{
	struct buf text = {0};
	struct source *s;
	struct err e = {0};
	char bytes[20];
	size_t got;
	int fd;

	fill(&text, 40000);
	fd = file_of(text.data, text.len);
	s = source_open(fd, &e);
	ok(s && ftruncate(fd, 8) == 0 && source_read(s, 0, bytes, sizeof bytes, &got, &e) &&
	       got == 8,
	   "what is left of a large file that became shorter is read");
	ok(!source_read(s, 8, bytes, sizeof bytes, &got, &e) && e.code == ERR_IO,
	   "what is not is an error, never an early end");
	source_close(s);
	close(fd);
	buf_free(&text);
}

static void
test_proc(void)
{
	const int fd = open("/proc/self/status", O_RDONLY);
	struct err e;
	struct source *s = fd >= 0 ? source_open(fd, &e) : NULL;

	ok(fd < 0 || (s && source_size(s) > 0), "a file that denies its size is read to its end");
	source_close(s);
	close(fd);
}

static size_t
count_files(void)
{
	char command[sizeof dir + 40];
	unsigned n = 0;
	FILE *ls;

	snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
	ls = popen(command, "r");
	if (!ls || fscanf(ls, "%u", &n) != 1)
		abort();
	pclose(ls);
	return n;
}

static void
test_spool(void)
{
	struct buf text = {0};
	struct stat st = {0};
	struct source *s;
	struct err e;
	int fd, spool;

	fill(&text, 300000);
	fd = pipe_of(text.data, text.len, 0);
	spool = dup(fd);
	close(spool); /* the number that the next file gets */
	s = source_open(fd, &e);
	ok(s && fstat(spool, &st) == 0 && S_ISREG(st.st_mode), "a long message is kept in a file");
	ok((st.st_mode & 07777) == 0600, "that is nobody else's to read");
	ok(st.st_nlink == 0 && count_files() == 0, "and has no name");
	ok((fcntl(spool, F_GETFD) & FD_CLOEXEC) != 0, "nor does a command inherit it");
	source_close(s);
	ok(fcntl(spool, F_GETFD) < 0 && errno == EBADF, "it goes with the source");
	close(fd);
	buf_free(&text);
}

static void
test_no_room(void)
{
	const struct rlimit limit = {100000, RLIM_INFINITY};
	struct rlimit before;
	struct buf text = {0};
	struct err e = {0};
	int fd;

	fill(&text, 300000);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	fd = pipe_of(text.data, text.len, 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	ok(!source_open(fd, &e) && e.code == ERR_IO && strstr(e.text, dir),
	   "no room for the message: the directory is named");
	diag("%s (%s)", e.text, e.hint);
	setrlimit(RLIMIT_FSIZE, &before);
	close(fd);

	setenv("TMPDIR", "/nonexistent", 1);
	fd = pipe_of(text.data, text.len, 0);
	ok(!source_open(fd, &e) && e.code == ERR_IO && strstr(e.text, "/nonexistent"),
	   "no such directory: it is named");
	close(fd);
	setenv("TMPDIR", dir, 1);
	buf_free(&text);
}

static void
test_unreadable(void)
{
	const int fd = open(dir, O_RDONLY);
	struct err e = {0};

	ok(!source_open(fd, &e) && e.code == ERR_IO, "a directory is an error");
	close(fd);
	ok(!source_open(fd, &e) && e.code == ERR_IO, "so is a closed descriptor");
}

/* What is read of TEXT when a lone dot ends it, from a pipe that stays open and from a file. */
static void
is_read_to_dot(const char *text, const char *want, const char *name)
{
	const int ends[] = {file_of(text, strlen(text)), pipe_of(text, strlen(text), 0)};
	char got[100000];
	size_t len;
	struct err e;

	for (size_t i = 0; i < 2; i++) {
		struct source *s = source_open_to_dot(ends[i], &e);

		if (!s || !source_read(s, 0, got, sizeof got, &len, &e))
			abort();
		is_bytes(got, len, want, strlen(want), name);
		is_number(source_size(s), strlen(want), "and that is its size");
		source_close(s);
		close(ends[i]);
	}
}

static void
test_dot(void)
{
	struct buf text = {0};
	struct source *s;
	char *want;
	int ends[2];
	struct err e;

	is_read_to_dot("a\n.\nb\n", "a\n", "a lone dot ends the message");
	is_read_to_dot("a\r\n.\r\nb\r\n", "a\r\n", "also between CRLFs");
	is_read_to_dot(".\na\n", "", "in the first line too");
	is_read_to_dot("..\n.a\na.\n. \n\r.\n", "..\n.a\na.\n. \n\r.\n", "other dots do not");
	is_read_to_dot("a\n.", "a\n.", "nor one without a line end");
	fill(&text, SOURCE_MEMORY_MAX);
	text.data[SOURCE_MEMORY_MAX - 1] = '\n';
	want = mem_strndup(text.data, text.len);
	buf_add_str(&text, ".\nrest");
	is_read_to_dot(text.data, want, "also where two blocks meet");
	free(want);
	buf_free(&text);

	if (pipe(ends) != 0 || write(ends[1], "a\n.\n", 5) != 5)
		abort();
	s = source_open_to_dot(ends[0], &e);
	ok(s && source_size(s) == 2, "a pipe need not end behind the dot");
	source_close(s);
	close(ends[0]);
	close(ends[1]);
}

/* Last: there is no way back from a stop. */
static void
test_stop(void)
{
	struct err e = {0};
	int ends[2];

	stop_install();
	if (pipe(ends) != 0)
		abort();
	raise(SIGTERM);
	ok(!source_open(ends[0], &e) && e.code == ERR_TEMPORARY,
	   "a signal ends the wait for a message that does not come");
	close(ends[0]);
	close(ends[1]);
}

/* Brought in pieces of PIECE bytes, N of them come out again. */
static bool
comes_back(size_t n, size_t piece)
{
	struct source *s = source_new();
	struct buf text = {0}, back = {0};
	struct err e;
	size_t got = 1;
	bool same = true;

	fill(&text, n);
	for (size_t at = 0; at < n && same; at += piece)
		same = source_add(s, text.data + at, piece < n - at ? piece : n - at, &e);
	while (same && got > 0) {
		same = source_read(s, back.len, buf_reserve(&back, 10000), 10000, &got, &e);
		back.len += got;
	}
	same = same && source_size(s) == n && back.len == n &&
	       (n == 0 || memcmp(text.data, back.data, n) == 0);
	source_close(s);
	buf_free(&text);
	buf_free(&back);
	return same;
}

static void
test_pieces(void)
{
	static const size_t sizes[] = {0,
				       1,
				       SOURCE_MEMORY_MAX - 1,
				       SOURCE_MEMORY_MAX,
				       SOURCE_MEMORY_MAX + 1,
				       3 * SOURCE_MEMORY_MAX + 5};
	static const size_t pieces[] = {1, 1000, SOURCE_MEMORY_MAX, 4 * SOURCE_MEMORY_MAX};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++)
			if (sizes[i] / pieces[k] < 70000)
				ok(comes_back(sizes[i], pieces[k]),
				   "%zu bytes that are brought by %zu come back", sizes[i],
				   pieces[k]);
}

int
main(void)
{
	if (!mkdtemp(dir))
		return 1;
	setenv("TMPDIR", dir, 1);
	test_sizes();
	test_file_in_place();
	test_file_that_shrinks();
	test_proc();
	test_spool();
	test_pieces();
	test_no_room();
	test_unreadable();
	test_dot();
	test_stop();
	while (wait(NULL) > 0) {
	}
	ok(rmdir(dir) == 0, "no temporary file is left");
	return tap_done();
}
