/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "init/actions.h"
#include "init/errand.h"
#include "init/loading.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "units/value_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define ROWS(kind, fn, on_disk)                                                                    \
	{ K_Condition##kind, on_disk, fn },                                                        \
	{                                                                                          \
		K_Assert##kind, on_disk, fn                                                        \
	}
/* What is in the kernel's memory, and what may be on a disk or behind a network. */
#define BOTH(kind, fn)	  ROWS(kind, fn, false)
#define ON_DISK(kind, fn) ROWS(kind, fn, true)

static const struct {
	uint16_t key; /* enum key */
	bool on_disk;
	condition_fn test;
} tests[] = {
	ON_DISK(PathExists, condition_path_exists),
	ON_DISK(PathExistsGlob, condition_path_exists_glob),
	ON_DISK(PathIsDirectory, condition_path_is_directory),
	ON_DISK(PathIsSymbolicLink, condition_path_is_link),
	ON_DISK(PathIsMountPoint, condition_path_is_mount_point),
	ON_DISK(PathIsReadWrite, condition_path_is_writable),
	ON_DISK(DirectoryNotEmpty, condition_directory_not_empty),
	ON_DISK(FileNotEmpty, condition_file_not_empty),
	ON_DISK(FileIsExecutable, condition_file_is_executable),
	BOTH(KernelCommandLine, condition_command_line),
	BOTH(KernelVersion, condition_kernel_version),
	BOTH(Virtualization, condition_virtualization),
	ON_DISK(Host, condition_host),
	BOTH(Architecture, condition_architecture),
	BOTH(Memory, condition_memory),
	BOTH(CPUs, condition_cpus),
	BOTH(ACPower, condition_ac_power),
	BOTH(Security, condition_security),
	ON_DISK(OSRelease, condition_os_release),
	BOTH(MemoryPressure, condition_memory_pressure),
	BOTH(CPUPressure, condition_cpu_pressure),
	BOTH(IOPressure, condition_io_pressure),
	BOTH(CPUFeature, condition_cpu_feature),
	BOTH(Firmware, condition_firmware),
	BOTH(Capability, condition_capability),
	ON_DISK(User, condition_user),
	ON_DISK(Group, condition_group),
	BOTH(ControlGroupController, condition_controllers),
	BOTH(Environment, condition_environment),
	ON_DISK(FirstBoot, condition_first_boot),
	ON_DISK(NeedsUpdate, condition_needs_update),
};

int condition_path(const struct condition_facts *f, const char *path, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	strbuf_put(&b, f->root);
	strbuf_put(&b, path);
	return b.cut ? -ENAMETOOLONG : 0;
}

ssize_t condition_read(const struct condition_facts *f, const char *path, char *buf, size_t size)
{
	char full[512];
	int r = condition_path(f, path, full, sizeof(full));

	return r < 0 ? r : fd_read_file_at(AT_FDCWD, full, buf, size);
}

static int test_one(const struct condition_facts *f, enum key key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		if (tests[i].key == key)
			return tests[i].test(f, value);
	return -EOPNOTSUPP;
}

/* All elements of one key. @triggers: whether there are some with "|", and whether one holds. */
struct triggers {
	bool seen, hold;
	struct condition_unmet first;
};

static bool key_holds(const struct condition_facts *f, const struct setting *s, struct triggers *t,
		      struct condition_unmet *unmet)
{
	const struct strings *list = s->value.p;

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		bool trigger, negated;
		size_t skip = value_condition_prefix(text, &trigger, &negated);
		int r = test_one(f, (enum key)s->key, text + skip);
		struct condition_unmet why = { s, text, r < 0 ? -r : 0 };

		/* What could not be told does not hold, "!" or not, as in systemd. */
		if (r >= 0 && (r > 0) != negated) {
			t->hold |= trigger;
			t->seen |= trigger;
		} else if (!trigger) {
			*unmet = why;
			return false;
		} else if (!t->seen) {
			t->seen = true;
			t->first = why;
		}
	}
	return true;
}

bool conditions_hold(const struct condition_facts *f, const struct unit *u, bool assertions,
		     struct condition_unmet *unmet)
{
	struct triggers t = { .hold = false };

	for (uint32_t i = 0; i < u->n_settings; i++) {
		const struct key_info *info = key_info((enum key)u->settings[i].key);

		if (!(info->flags & KEY_CONDITION) ||
		    str_starts(info->name, "Assert") != assertions)
			continue;
		if (!key_holds(f, &u->settings[i], &t, unmet))
			return false;
	}
	if (!t.seen || t.hold)
		return true;
	*unmet = t.first;
	return false;
}

static void read_hypervisor(char signature[13])
{
	signature[0] = '\0';
#if defined(__x86_64__) || defined(__i386__)
	unsigned int a, b, c, d;

	/* The CPU says that it is not alone (leaf 1, ecx bit 31); leaf 0x40000000 says with whom. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 31))
		return;
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	signature[12] = '\0';
#endif
}

static void read_facts(struct condition_facts *f)
{
	struct sysinfo info;
	cpu_set_t set;

	*f = (struct condition_facts){ .root = "", .container = getenv("container") };
	uname(&f->uts);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		f->cpus = (unsigned int)CPU_COUNT(&set);
	if (sysinfo(&info) == 0)
		f->memory = (uint64_t)info.totalram * info.mem_unit;
	read_hypervisor(f->hypervisor);
}

static bool has_conditions(const struct unit *u)
{
	for (uint32_t i = 0; i < u->n_settings; i++)
		if (key_info((enum key)u->settings[i].key)->flags & KEY_CONDITION)
			return true;
	return false;
}

static void explain(struct diag *diag, const struct unit *u, const struct condition_unmet *unmet)
{
	plan_place(diag, u, (enum key)unmet->setting->key);
	if (unmet->err)
		diag_set(diag, DIAG_ERROR, unmet->err, "cannot tell whether \"%.150s\" holds",
			 unmet->value);
	else
		diag_set(diag, DIAG_ERROR, 0, "\"%.180s\" does not hold", unmet->value);
}

static bool is_on_disk(enum key key)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		if (tests[i].key == key)
			return tests[i].on_disk;
	return false;
}

static bool looks_at_disk(const struct unit *u)
{
	for (uint32_t i = 0; i < u->n_settings; i++)
		if (is_on_disk((enum key)u->settings[i].key))
			return true;
	return false;
}

/* What has been found out; pointers into the unit, which is the same memory for an errand. */
struct verdict {
	bool conditions, assertions; /* whether they hold */
	struct condition_unmet unmet;
};

static void judge(const struct unit *u, struct verdict *v)
{
	struct condition_facts facts;

	read_facts(&facts);
	v->conditions = conditions_hold(&facts, u, false, &v->unmet);
	v->assertions = v->conditions && conditions_hold(&facts, u, true, &v->unmet);
}

static int apply(struct manager *m, struct node *node, const struct verdict *v, struct diag *diag)
{
	struct diag why = { .text = "" };
	char text[512];

	node->condition_result = v->conditions;
	node->assert_result = v->assertions;
	if (v->assertions)
		return 0;
	explain(v->conditions ? diag : &why, node->unit, &v->unmet);
	diag_format_plain(v->conditions ? diag : &why, text, sizeof(text));
	if (!v->conditions) {
		manager_unit_log(m, node, LOG_INFO, "skipped: %s", text);
		return UNIT_SKIPPED;
	}
	if (node->service) /* the console's line and status show it; the log has it from our caller */
		service_set_reason(node->service, text);
	return -EPROTO;
}

/* --- by an errand ------------------------------------------------------------------------- */

#define LIMIT (30 * USEC_PER_SEC)

/* A start whose conditions are being looked at, or have been. */
struct look {
	struct errand errand;
	struct list link;
	struct manager *manager;
	uint32_t index;		 /* of the node */
	uint32_t job;		 /* its number */
	uint32_t reloads;	 /* loading_reloads() of then: the unit may be another one since */
	int result;		 /* of the errand, once it has ended */
	struct verdict *verdict; /* shared with the child */
};

static struct list looks = LIST_INIT(looks);

struct errand_view {
	const struct unit *unit;
	struct verdict verdict;
};

static int look_in_child(void *arg, int fd)
{
	struct errand_view *view = arg;

	(void)fd;
	judge(view->unit, &view->verdict);
	return 0;
}

static void forget(struct look *l)
{
	list_remove(&l->link);
	errand_cancel(&l->errand);
	if (l->errand.arg)
		munmap(l->errand.arg, sizeof(struct errand_view));
	pool_free(l, sizeof(*l));
}

static void have_looked(struct errand *e, int result)
{
	struct look *l = container_of(e, struct look, errand);
	struct manager *m = l->manager;
	const struct job *job = manager_node(m, l->index)->job;

	l->result = result;
	if (job && job->id == l->job)
		jobs_unit_settled(m, l->index);
	else
		forget(l);
}

static int begin_look(struct manager *m, const struct node *node)
{
	struct errand_view *view = mmap(NULL, sizeof(*view), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct look *l = view == MAP_FAILED ? NULL : pool_alloc(sizeof(*l));
	int r;

	if (!l) {
		if (view != MAP_FAILED)
			munmap(view, sizeof(*view));
		return -ENOMEM;
	}
	view->unit = node->unit;
	l->manager = m;
	l->index = node->unit->index;
	l->job = node->job->id;
	l->reloads = loading_reloads();
	l->verdict = &view->verdict;
	l->errand = (struct errand){ .what = "looking at the conditions of a unit",
				     .limit = LIMIT,
				     .work = look_in_child,
				     .arg = view,
				     .done = have_looked,
				     .fd = -1 };
	list_init(&l->link);
	r = errand_start(&l->errand);
	if (r < 0) {
		forget(l);
		return r;
	}
	list_append(&looks, &l->link);
	return 0;
}

static struct look *look_of(const struct node *node)
{
	struct list *pos;

	list_for_each (pos, &looks) {
		struct look *l = list_entry(pos, struct look, link);

		if (l->index == node->unit->index)
			return l;
	}
	return NULL;
}

/* A job waits meanwhile; the one that comes back for it must be the same, for the same unit. */
static int check_by_errand(struct manager *m, struct node *node, struct diag *diag)
{
	struct look *l = look_of(node);
	int r;

	if (l && (l->reloads != loading_reloads() || l->job != node->job->id)) {
		forget(l);
		l = NULL;
	}
	if (!l) {
		r = begin_look(m, node);
		return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "looking at its conditions")
			     : UNIT_WAITS;
	}
	if (errand_is_under_way(&l->errand))
		return UNIT_WAITS;
	r = l->result;
	if (r == 0)
		r = apply(m, node, l->verdict, diag);
	else
		diag_set(diag, DIAG_ERROR, -r, "cannot tell whether its conditions hold");
	forget(l);
	return r;
}

int conditions_check(struct manager *m, struct node *node, struct diag *diag)
{
	struct verdict v = { 0 };

	node->condition_result = node->assert_result = true;
	/* Most units have none: a thousand of them should not ask the kernel a thousand times. */
	if (!has_conditions(node->unit))
		return 0;
	if (node->job && looks_at_disk(node->unit))
		return check_by_errand(m, node, diag);
	judge(node->unit, &v);
	return apply(m, node, &v, diag);
}
