/* SPDX-License-Identifier: MIT */
#include "init/machine.h"
#include "lib/str.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Prints berth-machine(7): the essay of init/machine.h, given as the argument, and the table as it
 * is compiled; or with --markdown the table alone. A tool of the build host, run by docs/update;
 * nothing of it ends up in an image.
 */

/* A backslash and a leading dot or quote mean something to roff, a dash would become a hyphen. */
static void roff_line(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++) {
		if (*s == '\\' || *s == '-')
			putchar('\\');
		putchar(*s == '\\' ? 'e' : *s);
	}
}

/* The first comment that stands alone, up to the enum that follows; lists keep their shape. */
static int essay(const char *path)
{
	FILE *f = fopen(path, "re");
	bool inside = false, list = false;
	char line[256];

	if (!f) {
		perror(path);
		return EXIT_FAILURE;
	}
	while (fgets(line, sizeof(line), f) && !str_starts(line, "enum ")) {
		const char *text = line + 3;
		bool item = str_starts(line, " *   ");

		if (str_eq(line, "/*\n")) {
			inside = true;
			continue;
		}
		if (!inside || !str_starts(line, " *") || str_eq(line, " */\n"))
			continue;
		if (item != list)
			puts(item ? ".nf" : ".fi");
		list = item;
		if (str_eq(line, " *\n"))
			puts(".PP");
		else
			roff_line(text);
	}
	fclose(f);
	return inside ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void table(void)
{
	static const char *const marks[] = {
		[CELL_NONE] = "?",    [CELL_STEP] = "acts",	 [CELL_LATE] = ".",
		[CELL_SAME] = "same", [CELL_IMPOSSIBLE] = "bug",
	};

	for (enum service_event e = 0; e < E_COUNT; e++) {
		printf(".SS %s\n.nf\n", service_event_name(e));
		for (enum service_state s = 0; s < S_COUNT; s++) {
			char line[64];

			snprintf(line, sizeof(line), "  %-16s%s\n", service_state_name(s),
				 marks[machine_cell(s, e)]);
			roff_line(line);
		}
		puts(".fi");
	}
}

/* States down, events across, for docs/STATES.md. */
static void matrix(void)
{
	static const char *const marks[] = {
		[CELL_NONE] = "?",    [CELL_STEP] = "**acts**",	   [CELL_LATE] = "noted",
		[CELL_SAME] = "same", [CELL_IMPOSSIBLE] = "never",
	};

	printf("| |");
	for (enum service_event e = 0; e < E_COUNT; e++)
		printf(" %s |", service_event_name(e));
	printf("\n|---|");
	for (enum service_event e = 0; e < E_COUNT; e++)
		printf("---|");
	for (enum service_state s = 0; s < S_COUNT; s++) {
		printf("\n| %s |", service_state_name(s));
		for (enum service_event e = 0; e < E_COUNT; e++)
			printf(" %s |", marks[machine_cell(s, e)]);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s init/machine.h | --markdown\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (str_eq(argv[1], "--markdown")) {
		matrix();
		return EXIT_SUCCESS;
	}
	puts(".TH BERTH\\-MACHINE 7 2026-11-22 berth\n.SH NAME\nberth\\-machine \\- the life of a "
	     "service\n"
	     ".SH DESCRIPTION");
	r = essay(argv[1]);
	puts(".SH EVENTS\nWhat each state does with each event: it acts; it is so, or under way, "
	     "already "
	     "(same); the fact is noted and does not matter there (.); it cannot happen, which is "
	     "told "
	     "as a bug and changes nothing (bug).");
	table();
	puts(".SH SEE ALSO\n.BR berthctl (1)");
	return r;
}
