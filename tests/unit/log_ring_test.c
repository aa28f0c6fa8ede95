/* SPDX-License-Identifier: MIT */
#include "lib/fd.h"
#include "lib/str.h"
#include "log/ring.h"
#include "log/ring_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <cmocka.h>

static char buf[LOG_RECORD_MAX];

static void append(struct log_ring *ring, const char *unit, const char *text)
{
	struct log_record record = { .priority = 6,
				     .pid = 42,
				     .realtime = 1000,
				     .monotonic = 7,
				     .unit = unit,
				     .unit_len = strlen(unit),
				     .text = text,
				     .text_len = strlen(text) };

	log_ring_append(ring, &record);
}

static void map_reader(const struct log_ring *ring, struct log_ring_view *view)
{
	int fd = log_ring_open_reader(ring);

	assert_true(fd >= 0);
	assert_int_equal(log_ring_map(view, fd), 0);
	close(fd);
}

static void test_roundtrip(void **state)
{
	struct log_ring ring;
	struct log_ring_view view;
	struct log_reader reader;
	struct log_record r;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	log_reader_init(&reader, &view);
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 0);
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf) - 1), -EINVAL);
	append(&ring, "web.service", "hello");
	append(&ring, "", "");
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 1);
	assert_string_equal(r.unit, "web.service");
	assert_string_equal(r.text, "hello");
	assert_int_equal(r.seq, 1);
	assert_int_equal(r.pid, 42);
	assert_int_equal(r.priority, 6);
	assert_int_equal(r.realtime, 1000);
	assert_int_equal(r.monotonic, 7);
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 1);
	assert_int_equal(r.text_len, 0);
	assert_int_equal(r.seq, 2);
	assert_int_equal(r.realtime, 1001); /* the same clock reading, made unique */
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 0);
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

static void test_limits_are_cut(void **state)
{
	static char text[LOG_TEXT_MAX + 100];
	static char unit[LOG_UNIT_MAX + 100];
	struct log_record in = { .priority = 255,
				 .unit = unit,
				 .unit_len = sizeof(unit),
				 .text = text,
				 .text_len = sizeof(text) };
	struct log_ring ring;
	struct log_ring_view view;
	struct log_reader reader;
	struct log_record r;

	(void)state;
	memset(text, 't', sizeof(text));
	memset(unit, 'u', sizeof(unit));
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	log_reader_init(&reader, &view);
	log_ring_append(&ring, &in);
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 1);
	assert_int_equal(r.text_len, LOG_TEXT_MAX);
	assert_int_equal(r.unit_len, LOG_UNIT_MAX);
	assert_int_equal(strlen(r.text), LOG_TEXT_MAX);
	assert_int_equal(r.priority, 7);
	assert_true(r.realtime > 0 && r.monotonic > 0);
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

static void test_overflow_is_counted(void **state)
{
	struct log_ring ring;
	struct log_ring_view view;
	struct log_reader reader;
	struct log_record r;
	uint64_t seen = 0;
	int n;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	log_reader_init(&reader, &view);
	append(&ring, "a.service", "first");
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 1);
	for (int i = 0; i < 1000; i++)
		append(&ring, "a.service", "a line of some length or other");
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), -EOVERFLOW);
	assert_true(reader.lost > 0 && reader.lost_bytes > 0);
	while ((n = log_ring_next(&reader, &r, buf, sizeof(buf))) == 1)
		seen++;
	assert_int_equal(n, 0);
	assert_int_equal(seen + reader.lost, 1000);
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

/* As PID 1 does over an exec: nothing but the descriptor survives. */
static void test_attach_goes_on(void **state)
{
	struct log_ring ring, again;
	struct log_ring_view view;
	struct log_reader reader;
	struct log_record r;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	append(&ring, "a.service", "before");
	munmap(ring.shared, LOG_RING_DATA + ring.size);
	assert_int_equal(log_ring_attach_writer(&again, ring.fd), 0);
	append(&again, "a.service", "after");
	log_reader_init(&reader, &view);
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 1);
	assert_string_equal(r.text, "before");
	assert_int_equal(log_ring_next(&reader, &r, buf, sizeof(buf)), 1);
	assert_string_equal(r.text, "after");
	assert_int_equal(r.seq, 2);
	assert_int_equal(r.realtime, 1001);
	log_ring_unmap(&view);
	log_ring_close(&again);
}

static void test_attach_drops_damage(void **state)
{
	struct log_ring ring, again;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	append(&ring, "a.service", "one");
	append(&ring, "a.service", "two");
	((unsigned char *)ring.shared)[LOG_RING_DATA] ^= 0xff;
	assert_int_equal(log_ring_attach_writer(&again, ring.fd), 0);
	assert_int_equal(again.tail, again.head);
	assert_int_equal(again.head, ring.head);
	munmap(ring.shared, LOG_RING_DATA + ring.size);
	log_ring_close(&again);
}

static void test_reader_cannot_write(void **state)
{
	struct log_ring ring;
	char path[64];
	int fd;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	fd = log_ring_open_reader(&ring);
	assert_true(fd >= 0);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(ring.fd, 0), -1); /* sealed even for its maker */
	if (getuid() == 0) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
			if (setgid(65534) < 0 || setuid(65534) < 0)
				_exit(2);
			_exit(open(path, O_RDWR) >= 0 || errno != EACCES);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	close(fd);
	log_ring_close(&ring);
}

/* Maps a copy of @size bytes of a ring's header with one field changed. */
static int map_forged(const void *header, size_t len, off_t size, bool sealed)
{
	struct log_ring_view view;
	int fd = memfd_create("forged", MFD_ALLOW_SEALING);
	int r;

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, header, len, 0), (ssize_t)len);
	assert_int_equal(ftruncate(fd, size), 0);
	if (sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	r = log_ring_map(&view, fd);
	if (r == 0)
		log_ring_unmap(&view);
	close(fd);
	return r;
}

static void test_map_checks_the_header(void **state)
{
	struct log_ring_head good = { .magic = LOG_RING_MAGIC,
				      .version = LOG_RING_VERSION,
				      .size = LOG_RING_SIZE_MIN };
	off_t size = LOG_RING_DATA + (off_t)LOG_RING_SIZE_MIN;
	struct log_ring_head bad;

	(void)state;
	assert_int_equal(map_forged(&good, sizeof(good), size, true), 0);
	assert_int_equal(map_forged(&good, sizeof(good), size, false), -EBADMSG);
	assert_int_equal(map_forged(&good, sizeof(good), size - 8, true), -EBADMSG);
	assert_int_equal(map_forged(&good, 8, 8, true), -EBADMSG);
	bad = good;
	bad.magic++;
	assert_int_equal(map_forged(&bad, sizeof(bad), size, true), -EBADMSG);
	bad = good;
	bad.version++;
	assert_int_equal(map_forged(&bad, sizeof(bad), size, true), -EBADMSG);
	bad = good;
	bad.size = UINT64_MAX - LOG_RING_DATA + 1;
	assert_int_equal(map_forged(&bad, sizeof(bad), 0x1000, true), -EBADMSG);
	bad = good;
	bad.size = LOG_RING_SIZE_MIN + 8; /* no power of two */
	assert_int_equal(map_forged(&bad, sizeof(bad), size + 8, true), -EBADMSG);
	assert_int_equal(log_ring_map(&(struct log_ring_view){ 0 }, 0), -EBADMSG);
}

/* Whatever bytes lie in there, a reader ends, stays in bounds and says what it does not believe. */
static void test_hostile_content(void **state)
{
	struct log_ring ring;
	struct log_ring_view view;
	unsigned int seed = 1;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	for (int round = 0; round < 3000; round++) {
		unsigned char *data = (unsigned char *)ring.shared + LOG_RING_DATA;
		struct log_reader reader;
		struct log_record r;

		if (round % 50 == 0) {
			for (int i = 0; i < 200; i++)
				append(&ring, "a.service", "something to be damaged");
		}
		data[(unsigned)rand_r(&seed) % ring.size] ^= (unsigned char)(1 << round % 8);
		if (round % 7 == 0)
			atomic_store(&ring.shared->head, (uint64_t)rand_r(&seed) << round % 40);
		if (round % 11 == 0)
			atomic_store(&ring.shared->tail, (uint64_t)rand_r(&seed) << round % 40);
		log_reader_resume(&reader, &view, (uint64_t)rand_r(&seed) % (ring.head + 64), 5);
		for (int i = 0; i < 1000; i++) {
			int n = log_ring_next(&reader, &r, buf, sizeof(buf));

			if (n == 0)
				break;
			assert_true(n == 1 || n == -EOVERFLOW || n == -EBADMSG);
			if (n == 1) {
				assert_true(strlen(r.unit) <= LOG_UNIT_MAX);
				assert_true(r.text + r.text_len < buf + sizeof(buf));
				assert_int_equal(r.text[r.text_len], '\0');
			}
		}
	}
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

static void test_wait(void **state)
{
	struct log_ring ring;
	struct log_ring_view view;
	struct log_reader reader;
	struct log_record r;
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	log_reader_init(&reader, &view);
	assert_int_equal(log_ring_wait(&reader, 1000), 0); /* time-out, on a read-only mapping */
	pid = fork();
	if (pid == 0) {
		while (log_ring_next(&reader, &r, buf, sizeof(buf)) == 0)
			if (log_ring_wait(&reader, USEC_INFINITY) < 0)
				_exit(2);
		_exit(strcmp(r.text, "wake up") != 0);
	}
	usleep(20000); /* that it waits already is likely, and either order must do */
	append(&ring, "a.service", "wake up");
	log_ring_wake(&ring);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(log_ring_wait(&reader, USEC_INFINITY), 1);
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

static void test_ack_is_a_hint(void **state)
{
	struct log_ring ring;
	struct log_ack ours, theirs;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	assert_int_equal(log_ack_create(&ours), 0);
	assert_int_equal(log_ack_attach(&theirs, ours.fd, true), 0);
	assert_int_equal(log_ring_unpersisted(&ring, &ours), 0);
	append(&ring, "a.service", "one");
	assert_int_equal(log_ring_unpersisted(&ring, &ours), ring.head);
	log_ack_set(&theirs, ring.head, 2);
	assert_int_equal(log_ack_seq(&ours), 2);
	assert_int_equal(log_ring_unpersisted(&ring, &ours), 0);
	log_ack_set(&theirs, UINT64_MAX, 2);
	assert_int_equal(log_ring_unpersisted(&ring, &ours), 0);
	log_ack_set(&theirs, 0, 2);
	for (int i = 0; i < 1000; i++)
		append(&ring, "a.service", "more");
	assert_true(log_ring_unpersisted(&ring, &ours) <= ring.size);
	assert_true(log_ring_unpersisted(&ring, &ours) > ring.size - LOG_RECORD_MAX);
	log_ack_close(&theirs);
	log_ack_close(&ours);
	log_ring_close(&ring);
}

/* --- torture: a writer that wraps all the time, readers that must never believe a torn record --- */

#define TORTURE_RECORDS 200000

/* Text of record @seq: its number, then bytes that follow from it, of a length that follows from it. */
static size_t torture_text(char *text, uint64_t seq)
{
	size_t len = 8 + (size_t)(seq * 2654435761U % 200);
	uint64_t x = seq * 0x9e3779b97f4a7c15U + 1;

	memcpy(text, &seq, sizeof(seq));
	for (size_t i = sizeof(seq); i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		text[i] = (char)x;
	}
	return len;
}

struct torture {
	const struct log_ring_view *view;
	uint64_t read, lost;
	const char *wrong;
};

static void *torture_read(void *arg)
{
	struct torture *t = arg;
	char expected[256], mine[LOG_RECORD_MAX];
	struct log_reader reader;
	struct log_record r;
	uint64_t next = 1;

	log_reader_resume(&reader, t->view, 0, 1);
	while (next <= TORTURE_RECORDS) {
		int n = log_ring_next(&reader, &r, mine, sizeof(mine));

		if (n == 0) {
			log_ring_wait(&reader, 10000);
			continue;
		}
		if (n == -EOVERFLOW)
			continue;
		if (n != 1) {
			t->wrong = "damage where there is none";
			break;
		}
		if (r.seq < next) {
			t->wrong = "a record twice";
			break;
		}
		if (r.text_len != torture_text(expected, r.seq) ||
		    memcmp(r.text, expected, r.text_len) != 0) {
			t->wrong = "a torn record";
			break;
		}
		next = r.seq + 1;
		t->read++;
	}
	t->lost = reader.lost;
	return NULL;
}

static void torture_write(struct log_ring *ring)
{
	char text[256];
	struct log_record record = {
		.realtime = 1, .monotonic = 1, .unit = "t.service", .text = text
	};

	record.unit_len = strlen(record.unit);
	for (uint64_t seq = 1; seq <= TORTURE_RECORDS; seq++) {
		record.text_len = torture_text(text, seq);
		log_ring_append(ring, &record);
		if (seq % 16 == 0)
			log_ring_wake(ring);
		/* Now and then the readers catch up, so that both ways are taken often. */
		if (seq % 4096 == 0)
			usleep(500);
	}
	log_ring_wake(ring);
}

static void test_torture_threads(void **state)
{
	struct log_ring ring;
	struct log_ring_view view;
	struct torture t[2];
	pthread_t threads[2];

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	map_reader(&ring, &view);
	for (int i = 0; i < 2; i++) {
		t[i] = (struct torture){ .view = &view };
		assert_int_equal(pthread_create(&threads[i], NULL, torture_read, &t[i]), 0);
	}
	torture_write(&ring);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		if (t[i].wrong != NULL)
			fail_msg("%s after %llu", t[i].wrong, (unsigned long long)t[i].read);
		assert_int_equal(t[i].read + t[i].lost, TORTURE_RECORDS);
		assert_true(t[i].read > 0);
	}
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

static void test_torture_processes(void **state)
{
	struct log_ring ring;
	struct log_ring_view view;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(log_ring_create(&ring, 0), 0);
	pid = fork();
	if (pid == 0) {
		torture_write(&ring);
		_exit(0);
	}
	map_reader(&ring, &view);
	struct torture t = { .view = &view };

	torture_read(&t);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (t.wrong != NULL)
		fail_msg("%s after %llu", t.wrong, (unsigned long long)t.read);
	assert_int_equal(t.read + t.lost, TORTURE_RECORDS);
	log_ring_unmap(&view);
	log_ring_close(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_limits_are_cut),
		cmocka_unit_test(test_overflow_is_counted),
		cmocka_unit_test(test_attach_goes_on),
		cmocka_unit_test(test_attach_drops_damage),
		cmocka_unit_test(test_reader_cannot_write),
		cmocka_unit_test(test_map_checks_the_header),
		cmocka_unit_test(test_hostile_content),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_ack_is_a_hint),
		cmocka_unit_test(test_torture_threads),
		cmocka_unit_test(test_torture_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
