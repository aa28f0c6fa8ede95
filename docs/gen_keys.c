/* SPDX-License-Identifier: MIT */
#include "lib/str.h"
#include "units/format.h"
#include "units/keysdoc.h"

#include <stdio.h>

/*
 * Prints the list of directives from the key table: --markdown for the README, --roff-* for
 * a manual page. A tool of the build host, run by docs/update; nothing of it ends up in an image.
 */

/* A row stands under the first section in which its key may be written. */
static uint32_t home_section(const struct key_info *info)
{
	return info->sections & -info->sections;
}

static const char *file_of(uint32_t section)
{
	if (section == SECTION_MANAGER)
		return "system.conf, ";
	return section & (SECTION_MATCH | SECTION_NETWORK) ? "*.network, " : "";
}

static unsigned int count(uint32_t section, enum key_status status)
{
	unsigned int n = 0;

	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);

		n += info->status == status && (!section || home_section(info) == section);
	}
	return n;
}

/* A bar would end the cell. */
static void markdown_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			putchar('\\');
		putchar(*s);
	}
}

static void markdown_enforced(uint32_t section)
{
	char def[128];

	printf("\n| %s[%s] | what it does | default |\n|---|---|---|\n", file_of(section),
	       section_name(section));
	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);

		if (info->status != KEY_ENFORCED || home_section(info) != section)
			continue;
		key_default_format((enum key)key, def, sizeof(def));
		printf("| `%s=` | ", info->name);
		markdown_text(key_doc((enum key)key));
		printf(" | ");
		markdown_text(def);
		printf(" |\n");
	}
}

static void markdown_refused(uint32_t section)
{
	unsigned int n = 0;

	printf("\n[%s]:", section_name(section));
	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);

		if (info->status == KEY_REFUSED && home_section(info) == section)
			printf("%s `%s`", n++ ? "," : "", info->name);
	}
	printf("\n");
}

static void markdown(void)
{
	printf("**Carried out: %u.**\n", count(0, KEY_ENFORCED));
	for (uint32_t section = 1; section; section <<= 1) {
		if (count(section, KEY_ENFORCED))
			markdown_enforced(section);
	}
	printf("\n**Accepted, because there is nothing to do for them: %u.**\n"
	       "\n| directive | why |\n|---|---|\n",
	       count(0, KEY_ACCEPTED));
	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);

		if (info->status == KEY_ACCEPTED)
			printf("| `%s=` | %s |\n", info->name, info->reason);
	}
	printf("\n**Known but refused by this version: %u.**\n", count(0, KEY_REFUSED));
	for (uint32_t section = 1; section; section <<= 1) {
		if (count(section, KEY_REFUSED))
			markdown_refused(section);
	}
}

/* A backslash means something to roff, a dash would become a hyphen. */
static void roff_text(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '-')
			putchar('\\');
		putchar(*s == '\\' ? 'e' : *s);
	}
}

static void roff_field(const char *name, const char *value)
{
	if (!value || !*value)
		return;
	printf(".br\n%s: ", name);
	roff_text(value);
	printf("\n");
}

static void roff_words(const struct enum_name *names)
{
	printf(".br\nOne of:");
	for (const struct enum_name *n = names; n->name; n++) {
		printf("%s ", n == names ? "" : ",");
		roff_text(n->name);
		if (n->refused)
			printf(" (refused)");
	}
	printf("\n");
}

static void roff_row(enum key key)
{
	const struct key_info *info = key_info(key);
	char def[128];

	key_default_format(key, def, sizeof(def));
	printf(".TP\n.B ");
	roff_text(info->name);
	printf("=\n\\&");
	roff_text(key_doc(key));
	printf(".\n");
	if (info->status == KEY_REFUSED || info->status == KEY_ACCEPTED) {
		roff_field(info->status == KEY_REFUSED ? "Refused" : "Accepted", info->reason);
		return;
	}
	if (info->names)
		roff_words(info->names);
	else
		roff_field("Value", kind_description((enum key_kind)info->kind));
	roff_field("Default", def);
	if (info->manager)
		roff_field("Default from system.conf", key_info((enum key)info->manager)->name);
}

static void roff_rows(uint32_t sections, enum key_status status)
{
	for (uint32_t section = 1; section; section <<= 1) {
		if (!(section & sections) || !count(section, status))
			continue;
		printf(".SS [%s]\n", section_name(section));
		for (unsigned int key = 0; key < K_COUNT; key++) {
			const struct key_info *info = key_info((enum key)key);

			if (home_section(info) == section && info->status == status)
				roff_row((enum key)key);
		}
	}
}

/* Refused keys only by name: what they would do is in systemd's pages. */
static void roff_refused(void)
{
	for (uint32_t section = 1; section; section <<= 1) {
		unsigned int n = 0;

		if (!count(section, KEY_REFUSED))
			continue;
		printf(".PP\n[%s]:\n", section_name(section));
		for (unsigned int key = 0; key < K_COUNT; key++) {
			const struct key_info *info = key_info((enum key)key);

			if (info->status == KEY_REFUSED && home_section(info) == section)
				printf("%s%s", n++ ? ",\n" : "", info->name);
		}
		printf(".\n");
	}
}

int main(int argc, char **argv)
{
	const uint32_t settings = SECTION_MANAGER | SECTION_MATCH | SECTION_NETWORK;
	const char *what = argc == 2 ? argv[1] : "";

	if (str_eq(what, "--markdown")) {
		markdown();
	} else if (str_eq(what, "--roff-unit")) {
		roff_rows(~settings, KEY_ENFORCED);
	} else if (str_eq(what, "--roff-accepted")) {
		roff_rows(~settings, KEY_ACCEPTED);
	} else if (str_eq(what, "--roff-refused")) {
		roff_refused();
	} else if (str_eq(what, "--roff-manager")) {
		roff_rows(SECTION_MANAGER, KEY_ENFORCED);
	} else if (str_eq(what, "--roff-network")) {
		roff_rows(SECTION_MATCH | SECTION_NETWORK, KEY_ENFORCED);
	} else {
		fprintf(stderr, "usage: gen_keys --markdown | --roff-unit | --roff-accepted | "
				"--roff-refused | --roff-manager | --roff-network\n");
		return 2;
	}
	return 0;
}
