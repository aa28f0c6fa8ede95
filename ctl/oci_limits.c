/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/str.h"

#include <string.h>

#define PATH "linux.resources"

static void put_size(struct oci *o, const char *key, double n, const char *path)
{
	fprintf(o->service, "%s=", key);
	if (!oci_put_number(o->service, n))
		oci_problem(o, "is no size", "%s", path);
	fputc('\n', o->service);
}

static void put_memory(struct oci *o, cJSON *part)
{
	cJSON *memory = oci_take(o, part, PATH, "memory", cJSON_Object);
	double limit, low, swap;
	bool has_limit = oci_take_number(o, memory, PATH ".memory", "limit", &limit);

	if (has_limit)
		put_size(o, "MemoryMax", limit, PATH ".memory.limit");
	if (oci_take_number(o, memory, PATH ".memory", "reservation", &low))
		put_size(o, "MemoryLow", low, PATH ".memory.reservation");
	/* There it is the sum of memory and swap. */
	if (oci_take_number(o, memory, PATH ".memory", "swap", &swap)) {
		if (swap == -1)
			put_size(o, "MemorySwapMax", -1, PATH ".memory.swap");
		else if (!has_limit || limit < 0 || swap < limit)
			oci_problem(o, "is less than the limit of memory", PATH ".memory.swap");
		else
			put_size(o, "MemorySwapMax", swap - limit, PATH ".memory.swap");
	}
	oci_rest(o, memory, PATH ".memory");
}

static void put_cpu(struct oci *o, cJSON *part)
{
	cJSON *cpu = oci_take(o, part, PATH, "cpu", cJSON_Object);
	double shares, quota, period;

	/* cgroup v1 counts from 2 to 262144, v2 from 1 to 10000: runc's formula. */
	if (oci_take_number(o, cpu, PATH ".cpu", "shares", &shares) && shares != 0) {
		if (shares < 2 || shares > 262144)
			oci_problem(o, "is not in 2..262144", PATH ".cpu.shares");
		else
			fprintf(o->service, "CPUWeight=%u\n",
				(unsigned int)(1 + (shares - 2) * 9999 / 262142));
	}
	if (!oci_take_number(o, cpu, PATH ".cpu", "period", &period) || period == 0)
		period = 100000;
	if (oci_take_number(o, cpu, PATH ".cpu", "quota", &quota) && quota > 0) {
		if (quota < 1000 || quota > 1e12 || period < 1000 || period > 1000000)
			oci_problem(o, "are out of bounds", PATH ".cpu.quota and .period");
		else
			fprintf(o->service, "CPUQuota=%.0f%%\nCPUQuotaPeriodSec=%.0fus\n",
				quota * 100 / period < 1 ? 1 : quota * 100 / period, period);
	}
	oci_rest(o, cpu, PATH ".cpu");
}

static void put_pids(struct oci *o, cJSON *part)
{
	cJSON *pids = oci_take(o, part, PATH, "pids", cJSON_Object);
	double limit;

	if (oci_take_number(o, pids, PATH ".pids", "limit", &limit))
		put_size(o, "TasksMax", limit <= 0 ? -1 : limit, PATH ".pids.limit");
	oci_rest(o, pids, PATH ".pids");
}

/* Of the rules only the one that denies all: what DevicePolicy=closed then allows, any runtime allows. */
static void put_devices(struct oci *o, cJSON *part)
{
	cJSON *devices = oci_take(o, part, PATH, "devices", cJSON_Array);
	cJSON *j;
	int i = 0;

	cJSON_ArrayForEach(j, devices)
	{
		bool allow;
		const char *access = oci_take_text(o, j, PATH ".devices[]", "access");
		const char *type = oci_take_text(o, j, PATH ".devices[]", "type");
		bool given = oci_take_bool(o, j, PATH ".devices[]", "allow", &allow);

		if (!given || allow || !access || !str_eq(access, "rwm") ||
		    (type && !str_eq(type, "a")) || cJSON_GetArraySize(j) > 0)
			oci_problem(o, "only the rule that denies all devices has a directive",
				    PATH ".devices[%d]", i);
		i++;
	}
	if (i > 0)
		fputs("DevicePolicy=closed\n", o->service);
}

void oci_resources(struct oci *o, cJSON *linux_part)
{
	cJSON *part = oci_take(o, linux_part, "linux", "resources", cJSON_Object);

	put_memory(o, part);
	put_cpu(o, part);
	put_pids(o, part);
	put_devices(o, part);
	oci_rest(o, part, PATH);
}
