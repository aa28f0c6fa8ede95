/* SPDX-License-Identifier: MIT */
#include "init/ranges.h"

#include "init/manager.h"
#include "init/service.h"
#include "lib/layout.h"
#include "lib/str.h"
#include "sandbox/plan.h"

#define FIRST  0x00080000u
#define LAST   0x6fffffffu
#define RANGES ((LAST - FIRST + 1) / USERS_RANGE)

/* A reload takes nobody's range away. */
static LARGE_STATIC uint32_t taken[(RANGES + 31) / 32];

static bool take(uint32_t n)
{
	bool free = !(taken[n / 32] >> n % 32 & 1);

	taken[n / 32] |= 1u << n % 32;
	return free;
}

static void draw(struct service *s, const char *id)
{
	uint32_t n = str_hash(id) % RANGES, tries = 0;

	while (tries < RANGES && !take(n)) {
		n = (n + 1) % RANGES;
		tries++;
	}
	s->id_range = tries < RANGES ? (uint16_t)(n + 1) : 0;
}

/* All at once and in the set's order: not in that of the starts, which is another one each time. */
static void draw_all(struct manager *m)
{
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct node *node = manager_node(m, i);

		if (node->service && node->service->id_range == 0 &&
		    unit_u64(node->unit, K_PrivateUsers) == PRIVATE_USERS_MANAGED)
			draw(node->service, node->unit->id);
	}
}

uint32_t ranges_base(struct service *s)
{
	if (s->id_range == 0)
		draw_all(s->manager);
	return s->id_range ? FIRST + (s->id_range - 1u) * USERS_RANGE : 0;
}
