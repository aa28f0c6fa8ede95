/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "init/actions.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "units/value_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define BOTH(kind, fn)                                                                             \
	{ K_Condition##kind, fn },                                                                 \
	{                                                                                          \
		K_Assert##kind, fn                                                                 \
	}

static const struct {
	enum key key;
	condition_fn test;
} tests[] = {
	BOTH(PathExists, condition_path_exists),
	BOTH(PathExistsGlob, condition_path_exists_glob),
	BOTH(PathIsDirectory, condition_path_is_directory),
	BOTH(PathIsSymbolicLink, condition_path_is_link),
	BOTH(PathIsMountPoint, condition_path_is_mount_point),
	BOTH(PathIsReadWrite, condition_path_is_writable),
	BOTH(DirectoryNotEmpty, condition_directory_not_empty),
	BOTH(FileNotEmpty, condition_file_not_empty),
	BOTH(FileIsExecutable, condition_file_is_executable),
	BOTH(KernelCommandLine, condition_command_line),
	BOTH(KernelVersion, condition_kernel_version),
	BOTH(Virtualization, condition_virtualization),
	BOTH(Host, condition_host),
	BOTH(Architecture, condition_architecture),
	BOTH(Memory, condition_memory),
	BOTH(CPUs, condition_cpus),
	BOTH(ACPower, condition_ac_power),
	BOTH(Security, condition_security),
	BOTH(Capability, condition_capability),
	BOTH(User, condition_user),
	BOTH(Group, condition_group),
	BOTH(ControlGroupController, condition_controllers),
	BOTH(Environment, condition_environment),
	BOTH(FirstBoot, condition_first_boot),
	BOTH(NeedsUpdate, condition_needs_update),
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

int conditions_check(struct manager *m, struct node *node, struct diag *diag)
{
	struct condition_unmet unmet;
	struct condition_facts facts;
	struct diag why = { .text = "" };
	char text[512];

	node->condition_result = node->assert_result = true;
	/* Most units have none: a thousand of them should not ask the kernel a thousand times. */
	if (!has_conditions(node->unit))
		return 0;
	read_facts(&facts);
	if (!conditions_hold(&facts, node->unit, false, &unmet)) {
		node->condition_result = false;
		node->assert_result = false;
		explain(&why, node->unit, &unmet);
		diag_format_plain(&why, text, sizeof(text));
		manager_unit_log(m, node, LOG_INFO, "skipped: %s", text);
		return UNIT_SKIPPED;
	}
	if (conditions_hold(&facts, node->unit, true, &unmet))
		return 0;
	node->assert_result = false;
	explain(diag, node->unit, &unmet);
	diag_format_plain(diag, text, sizeof(text));
	if (node->service) /* the console's line and status show it; the log has it from our caller */
		service_set_reason(node->service, text);
	return -EPROTO;
}
