/* SPDX-License-Identifier: MIT */
/* forkbomb: forks until the kernel refuses, tells how far it got, and keeps everything alive. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	int n = 0;

	for (;; n++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			for (;;)
				pause();
	}
	printf("stopped after %d: %s\n", n, strerror(errno));
	fflush(stdout);
	for (;;)
		pause();
}
