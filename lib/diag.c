/* SPDX-License-Identifier: MIT */
#include "lib/diag.h"

#include "lib/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

struct errno_row {
	const char *name;
	const char *text;
};

static const struct errno_row errnos[] = {
#define ERRNO(name, text) [name] = { #name, text },
#include "lib/errno.def"
#undef ERRNO
};

const char *diag_errno_name(int err)
{
	if (err < 0 || (size_t)err >= ARRAY_SIZE(errnos))
		return NULL;
	return errnos[err].name;
}

const char *diag_errno(int err)
{
	if (err < 0 || (size_t)err >= ARRAY_SIZE(errnos) || errnos[err].text == NULL)
		return "Unknown error";
	return errnos[err].text;
}

int diag_set(struct diag *d, enum diag_level level, int err, const char *fmt, ...)
{
	va_list ap;

	d->level = level;
	d->err = err;
	va_start(ap, fmt);
	if (vsnprintf(d->text, sizeof(d->text), fmt, ap) < 0)
		d->text[0] = '\0';
	va_end(ap);
	return err != 0 ? -err : -EINVAL;
}

void diag_place(struct diag *d, const char *file, unsigned int line, const char *key)
{
	/* The end of a path tells more than its beginning. */
	size_t n = file != NULL ? strlen(file) : 0;

	if (n >= sizeof(d->file)) {
		str_copy(d->file, sizeof(d->file), "...");
		str_copy(d->file + 3, sizeof(d->file) - 3, file + n - (sizeof(d->file) - 4));
	} else {
		str_copy(d->file, sizeof(d->file), file != NULL ? file : "");
	}
	d->line = line;
	str_copy(d->key, sizeof(d->key), key != NULL ? key : "");
}

static const char *level_word(enum diag_level level)
{
	switch (level) {
	case DIAG_ERROR: return "error";
	case DIAG_WARNING: return "warning";
	case DIAG_NOTE: return "note";
	}
	return "error";
}

static size_t format(const struct diag *d, const char *level, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	if (d->file[0] != '\0') {
		strbuf_put(&b, d->file);
		if (d->line > 0) {
			strbuf_put(&b, ":");
			strbuf_put_u64(&b, d->line);
		}
		strbuf_put(&b, ": ");
	}
	const char *parts[] = { level, d->key, d->text, d->err != 0 ? diag_errno(d->err) : "" };
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i][0] == '\0')
			continue;
		strbuf_put(&b, first ? "" : ": ");
		strbuf_put(&b, parts[i]);
		first = false;
	}
	return b.len;
}

size_t diag_format(const struct diag *d, char *buf, size_t size)
{
	return format(d, level_word(d->level), buf, size);
}

size_t diag_format_plain(const struct diag *d, char *buf, size_t size)
{
	return format(d, "", buf, size);
}
