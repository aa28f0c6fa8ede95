/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

int attack_shared_memory(void)
{
	int id = shmget(VICTIM_KEY, 0, 0);

	if (id < 0)
		return -errno;
	return shmat(id, NULL, 0) == (void *)-1 ? -errno : 0; /* NOLINT: POSIX's own sentinel */
}

int attack_message_queue(void)
{
	return outcome(msgget(VICTIM_KEY, 0));
}

int attack_semaphore(void)
{
	return outcome(semget(VICTIM_KEY, 0, 0));
}

int attack_posix_queue(void)
{
	mqd_t q = mq_open("/" VICTIM_NAME, O_RDONLY);

	if (q < 0)
		return -errno;
	mq_close(q);
	return 0;
}

/* 10 is KEYCTL_SEARCH, -4 root's own keyring, which all of root's processes share. */
int attack_keyring(void)
{
	return outcome(syscall(SYS_keyctl, 10, -4, "user", VICTIM_NAME, 0));
}
