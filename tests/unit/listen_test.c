/* SPDX-License-Identifier: MIT */
#include "units/listen.h"

#include "lib/str.h"
#include "units/keys.h"
#include "units/values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct listen_address parsed(const char *text)
{
	struct listen_address a;
	const char *why = NULL;

	if (listen_parse(text, &a, &why) < 0)
		fail_msg("%s: %s", text, why);
	return a;
}

static void refused(const char *text, const char *reason)
{
	struct listen_address a;
	const char *why = NULL;

	assert_int_equal(listen_parse(text, &a, &why), -EINVAL);
	assert_non_null(strstr(why, reason));
}

static void test_paths_and_names(void **state)
{
	struct listen_address a = parsed("Stream /run/x");

	(void)state;
	assert_int_equal(a.kind, LISTEN_STREAM);
	assert_int_equal(a.addr.un.sun_family, AF_UNIX);
	assert_string_equal(a.addr.un.sun_path, "/run/x");
	assert_string_equal(a.path, "/run/x");
	assert_int_equal(a.len, offsetof(struct sockaddr_un, sun_path) + 7);
	a = parsed("SequentialPacket @abc");
	assert_null(a.path);
	assert_memory_equal(a.addr.un.sun_path, "\0abc", 4);
	assert_int_equal(a.len, offsetof(struct sockaddr_un, sun_path) + 4);
	a = parsed("FIFO /run/f");
	assert_string_equal(a.path, "/run/f");
	assert_int_equal(a.addr.any.sa_family, AF_UNSPEC);
	assert_null(parsed("MessageQueue /q").path);
	refused("Stream @", "no name");
	refused("FIFO run/f", "absolute");
	refused("MessageQueue /a/b", "/NAME");
	refused("Stream /run/0123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890",
		"too long");
}

static void test_internet(void **state)
{
	struct listen_address a = parsed("Stream 127.0.0.1:80");
	char text[INET6_ADDRSTRLEN];

	(void)state;
	assert_int_equal(a.addr.in.sin_family, AF_INET);
	assert_int_equal(ntohl(a.addr.in.sin_addr.s_addr), 0x7f000001);
	assert_int_equal(ntohs(a.addr.in.sin_port), 80);
	a = parsed("Datagram [fe80::1%eth0]:53");
	assert_int_equal(a.addr.in6.sin6_family, AF_INET6);
	assert_string_equal(inet_ntop(AF_INET6, &a.addr.in6.sin6_addr, text, sizeof(text)),
			    "fe80::1");
	assert_string_equal(a.interface, "eth0");
	assert_false(a.port_only);
	a = parsed("Stream 22");
	assert_int_equal(a.addr.in6.sin6_family, AF_INET6);
	assert_true(a.port_only);
	assert_int_equal(ntohs(a.addr.in6.sin6_port), 22);
	refused("Stream 0", "port");
	refused("Stream 65536", "port");
	refused("Stream localhost:80", "neither");
	refused("Stream 1.2.3.4.5.6.7.8.9.10.11.12:80", "neither");
	refused("Stream 127.0.0.1:", "port");
	refused("Stream [::1]", "form");
	refused("Stream [::1", "form");
	refused("Stream [::1%]:80", "interface");
	refused("Stream [:::1]:80", "IPv6");
	refused("SequentialPacket 22", "sequential");
}

static void test_vsock_and_netlink(void **state)
{
	struct listen_address a = parsed("Stream vsock:3:1024");

	(void)state;
	assert_int_equal(a.addr.vm.svm_family, AF_VSOCK);
	assert_int_equal(a.addr.vm.svm_cid, 3);
	assert_int_equal(a.addr.vm.svm_port, 1024);
	assert_true(parsed("SequentialPacket vsock::7").addr.vm.svm_cid == VMADDR_CID_ANY);
	a = parsed("Netlink kobject-uevent 1");
	assert_int_equal(a.protocol, NETLINK_KOBJECT_UEVENT);
	assert_int_equal(a.addr.nl.nl_groups, 1);
	assert_int_equal(parsed("Netlink route").addr.nl.nl_groups, 0);
	refused("Stream vsock:3", "form");
	refused("Stream vsock:x:3", "form");
	refused("Netlink nothing", "family");
	refused("Netlink route many", "group");
	refused("Carrier /run/pigeon", "kind");
}

/* All keys fill one list, in the order of the file; any of them empties it. */
static void test_one_list(void **state)
{
	struct arena arena = { 0 };
	const struct specifiers sp = { .root = "", .unit = "web.socket" };
	struct value_context c = { .arena = &arena, .sp = &sp };
	struct draft_setting d = { 0 };
	const char *const *v;

	(void)state;
	assert_int_equal(value_assign(&c, key_info(K_ListenFIFO), &d, "/run//%N/./f"), 0);
	assert_int_equal(value_assign(&c, key_info(K_ListenStream), &d, "80"), 0);
	assert_int_equal(value_assign(&c, key_info(K_ListenDatagram), &d, "/a/../b"), -EINVAL);
	v = d.list.v;
	assert_int_equal(d.list.n, 2);
	assert_string_equal(v[0], "FIFO /run/web/f");
	assert_string_equal(v[1], "Stream 80");
	assert_int_equal(value_assign(&c, key_info(K_ListenNetlink), &d, ""), 0);
	assert_int_equal(d.list.n, 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_and_names),
		cmocka_unit_test(test_internet),
		cmocka_unit_test(test_vsock_and_netlink),
		cmocka_unit_test(test_one_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
