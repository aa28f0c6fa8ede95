/* SPDX-License-Identifier: MIT */
#include "units/keys.h"

#include "lib/layout.h"
#include "lib/str.h"

#include <linux/capability.h>
#include <syslog.h>

/* The documentation columns are left to keysdoc.c: PID 1 does not carry them. */
#define KEY(id, in, of_kind, is, used, doc, ...)                                                   \
	[K_##id] = {                                                                               \
		.name = #id, .sections = (in), .kind = (of_kind), .status = (is), ##__VA_ARGS__    \
	},
#define KEY_AS(id, text, in, of_kind, is, used, doc, ...)                                          \
	[K_##id] = {                                                                               \
		.name = (text), .sections = (in), .kind = (of_kind), .status = (is), ##__VA_ARGS__ \
	},
#define ALIAS(...)
static const struct key_info table[K_COUNT] = {
#include "units/keys.def"
};
#undef KEY
#undef KEY_AS
#undef ALIAS

_Static_assert(SECTION_AUTOMOUNT <= UINT16_MAX, "sections fit their field");

struct alias {
	const char *name;
	uint16_t sections;
	uint16_t key;
};

#define KEY(...)
#define KEY_AS(...)
#define ALIAS(text, in, id) { (text), (in), K_##id },
static const struct alias aliases[] = {
#include "units/keys.def"
};
#undef KEY
#undef KEY_AS
#undef ALIAS

#define ENTRY_COUNT (K_COUNT + ARRAY_SIZE(aliases))
#define SLOT_COUNT  1024 /* power of two, well above the entries: short probe runs */
_Static_assert(ENTRY_COUNT < SLOT_COUNT / 2, "the hash table is sparse");

/* Open addressing; 0 is free, otherwise entry + 1, entries from K_COUNT on are aliases. */
static LARGE_STATIC uint16_t slots[SLOT_COUNT];
static bool indexed;

static const char *entry_name(unsigned int entry)
{
	return entry < K_COUNT ? table[entry].name : aliases[entry - K_COUNT].name;
}

static uint32_t entry_sections(unsigned int entry)
{
	return entry < K_COUNT ? table[entry].sections : aliases[entry - K_COUNT].sections;
}

static void build_index(void)
{
	for (unsigned int entry = 0; entry < ENTRY_COUNT; entry++) {
		uint32_t slot = str_hash(entry_name(entry)) % SLOT_COUNT;

		while (slots[slot])
			slot = (slot + 1) % SLOT_COUNT;
		slots[slot] = (uint16_t)(entry + 1);
	}
	indexed = true;
}

const struct key_info *key_info(enum key key)
{
	return &table[key];
}

int key_find(uint32_t sections, const char *name)
{
	uint32_t slot = str_hash(name) % SLOT_COUNT;

	if (!indexed)
		build_index();
	for (; slots[slot]; slot = (slot + 1) % SLOT_COUNT) {
		unsigned int entry = slots[slot] - 1u;

		if (entry_sections(entry) & sections && str_eq(entry_name(entry), name))
			return entry < K_COUNT ? (int)entry : aliases[entry - K_COUNT].key;
	}
	return -1;
}

uint32_t key_sections_of(const char *name)
{
	uint32_t found = 0;

	for (unsigned int entry = 0; entry < ENTRY_COUNT; entry++) {
		if (str_eq(entry_name(entry), name))
			found |= entry_sections(entry);
	}
	return found;
}

const char *key_nearest(uint32_t sections, const char *name)
{
	/* A third of the letters may differ: more would suggest at random. */
	size_t len = strlen(name), cap = len / 3 + 2;
	unsigned int best = (unsigned int)(cap < 8 ? cap : 8);
	const char *nearest = NULL;

	for (unsigned int entry = 0; entry < ENTRY_COUNT; entry++) {
		size_t other = strlen(entry_name(entry));
		unsigned int d;

		/* The distance is at least the difference in length. */
		if (!(entry_sections(entry) & sections) || other >= len + best ||
		    len >= other + best)
			continue;
		d = str_distance(name, entry_name(entry), best);
		if (d < best) {
			best = d;
			nearest = entry_name(entry);
		}
	}
	return nearest;
}

static const char *const section_names[] = {
	"Unit",	 "Service", "Socket",	 "Timer", "Path",    "Mount",	"Swap",
	"Slice", "Install", "Container", "Match", "Network", "Manager", "Automount",
};
_Static_assert(SECTION_AUTOMOUNT == 1 << (ARRAY_SIZE(section_names) - 1), "a name per section");

uint32_t section_by_name(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(section_names); i++) {
		if (str_eq(section_names[i], name))
			return 1u << i;
	}
	return 0;
}

const char *section_name(uint32_t mask)
{
	return mask ? section_names[__builtin_ctz(mask)] : "";
}
