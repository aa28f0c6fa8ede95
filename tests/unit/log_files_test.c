/* SPDX-License-Identifier: MIT */
#include "lib/fd.h"
#include "lib/str.h"
#include "log/read.h"
#include "log/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

static char dir[64];
static struct log_files files;
static char text[256 * 1024]; /* of the file read last */

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/berth-log-test.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	log_files_close(&files);
	umount2(dir, MNT_DETACH);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static const char *content(const char *name)
{
	if (fd_read_file_at(AT_FDCWD, path_of(name), text, sizeof(text)) < 0)
		return NULL;
	return text;
}

static struct log_record make(const char *unit, const char *line)
{
	return (struct log_record){ .priority = 6,
				    .realtime = UINT64_C(1795300800123456),
				    .unit = unit,
				    .unit_len = strlen(unit),
				    .text = line,
				    .text_len = strlen(line) };
}

static int put(const char *unit, const char *line)
{
	struct log_record record = make(unit, line);

	return log_files_put(&files, &record);
}

static void test_line_format(void **state)
{
	struct log_record in = make("a.service", "hello  world"), out;
	char line[LOG_LINE_MAX];
	size_t len;

	(void)state;
	in.priority = 3;
	in.flags = LOG_FLAG_PARTIAL | LOG_FLAG_MANAGER;
	len = log_format_line(line, sizeof(line), &in);
	line[len] = '\0';
	assert_string_equal(line, "2026-11-21T22:40:00.123456Z err+* hello  world\n");
	assert_int_equal(log_parse_line(line, len - 1, &out), 0);
	assert_int_equal(out.realtime, in.realtime);
	assert_int_equal(out.priority, 3);
	assert_int_equal(out.flags, in.flags);
	assert_int_equal(out.text_len, in.text_len);
	assert_memory_equal(out.text, in.text, in.text_len);
	for (size_t n = 0; n < 34; n++)
		assert_int_equal(log_parse_line(line, n, &out), -EBADMSG);
	in.flags = 0;
	in.text = "";
	in.text_len = 0;
	len = log_format_line(line, sizeof(line), &in);
	assert_int_equal(log_parse_line(line, len - 1, &out), 0);
	assert_int_equal(out.text_len, 0);
}

static void test_file_names(void **state)
{
	char name[LOG_NAME_MAX];
	char unit[300];

	(void)state;
	assert_int_equal(log_file_name(name, sizeof(name), "a@b.service", 0), 0);
	assert_string_equal(name, "a@b.service.log");
	assert_int_equal(log_file_name(name, sizeof(name), "a.service", 2), 0);
	assert_string_equal(name, "a.service.log.2");
	assert_int_equal(log_file_name(name, sizeof(name), "../x", 0), -EINVAL);
	assert_int_equal(log_file_name(name, sizeof(name), "a/b", 0), -EINVAL);
	assert_int_equal(log_file_name(name, sizeof(name), ".x", 0), -EINVAL);
	assert_int_equal(log_file_name(name, sizeof(name), "", 0), -EINVAL);
	assert_int_equal(log_file_name(name, sizeof(name), "a\nb", 0), -EINVAL);
	memset(unit, 'u', sizeof(unit));
	unit[255] = '\0';
	assert_int_equal(log_file_name(name, sizeof(name), unit, 9999), 0);
	assert_true(strlen(name) <= 255);
}

static void test_write_and_rotate(void **state)
{
	struct stat st;

	(void)state;
	umask(0027);
	log_files_init(&files, dir, 1000, 2);
	for (int i = 0; i < 100; i++)
		assert_int_equal(put("a.service", "a line of fifty bytes, in all, with its stamp"),
				 0);
	assert_int_equal(log_files_flush(&files), 0);
	assert_non_null(content("a.service.log"));
	assert_true(strlen(text) > 0 && strlen(text) <= 1000);
	assert_non_null(content("a.service.log.1"));
	assert_true(strlen(text) > 900 && strlen(text) <= 1000);
	assert_non_null(content("a.service.log.2"));
	assert_null(content("a.service.log.3"));
	assert_int_equal(stat(path_of("a.service.log"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* A file that is nearly full already is rotated before the first line goes in. */
static void test_rotate_an_old_file(void **state)
{
	FILE *f;

	(void)state;
	f = fopen(path_of("a.service.log"), "w");
	for (int i = 0; i < 99; i++)
		fputs("123456789\n", f);
	fclose(f);
	log_files_init(&files, dir, 1000, 1);
	assert_int_equal(put("a.service", "new"), 0);
	assert_int_equal(log_files_flush(&files), 0);
	assert_string_equal(content("a.service.log"), "2026-11-21T22:40:00.123456Z info new\n");
	assert_int_equal(strlen(content("a.service.log.1")), 990);
}

static void test_many_units_few_files(void **state)
{
	char unit[32];
	int open_now = 0;

	(void)state;
	log_files_init(&files, dir, 100000, 1);
	for (int i = 0; i < 200; i++) {
		snprintf(unit, sizeof(unit), "u%d.service", i % 40);
		assert_int_equal(put(unit, "x"), 0);
	}
	for (size_t i = 0; i < LOG_FILES_OPEN; i++)
		open_now += files.files[i].fd >= 0;
	assert_true(open_now <= LOG_FILES_OPEN);
	assert_int_equal(log_files_flush(&files), 0);
	for (int i = 0; i < 40; i++) {
		snprintf(unit, sizeof(unit), "u%d.service.log", i);
		assert_non_null(content(unit));
		assert_int_equal(strlen(text), 5 * strlen("2026-11-21T22:40:00.123456Z info x\n"));
	}
}

static void test_torn_and_removed(void **state)
{
	FILE *f = fopen(path_of("a.service.log"), "w");

	(void)state;
	fputs("half a li", f);
	fclose(f);
	log_files_init(&files, dir, 100000, 1);
	assert_int_equal(put("a.service", "x"), 0);
	assert_int_equal(log_files_flush(&files), 0);
	assert_string_equal(content("a.service.log"),
			    "half a li\n2026-11-21T22:40:00.123456Z info x\n");
	unlink(path_of("a.service.log"));
	assert_int_equal(put("a.service", "y"), 0);
	assert_int_equal(log_files_flush(&files), 0);
	assert_string_equal(content("a.service.log"), "2026-11-21T22:40:00.123456Z info y\n");
}

/* One unit's trouble drops that unit's lines, tells how many, and touches nobody else. */
static void test_trouble_of_one(void **state)
{
	(void)state;
	mkdir(path_of("a.service.log"), 0755);
	log_files_init(&files, dir, 100000, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(put("a.service", "gone"), 0);
		assert_int_equal(put("b.service", "fine"), 0);
		assert_int_equal(log_files_flush(&files), 0);
	}
	assert_int_equal(put("../evil", "x"), 0);
	assert_int_equal(log_files_flush(&files), 0);
	rmdir(path_of("a.service.log"));
	assert_int_equal(put("a.service", "back"), 0);
	assert_int_equal(log_files_flush(&files), 0);
	content("a.service.log");
	assert_non_null(strstr(text, "warning* 3 lines lost\n"));
	assert_non_null(strstr(text, "lost\n2026-11-21T22:40:00.123456Z info back\n"));
	assert_int_equal(strlen(content("b.service.log")),
			 3 * strlen("2026-11-21T22:40:00.123456Z info fine\n"));
}

static void test_missing_directory(void **state)
{
	(void)state;
	rmdir(dir);
	log_files_init(&files, dir, 100000, 1);
	assert_int_equal(put("a.service", "kept"), 0); /* in the buffer */
	assert_int_equal(log_files_flush(&files), -ENOENT);
	assert_int_equal(log_files_flush(&files), -ENOENT);
	mkdir(dir, 0755);
	assert_int_equal(log_files_flush(&files), 0);
	assert_string_equal(content("a.service.log"), "2026-11-21T22:40:00.123456Z info kept\n");
}

/* A full disk: nothing is dropped, nothing comes twice, no line is cut, whenever it ends. */
static void test_no_space(void **state)
{
	char line[64], expected[64];
	unsigned int n = 0;
	int r = 0;
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=64k") < 0)
		skip();
	log_files_init(&files, dir, 10000000, 1);
	fd = open(path_of("ballast"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(fallocate(fd, 0, 0, 32768), 0);
	close(fd);
	/* Twice in a row: the first failure has still made room in the buffer. */
	for (int failures = 0; failures < 2 && n < 10000;) {
		snprintf(line, sizeof(line), "line %u", n);
		r = put("a.service", line);
		failures = r < 0 ? failures + 1 : 0;
		n += r == 0;
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(log_files_flush(&files), -ENOSPC);
	unlink(path_of("ballast"));
	for (unsigned int end = n + 100; n < end; n++) {
		snprintf(line, sizeof(line), "line %u", n);
		assert_int_equal(put("a.service", line), 0);
	}
	assert_int_equal(log_files_flush(&files), 0);
	content("a.service.log");
	const char *p = text;

	for (unsigned int i = 0; i < n; i++) {
		snprintf(expected, sizeof(expected), "2026-11-21T22:40:00.123456Z info line %u\n",
			 i);
		assert_memory_equal(p, expected, strlen(expected));
		p += strlen(expected);
	}
	assert_int_equal(*p, '\0');
}

/* --- the writer and the reading side, over a real ring --- */

static volatile sig_atomic_t stop;

static void run_writer(struct log_ring *ring, struct log_ack *ack)
{
	static struct log_writer w;
	int fd = log_ring_open_reader(ring);

	memset(&w, 0, sizeof(w));
	assert_true(fd >= 0);
	assert_int_equal(log_ring_map(&w.view, fd), 0);
	close(fd);
	assert_int_equal(log_ack_attach(&w.ack, ack->fd, true), 0);
	log_reader_resume(&w.reader, &w.view, log_ack_pos(&w.ack), log_ack_seq(&w.ack));
	log_files_init(&files, dir, 1000000, 1);
	w.files = &files;
	stop = 1; /* brings out what is there and returns */
	log_writer_run(&w, &stop);
	log_files_close(&files);
	log_ack_close(&w.ack);
	log_ring_unmap(&w.view);
}

static void append_numbered(struct log_ring *ring, const char *unit, int from, int to)
{
	char line[64];

	for (int i = from; i < to; i++) {
		snprintf(line, sizeof(line), "%d", i);
		struct log_record record = make(unit, line);

		record.priority = i % 2 ? 4 : 6;
		log_ring_append(ring, &record);
	}
}

/* Reads @unit by @q and checks that the numbers @from.. @to (every @step) come, each once. */
static void expect_numbers(struct log_ring *ring, const struct log_query *q, int from, int to,
			   int step)
{
	struct log_read *read;
	struct log_record r;
	int fd = ring != NULL ? log_ring_open_reader(ring) : -1;

	assert_int_equal(log_read_open(&read, dir, fd, q), 0);
	for (int i = from; i < to; i += step) {
		assert_int_equal(log_read_next(read, &r), 1);
		assert_int_equal(atoi(r.text), i);
		assert_string_equal(r.unit, "a.service");
	}
	assert_int_equal(log_read_next(read, &r), 0);
	log_read_close(read);
	fd_close(&fd);
}

static void test_writer_and_reader(void **state)
{
	const char *unit = "a.service";
	struct log_query q = {
		.units = &unit, .unit_count = 1, .max_priority = 7, .until = USEC_INFINITY
	};
	struct log_ring ring;
	struct log_ack ack;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	assert_int_equal(log_ack_create(&ack), 0);
	/* Many more than the ring holds, written in turns by writers that come and go. */
	for (int i = 0; i < 2000; i += 100) {
		append_numbered(&ring, "b.service", i, i + 10);
		append_numbered(&ring, unit, i, i + 100);
		run_writer(&ring, &ack);
		assert_int_equal(log_ring_unpersisted(&ring, &ack), 0);
	}
	append_numbered(&ring, unit, 2000, 2050); /* not on disk yet */
	expect_numbers(&ring, &q, 0, 2050, 1);
	expect_numbers(NULL, &q, 0, 2000, 1);
	q.last = 1000;
	expect_numbers(&ring, &q, 1050, 2050, 1);
	q.last = 0;
	q.max_priority = 4;
	expect_numbers(&ring, &q, 1, 2050, 2);
	q.max_priority = 7;
	unit = "a*";
	q.last = 10;
	expect_numbers(&ring, &q, 2040, 2050, 1);
	log_ack_close(&ack);
	log_ring_close(&ring);
}

static void test_all_units_in_order(void **state)
{
	struct log_query q = { .max_priority = 7, .until = USEC_INFINITY };
	struct log_ring ring;
	struct log_ack ack;
	struct log_read *read;
	struct log_record r;
	usec_t before = 0;
	int count = 0;
	int fd;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	assert_int_equal(log_ack_create(&ack), 0);
	for (int i = 0; i < 1000; i += 20) {
		append_numbered(&ring, "a.service", i, i + 10);
		append_numbered(&ring, "x.log.service", i, i + 10);
		run_writer(&ring, &ack);
	}
	fd = log_ring_open_reader(&ring);
	assert_int_equal(log_read_open(&read, dir, fd, &q), 0);
	while (log_read_next(read, &r) == 1) {
		assert_true(r.realtime > before);
		before = r.realtime;
		count++;
	}
	assert_int_equal(count, 1000);
	log_read_close(read);
	close(fd);
	log_ack_close(&ack);
	log_ring_close(&ring);
}

static void test_lost_in_the_ring(void **state)
{
	struct log_ring ring;
	struct log_ack ack;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	assert_int_equal(log_ack_create(&ack), 0);
	append_numbered(&ring, "a.service", 0, 10);
	run_writer(&ring, &ack);
	append_numbered(&ring, "a.service", 10, 2000);
	run_writer(&ring, &ack);
	content("berth.log");
	assert_non_null(strstr(text, " lines lost (overwritten in memory)\n"));
	unsigned long lost = strtoul(strstr(text, "warning* ") + strlen("warning* "), NULL, 10);
	unsigned long there = 0;

	for (const char *p = content("a.service.log"); *p != '\0'; p++)
		there += *p == '\n';
	assert_int_equal(lost + there, 2000);
	log_ack_close(&ack);
	log_ring_close(&ring);
}

static void test_follow(void **state)
{
	struct log_query q = { .max_priority = 7, .until = USEC_INFINITY, .follow = true };
	struct log_ring ring;
	struct log_read *read;
	struct log_record r;
	int fd;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	fd = log_ring_open_reader(&ring);
	assert_int_equal(log_read_open(&read, "/nonexistent", fd, &q), 0);
	assert_int_equal(log_read_next(read, &r), 0);
	assert_int_equal(log_read_wait(read, 1000), 0);
	append_numbered(&ring, "a.service", 7, 8);
	log_ring_wake(&ring);
	assert_int_equal(log_read_wait(read, USEC_INFINITY), 1);
	assert_int_equal(log_read_next(read, &r), 1);
	assert_string_equal(r.text, "7");
	log_read_close(read);
	close(fd);
	log_ring_close(&ring);
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_format),
		cmocka_unit_test(test_file_names),
		DIR_TEST(test_write_and_rotate),
		DIR_TEST(test_rotate_an_old_file),
		DIR_TEST(test_many_units_few_files),
		DIR_TEST(test_torn_and_removed),
		DIR_TEST(test_trouble_of_one),
		DIR_TEST(test_missing_directory),
		DIR_TEST(test_writer_and_reader),
		DIR_TEST(test_all_units_in_order),
		DIR_TEST(test_lost_in_the_ring),
		DIR_TEST(test_follow),
		DIR_TEST(test_no_space), /* last: changes the mount namespace */
	};

	log_files_init(&files, "/", 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
