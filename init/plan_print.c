/* SPDX-License-Identifier: MIT */
#include "init/plan_print.h"

#include "init/plan_parts.h"
#include "lib/format.h"
#include "lib/str.h"
#include "sandbox/child.h"
#include "sandbox/mounts.h"
#include "sandbox/openings.h"
#include "units/keys.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>

struct printer {
	void (*line)(void *ctx, const char *step, const char *text);
	void *ctx;
	const char *step;
	char text[512];
	struct strbuf b;
};

static struct strbuf *begin(struct printer *w)
{
	w->b = STRBUF_INIT(w->text);
	w->text[0] = '\0';
	return &w->b;
}

static void end(struct printer *w)
{
	w->line(w->ctx, w->step, w->text);
}

static void say(struct printer *w, const char *text)
{
	strbuf_put(begin(w), text);
	end(w);
}

static void print_clone(struct printer *w, const struct spawn_plan *p)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{ CLONE_NEWNS, " mount" },    { CLONE_NEWPID, " PID" },
		{ CLONE_NEWNET, " network" }, { CLONE_NEWIPC, " IPC" },
		{ CLONE_NEWUTS, " UTS" },     { CLONE_NEWCGROUP, " cgroup" },
		{ CLONE_NEWUSER, " user" },
	};
	struct strbuf *b = begin(w);

	w->step = "clone";
	strbuf_put(b, p->namespaces ? "namespaces:" : "the namespaces of the host");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		strbuf_put(b, p->namespaces & names[i].flag ? names[i].name : "");
	end(w);
}

static void print_users(struct printer *w, const struct spawn_plan *p)
{
	static const char *const kinds[] = {
		[USERS_SELF] = "root and its own user, as on the host",
		[USERS_IDENTITY] = "ids as on the host",
		[USERS_MANAGED] = "ids of its own",
	};

	if (p->users == USERS_HOST)
		return;
	if (p->id_base)
		strbuf_printf(begin(w), "%s, on the host from %u on", kinds[p->users], p->id_base);
	else
		strbuf_put(begin(w), kinds[p->users]);
	end(w);
}

static void print_directories(struct printer *w, const struct spawn_plan *p)
{
	for (size_t i = 0; i < p->n_directories; i++) {
		const struct directory_op *d = &p->directories[i];

		strbuf_printf(begin(w), "%s mode %04o owner %u:%u  (%s)", d->path,
			      (unsigned int)d->mode, d->uid, d->gid,
			      key_info((enum key)d->tag)->name);
		end(w);
	}
}

static void put_rule(struct strbuf *b, uint8_t rule)
{
	static const char *const names[] = { "inaccessible",   "read-only",
					     "writable",       "not touched by the rules above it",
					     "not executable", "executable" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(rule & (1 << i)))
			continue;
		strbuf_put(b, any ? ", " : " ");
		strbuf_put(b, names[i]);
		any = true;
	}
}

static void print_mount(struct printer *w, const struct mount_op *op)
{
	struct strbuf *b = begin(w);

	strbuf_put(b, mount_kind_name((enum mount_kind)op->kind));
	if (op->source)
		strbuf_printf(b, " %s%s at", op->source[0] == '/' ? "" : "/", op->source);
	strbuf_printf(b, " /%s", op->target);
	if (op->kind == MOUNT_RULE)
		put_rule(b, op->rule);
	if (op->data)
		strbuf_printf(b, " %s", op->data);
	if (op->optional)
		strbuf_put(b, ", if it is there");
	if (op->tag > 0 && op->tag < K_COUNT)
		strbuf_printf(b, "  (%s)", key_info((enum key)op->tag)->name);
	end(w);
}

static void print_mounts(struct printer *w, const struct spawn_plan *p)
{
	static const char *const kinds[] = {
		[ROOT_KEPT] = "the root of the host",
		[ROOT_PREPARED] = "the prepared root, read-only,",
		[ROOT_CLONED] = "a clone of",
		[ROOT_IMAGE] = "the image",
		[ROOT_EMPTY] = "an empty root",
	};

	if (p->root) {
		strbuf_printf(begin(w), "%s %s at %s", kinds[p->root_kind],
			      p->root_source ? p->root_source : "of isolated services", p->root);
		if (p->root_read_only)
			strbuf_put(&w->b, ", read-only when all is there");
		if (p->root_verity)
			strbuf_printf(&w->b, ", checked with %s", p->root_verity);
		if (p->root_signature)
			strbuf_put(&w->b, ", signed");
		end(w);
	}
	for (size_t i = 0; i < p->n_extensions; i++) {
		strbuf_printf(begin(w), "layer %s%s  (%s)", p->extensions[i].path,
			      p->extensions[i].optional ? ", if it is there" : "",
			      key_info((enum key)p->extensions[i].tag)->name);
		end(w);
	}
	for (size_t i = 0; i < p->n_mounts; i++)
		print_mount(w, &p->mounts[i]);
	if (p->root)
		say(w, "pivot_root");
}

static void print_text(struct printer *w, const char *text)
{
	if (text)
		say(w, text);
}

static void print_open(struct printer *w, const struct spawn_plan *p)
{
	static const char *const names[] = { "standard input", "standard output",
					     "standard error" };

	for (size_t i = 0; p->openings && i < 3; i++) {
		const struct opening *o = &p->openings->v[i];

		if (o->kind != OPENING_FILE && o->kind != OPENING_DATA)
			continue;
		strbuf_printf(begin(w), "%s: %s", names[i],
			      o->kind == OPENING_FILE ? o->path : "data of the unit");
		end(w);
	}
}

static void print_terminal(struct printer *w, const struct spawn_plan *p)
{
	static const char *const takes[] = {
		[TERMINAL_LEAVE] = "",
		[TERMINAL_WAIT] = ", controlling, waits for it",
		[TERMINAL_FAIL] = ", controlling, if it is free",
		[TERMINAL_FORCE] = ", controlling, taken by force",
	};
	const struct terminal *t = p->openings ? &p->openings->terminal : NULL;

	if (!t || !p->openings->has_terminal)
		return;
	strbuf_printf(begin(w), "%s%s%s%s%s", t->path, takes[t->take],
		      t->hangup ? ", hung up before" : "", t->reset ? ", reset before" : "",
		      t->disallocate ? ", cleared before" : "");
	end(w);
}

static void print_netns(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->netns_path);
}

static void print_ipcns(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->ipcns_path);
}

static void print_pod(struct printer *w, const struct spawn_plan *p)
{
	uint64_t flags = p->pod_namespaces;

	if (flags == 0)
		return;
	strbuf_printf(begin(w), "the namespaces of its pod:%s%s%s",
		      flags & CLONE_NEWNET ? " network" : "", flags & CLONE_NEWIPC ? " IPC" : "",
		      flags & CLONE_NEWUTS ? " UTS" : "");
	end(w);
}

static void print_time(struct printer *w, const struct spawn_plan *p)
{
	const int64_t offsets[] = { p->monotonic_offset, p->boottime_offset };
	static const char *const clocks[] = { "monotonic", "boottime" };
	char text[96];

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		if (offsets[i] == 0)
			continue;
		format_span((usec_t)(offsets[i] < 0 ? -offsets[i] : offsets[i]), text,
			    sizeof(text));
		strbuf_printf(begin(w), "%s %s%s", clocks[i], offsets[i] < 0 ? "-" : "+", text);
		end(w);
	}
}

static void print_network(struct printer *w, const struct spawn_plan *p)
{
	if (p->network)
		say(w, plan_network_is_link(p) ? "eth0 to the bridge, loopback" : "loopback");
}

static void print_tunables(struct printer *w, const struct spawn_plan *p)
{
	for (size_t i = 0; i < p->n_tunables; i++) {
		strbuf_printf(begin(w), "%s = %s", p->tunables[i].path, p->tunables[i].value);
		end(w);
	}
}

static void print_hostname(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->hostname);
}

static void print_stub(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->stub ? "process 1 of the PID namespace" : NULL);
}

static void print_limits(struct printer *w, const struct spawn_plan *p)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		strbuf_printf(begin(w), "resource %d: %llu:%llu", p->rlimits[i].resource,
			      (unsigned long long)p->rlimits[i].limit.rlim_cur,
			      (unsigned long long)p->rlimits[i].limit.rlim_max);
		end(w);
	}
}

static void print_number(struct printer *w, bool set, int n)
{
	if (!set)
		return;
	strbuf_printf(begin(w), "%d", n);
	end(w);
}

static void print_nice(struct printer *w, const struct spawn_plan *p)
{
	print_number(w, p->set_nice, p->nice);
}

static void print_oom(struct printer *w, const struct spawn_plan *p)
{
	print_number(w, p->set_oom_score_adj, p->oom_score_adj);
}

static void print_cwd(struct printer *w, const struct spawn_plan *p)
{
	strbuf_printf(begin(w), "%s, umask %04o", p->cwd ? p->cwd : "/", (unsigned int)p->umask);
	end(w);
}

static void put_capabilities(struct printer *w, uint64_t set)
{
	strbuf_printf(begin(w), "%016llx", (unsigned long long)set);
	end(w);
}

static void print_bounding(struct printer *w, const struct spawn_plan *p)
{
	if (p->drop_capabilities)
		put_capabilities(w, p->bounding);
}

static void print_ambient(struct printer *w, const struct spawn_plan *p)
{
	if (p->ambient)
		put_capabilities(w, p->ambient);
}

static void print_group(struct printer *w, const struct spawn_plan *p)
{
	struct strbuf *b = begin(w);

	if (!p->set_user)
		return;
	strbuf_printf(b, "%u", p->gid);
	for (size_t i = 0; i < p->n_groups; i++)
		strbuf_printf(b, "%s%u", i ? " " : ", also ", p->groups[i]);
	end(w);
}

static void print_user(struct printer *w, const struct spawn_plan *p)
{
	print_number(w, p->set_user, (int)p->uid);
}

static void print_privileges(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->no_new_privs ? "yes" : NULL);
}

static void print_paths(struct printer *w, const char *what, const char *const *v, size_t n)
{
	struct strbuf *b = begin(w);

	strbuf_printf(b, "ABI %d: %s", plan_landlock_abi(), what);
	for (size_t i = 0; i < n; i++)
		strbuf_printf(b, " /%s", v[i]);
	end(w);
}

static void print_landlock(struct printer *w, const struct spawn_plan *p)
{
	const struct landlock_rules *l = p->landlock;

	if (l && l->writes)
		print_paths(w, "nothing is written but beneath", l->write, l->n_write);
	if (l && l->execs)
		print_paths(w, "nothing is executed but beneath", l->exec, l->n_exec);
}

static void print_seccomp(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->filter ? "a filter of system calls" : NULL);
}

static void print_work(struct printer *w, const struct spawn_plan *p)
{
	print_text(w, p->work ? "done by berth itself" : NULL);
}

static void print_exec(struct printer *w, const struct spawn_plan *p)
{
	for (size_t i = 0; p->paths && p->paths[i]; i++) {
		struct strbuf *b = begin(w);

		strbuf_put(b, p->paths[i]);
		for (size_t k = 1; p->argv && p->argv[0] && p->argv[k]; k++) {
			strbuf_put(b, " ");
			strbuf_put(b, p->argv[k]);
		}
		end(w);
	}
}

/* The steps that differ from child to child and can be said in a line or a few. */
static const struct {
	enum step_id step;
	void (*print)(struct printer *w, const struct spawn_plan *p);
} prints[] = {
	{ STEP_OPEN, print_open },
	{ STEP_MAKE_USERS, print_users },
	{ STEP_NETNS, print_netns },
	{ STEP_IPCNS, print_ipcns },
	{ STEP_POD, print_pod },
	{ STEP_TIME, print_time },
	{ STEP_NETWORK, print_network },
	{ STEP_TUNABLES, print_tunables },
	{ STEP_DIRECTORIES, print_directories },
	{ STEP_MOUNTS, print_mounts },
	{ STEP_HOSTNAME, print_hostname },
	{ STEP_STUB, print_stub },
	{ STEP_TERMINAL, print_terminal },
	{ STEP_LIMITS, print_limits },
	{ STEP_NICE, print_nice },
	{ STEP_OOM, print_oom },
	{ STEP_CWD, print_cwd },
	{ STEP_BOUNDING, print_bounding },
	{ STEP_GROUP, print_group },
	{ STEP_USER, print_user },
	{ STEP_CAPABILITIES, print_ambient },
	{ STEP_PRIVILEGES, print_privileges },
	{ STEP_LANDLOCK, print_landlock },
	{ STEP_SECCOMP, print_seccomp },
	{ STEP_WORK, print_work },
	{ STEP_EXEC, print_exec },
};

void plan_print(const struct spawn_plan *p,
		void (*line)(void *ctx, const char *step, const char *text), void *ctx)
{
	struct printer w = { .line = line, .ctx = ctx };

	print_clone(&w, p);
	for (int step = 0; step < STEP_COUNT; step++) {
		w.step = step_name((enum step_id)step);
		for (size_t i = 0; i < ARRAY_SIZE(prints); i++) {
			if (prints[i].step == (enum step_id)step)
				prints[i].print(&w, p);
		}
	}
}
