/* SPDX-License-Identifier: MIT */
#include "init/status_rows.h"

#include "cgroupfs/usage.h"
#include "init/cgroups.h"
#include "init/setting_text.h"
#include "init/slice.h"
#include "lib/fd.h"
#include "lib/parse.h"

/* What is read from the cgroup. */

enum usage_arg {
	USAGE_MEMORY,
	USAGE_MEMORY_PEAK,
	USAGE_MEMORY_MAX,
	USAGE_TASKS,
	USAGE_TASKS_MAX,
	USAGE_CPU,
};

/* False: there is none. */
static bool group_of(const struct snapshot *s, char *path, size_t size)
{
	if (s->service && s->service->cgroup_made)
		service_cgroup_path(s->service, path, size);
	else if (s->unit->type == UNIT_SLICE && s->node->active == ACTIVE_ACTIVE)
		slice_unit_path(s->unit, path, size);
	else
		return false;
	return true;
}

static void put_cgroup(const struct snapshot *s, int arg, struct strbuf *b)
{
	char path[512];

	(void)arg;
	if (group_of(s, path, sizeof(path)))
		strbuf_printf(b, "/%s", path);
}

static void put_slice(const struct snapshot *s, int arg, struct strbuf *b)
{
	const char *name = unit_str(s->unit, K_Slice);

	(void)arg;
	if (s->unit->type != UNIT_SLICE)
		strbuf_put(b, name ? name : "system.slice");
}

/* Only the one file that is asked for: a list of a thousand units reads a thousand files, not five. */
static bool read_cgroup(const struct snapshot *s, const char *file, char *text, size_t size)
{
	char group[400], path[512];
	struct strbuf b = STRBUF_INIT(path);

	if (!group_of(s, group, sizeof(group)))
		return false;
	strbuf_printf(&b, "%s/%s", group, file);
	return !b.cut && fd_read_file_at(s->m->cgroup_root, path, text, size) >= 0;
}

static void put_usage(const struct snapshot *s, int arg, struct strbuf *b)
{
	static const char *const files[] = {
		[USAGE_MEMORY] = "memory.current", [USAGE_MEMORY_PEAK] = "memory.peak",
		[USAGE_MEMORY_MAX] = "memory.max", [USAGE_TASKS] = "pids.current",
		[USAGE_TASKS_MAX] = "pids.max",
	};
	char text[32];

	if (read_cgroup(s, files[arg], text, sizeof(text))) {
		uint64_t n;

		text[strcspn(text, "\n")] = '\0';
		if (arg == USAGE_TASKS_MAX && s->service && parse_u64(text, 0, UINT64_MAX, &n) == 0)
			strbuf_put_u64(b, n - cgroups_stubs(s->service));
		else
			strbuf_put(b, str_eq(text, "max") ? "infinity" : text);
	} else if (arg == USAGE_MEMORY_MAX)
		setting_put_value(s->unit, K_MemoryMax, b);
	else if (arg == USAGE_TASKS_MAX)
		setting_put_value(s->unit, K_TasksMax, b);
	else
		strbuf_put(b, "[not set]");
}

static void put_cpu(const struct snapshot *s, int arg, struct strbuf *b)
{
	uint64_t usec = CGROUP_USAGE_UNKNOWN;
	char text[2048];

	(void)arg;
	if (read_cgroup(s, "cpu.stat", text, sizeof(text)))
		usec = cgroup_stat_value(text, "usage_usec");
	if (usec == CGROUP_USAGE_UNKNOWN)
		strbuf_put(b, "[not set]");
	else
		strbuf_put_u64(b, usec * 1000);
}

static const struct status_row rows[] = {
	{ "MemoryCurrent", put_usage, USAGE_MEMORY },
	{ "MemoryPeak", put_usage, USAGE_MEMORY_PEAK },
	{ "MemoryMax", put_usage, USAGE_MEMORY_MAX },
	{ "TasksCurrent", put_usage, USAGE_TASKS },
	{ "TasksMax", put_usage, USAGE_TASKS_MAX },
	{ "CPUUsageNSec", put_cpu, 0 },
	{ "ControlGroup", put_cgroup, 0 },
	{ "Slice", put_slice, 0 },
};

const struct status_group status_usage = STATUS_GROUP(rows, STATUS_SERVICES | 1 << UNIT_SLICE);
