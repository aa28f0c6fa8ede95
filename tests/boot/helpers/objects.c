/* SPDX-License-Identifier: MIT */
/*
 * objects make NAME: one IPC object of each kind, then "made", then waits to be killed.
 * objects count NAME: which of the kinds are there, of any owner: "shm sem msg posix queue ".
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char path[64];
	int make = argc > 2 && strcmp(argv[1], "make") == 0;
	int flags = make ? IPC_CREAT | 0666 : 0;

	if (argc < 3)
		return 2;
	key_t key = 0; /* of System V */

	for (const char *c = argv[2]; *c; c++)
		key = key * 31 % 1000003 + *c;

	snprintf(path, sizeof(path), "/%s", argv[2]);
	if (shmget(key, make ? 4096 : 0, flags) >= 0)
		printf("shm ");
	if (semget(key, make ? 1 : 0, flags) >= 0)
		printf("sem ");
	if (msgget(key, flags) >= 0)
		printf("msg ");
	if (shm_open(path, make ? O_CREAT | O_RDWR : O_RDONLY, 0666) >= 0)
		printf("posix ");
	if (mq_open(path, make ? O_CREAT | O_RDWR : O_RDONLY, 0666, NULL) >= 0)
		printf("queue ");
	printf("\n");
	fflush(stdout);
	while (make)
		pause();
	return 0;
}
