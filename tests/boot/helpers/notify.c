/* SPDX-License-Identifier: MIT */
/* notify TEXT...: sends each TEXT to $NOTIFY_SOCKET as sd_notify(3) would ("\n" is written \n); then waits. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static size_t unescape(char *text)
{
	char *to = text;

	for (char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] == 'n') {
			*to = '\n';
			from += 2;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || fd < 0 || strlen(path) >= sizeof(addr.sun_path)) {
		puts("no NOTIFY_SOCKET");
		return 1;
	}
	strcpy(addr.sun_path, path);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));

	if (*path == '@')
		addr.sun_path[0] = '\0';
	for (int i = 1; i < argc; i++) {
		size_t n = unescape(argv[i]);

		if (sendto(fd, argv[i], n, 0, (struct sockaddr *)&addr, len) < 0) {
			perror("sendto");
			return 1;
		}
	}
	for (;;)
		pause();
}
