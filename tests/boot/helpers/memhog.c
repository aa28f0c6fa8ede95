/* SPDX-License-Identifier: MIT */
/* memhog [MB]: takes and touches memory, without end or up to MB; then waits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long limit = argc > 1 ? atol(argv[1]) : -1;

	puts("hog begins");
	fflush(stdout);
	for (long mb = 0; limit < 0 || mb < limit; mb++) {
		char *p = malloc(1 << 20);

		if (!p)
			return 1;
		memset(p, 0x5a, 1 << 20);
	}
	puts("hog has it");
	fflush(stdout);
	for (;;)
		pause();
}
