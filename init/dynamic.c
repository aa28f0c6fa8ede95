/* SPDX-License-Identifier: MIT */
#include "init/dynamic.h"

#include "init/manager.h"
#include "init/users.h"
#include "lib/layout.h"
#include "lib/str.h"

#define FIRST 61184u
#define LAST  65519u
#define IDS   (LAST - FIRST + 1)

static bool is_user_name(const char *name, size_t n)
{
	if (n == 0 || n >= DYNAMIC_NAME || (name[0] >= '0' && name[0] <= '9') || name[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-'))
			return false;
	}
	return true;
}

void dynamic_name(const struct unit *u, char name[DYNAMIC_NAME])
{
	const char *user = unit_str(u, K_User);
	size_t n = strcspn(u->id, ".");
	struct strbuf b;

	strbuf_init(&b, name, DYNAMIC_NAME);
	if (user)
		strbuf_put(&b, user);
	else if (is_user_name(u->id, n))
		strbuf_put_n(&b, u->id, n);
	else
		strbuf_printf(&b, "_du%08x", (unsigned int)str_hash(u->id));
}

static LARGE_STATIC uint32_t taken[(IDS + 31) / 32];

static bool is_taken(uint32_t id)
{
	return taken[(id - FIRST) / 32] >> (id - FIRST) % 32 & 1;
}

/* Whether @id is that of another unit with this user. */
static bool is_of(struct manager *m, uint32_t id, const char *name)
{
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct service *s = manager_node(m, i)->service;
		char other[DYNAMIC_NAME];

		if (!s || s->dynamic_id != id)
			continue;
		dynamic_name(manager_node(m, i)->unit, other);
		return str_eq(other, name);
	}
	return false;
}

/* Somebody's in /etc/passwd. */
static bool is_known(uint32_t id)
{
	static LARGE_STATIC struct user_entry entry;
	char text[12];
	struct strbuf b = STRBUF_INIT(text);

	strbuf_put_u64(&b, id);
	return user_lookup(text, &entry) == 0 && entry.name[0] != '\0';
}

static void draw(struct manager *m, struct service *s, const struct unit *u)
{
	char name[DYNAMIC_NAME];

	dynamic_name(u, name);
	uint32_t id = FIRST + str_hash(name) % IDS;

	for (uint32_t tries = 0; tries < IDS; tries++) {
		if (is_taken(id) ? is_of(m, id, name) : !is_known(id)) {
			taken[(id - FIRST) / 32] |= 1u << (id - FIRST) % 32;
			s->dynamic_id = (uint16_t)id;
			return;
		}
		id = id == LAST ? FIRST : id + 1;
	}
}

uid_t dynamic_id(struct service *s)
{
	struct manager *m = s->manager;

	/* All at once: in the set's order, which is always the same, not in that of the starts. */
	for (uint32_t i = 0; s->dynamic_id == 0 && i < m->n_nodes; i++) {
		const struct node *node = manager_node(m, i);

		if (node->service && node->service->dynamic_id == 0 &&
		    unit_bool(node->unit, K_DynamicUser))
			draw(m, node->service, node->unit);
	}
	return s->dynamic_id;
}
