/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* The neighbour: has one of everything that is looked for, and waits. Its unit has Isolation=none. */

static int must(long r, const char *what)
{
	if (r < 0)
		perror(what);
	return r < 0;
}

static int keep_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (must(fd, path))
		return 1;
	return must(write(fd, VICTIM_TEXT, strlen(VICTIM_TEXT)), path);
}

static int listen_unix(const char *path, size_t len)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(addr.sun_path, path, len);
	if (must(bind(fd, (struct sockaddr *)&addr,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		 "socket"))
		return 1;
	return must(listen(fd, 16), "listen");
}

static int listen_tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(VICTIM_PORT),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (must(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), "bind"))
		return 1;
	return must(listen(fd, 16), "listen");
}

int victim_main(void)
{
	int bad = 0;

	unlink(VICTIM_SOCK);
	mkdir("/root", 0700);
	mkdir("/data", 0755);
	bad |= keep_file(VICTIM_DATA) | must(chmod(VICTIM_DATA, 0644), VICTIM_DATA);
	bad |= keep_file(VICTIM_STATE) | keep_file(VICTIM_TMP) | keep_file("/root/victim-secret");
	bad |= listen_unix(VICTIM_SOCK, sizeof(VICTIM_SOCK));
	bad |= listen_unix("\0" VICTIM_NAME, sizeof(VICTIM_NAME));
	bad |= listen_tcp();
	bad |= must(shmget(VICTIM_KEY, 4096, IPC_CREAT | 0600), "shmget");
	bad |= must(msgget(VICTIM_KEY, IPC_CREAT | 0600), "msgget");
	bad |= must(semget(VICTIM_KEY, 1, IPC_CREAT | 0600), "semget");
	bad |= must(mq_open("/" VICTIM_NAME, O_RDWR | O_CREAT, 0600, NULL), "mq_open");
	bad |= must(shm_open("/" VICTIM_NAME, O_RDWR | O_CREAT, 0600), "shm_open");
	bad |= must(syscall(SYS_add_key, "user", VICTIM_NAME, VICTIM_TEXT, strlen(VICTIM_TEXT), -4),
		    "add_key");
	puts(bad ? "incomplete" : "here");
	fflush(stdout);
	for (;;)
		pause();
}
