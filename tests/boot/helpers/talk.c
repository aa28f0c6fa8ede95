/* SPDX-License-Identifier: MIT */
/*
 * talk KIND PATH TEXT: as a client of a socket in the file system ("@..." of an abstract one):
 * sends TEXT and prints what comes back. KIND: stream, datagram (no answer), packets; "hold" sends
 * nothing and keeps TEXT, a number, of connections open until it is killed, after saying how many it has.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int open_to(int type, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);
	size_t n = strlen(path);

	if (fd < 0 || n >= sizeof(addr.sun_path))
		return -1;
	memcpy(addr.sun_path, path, n);
	if (*path == '@')
		addr.sun_path[0] = '\0';
	else
		n++;
	if (connect(fd, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	char text[512];
	ssize_t n;

	if (argc < 3)
		return 2;
	int type = strcmp(argv[1], "datagram") == 0  ? SOCK_DGRAM
		   : strcmp(argv[1], "packets") == 0 ? SOCK_SEQPACKET
						     : SOCK_STREAM;

	if (strcmp(argv[1], "hold") == 0) {
		int count = argc > 3 ? atoi(argv[3]) : 1, have = 0;

		while (have < count && open_to(type, argv[2]) >= 0)
			have++;
		printf("holding %d\n", have);
		fflush(stdout);
		for (;;)
			pause();
	}
	int fd = open_to(type, argv[2]);

	if (fd < 0 || (argc > 3 && send(fd, argv[3], strlen(argv[3]), MSG_NOSIGNAL) < 0)) {
		printf("%s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	if (type == SOCK_DGRAM)
		return 0;
	while ((n = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)n, stdout);
	if (n < 0)
		printf("%s\n", strerror(errno));
	return n < 0;
}
