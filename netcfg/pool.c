/* SPDX-License-Identifier: MIT */
#include "netcfg/pool.h"

#include "lib/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* Index of the first taken address not below @addr. */
static uint32_t lower_bound(const struct net_pool *p, uint32_t addr)
{
	uint32_t low = 0, high = p->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->taken[mid] < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_taken_at(const struct net_pool *p, uint32_t at, uint32_t addr)
{
	return at < p->n && p->taken[at] == addr;
}

static int insert_at(struct net_pool *p, uint32_t at, uint32_t addr)
{
	if (p->n == p->room) {
		uint32_t room = p->room ? p->room * 2 : 16;
		uint32_t *bigger = realloc(p->taken, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		p->taken = bigger;
		p->room = room;
	}
	memmove(&p->taken[at + 1], &p->taken[at], (p->n - at) * sizeof(p->taken[0]));
	p->taken[at] = addr;
	p->n++;
	return 0;
}

int net_pool_init(struct net_pool *p, uint32_t own, unsigned int prefix)
{
	*p = (struct net_pool){ 0 };
	if (prefix < 8 || prefix > 30)
		return -EINVAL;
	p->last = own | UINT32_MAX >> prefix;
	p->base = own & ~(UINT32_MAX >> prefix);
	return net_pool_reserve(p, own) == -ENOMEM ? -ENOMEM : 0;
}

void net_pool_free(struct net_pool *p)
{
	free(p->taken);
	*p = (struct net_pool){ 0 };
}

int net_pool_reserve(struct net_pool *p, uint32_t addr)
{
	uint32_t at;

	if (addr <= p->base || addr >= p->last)
		return -ERANGE;
	at = lower_bound(p, addr);
	if (is_taken_at(p, at, addr))
		return -EEXIST;
	return insert_at(p, at, addr);
}

int net_pool_draw(struct net_pool *p, const char *name, uint32_t *addr)
{
	uint32_t hosts = p->last - p->base - 1;
	uint32_t first = p->base + 1;
	uint32_t want = first + str_hash(name) % hosts;
	uint32_t at;
	int r;

	if (p->n >= hosts)
		return -ENOSPC;
	/* The next free one; behind the end the search begins anew at the start. */
	at = lower_bound(p, want);
	while (is_taken_at(p, at, want)) {
		at++;
		want++;
		if (want == p->last) {
			want = first;
			at = 0;
		}
	}
	r = insert_at(p, at, want);
	if (r == 0)
		*addr = want;
	return r;
}

void net_pool_release(struct net_pool *p, uint32_t addr)
{
	uint32_t at = lower_bound(p, addr);

	if (!is_taken_at(p, at, addr))
		return;
	memmove(&p->taken[at], &p->taken[at + 1], (p->n - at - 1) * sizeof(p->taken[0]));
	p->n--;
}
