/* SPDX-License-Identifier: MIT */
#include "units/names.h"

#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_MIN 128

static const char *name_of(const struct names *n, struct unit *const *units, uint32_t slot)
{
	return slot & NAMES_ALIAS ? n->aliases[slot & ~NAMES_ALIAS].name : units[slot - 1]->id;
}

/* Where @name is, or would be. */
static uint32_t *slot_of(const struct names *n, struct unit *const *units, const char *name)
{
	uint32_t at = str_hash(name) % n->n_slots;

	while (n->slots[at] && !str_eq(name_of(n, units, n->slots[at]), name))
		at = (at + 1) % n->n_slots;
	return &n->slots[at];
}

int names_find(const struct names *n, struct unit *const *units, const char *name)
{
	uint32_t slot = n->n_slots ? *slot_of(n, units, name) : 0;

	if (slot & NAMES_ALIAS)
		return (int)n->aliases[slot & ~NAMES_ALIAS].index;
	return (int)slot - 1;
}

static int reserve(struct names *n, struct unit *const *units)
{
	uint32_t old_n = n->n_slots, *old = n->slots;

	if ((n->n_names + 1) * 2 <= n->n_slots)
		return 0;
	n->n_slots = old_n ? old_n * 2 : SLOTS_MIN;
	n->slots = calloc(n->n_slots, sizeof(*n->slots));
	if (!n->slots) {
		n->slots = old;
		n->n_slots = old_n;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < old_n; i++) {
		if (old[i])
			*slot_of(n, units, name_of(n, units, old[i])) = old[i];
	}
	free(old);
	return 0;
}

int names_add(struct names *n, struct unit *const *units, uint32_t index)
{
	if (reserve(n, units) < 0)
		return -ENOMEM;
	*slot_of(n, units, units[index]->id) = index + 1;
	n->n_names++;
	return 0;
}

int names_add_alias(struct names *n, struct unit *const *units, uint32_t index, const char *name)
{
	const char *copy = arena_strdup(&n->texts, name);

	if (!copy || reserve(n, units) < 0)
		return -ENOMEM;
	if (n->n_aliases == n->room) {
		uint32_t room = n->room ? n->room * 2 : 8;
		struct alias *aliases = realloc(n->aliases, room * sizeof(*aliases));

		if (!aliases)
			return -ENOMEM;
		n->aliases = aliases;
		n->room = room;
	}
	*slot_of(n, units, name) = NAMES_ALIAS | n->n_aliases;
	n->aliases[n->n_aliases++] = (struct alias){ copy, index };
	n->n_names++;
	return 0;
}

const char *names_next_alias(const struct names *n, uint32_t index, uint32_t *at)
{
	while (*at < n->n_aliases) {
		const struct alias *a = &n->aliases[(*at)++];

		if (a->index == index)
			return a->name;
	}
	return NULL;
}

bool names_drop_last(struct names *n, struct unit *const *units, uint32_t index)
{
	uint32_t at = 0;

	if (names_next_alias(n, index, &at))
		return false;
	/* What was entered last is at the end of its run of slots: no search passes it. */
	*slot_of(n, units, units[index]->id) = 0;
	n->n_names--;
	return true;
}

void names_fill(struct names *n, struct unit *const *units, uint32_t n_units, uint32_t *slots,
		uint32_t n_slots)
{
	n->slots = slots;
	n->n_slots = n_slots;
	n->n_names = n_units + n->n_aliases;
	for (uint32_t i = 0; i < n_units; i++)
		*slot_of(n, units, units[i]->id) = i + 1;
	for (uint32_t i = 0; i < n->n_aliases; i++)
		*slot_of(n, units, n->aliases[i].name) = NAMES_ALIAS | i;
}

void names_free(struct names *n)
{
	arena_free(&n->texts);
	free(n->aliases);
	free(n->slots);
	*n = (struct names){ .n_slots = 0 };
}
