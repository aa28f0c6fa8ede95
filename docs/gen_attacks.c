/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

/* Prints the table of docs/ATTACKS.md from the list that the test runs. A tool of the build host. */

static const struct {
	const char *name, *none, *what, *wall;
} attacks[] = {
#define ATTACK(name, function, none, what, wall) { name, #none, what, wall },
#include "tests/attack/attack.def"
#undef ATTACK
};

int main(void)
{
	puts("| attack | what is tried | with `none`, as root | the wall in `standard` and `full` "
	     "|");
	puts("|---|---|---|---|");
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		const char *none = !strcmp(attacks[i].none, "OPEN") ? "goes through"
				   : !strcmp(attacks[i].none, "FULL")
					   ? "goes through, with `standard` too"
				   : !strcmp(attacks[i].none, "SHUT") ? "refused"
								      : "not tried";

		printf("| %s | %s | %s | %s |\n", attacks[i].name, attacks[i].what, none,
		       attacks[i].wall);
	}
	return 0;
}
