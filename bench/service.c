/* SPDX-License-Identifier: MIT */
/*
 * The load of the bench: one of N identical services. It says when main() was reached without
 * asking anybody or writing anywhere: its own process name becomes "@" and the microseconds since
 * boot in base 36. An observer reads all names afterwards, and nothing is disturbed while services
 * start; it works the same in any isolation, under any PID 1.
 */
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec t;
	char name[16] = "@";
	char *end = name + 12;

	clock_gettime(CLOCK_MONOTONIC, &t);
	uint64_t usec = (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;

	for (*end = '\0'; end > name + 1; usec /= 36)
		*--end = "0123456789abcdefghijklmnopqrstuvwxyz"[usec % 36];
	prctl(PR_SET_NAME, name);
	for (;;)
		pause();
}
