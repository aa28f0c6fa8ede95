/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/attributes.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Highest capability of the kernels we build against; a newer kernel's extra ones are dropped too. */
#define CAP_ALL_KNOWN ((1ULL << (CAP_LAST_CAP + 1)) - 1)

int step_bounding(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (!p->drop_capabilities)
		return 0;
	for (unsigned int cap = 0; cap < 64; cap++) {
		if (p->bounding & (1ULL << cap))
			continue;
		c->item = (uint16_t)cap;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		/* Beyond the running kernel's last capability there is nothing left to drop. */
		return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

int step_group(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int r;

	if (!p->set_user)
		return 0;
	r = c->users >= 0 && p->enter_users ? 0 : sys_setgroups(p->n_groups, p->groups);
	return r < 0 ? r : sys_setresgid(p->gid, p->gid, p->gid);
}

static const struct attributes *secure_bits(const struct spawn_plan *p)
{
	return p->attributes && p->attributes->set & ATTRIBUTE_SECURE_BITS ? p->attributes : NULL;
}

int step_user(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (!p->set_user)
		return 0;
	/* Ambient capabilities and the secure bits need the permitted set to survive the change of uid. */
	if ((p->ambient != 0 || secure_bits(p)) && p->uid != 0 &&
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	return sys_setresuid(p->uid, p->uid, p->uid);
}

static int capset_raw(uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)permitted, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(permitted >> 32), (uint32_t)(permitted >> 32),
		  (uint32_t)(inheritable >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/*
 * Not before the uid change, which they alter. That has emptied the effective set: CAP_SETPCAP comes
 * back for this one call.
 */
int step_secure_bits(struct child *c)
{
	const struct attributes *a = secure_bits(c->plan);
	int r;

	if (!a)
		return 0;
	if (c->plan->set_user && c->plan->uid != 0) {
		r = capset_raw(c->plan->ambient | 1ULL << CAP_SETPCAP, 0);
		if (r < 0)
			return r;
	}
	return prctl(PR_SET_SECUREBITS, a->secure_bits, 0, 0, 0) < 0 ? -errno : 0;
}

/* The kernel says only that it is not permitted. */
static void name_lacking(struct child *c, uint64_t lacking)
{
	struct strbuf b = STRBUF_INIT(c->text);
	unsigned int cap = 0;

	while (cap < 63 && !(lacking >> cap & 1))
		cap++;
	strbuf_put(&b, "capability ");
	strbuf_put_u64(&b, cap);
	strbuf_put(&b, ", which the bounding set lacks");
}

/*
 * For root the exec recomputes permitted from the bounding set; shrinking it here as well keeps
 * the time until then within it. For other users everything but the ambient set goes.
 */
int step_capabilities(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int r;

	if (!p->drop_capabilities && p->ambient == 0 && !secure_bits(p))
		return 0;
	uint64_t keep = p->set_user && p->uid != 0 ? p->ambient : p->bounding & CAP_ALL_KNOWN;

	if (!p->drop_capabilities && !(p->set_user && p->uid != 0))
		keep = CAP_ALL_KNOWN;
	if (p->drop_capabilities && p->ambient & ~p->bounding)
		name_lacking(c, p->ambient & ~p->bounding);
	r = capset_raw(keep, p->ambient);
	if (r < 0)
		return r;
	for (unsigned int cap = 0; cap < 64; cap++) {
		if (!(p->ambient & (1ULL << cap)))
			continue;
		c->item = (uint16_t)cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

int step_privileges(struct child *c)
{
	if (!c->plan->no_new_privs)
		return 0;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
