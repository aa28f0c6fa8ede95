/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/fd.h"
#include "lib/str.h"
#include "netcfg/apply.h"
#include "netcfg/link.h"
#include "netcfg/missing.h"
#include "netcfg/names.h"
#include "netcfg/nft.h"
#include "netcfg/nftmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The real kernel in network namespaces of our own, without privilege by a user namespace. A
 * test runs in a child, whose exit status is the verdict; where the kernel or the machine's
 * rules do not allow it, the test is skipped.
 */
#define SKIP 77
#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static const struct net_host_spec host_spec = {
	.bridge = "berth0",
	.addr = 0x0a5a0001, /* 10.90.0.1 */
	.prefix = 16,
	.forward = 1,
};

static void in_namespace(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			_exit(SKIP);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIP)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void host_up(struct net_host *host)
{
	char text[NET_TEXT] = "";
	int r = net_host_setup(host, &host_spec, text);

	if (net_missing_hint(r, NET_FEATURE_BRIDGE))
		_exit(SKIP);
	if (r < 0)
		fprintf(stderr, "net_host_setup: %d %s\n", r, text);
	REQUIRE(r == 0);
}

static bool reaches(uint32_t addr)
{
	uint8_t sockaddr[16] = { AF_INET & 0xff, AF_INET >> 8, 0, 1 }; /* port 1: refused */
	struct timeval limit = { .tv_sec = 3 };
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (unsigned int i = 0; i < 4; i++)
		sockaddr[4 + i] = (uint8_t)(addr >> (24 - 8 * i));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return connect(fd, (const struct sockaddr *)(const void *)sockaddr, sizeof(sockaddr)) < 0 &&
	       errno == ECONNREFUSED;
}

static void host_twice(void)
{
	struct net_host host;
	struct link_info info;
	uint32_t bridge;

	host_up(&host);
	bridge = host.bridge;
	REQUIRE(bridge > 1);
	nl_close(&host.nl);
	/* As after a re-exec: the same bridge, no error. */
	host_up(&host);
	REQUIRE(host.bridge == bridge);
	REQUIRE(link_by_name(&host.nl, "berth0", &info, NULL) == 0);
	REQUIRE(info.up && str_eq(info.kind, "bridge") && str_eq(info.alias, LINK_ALIAS));
	REQUIRE(link_by_name(&host.nl, "lo", &info, NULL) == 0 && info.up);
	REQUIRE(reaches(0x0a5a0001) && reaches(0x7f000001));
}

static void foreign_bridge(void)
{
	char text[NET_TEXT] = "";
	struct net_host host;
	struct link_veth v = { .name = "berth0", .peer_name = "other" };
	int self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct nl_sock s;
	int r;
	NL_BUF(b, 512);

	net_host_mac(v.mac, "a");
	net_unit_mac(v.peer_mac, "a");
	REQUIRE(self >= 0 && nl_open(&s, NETLINK_ROUTE) == 0);
	link_put_veth_fd(&b, &v, self);
	r = nl_transact(&s, &b, NULL);
	if (net_missing_hint(r, NET_FEATURE_VETH))
		_exit(SKIP);
	REQUIRE(r == 0);
	REQUIRE(net_host_setup(&host, &host_spec, text) == -EEXIST);
	REQUIRE(strstr(text, "berth0"));
}

static struct net_spec service(const struct net_host *host, const char *unit, uint32_t addr)
{
	struct net_spec spec = {
		.name = "eth0",
		.bridge = host->bridge,
		.addr = addr,
		.gateway = host_spec.addr,
		.prefix = 16,
		.flags = NET_ISOLATED_PORT | NET_ROUTED,
	};
	static uint32_t generation;

	net_host_name(spec.host_name, unit, generation);
	spec.host_index = net_host_index(generation++);
	net_host_mac(spec.host_mac, unit);
	net_unit_mac(spec.mac, unit);
	return spec;
}

/* A process in a namespace of its own, set up by @spec; it then tries @peers and says how that went. */
static pid_t start(const struct net_spec *spec, const uint32_t *peers, int *verdict)
{
	int host_fd = net_host_socket();
	int report[2];
	pid_t pid;

	REQUIRE(host_fd >= 0 && pipe(report) == 0);
	pid = fork();
	if (pid == 0) {
		char text[NET_TEXT] = "";
		char ok = 1;

		/* Not left behind when the test fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		REQUIRE(unshare(CLONE_NEWNET) == 0);
		if (net_child_setup(spec, host_fd, text) < 0) {
			fprintf(stderr, "net_child_setup: %s\n", text);
			ok = 0;
		}
		for (; ok && *peers; peers++)
			ok = reaches(*peers);
		REQUIRE(write(report[1], &ok, 1) == 1);
		pause();
		_exit(0);
	}
	close(host_fd);
	close(report[1]);
	*verdict = report[0];
	return pid;
}

static void two_services(void)
{
	static const uint32_t none[] = { 0 };
	static const uint32_t others[] = { 0x0a5a0001, 0x0a5a0102, 0x7f000001, 0 };
	struct net_host host;
	struct net_spec first, second;
	pid_t pids[2];
	int fd;
	char ok = 0;

	host_up(&host);
	first = service(&host, "db.service", 0x0a5a0102);
	second = service(&host, "api.service", 0x0a5a0103);
	pids[0] = start(&first, none, &fd);
	REQUIRE(read(fd, &ok, 1) == 1 && ok);
	/* Gateway, neighbour by way of it, own loopback: the first packet of each arrives. */
	pids[1] = start(&second, others, &fd);
	REQUIRE(read(fd, &ok, 1) == 1 && ok);
	REQUIRE(reaches(0x0a5a0103));
	for (unsigned int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

static void errors_are_told(void)
{
	char text[NET_TEXT] = "";
	struct net_host host;
	struct net_spec spec;
	int fd;

	host_up(&host);
	spec = service(&host, "db.service", 0x0a5a0102);
	spec.bridge = 9999;
	fd = net_host_socket();
	REQUIRE(unshare(CLONE_NEWNET) == 0);
	REQUIRE(net_child_setup(&spec, fd, text) < 0);
	REQUIRE(strstr(text, "create veth pair") && strstr(text, spec.host_name));
}

static void static_link(void)
{
	char text[NET_TEXT] = "";
	struct net_host host;
	struct link_veth v = { .name = "lan0", .peer_name = "lan1" };
	int self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	char forwarding[8];
	NL_BUF(b, 512);

	host_up(&host);
	REQUIRE(net_link_static(&host, "lan0", 0xc0000202, 24, 0xc0000201, text) == -ENODEV);
	net_host_mac(v.mac, "lan");
	net_unit_mac(v.peer_mac, "lan");
	link_put_veth_fd(&b, &v, self);
	REQUIRE(nl_transact(&host.nl, &b, NULL) == 0);
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(net_link_static(&host, "lan0", 0xc0000202, 24, 0xc0000201, text) == 0);
	REQUIRE(reaches(0xc0000202));
	REQUIRE(fd_read_file_at(AT_FDCWD, "/proc/sys/net/ipv4/conf/lan0/forwarding", forwarding,
				sizeof(forwarding)) > 0);
	REQUIRE(forwarding[0] ==
		'0'); /* not before a firewall is in place: the caller's business */
	REQUIRE(net_link_forward("lan0") == 0);
	REQUIRE(net_link_forward("../all") == -EINVAL);
	REQUIRE(fd_read_file_at(AT_FDCWD, "/proc/sys/net/ipv4/conf/lan0/forwarding", forwarding,
				sizeof(forwarding)) > 0);
	REQUIRE(forwarding[0] == '1');
	/* A gateway that is not on the link. */
	REQUIRE(net_link_static(&host, "lan0", 0xc0000202, 24, 0x01020304, text) < 0);
	REQUIRE(strstr(text, "lan0"));
}

static void firewall(void)
{
	struct nft_publish port = { .addr = 0x0a5a0102, .host_port = 80, .port = 8080, .proto = 6 };
	struct nft_spec spec = {
		.bridge = "berth0",
		.subnet = 0x0a5a0001,
		.prefix = 16,
		.guard = true,
		.publish = &port,
		.n_publish = 1,
	};
	_Alignas(8) uint8_t buf[8192];
	struct nl_error err;
	struct nl_sock nf;
	struct nl_buf b = { 0 };
	int r;

	REQUIRE(nl_open(&nf, NETLINK_NETFILTER) == 0);
	r = nft_replace(&nf, &spec, buf, sizeof(buf), &err);
	if (net_missing_hint(r, NET_FEATURE_NAT))
		_exit(SKIP);
	REQUIRE(r == 0);
	REQUIRE(nft_replace(&nf, &spec, buf, sizeof(buf), &err) == 0);
	/* A bad message refuses the batch as a whole, and the verdict names it: begin, table, rule. */
	b.data = buf;
	b.size = sizeof(buf);
	nft_batch_begin(&b);
	nft_delete_table(&b, NFT_TABLE);
	nft_rule_end(&b, nft_rule(&b, "nosuchtable", "nosuchchain"));
	nft_batch_end(&b);
	REQUIRE(nl_transact(&nf, &b, &err) == -ENOENT);
	REQUIRE(err.index == 2);
	/* The table is still there: it can be deleted now. */
	b.len = b.n = 0;
	nft_batch_begin(&b);
	nft_delete_table(&b, NFT_TABLE);
	nft_batch_end(&b);
	REQUIRE(nl_transact(&nf, &b, &err) == 0);
}

static void loopback_only(void)
{
	REQUIRE(!reaches(0x7f000001));
	REQUIRE(net_child_loopback() == 0);
	REQUIRE(reaches(0x7f000001));
}

#define NAMESPACE_TEST(name)                                                                       \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		in_namespace(name);                                                                \
	}

NAMESPACE_TEST(host_twice)
NAMESPACE_TEST(foreign_bridge)
NAMESPACE_TEST(two_services)
NAMESPACE_TEST(errors_are_told)
NAMESPACE_TEST(static_link)
NAMESPACE_TEST(firewall)
NAMESPACE_TEST(loopback_only)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_twice),    cmocka_unit_test(test_foreign_bridge),
		cmocka_unit_test(test_two_services),  cmocka_unit_test(test_errors_are_told),
		cmocka_unit_test(test_static_link),   cmocka_unit_test(test_firewall),
		cmocka_unit_test(test_loopback_only),
	};

	return cmocka_run_group_tests_name("net_apply", tests, NULL, NULL);
}
