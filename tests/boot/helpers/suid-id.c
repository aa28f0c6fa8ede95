/* SPDX-License-Identifier: MIT */
/* suid-id: exits with 0 if it runs as root: for a set-uid copy. */
#include <unistd.h>

int main(void)
{
	return geteuid() == 0 ? 0 : 1;
}
