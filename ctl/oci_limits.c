/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"

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

/* Weights of cgroup v1 are 10 to 1000, of v2 1 to 10000: runc's formula. */
static void put_block_io(struct oci *o, cJSON *part)
{
	cJSON *io = oci_take(o, part, PATH, "blockIO", cJSON_Object);
	double weight;

	if (oci_take_number(o, io, PATH ".blockIO", "weight", &weight) && weight != 0) {
		if (weight < 10 || weight > 1000)
			oci_problem(o, "is not in 10..1000", PATH ".blockIO.weight");
		else
			fprintf(o->service, "IOWeight=%u\n",
				(unsigned int)(1 + (weight - 10) * 9999 / 990));
	}
	oci_rest(o, io, PATH ".blockIO");
}

void oci_resources(struct oci *o, cJSON *linux_part)
{
	cJSON *part = oci_take(o, linux_part, "linux", "resources", cJSON_Object);

	put_memory(o, part);
	put_cpu(o, part);
	put_pids(o, part);
	put_block_io(o, part);
	oci_device_rules(o, part);
	oci_rest(o, part, PATH);
}
