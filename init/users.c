/* SPDX-License-Identifier: MIT */
#include "init/users.h"

#include "init/users_read.h"
#include "lib/str.h"

#include <errno.h>
#include <sys/mman.h>

static const char *root = "";
static const struct users_memory *memory;

/* A stretch of text: fields are looked at where they lie, nothing is copied. */
struct span {
	const char *at;
	size_t len;
};

static int text_of(enum users_file file, struct span *text)
{
	if (!memory)
		return -ENOMEM;
	*text = (struct span){ memory->text + memory->file[file].at, memory->file[file].len };
	return memory->file[file].err;
}

/* Cuts what is before the next @separator off @rest; false at the end. */
static bool next_part(struct span *rest, char separator, struct span *part)
{
	const char *end;

	if (!rest->at)
		return false;
	end = memchr(rest->at, separator, rest->len);
	part->at = rest->at;
	if (!end) {
		part->len = rest->len;
		rest->at = NULL;
		return true;
	}
	part->len = (size_t)(end - rest->at);
	rest->at = end + 1;
	rest->len -= part->len + 1;
	return true;
}

static bool span_is(const struct span *s, const char *word)
{
	return s->len == strlen(word) && memcmp(s->at, word, s->len) == 0;
}

static int span_copy(const struct span *s, char *dst, size_t size)
{
	if (s->len >= size || memchr(s->at, '\0', s->len))
		return -ERANGE;
	memcpy(dst, s->at, s->len);
	dst[s->len] = '\0';
	return 0;
}

/*
 * Decimal, no sign, no blanks. The two numbers that chown(2) and setresuid(2) take for "leave it
 * as it is", in 32 and in 16 bits, are nobody's.
 */
static bool span_id(const struct span *s, uint32_t *out)
{
	uint64_t v = 0;

	if (s->len == 0 || s->len > 10)
		return false;
	for (size_t i = 0; i < s->len; i++) {
		if (s->at[i] < '0' || s->at[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s->at[i] - '0');
	}
	if (v >= UINT32_MAX || v == UINT16_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

/* Splits a line at ":"; true when it has at least @want fields. Comments and NIS "+" lines are none. */
static bool split_line(struct span line, struct span *fields, size_t want, size_t max)
{
	size_t n = 0;

	if (line.len == 0 || line.at[0] == '#' || line.at[0] == '+' || line.at[0] == '-')
		return false;
	while (n < max && next_part(&line, ':', &fields[n]))
		n++;
	for (size_t i = n; i < max; i++)
		fields[i] = (struct span){ "", 0 };
	return n >= want && fields[0].len > 0;
}

enum passwd_field { PW_NAME, PW_PASSWORD, PW_UID, PW_GID, PW_GECOS, PW_HOME, PW_SHELL, PW_COUNT };
enum group_field { GR_NAME, GR_PASSWORD, GR_GID, GR_MEMBERS, GR_COUNT };

static int fill_user(const struct span *f, struct user_entry *out)
{
	static const struct span root_dir = { "/", 1 }, plain_shell = { "/bin/sh", 7 };

	if (span_copy(&f[PW_NAME], out->name, sizeof(out->name)) < 0)
		return -ERANGE;
	if (span_copy(f[PW_HOME].len ? &f[PW_HOME] : &root_dir, out->home, sizeof(out->home)) < 0)
		return -ERANGE;
	return span_copy(f[PW_SHELL].len ? &f[PW_SHELL] : &plain_shell, out->shell,
			 sizeof(out->shell));
}

/* The first line that fits wins, as everywhere else. A line without valid numbers is passed over. */
static int find_user(const char *name, bool numeric, uint32_t number, struct user_entry *out)
{
	struct span rest = { NULL, 0 }, line, f[PW_COUNT] = { { NULL, 0 } };
	uint32_t uid = 0, gid = 0;
	int r = text_of(USERS_PASSWD, &rest);

	if (r < 0)
		return r;
	while (next_part(&rest, '\n', &line)) {
		if (!split_line(line, f, PW_GID + 1, PW_COUNT))
			continue;
		if (!numeric && !span_is(&f[PW_NAME], name))
			continue;
		if (!span_id(&f[PW_UID], &uid) || !span_id(&f[PW_GID], &gid))
			continue;
		if (numeric && uid != number)
			continue;
		out->uid = uid;
		out->gid = gid;
		return fill_user(f, out);
	}
	return -ESRCH;
}

int user_lookup(const char *name, struct user_entry *out)
{
	struct span s = { name, strlen(name) };
	uint32_t number = 0;
	bool numeric = span_id(&s, &number);
	int r = find_user(name, numeric, number, out);

	/* A number means itself, with or without the file. */
	if (!numeric || r == 0 || r == -ERANGE)
		return r;
	*out = (struct user_entry){ .uid = number, .gid = number, .home = "/", .shell = "/bin/sh" };
	return 0;
}

int group_lookup(const char *name, gid_t *out)
{
	struct span s = { name, strlen(name) }, rest = { NULL, 0 }, line,
		    f[GR_COUNT] = { { NULL, 0 } };
	int r;

	if (span_id(&s, out))
		return 0;
	r = text_of(USERS_GROUP, &rest);
	if (r < 0)
		return r;
	while (next_part(&rest, '\n', &line)) {
		if (split_line(line, f, GR_GID + 1, GR_COUNT) && span_is(&f[GR_NAME], name) &&
		    span_id(&f[GR_GID], out))
			return 0;
	}
	return -ESRCH;
}

static bool is_member(struct span members, const char *name)
{
	struct span one;

	while (next_part(&members, ',', &one))
		if (span_is(&one, name))
			return true;
	return false;
}

int user_groups(const char *name, gid_t gid, gid_t *out, size_t max)
{
	struct span rest = { NULL, 0 }, line, f[GR_COUNT] = { { NULL, 0 } };
	size_t n = 0;
	gid_t one;
	int r = text_of(USERS_GROUP, &rest);

	/* Without the file there are no further groups. */
	if (r < 0 && r != -ENOENT)
		return r;
	if (n < max)
		out[n] = gid;
	n++;
	if (r < 0 || !*name)
		return (int)n;
	while (next_part(&rest, '\n', &line)) {
		if (!split_line(line, f, GR_MEMBERS + 1, GR_COUNT) || !span_id(&f[GR_GID], &one) ||
		    one == gid || !is_member(f[GR_MEMBERS], name))
			continue;
		if (n < max)
			out[n] = one;
		n++;
	}
	return (int)n;
}

void users_use(const struct users_memory *m)
{
	memory = m;
}

void users_set_root(const char *new_root)
{
	root = new_root;
}

int users_read_here(void)
{
	static struct users_memory *here;

	if (!here)
		here = users_memory_new(MAP_PRIVATE);
	if (!here)
		return -ENOMEM;
	users_read(here, root, -1);
	memory = here;
	return 0;
}
