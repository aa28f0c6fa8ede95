/* SPDX-License-Identifier: MIT */
#include "init/plan.h"

#include "cgroupfs/limits.h"
#include "init/manager.h"
#include "lib/fd.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <fcntl.h>
#include <sys/sysinfo.h>

/* Percentages of memory and of the machine's tasks, resolved at each start. */
uint64_t plan_machine_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : 0;
}

static uint64_t machine_tasks(void)
{
	static uint64_t max;
	char text[32];

	if (max == 0 &&
	    (fd_read_file_at(AT_FDCWD, "/proc/sys/kernel/threads-max", text, sizeof(text)) <= 0 ||
	     parse_u64(text, 1, UINT32_MAX, &max) < 0))
		max = 32768;
	return max;
}

static const struct {
	enum key key;
	enum cgroup_limit limit;
	bool tasks;
} limit_keys[] = {
	{ K_MemoryMin, CGROUP_MEMORY_MIN, false },   { K_MemoryLow, CGROUP_MEMORY_LOW, false },
	{ K_MemoryHigh, CGROUP_MEMORY_HIGH, false }, { K_MemoryMax, CGROUP_MEMORY_MAX, false },
	{ K_MemorySwapMax, CGROUP_SWAP_MAX, false }, { K_TasksMax, CGROUP_TASKS_MAX, true },
};

void plan_limits(const struct unit *u, struct cgroup_limits *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(limit_keys); i++) {
		uint64_t v = unit_u64(u, limit_keys[i].key);
		bool kept_default = v == VALUE_INFINITY || v == 0;

		if (kept_default && !unit_setting(u, limit_keys[i].key))
			continue; /* the kernel's own default */
		if (value_is_percent(v))
			v = value_resolve(v, limit_keys[i].tasks ? machine_tasks()
								 : plan_machine_memory());
		cgroup_limits_set(out, limit_keys[i].limit, v);
	}
	uint64_t quota = unit_u64(u, K_CPUQuota);

	if (unit_setting(u, K_CPUQuota) && quota != VALUE_INFINITY) {
		uint64_t period = unit_u64(u, K_CPUQuotaPeriodSec);

		out->cpu_period = (uint32_t)period;
		cgroup_limits_set(out, CGROUP_CPU_QUOTA, quota * period / 10000);
	}
	if (unit_setting(u, K_CPUWeight) && unit_u64(u, K_CPUWeight) != VALUE_INFINITY)
		cgroup_limits_set(out, CGROUP_CPU_WEIGHT, unit_u64(u, K_CPUWeight));
	if (unit_setting(u, K_IOWeight) && unit_u64(u, K_IOWeight) != VALUE_INFINITY)
		cgroup_limits_set(out, CGROUP_IO_WEIGHT, unit_u64(u, K_IOWeight));
	if (u->type != UNIT_SLICE && unit_u64(u, K_OOMPolicy) == OOM_KILL)
		cgroup_limits_set(out, CGROUP_OOM_GROUP, 1);
}
