/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_TEXT_H
#define BERTH_UNITS_TEXT_H

#include <stddef.h>

/*
 * The text of a unit file into (section, key, value, line): systemd.syntax(7). No meaning yet.
 * inih splits the lines; a reader of ours in front of it joins continued ones, counts lines and
 * checks what inih is lax about (SYNTAX.md "inih, as Debian builds it").
 */

#define TEXT_MAX ((size_t)1 << 20) /* bytes of a file, and of a joined line */

struct text_handler {
	/* One assignment. @section and @key are never empty. Strings live until the call returns. 0 or -errno, which ends the parsing. */
	int (*assign)(struct text_handler *h, const char *section, const char *key,
		      const char *value, unsigned int line);
	/* Something that is no assignment; parsing goes on unless text_parse() says otherwise. */
	void (*problem)(struct text_handler *h, const char *what, unsigned int line);
};

/*
 * 0, -ENOMEM, what assign returned, or -EBADMSG when the text cannot be trusted as a whole (broken
 * section header, NUL byte, line or file too long); the problem has been told then.
 */
int text_parse(const char *text, size_t len, struct text_handler *h);

#endif
