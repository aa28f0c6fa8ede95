/* SPDX-License-Identifier: MIT */
/*
 * listener [MODE]: a program that was handed sockets as sd_listen_fds(3) says. First it tells what it
 * was given, one line each; then, by MODE: once (answers one peer on whichever descriptor is ready, ends), serve (for
 * ever), idle (touches nothing), quit (ends at once), options (as serve, and tells them). "stdin": the peer is descriptor 0 (inetd).
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 40

static const char *type_of(int fd)
{
	int type = 0, listening = 0;
	socklen_t size = sizeof(int);
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return "fifo";
	if (!S_ISSOCK(st.st_mode))
		return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR ? "file-rw" : "file";
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
	return type == SOCK_STREAM	? listening ? "stream" : "connection"
	       : type == SOCK_DGRAM	? "datagram"
	       : type == SOCK_SEQPACKET ? "seqpacket"
					: "raw";
}

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "-";
}

static int tell(void)
{
	int n = atoi(env("LISTEN_FDS"));

	printf("fds %d pid %s names %s\n", n,
	       atoi(env("LISTEN_PID")) == (int)getpid() ? "mine" : env("LISTEN_PID"),
	       env("LISTEN_FDNAMES"));
	for (int fd = 3; fd < 3 + n; fd++)
		printf("%d %s %s\n", fd, type_of(fd),
		       fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblocking" : "blocking");
	/* Nothing else may have come along. */
	for (int fd = 3 + n; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			printf("descriptor %d is open\n", fd);
	}
	fflush(stdout);
	return n < MOST ? n : MOST;
}

static void tell_text_option(int fd, const char *name, int level, int option)
{
	char text[32] = "";
	socklen_t size = sizeof(text);

	if (getsockopt(fd, level, option, text, &size) == 0 && *text)
		printf("%d %s=%s\n", fd, name, text);
}

/* Of one descriptor, those that it has. */
static void tell_options(int fd)
{
	static const struct {
		const char *name;
		int level, option;
	} options[] = {
		{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
		{ "idle", IPPROTO_TCP, TCP_KEEPIDLE },
		{ "interval", IPPROTO_TCP, TCP_KEEPINTVL },
		{ "probes", IPPROTO_TCP, TCP_KEEPCNT },
		{ "nodelay", IPPROTO_TCP, TCP_NODELAY },
		{ "defer", IPPROTO_TCP, TCP_DEFER_ACCEPT },
		{ "priority", SOL_SOCKET, SO_PRIORITY },
		{ "mark", SOL_SOCKET, SO_MARK },
		{ "receive", SOL_SOCKET, SO_RCVBUF },
		{ "send", SOL_SOCKET, SO_SNDBUF },
		{ "tos", IPPROTO_IP, IP_TOS },
		{ "ttl", IPPROTO_IP, IP_TTL },
		{ "freebind", IPPROTO_IP, IP_FREEBIND },
		{ "freebind6", IPPROTO_IPV6, 78 },
		{ "transparent", IPPROTO_IP, IP_TRANSPARENT },
		{ "reuseport", SOL_SOCKET, SO_REUSEPORT },
		{ "v6only", IPPROTO_IPV6, IPV6_V6ONLY },
		{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
		{ "class", IPPROTO_IPV6, IPV6_TCLASS },
		{ "broadcast", SOL_SOCKET, SO_BROADCAST },
		{ "passcred", SOL_SOCKET, SO_PASSCRED },
		{ "passsec", SOL_SOCKET, SO_PASSSEC },
		{ "pktinfo", IPPROTO_IP, IP_PKTINFO },
		{ "pktinfo6", IPPROTO_IPV6, IPV6_RECVPKTINFO },
		{ "stamp", SOL_SOCKET, SO_TIMESTAMP },
		{ "stampns", SOL_SOCKET, SO_TIMESTAMPNS },
		{ "protocol", SOL_SOCKET, SO_PROTOCOL },
	};
	struct mq_attr attr;
	struct tcp_info info;
	socklen_t size_of_info = sizeof(info);

	/* Of a listening socket: how many may wait. */
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size_of_info) == 0)
		printf("%d backlog=%u\n", fd, info.tcpi_sacked);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int value = -1;
		socklen_t size = sizeof(value);

		if (getsockopt(fd, options[i].level, options[i].option, &value, &size) == 0)
			printf("%d %s=%d\n", fd, options[i].name, value);
	}
	tell_text_option(fd, "device", SOL_SOCKET, SO_BINDTODEVICE);
	tell_text_option(fd, "congestion", IPPROTO_TCP, TCP_CONGESTION);
	if (fcntl(fd, F_GETPIPE_SZ) > 0)
		printf("%d pipe=%d\n", fd, fcntl(fd, F_GETPIPE_SZ));
	if (mq_getattr(fd, &attr) == 0)
		printf("%d queue=%ldx%ld\n", fd, attr.mq_maxmsg, attr.mq_msgsize);
	fflush(stdout);
}

/* One peer: its text comes back with a greeting. */
static void answer(int fd)
{
	char text[512];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int listening = 0;
	socklen_t size = sizeof(int);
	ssize_t n;

	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
	if (listening) {
		int peer = accept(fd, NULL, NULL);

		n = read(peer, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
		dprintf(peer, "hello %s", text);
		close(peer);
	} else {
		n = recvfrom(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENOTSOCK)
			n = read(fd, text, sizeof(text) - 1);
		text[n > 0 ? n : 0] = '\0';
	}
	text[strcspn(text, "\n")] = '\0';
	printf("on %d: %s\n", fd, text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "serve";
	struct pollfd fds[MOST];
	char text[512];

	if (strcmp(mode, "stdin") == 0) {
		ssize_t got = read(0, text, sizeof(text) - 1);

		text[got > 0 ? got : 0] = '\0';
		printf("hello %s from %s LISTEN_FDS %s REMOTE_ADDR %s\n", text, type_of(0),
		       env("LISTEN_FDS"), env("REMOTE_ADDR"));
		return 0;
	}
	int n = tell();

	for (int i = 0; i < n && strcmp(mode, "options") == 0; i++)
		tell_options(3 + i);
	if (strcmp(mode, "quit") == 0)
		return 0;
	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){ 3 + i, strcmp(mode, "idle") ? POLLIN : 0, 0 };
	for (;;) {
		poll(fds, (nfds_t)n, -1);
		for (int i = 0; i < n; i++) {
			if (fds[i].revents)
				answer(fds[i].fd);
		}
		if (strcmp(mode, "once") == 0)
			return 0;
	}
}
