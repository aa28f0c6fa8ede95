/* SPDX-License-Identifier: MIT */
/*
 * hostile garbage|crowd|deaf: a client of the control socket that means no good.
 *   garbage  2000 records of random bytes and of every length, each on what may be a new connection
 *   crowd    as many connections as it can get, all kept
 *   deaf     asks for the list again and again and never reads an answer
 * What it set up it keeps until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/run/berth/control" };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int garbage(void)
{
	static unsigned char record[60000];
	uint32_t seed = 12345;
	int fd = dial(), sent = 0;

	for (int i = 0; i < 2000; i++) {
		size_t n = (size_t)i * 29 % sizeof(record);

		for (size_t k = 0; k < n; k++) {
			seed = seed * 1664525 + 1013904223;
			record[k] = (unsigned char)(seed >> 24);
		}
		/* Every other one has a good header, so that its fields are looked at. */
		if (i % 2 && n > 12)
			memcpy(record, (unsigned char[]){ 0x01, 0xbe, (unsigned char)(i % 23), 0 },
			       4);
		/* Nothing here may ask for a shutdown that would end the test. */
		if (i % 2 && i % 23 >= 13 && i % 23 <= 16)
			continue;
		if (fd < 0 || send(fd, record, n, MSG_NOSIGNAL) < 0) {
			close(fd);
			fd = dial();
		} else {
			sent++;
		}
	}
	return sent;
}

static int crowd(void)
{
	int n = 0;

	while (n < 200 && dial() >= 0)
		n++;
	return n;
}

static int deaf(void)
{
	/* header: version, LIST, id, flags */
	static const unsigned char list[12] = { 0x01, 0xbe, 2, 0, 1 };
	int fd = dial(), n = 0;

	while (n < 10000 && fd >= 0 && send(fd, list, sizeof(list), MSG_NOSIGNAL) > 0)
		n++;
	return n;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = !strcmp(what, "crowd") ? crowd() : !strcmp(what, "deaf") ? deaf() : garbage();

	printf("hostile %s: %d\n", what, n);
	fflush(stdout);
	for (;;)
		pause();
}
