/* SPDX-License-Identifier: MIT */
/* link: tests/fake/control_ops.c */
#include "init/connection.h"
#include "init/loading.h"
#include "init/manager.h"
#include "lib/fd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <cmocka.h>

/* One connection on a socket pair; the test is the client and turns the loop by hand. */

#define N_UNITS 5000

static struct manager m;
static struct unit units[N_UNITS];
static char names[N_UNITS][24];
static struct connection connection;
static bool closed;
static int client;

extern struct list fake_waiters; /* tests/fake/control_ops.c */

static uint8_t packet[PROTO_MAX];
static struct proto_header header;
static struct proto_reader fields;

static void on_closed(struct connection *c)
{
	(void)c;
	closed = true;
}

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	m.loop = loop_new();
	m.nodes = calloc(N_UNITS, sizeof(*m.nodes));
	m.n_nodes = N_UNITS;
	for (int i = 0; i < N_UNITS; i++) {
		snprintf(names[i], sizeof(names[i]), "u%d.service", i);
		units[i].id = names[i];
		m.nodes[i].unit = &units[i];
	}
	client = pair[0];
	closed = false;
	connection =
		(struct connection){ .source.fd = pair[1], .manager = &m, .closed = on_closed };
	return connection_add(&connection);
}

static int tear_down(void **state)
{
	(void)state;
	if (!closed)
		connection_close(&connection);
	fd_close(&client);
	free(m.nodes);
	loop_free(m.loop);
	return 0;
}

/* Lets the server do whatever it can do now; it must come to rest by itself. */
static void turn(void)
{
	int rounds = 0;

	while (!closed) {
		struct epoll_event pending;
		int epfd = epoll_create1(EPOLL_CLOEXEC), n;
		struct epoll_event want = { .events = connection.source.events };

		assert_int_equal(epoll_ctl(epfd, EPOLL_CTL_ADD, connection.source.fd, &want), 0);
		n = epoll_wait(epfd, &pending, 1, 0);
		fd_close(&epfd);
		if (n == 0)
			return;
		assert_int_equal(loop_run_once(m.loop), 0);
		assert_true(rounds++ < 20000);
	}
}

static int request(uint16_t op, uint32_t id, uint32_t status)
{
	uint8_t buf[64];
	struct proto_writer w;

	proto_begin(&w, buf, sizeof(buf), op, id, 0);
	proto_put_u32(&w, TAG_STATUS, status);
	return send(client, buf, proto_end(&w), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The next record's op, 0 when there is none. */
static int receive(void)
{
	ssize_t n = recv(client, packet, sizeof(packet), 0);

	if (n < 0)
		return 0;
	assert_int_equal(proto_open(&fields, &header, packet, (size_t)n), 0);
	return header.op;
}

static bool get_text(enum proto_tag tag, char *buf, size_t size)
{
	struct proto_reader r = fields;
	struct proto_field f;

	while (proto_next(&r, &f))
		if (f.tag == tag)
			return proto_get_text(&f, buf, size) == 0;
	return false;
}

static uint32_t get_number(enum proto_tag tag)
{
	struct proto_reader r = fields;
	struct proto_field f;
	uint32_t v = 0;

	while (proto_next(&r, &f))
		if (f.tag == tag)
			assert_int_equal(proto_get_u32(&f, &v), 0);
	return v;
}

static void test_a_list_waits_for_its_reader(void **state)
{
	char unit[64];
	int n = 0, pauses = 0, op;

	(void)state;
	assert_int_equal(request(OP_LIST, 7, 0), 0);
	turn();
	/* It has come to rest before the end, waiting for room and for nothing else. */
	assert_true(connection.listing);
	assert_int_equal(connection.source.events, EPOLLOUT);
	for (;;) {
		op = receive();
		if (op == 0) {
			pauses++;
			turn();
			continue;
		}
		assert_int_equal(header.id, 7);
		if (op == OP_OK)
			break;
		assert_int_equal(op, OP_RECORD);
		assert_true(get_text(TAG_UNIT, unit, sizeof(unit)));
		assert_string_equal(unit, names[n]);
		n++;
	}
	assert_int_equal(n, N_UNITS);
	assert_true(pauses > 1);
	turn();
	assert_int_equal(connection.source.events, EPOLLIN);
}

static void test_requests_wait_for_room(void **state)
{
	uint32_t sent = 0, answered = 0;

	(void)state;
	/* Answers of 8 KiB and nobody who reads them: at some point no more requests are taken. */
	for (int i = 0; i < 1000 && request(OP_PING, sent + 1, 0) == 0; i++) {
		sent++;
		turn();
	}
	assert_true(sent > 10 && sent < 1000);
	assert_true(connection.blocked);
	assert_false(connection.broken);
	while (answered < sent) {
		if (receive() == 0) {
			turn();
			continue;
		}
		assert_int_equal(header.op, OP_OK);
		assert_int_equal(header.id, ++answered);
	}
}

static void test_jobs_are_answered_when_they_end(void **state)
{
	char result[16];

	(void)state;
	for (uint32_t i = 1; i <= CONNECTION_MAX_WAITS + 1; i++)
		assert_int_equal(request(OP_START, 100 + i, i), 0);
	turn();
	assert_int_equal(receive(), 0);
	/* All slots are taken: the last request is still in the socket. */
	assert_int_equal(connection.source.events, 0);

	connection_job_done(&connection, 5, JOB_FAILED, 0);
	connection_job_done(&connection, 999, JOB_DONE, 0);
	turn();
	assert_int_equal(receive(), OP_OK);
	assert_int_equal(header.id, 105);
	assert_int_equal(get_number(TAG_JOB), 5);
	assert_true(get_text(TAG_RESULT, result, sizeof(result)));
	assert_string_equal(result, "failed");
	assert_int_equal(receive(), 0);
	/* The slot went to the request that had waited. */
	connection_job_done(&connection, CONNECTION_MAX_WAITS + 1, JOB_DONE, 0);
	turn();
	assert_int_equal(receive(), OP_OK);
	assert_int_equal(header.id, 100 + CONNECTION_MAX_WAITS + 1);
}

static void test_answers_wait_for_a_number(void **state)
{
	(void)state;
	assert_int_equal(request(OP_START, 101, 1), 0);
	assert_int_equal(request(OP_START, 102, 2), 0);
	turn();
	connection_job_done(&connection, 1, JOB_DONE, 7);
	connection_job_done(&connection, 2, JOB_DONE, 8);
	turn();
	assert_int_equal(receive(), 0);
	connection_unit_named(&connection, 8);
	connection_unit_named(&connection, 9);
	turn();
	assert_int_equal(receive(), OP_OK);
	assert_int_equal(header.id, 102);
	assert_int_equal(receive(), 0);
	connection_unit_named(&connection, 7);
	turn();
	assert_int_equal(receive(), OP_OK);
	assert_int_equal(header.id, 101);
}

static void send_event(uint32_t job)
{
	uint8_t buf[256];
	struct proto_writer w;

	proto_begin(&w, buf, sizeof(buf), OP_EVENT, 0, 0);
	proto_put_u32(&w, TAG_JOB, job);
	connection_event(&connection, &w);
}

static void test_a_slow_subscriber_is_told_what_it_lost(void **state)
{
	uint32_t n = 0;

	(void)state;
	send_event(0); /* not subscribed yet: not for this client */
	assert_int_equal(request(OP_SUBSCRIBE, 3, 0), 0);
	turn();
	assert_int_equal(receive(), OP_OK);
	for (uint32_t i = 1; i <= 10000; i++)
		send_event(i);
	while (receive() == OP_EVENT && get_number(TAG_LOST) == 0) {
		assert_int_equal(header.id, 3);
		assert_int_equal(get_number(TAG_JOB), ++n);
	}
	assert_true(n > 10 && n < 10000);
	turn();
	assert_int_equal(receive(), OP_EVENT);
	assert_int_equal(get_number(TAG_LOST), 10000 - n);
	send_event(10001);
	assert_int_equal(receive(), OP_EVENT);
	assert_int_equal(get_number(TAG_JOB), 10001);
	assert_false(connection.broken);
}

static void test_errors_carry_number_and_text(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(request(OP_KILL, 9, 0), 0);
	turn();
	assert_int_equal(receive(), OP_ERROR);
	assert_int_equal(header.id, 9);
	assert_int_equal(get_number(TAG_ERRNO), ENOENT);
	assert_true(get_text(TAG_TEXT, text, sizeof(text)));
	assert_string_equal(text, "refused: Resource busy");
}

static void test_garbage_is_refused_and_survived(void **state)
{
	static uint8_t garbage[8192];

	(void)state;
	memset(garbage, 0xa5, sizeof(garbage));
	for (size_t n = 1; n <= sizeof(garbage); n *= 2) {
		assert_int_equal(send(client, garbage, n, 0), n);
		turn();
		assert_int_equal(receive(), OP_ERROR);
		assert_int_equal(get_number(TAG_ERRNO), EPROTO);
	}
	assert_int_equal(request(OP_PING, 1, 0), 0);
	turn();
	assert_int_equal(receive(), OP_OK);
}

static void test_a_client_that_leaves(void **state)
{
	(void)state;
	assert_int_equal(request(OP_START, 1, 50), 0);
	turn();
	fd_close(&client);
	turn();
	assert_true(closed);
}

static void test_a_client_that_leaves_in_the_middle_of_a_list(void **state)
{
	(void)state;
	assert_int_equal(request(OP_LIST, 1, 0), 0);
	turn();
	assert_false(closed);
	fd_close(&client);
	turn();
	assert_true(closed);
}

static void test_who_is_dropped(void **state)
{
	usec_t t = connection.last_progress;

	(void)state;
	assert_false(connection_is_over(&connection, t + 59 * USEC_PER_SEC));
	assert_true(connection_is_over(&connection, t + 61 * USEC_PER_SEC));
	connection.listing = true;
	assert_false(connection_is_over(&connection, t + 9 * USEC_PER_SEC));
	assert_true(connection_is_over(&connection, t + 11 * USEC_PER_SEC));
	connection.listing = false;
	connection.subscribed = true;
	assert_false(connection_is_over(&connection, t + 3600 * USEC_PER_SEC));
	connection.subscribed = false;
	connection.waits[3].job = 1;
	assert_false(connection_is_over(&connection, t + 3600 * USEC_PER_SEC));
	connection.waits[3].done = true;
	assert_true(connection_is_over(&connection, t + 11 * USEC_PER_SEC));
	connection.waits[3].job = 0;
	connection.broken = true;
	assert_true(connection_is_over(&connection, t));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* Units have been looked for, with that result. */
static void loaded(int result)
{
	struct load_waiter *w = list_entry(fake_waiters.next, struct load_waiter, link);
	struct diag diag = { .text = "no disk" };

	assert_false(list_empty(&fake_waiters));
	list_remove(&w->link);
	w->loaded(w, result, &diag);
}

static void test_a_request_waits_until_units_were_read(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(request(OP_SHOW, 1, 0), 0);
	assert_int_equal(request(OP_SHOW, 2, 0), 0);
	turn();
	assert_int_equal(receive(), 0);
	assert_false(connection_is_idle(&connection));
	assert_false(connection_is_over(&connection, connection.last_progress + 3600000000));
	/* What comes behind is not even read. */
	assert_int_equal(connection.source.events, 0);
	loaded(0);
	turn();
	assert_int_equal(receive(), OP_OK);
	assert_int_equal(header.id, 1);
	assert_int_equal(receive(), 0);
	loaded(-ETIMEDOUT);
	turn();
	assert_int_equal(receive(), OP_ERROR);
	assert_int_equal(header.id, 2);
	assert_int_equal(get_number(TAG_ERRNO), ETIMEDOUT);
	assert_true(get_text(TAG_TEXT, text, sizeof(text)));
	assert_string_equal(text, "no disk");
	assert_true(connection_is_idle(&connection));
}

static void test_a_client_that_waits_may_go(void **state)
{
	(void)state;
	assert_int_equal(request(OP_SHOW, 1, 0), 0);
	turn();
	assert_false(list_empty(&fake_waiters));
	fd_close(&client);
	assert_int_equal(loop_run_once(m.loop), 0);
	assert_true(closed);
	assert_true(list_empty(&fake_waiters));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_list_waits_for_its_reader),
		CASE(test_requests_wait_for_room),
		CASE(test_jobs_are_answered_when_they_end),
		CASE(test_answers_wait_for_a_number),
		CASE(test_a_slow_subscriber_is_told_what_it_lost),
		CASE(test_errors_carry_number_and_text),
		CASE(test_garbage_is_refused_and_survived),
		CASE(test_a_client_that_leaves),
		CASE(test_a_client_that_leaves_in_the_middle_of_a_list),
		CASE(test_who_is_dropped),
		CASE(test_a_request_waits_until_units_were_read),
		CASE(test_a_client_that_waits_may_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
