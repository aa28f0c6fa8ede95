/* SPDX-License-Identifier: MIT */
/* orphans N: leaves N dead grandchildren behind, for whoever is PID 1 here to reap; then waits. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1, made = 0;

	while (made < n) {
		int report[2];
		char c = 0;

		if (pipe(report) < 0)
			return 1;
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0) {
			pid_t grandchild = fork();

			/* The grandchild outlives its parent: it is PID 1's when it ends. */
			if (grandchild == 0) {
				close(report[1]);
				_exit(read(report[0], &c, 1) == 0 ? 7 : 0);
			}
			_exit(grandchild < 0);
		}
		int status = 0;

		waitpid(pid, &status, 0);
		if (status == 0)
			made++;
		close(report[0]);
		close(report[1]);
	}
	printf("made %d orphans\n", made);
	fflush(stdout);
	for (;;)
		pause();
}
