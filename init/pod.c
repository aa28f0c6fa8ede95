/* SPDX-License-Identifier: MIT */
#include "init/pod.h"

#include "init/cleanup.h"
#include "init/jobs.h"
#include "init/manager.h"
#include "init/network.h"
#include "init/plan_parts.h"
#include "init/pod_make.h"
#include "init/process.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* Stands for /tmp among the kinds of namespaces: it is shared by a directory, nothing is made. */
#define SHARE_TMP CLONE_NEWNS

enum pod_state {
	POD_MAKING,
	POD_READY,
	POD_FAILED,
};

/* Shared by the members that are up; from the pool. */
struct pod {
	unsigned int users;
	uint8_t state; /* enum pod_state */
	uint64_t has;  /* CLONE_NEW*, SHARE_TMP */
	int fds[POD_KINDS];
	char tmp[33]; /* as an invocation */
	uint32_t tmp_of;
	uint32_t address; /* IPv4, host order; 0: none */
	int error;	  /* POD_FAILED: -errno */
	char text[NET_TEXT];
};

/* --- who belongs together ------------------------------------------------------------------- */

static unsigned int add_member(struct service *out[], unsigned int n, struct service *s)
{
	for (unsigned int i = 0; i < n; i++) {
		if (out[i] == s)
			return n;
	}
	if (n < POD_MAX)
		out[n] = s;
	return n + 1;
}

/* @s and whom it shares with, at most POD_MAX of them in @out; more than that is the caller's to tell. */
static unsigned int members(struct service *s, struct service *out[POD_MAX])
{
	struct manager *m = s->manager;
	unsigned int n = 0;

	out[n++] = s;
	for (unsigned int at = 0; at < n && n <= POD_MAX; at++) {
		uint32_t n_deps;
		const struct dep *deps =
			unit_set_deps_of(m->set, out[at]->index, DEP_JOINS_NAMESPACE_OF, &n_deps);

		for (uint32_t i = 0; i < n_deps && n <= POD_MAX; i++) {
			struct node *node = manager_node(m, deps[i].unit);

			if (node->service && node->unit->type == UNIT_SERVICE)
				n = add_member(out, n, node->service);
		}
	}
	return n;
}

static const struct unit *unit_of(const struct service *s)
{
	return manager_node(s->manager, s->index)->unit;
}

/* What could be shared: all that it does not have in common with the host. */
static uint64_t wants(const struct service *s)
{
	const struct unit *u = unit_of(s);
	bool isolated = plan_isolation(s) != ISOLATION_NONE;
	uint64_t flags = isolated ? CLONE_NEWUTS : 0;

	if (plan_has_netns(s) || unit_str(u, K_NetworkNamespacePath))
		flags |= CLONE_NEWNET;
	if (unit_bool(u, K_PrivateIPC) || unit_str(u, K_IPCNamespacePath))
		flags |= CLONE_NEWIPC;
	if (!isolated && unit_bool(u, K_PrivateTmp))
		flags |= SHARE_TMP;
	return flags;
}

static uint64_t shared(struct service *const v[], unsigned int n)
{
	uint64_t once = 0, twice = 0;

	for (unsigned int i = 0; i < n; i++) {
		uint64_t w = wants(v[i]);

		twice |= once & w;
		once |= w;
	}
	return twice;
}

/* IP= decides, then who is joined and joins nobody, then the name. */
static bool comes_first(const struct service *a, const struct service *b)
{
	static const enum key keys[] = { K_IP, K_JoinsNamespaceOf };
	const struct unit *ua = unit_of(a), *ub = unit_of(b);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		bool in_a = unit_setting(ua, keys[i]) != NULL;
		bool in_b = unit_setting(ub, keys[i]) != NULL;

		if (in_a != in_b)
			return in_a == (keys[i] == K_IP);
	}
	return strcmp(ua->id, ub->id) < 0;
}

static struct service *leader_of(struct service *const v[], unsigned int n, uint64_t flag)
{
	struct service *first = NULL;

	for (unsigned int i = 0; i < n; i++) {
		if ((wants(v[i]) & flag) && (!first || comes_first(v[i], first)))
			first = v[i];
	}
	return first;
}

struct service *pod_leader(struct service *s)
{
	struct service *v[POD_MAX];
	unsigned int n = members(s, v);

	if (n == 1 || n > POD_MAX || !(shared(v, n) & wants(s) & CLONE_NEWNET))
		return s;
	return leader_of(v, n, CLONE_NEWNET);
}

/* --- in PID 1 ------------------------------------------------------------------------------- */

static void release(struct pod *p)
{
	if (!p || --p->users > 0)
		return;
	for (size_t i = 0; i < POD_KINDS; i++)
		fd_close(&p->fds[i]);
	pool_free(p, sizeof(*p));
}

void pod_leave(struct service *s)
{
	struct pod *p = service_has(s)->pod;

	if (!p)
		return;
	if (p->users == 1 && (p->has & SHARE_TMP))
		cleanup_private_tmp(s);
	s->extra->pod = NULL;
	release(p);
}

static void use(struct service *s, struct pod *p)
{
	p->users++;
	s->extra->pod = p;
	if (!(p->has & wants(s) & CLONE_NEWNET))
		return;
	/* One of its own that it had before it became a member. */
	fd_close(&s->netns);
	if (p->address != 0)
		network_join(s, p->address);
}

/* Whose start is still wanted goes on; the others would keep what they do not use. */
static void on_made(struct making *k, int result)
{
	struct manager *m = k->manager;
	struct pod *p = k->pod;

	memcpy(p->fds, k->fds, sizeof(p->fds));
	str_copy(p->text, sizeof(p->text), k->text);
	p->error = result;
	p->state = result < 0 ? POD_FAILED : POD_READY;
	making_free(k);
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct node *node = manager_node(m, i);

		if (!node->service || service_has(node->service)->pod != p)
			continue;
		if (node->job && node->job->kind != JOB_STOP)
			jobs_unit_settled(m, i);
		else
			pod_leave(node->service);
	}
	release(p);
}

static int conflict(struct service *a, struct service *b, enum key key, struct diag *diag)
{
	plan_place(diag, unit_of(a), K_JoinsNamespaceOf);
	return diag_set(diag, DIAG_ERROR, 0, "%s and %s share what %s= wants different",
			unit_of(a)->id, unit_of(b)->id, key_info(key)->name);
}

/* Whether the members mean the same network: on the bridge or not is not for the first start to decide. */
static int plan_kind(struct making *k, size_t kind, enum key path_key, struct service *const v[],
		     unsigned int n, struct diag *diag)
{
	struct service *with_path = NULL, *first = NULL;

	for (unsigned int i = 0; i < n; i++) {
		const char *path = unit_str(unit_of(v[i]), path_key);

		if (path && with_path && !str_eq(path, unit_str(unit_of(with_path), path_key)))
			return conflict(with_path, v[i], path_key, diag);
		if (path && !with_path)
			with_path = v[i];
		if (path || !(wants(v[i]) & (uint64_t)pod_kinds[kind].flag))
			continue;
		if (kind == 0 && first && plan_wants_veth(first) != plan_wants_veth(v[i]))
			return conflict(first, v[i], K_PrivateNetwork, diag);
		first = first ? first : v[i];
	}
	if (with_path)
		k->paths[kind] = strdup(unit_str(unit_of(with_path), path_key));
	return with_path && !k->paths[kind] ? -ENOMEM : 0;
}

static int plan_link(struct making *k, struct service *const v[], unsigned int n, struct diag *diag)
{
	struct service *leader = leader_of(v, n, CLONE_NEWNET);

	if (k->paths[0])
		return 0;
	k->low_ports = plan_isolation(leader) != ISOLATION_NONE;
	k->link = plan_wants_veth(leader);
	if (!k->link)
		return 0;
	int r = network_ready(k->manager, diag);

	if (r < 0)
		return r;
	r = network_address(k->manager, leader, diag);
	if (r < 0)
		return r;
	network_spec(k->manager, leader, &k->net);
	k->pod->address = leader->address;
	return 0;
}

static int plan_making(struct making *k, struct service *const v[], unsigned int n,
		       struct diag *diag)
{
	int r = 0;

	if (k->flags & CLONE_NEWNET)
		r = plan_kind(k, 0, K_NetworkNamespacePath, v, n, diag);
	if (r == 0 && (k->flags & CLONE_NEWIPC))
		r = plan_kind(k, 1, K_IPCNamespacePath, v, n, diag);
	if (r == 0 && (k->flags & CLONE_NEWNET))
		r = plan_link(k, v, n, diag);
	if (r == 0 && (k->flags & CLONE_NEWUTS))
		plan_hostname_of(unit_of(leader_of(v, n, CLONE_NEWUTS)), k->hostname);
	return r;
}

static int begin_making(struct pod *p, struct service *const v[], unsigned int n, struct diag *diag)
{
	struct making *k = making_new();
	int r = k ? 0 : -ENOMEM;

	if (r == 0) {
		k->manager = v[0]->manager;
		k->pod = p;
		k->flags = p->has & ~(uint64_t)SHARE_TMP;
		r = plan_making(k, v, n, diag);
	}
	if (r == 0) {
		k->made = on_made;
		r = making_begin(k);
	}
	if (r < 0 && k)
		making_free(k);
	if (r == 0)
		p->users++; /* the errand's */
	return r;
}

/* 0, 1: being made. */
static int make(struct service *const v[], unsigned int n, uint64_t flags, struct diag *diag)
{
	struct pod *p = pool_alloc(sizeof(*p));
	uint8_t id[16];
	int r = 0;

	if (!p)
		return -ENOMEM;
	p->has = flags;
	p->tmp_of = v[0]->index;
	memset(p->fds, -1, sizeof(p->fds));
	process_new_id(v[0], id);
	process_id_text(id, p->tmp);
	p->state = POD_READY;
	if (flags & ~(uint64_t)SHARE_TMP) {
		p->state = POD_MAKING;
		r = begin_making(p, v, n, diag);
	}
	if (r < 0)
		pool_free(p, sizeof(*p));
	else
		use(v[0], p);
	return r < 0 ? r : p->state == POD_MAKING;
}

static int refuse(struct service *s, int r, struct diag *diag)
{
	if (diag->text[0] != '\0')
		return r;
	plan_place(diag, unit_of(s), K_JoinsNamespaceOf);
	return diag_set(diag, DIAG_ERROR, -r, "the namespaces of its pod");
}

static bool has_all(const struct pod *p, const struct service *s, uint64_t flags)
{
	uint64_t w = wants(s);

	return (p->has & w) == (flags & w);
}

/* What it has already: of this start, or kept over a restart. 0, 1: still made, 2: nothing of use. */
static int look_at_own(struct service *s, uint64_t flags, struct diag *diag)
{
	struct pod *p = service_has(s)->pod;
	int r = 2;

	if (p && p->state == POD_MAKING)
		return 1;
	if (p && p->state == POD_FAILED) {
		plan_place(diag, unit_of(s), K_JoinsNamespaceOf);
		r = diag_set(diag, DIAG_ERROR, -p->error, "the namespaces of its pod: %s", p->text);
	} else if (p && has_all(p, s, flags)) {
		return 0;
	}
	pod_leave(s);
	return r;
}

static bool open_of(const struct service *from, const struct process *p, struct pod *pod)
{
	char path[48];

	for (size_t i = 0; i < POD_KINDS; i++) {
		if (!(pod->has & (uint64_t)pod_kinds[i].flag))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/%s", p ? (int)p->pid : 0, pod_kinds[i].file);
		int fd = i == 0 && from->netns >= 0 ? sys_dup_from(from->netns, SPAWN_LOW_FDS)
			 : p			    ? open(path, O_RDONLY | O_CLOEXEC)
						    : -1;

		pod->fds[i] = fd < 0 ? -1 : spawn_lift_fd(fd);
		if (pod->fds[i] < 0)
			return false;
	}
	return true;
}

/*
 * Another member that is up without a pod: when it was started nobody knew yet that there would be
 * one. What it has becomes the pod's. True: that is not complete yet, see pod_tell(). What cannot be
 * had any more, as no process of it is left, it does not insist on: it will join the others.
 */
static bool adopt(struct service *from, uint64_t flags)
{
	const struct node *node = manager_node(from->manager, from->index);
	bool soon = false;

	if (service_has(from)->pod || node->active == ACTIVE_INACTIVE ||
	    node->active == ACTIVE_FAILED || !(flags & wants(from)) || !service_extra(from))
		return false;
	const struct process *p = process_with_namespaces(from, &soon);

	if (soon)
		return true;
	struct pod *pod = pool_alloc(sizeof(*pod));

	if (!pod)
		return false;
	*pod = (struct pod){ .users = 1,
			     .state = POD_READY,
			     .has = flags & wants(from),
			     .tmp_of = from->index,
			     .address = plan_wants_veth(from) ? from->address : 0 };
	(void)service_invocation(from, pod->tmp);
	memset(pod->fds, -1, sizeof(pod->fds));
	if (open_of(from, p, pod))
		use(from, pod);
	else
		fd_close(&from->netns);
	release(pod);
	return false;
}

/* 0, 1: being made. */
static int join(struct service *s, struct pod *p, struct diag *diag)
{
	const struct setting *ip = unit_setting(unit_of(s), K_IP);

	if (ip && (p->has & wants(s) & CLONE_NEWNET) && (uint32_t)ip->value.u != p->address) {
		plan_place(diag, unit_of(s), K_IP);
		return diag_set(diag, DIAG_ERROR, EADDRINUSE, "the pod has another address");
	}
	use(s, p);
	return p->state == POD_MAKING;
}

void pod_tell(struct service *s)
{
	struct service *v[POD_MAX];
	unsigned int n = members(s, v);

	for (unsigned int i = 1; i < n && i < POD_MAX; i++)
		jobs_unit_settled(s->manager, v[i]->index);
}

int pod_prepare(struct service *s, struct diag *diag)
{
	struct service *v[POD_MAX];
	unsigned int n = members(s, v);

	if (n > POD_MAX)
		return refuse(s, -E2BIG, diag);
	uint64_t flags = n == 1 ? 0 : shared(v, n);

	if (n > 1 && !(flags & wants(s)))
		manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_WARNING,
				 "JoinsNamespaceOf: there is nothing of its own that another one "
				 "has, too: nothing is shared");
	int r = look_at_own(s, flags, diag);

	if (r != 2)
		return r;
	if (!(flags & wants(s)))
		return 0;
	if (!service_extra(s))
		return refuse(s, -ENOMEM, diag);
	for (unsigned int i = 1; i < n; i++) {
		if (adopt(v[i], flags))
			return 1;
		struct pod *p = service_has(v[i])->pod;

		if (p && p->state != POD_FAILED && has_all(p, s, flags))
			return join(s, p, diag);
	}
	r = make(v, n, flags, diag);
	return r < 0 ? refuse(s, r, diag) : r;
}

void pod_plan(struct service *s, struct spawn_plan *p)
{
	struct service *v[POD_MAX];
	const struct pod *pod = service_has(s)->pod;
	unsigned int n = pod ? 0 : members(s, v);
	uint64_t flags = pod ? pod->has : n > 1 && n <= POD_MAX ? shared(v, n) : 0;

	p->pod_namespaces = flags & wants(s) & ~(uint64_t)SHARE_TMP;
	p->namespaces &= ~p->pod_namespaces;
	if (p->pod_namespaces & CLONE_NEWNET)
		p->netns_path = NULL;
	if (p->pod_namespaces & CLONE_NEWIPC)
		p->ipcns_path = NULL;
}

int pod_descriptors(const struct service *s, struct spawn_plan *p)
{
	const struct pod *pod = service_has(s)->pod;

	for (size_t i = 0; i < POD_KINDS; i++) {
		if (!(p->pod_namespaces & (uint64_t)pod_kinds[i].flag))
			continue;
		if (!pod || pod->fds[i] < 0)
			return -ESTALE;
		p->pod[i] = pod->fds[i];
	}
	return 0;
}

bool pod_has_network(const struct service *s)
{
	const struct pod *p = service_has(s)->pod;

	return p && (p->has & wants(s) & CLONE_NEWNET);
}

bool pod_tmp(const struct service *s, const char **invocation, const char **id)
{
	const struct pod *p = service_has(s)->pod;

	if (!p || !(p->has & wants(s) & SHARE_TMP))
		return false;
	if (invocation)
		*invocation = p->tmp;
	if (id)
		*id = manager_node(s->manager, p->tmp_of)->unit->id;
	return true;
}
