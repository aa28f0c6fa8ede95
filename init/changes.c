/* SPDX-License-Identifier: MIT */
#include "init/changes.h"

#include "init/setting_text.h"
#include "lib/fd.h"
#include "lib/layout.h"

#include <errno.h>

#define VALUE_SIZE 8192

static const char *state_name(enum load_state state)
{
	static const char *const names[] = {
		[LOAD_LOADED] = "loaded",	    [LOAD_NOT_FOUND] = "not-found",
		[LOAD_BAD_SETTING] = "bad-setting", [LOAD_ERROR] = "error",
		[LOAD_MASKED] = "masked",
	};

	return names[state];
}

/* Tabs and new lines are the form's own. */
static void put_field(struct strbuf *b, const char *text)
{
	strbuf_put(b, "\t");
	for (; *text; text++)
		strbuf_put_n(b, (unsigned char)*text < ' ' ? " " : text, 1);
}

static int write_line(int fd, const char *kind, const char *const *fields, unsigned int n)
{
	static LARGE_STATIC char line[2 * VALUE_SIZE + 1024];
	struct strbuf b = STRBUF_INIT(line);

	if (fd < 0)
		return 0;
	strbuf_put(&b, kind);
	for (unsigned int i = 0; i < n; i++)
		put_field(&b, fields[i]);
	line[b.len] = '\n';
	return fd_write_all(fd, line, b.len + 1);
}

/* What decides about the order of things is told with what links say, too (.wants/). */
static bool is_edge_key(enum key key, enum dep_kind *kind)
{
	static const struct {
		enum key key;
		enum dep_kind kind;
	} keys[] = { { K_Wants, DEP_WANTS }, { K_Requires, DEP_REQUIRES } };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		*kind = keys[i].kind;
		if (keys[i].key == key)
			return true;
	}
	return false;
}

static void put_edges(const struct unit_set *set, uint32_t index, enum dep_kind kind,
		      struct strbuf *b)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(set, index, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (deps[i].flags & DEP_IMPLICIT)
			continue;
		strbuf_put(b, b->len ? " " : "");
		strbuf_put(b, unit_set_at(set, deps[i].unit)->id);
	}
}

static void put_value(const struct unit_set *set, uint32_t index, enum key key, struct strbuf *b)
{
	enum dep_kind kind;

	if (is_edge_key(key, &kind))
		put_edges(set, index, kind, b);
	else
		setting_put_value(unit_set_at(set, index), key, b);
}

struct comparison {
	const struct unit_set *old, *now;
	int fd;
	uint32_t index;
	bool differs;
};

static int compare_key(struct comparison *c, enum key key)
{
	static LARGE_STATIC char a[VALUE_SIZE], b[VALUE_SIZE];
	struct strbuf before = STRBUF_INIT(a), after = STRBUF_INIT(b);
	const struct unit *u = unit_set_at(c->old, c->index);

	a[0] = b[0] = '\0';
	put_value(c->old, c->index, key, &before);
	put_value(c->now, c->index, key, &after);
	if (str_eq(a, b))
		return 0;
	c->differs = true;
	return write_line(c->fd, "key", (const char *const[]){ u->id, key_info(key)->name, a, b },
			  4);
}

/* Every key that one of both has; settings are sorted by key. */
static int compare_settings(struct comparison *c)
{
	const struct unit *a = unit_set_at(c->old, c->index), *b = unit_set_at(c->now, c->index);
	uint32_t i = 0, k = 0;
	int r = compare_key(c, K_Wants);

	if (r == 0)
		r = compare_key(c, K_Requires);
	while (r == 0 && (i < a->n_settings || k < b->n_settings)) {
		uint32_t x = i < a->n_settings ? a->settings[i].key : K_COUNT;
		uint32_t y = k < b->n_settings ? b->settings[k].key : K_COUNT;
		enum key key = (enum key)(x < y ? x : y);
		enum dep_kind unused;

		i += x <= y;
		k += y <= x;
		if (!is_edge_key(key, &unused))
			r = compare_key(c, key);
	}
	return r;
}

static int compare_unit(struct comparison *c, struct changes *changes)
{
	const struct unit *a = unit_set_at(c->old, c->index), *b = unit_set_at(c->now, c->index);
	int r = 0;

	c->differs = a->load_state != b->load_state;
	if (a->load_state == LOAD_NOT_FOUND && b->load_state != LOAD_NOT_FOUND) {
		changes->added++;
		return write_line(c->fd, "added", &a->id, 1);
	}
	if (b->load_state == LOAD_NOT_FOUND && a->load_state != LOAD_NOT_FOUND) {
		changes->removed++;
		return write_line(c->fd, "removed", &a->id, 1);
	}
	if (c->differs)
		r = write_line(c->fd, "state",
			       (const char *const[]){ a->id, state_name(a->load_state),
						      state_name(b->load_state) },
			       3);
	if (r == 0 && a->load_state == LOAD_LOADED && b->load_state == LOAD_LOADED)
		r = compare_settings(c);
	changes->changed += c->differs;
	return r;
}

int changes_tell(const struct unit_set *old, const struct unit_set *now, int fd,
		 struct changes *changes)
{
	struct comparison c = { .old = old, .now = now, .fd = fd };
	int r = 0;

	*changes = (struct changes){ 0 };
	for (; c.index < unit_set_count(old) && r == 0; c.index++)
		r = compare_unit(&c, changes);
	for (uint32_t i = unit_set_count(old); i < unit_set_count(now) && r == 0; i++) {
		const struct unit *u = unit_set_at(now, i);

		if (u->load_state == LOAD_NOT_FOUND)
			continue;
		changes->added++;
		r = write_line(fd, "added", &u->id, 1);
	}
	return r;
}

int changes_tell_settings(const struct unit *old, const struct unit *now, int fd,
			  struct changes *changes)
{
	static const struct unit nothing;
	static LARGE_STATIC char a[VALUE_SIZE], b[VALUE_SIZE];
	int r = 0;

	for (unsigned int key = 0; key < K_COUNT && r == 0; key++) {
		struct strbuf before = STRBUF_INIT(a), after = STRBUF_INIT(b);
		const struct key_info *info = key_info((enum key)key);

		if (!(info->sections & SECTION_MANAGER))
			continue;
		a[0] = b[0] = '\0';
		setting_put_value(old ? old : &nothing, (enum key)key, &before);
		setting_put_value(now ? now : &nothing, (enum key)key, &after);
		if (str_eq(a, b))
			continue;
		changes->settings = true;
		r = write_line(fd, "key", (const char *const[]){ "system.conf", info->name, a, b },
			       4);
	}
	return r;
}

int changes_tell_bad_settings(int fd)
{
	return write_line(fd, "state",
			  (const char *const[]){ "system.conf", state_name(LOAD_LOADED),
						 state_name(LOAD_BAD_SETTING) },
			  3);
}

static bool is_bad(const struct unit *u)
{
	return u->load_state == LOAD_BAD_SETTING || u->load_state == LOAD_ERROR;
}

const struct unit *changes_first_bad(const struct unit_set *old, const struct unit_set *now,
				     uint32_t *n)
{
	const struct unit *first = NULL;

	*n = 0;
	for (uint32_t i = 0; i < unit_set_count(now); i++) {
		const struct unit *u = unit_set_at(now, i);

		if (u->foreign || !is_bad(u) ||
		    (i < unit_set_count(old) && is_bad(unit_set_at(old, i))))
			continue;
		first = first ? first : u;
		++*n;
	}
	return first;
}
