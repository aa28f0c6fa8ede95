/* SPDX-License-Identifier: MIT */
#include "lib/str.h"
#include "units/keysdoc.h"

#include <stdio.h>

/*
 * Prints the list of directives from the key table, for the README (--markdown) and for the manual
 * page (--roff). A tool of the build host; nothing of it ends up in an image.
 */

static void markdown_row(enum key key)
{
	const struct key_info *info = key_info(key);
	char sections[128], def[128];

	key_sections_format(key, sections, sizeof(sections));
	key_default_format(key, def, sizeof(def));
	printf("| `%s=` | %s | %s | %s | %s%s%s |\n", info->name, sections, key_doc(key), def,
	       key_status_name((enum key_status)info->status), info->reason ? ": " : "",
	       info->reason ? info->reason : "");
}

static void markdown(enum key_status status)
{
	printf("| directive | section | what it does | default | status "
	       "|\n|---|---|---|---|---|\n");
	for (unsigned int key = 0; key < K_COUNT; key++) {
		if (key_info((enum key)key)->status == status)
			markdown_row((enum key)key);
	}
}

/* A backslash and a leading dot mean something to roff, a dash would become a hyphen. */
static void roff_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '-')
			putchar('\\');
		if (*s == '\\')
			putchar('e');
		else
			putchar(*s);
	}
}

static void roff_row(enum key key)
{
	const struct key_info *info = key_info(key);
	char sections[128], def[128];

	key_sections_format(key, sections, sizeof(sections));
	printf(".TP\n.B ");
	roff_text(info->name);
	printf("=\n\\&");
	roff_text(key_doc(key));
	printf(".\nIn section ");
	roff_text(sections);
	if (key_default_format(key, def, sizeof(def))) {
		printf("; default ");
		roff_text(def);
	}
	printf(".\n");
	if (info->reason) {
		printf("\\&%s: ", info->status == KEY_REFUSED ? "Refused" : "Accepted");
		roff_text(info->reason);
		printf(".\n");
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && str_eq(argv[1], "--markdown")) {
		markdown(KEY_ENFORCED);
		printf("\n");
		markdown(KEY_ACCEPTED);
	} else if (argc == 2 && str_eq(argv[1], "--markdown-refused")) {
		markdown(KEY_REFUSED);
	} else if (argc == 2 && str_eq(argv[1], "--roff")) {
		for (unsigned int key = 0; key < K_COUNT; key++)
			roff_row((enum key)key);
	} else {
		fprintf(stderr, "usage: gen_keys --markdown | --markdown-refused | --roff\n");
		return 2;
	}
	return 0;
}
