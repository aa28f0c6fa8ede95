/* SPDX-License-Identifier: MIT */
#include "cgroupfs/limits.h"

#include "cgroupfs/tree.h"
#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <unistd.h>

/* A limit in no cgroup file's language: how to print it, and what "not set" means in it. */
struct limit_row {
	const char *file;
	void (*format)(struct strbuf *b, const struct cgroup_limits *l, uint64_t value);
	uint64_t fallback; /* the kernel's default */
	bool pages;	   /* the kernel rounds it down to whole pages */
	uint8_t controller;
};

static void format_number(struct strbuf *b, const struct cgroup_limits *l, uint64_t value)
{
	(void)l;
	if (value == CGROUP_MAX)
		strbuf_put(b, "max");
	else
		strbuf_put_u64(b, value);
}

/* cpu.max takes "QUOTA PERIOD"; both are always given, or a kept cgroup would keep its period. */
static void format_quota(struct strbuf *b, const struct cgroup_limits *l, uint64_t value)
{
	format_number(b, l, value);
	strbuf_put(b, " ");
	strbuf_put_u64(b, l->cpu_period ? l->cpu_period : CGROUP_CPU_PERIOD_DEFAULT);
}

/* io.weight has one value per device besides this one. */
static void format_io_weight(struct strbuf *b, const struct cgroup_limits *l, uint64_t value)
{
	strbuf_put(b, "default ");
	format_number(b, l, value);
}

/*
 * Files, forms and defaults: Documentation/admin-guide/cgroup-v2.rst. The order is that of
 * writing: protections first, then ceilings.
 */
static const struct limit_row rows[CGROUP_LIMIT_COUNT] = {
	[CGROUP_MEMORY_MIN] = { "memory.min", format_number, 0, true, CGROUP_MEMORY },
	[CGROUP_MEMORY_LOW] = { "memory.low", format_number, 0, true, CGROUP_MEMORY },
	[CGROUP_MEMORY_HIGH] = { "memory.high", format_number, CGROUP_MAX, true, CGROUP_MEMORY },
	[CGROUP_MEMORY_MAX] = { "memory.max", format_number, CGROUP_MAX, true, CGROUP_MEMORY },
	[CGROUP_SWAP_MAX] = { "memory.swap.max", format_number, CGROUP_MAX, true, CGROUP_MEMORY },
	[CGROUP_ZSWAP_MAX] = { "memory.zswap.max", format_number, CGROUP_MAX, true, CGROUP_MEMORY },
	[CGROUP_OOM_GROUP] = { "memory.oom.group", format_number, 0, false, CGROUP_MEMORY },
	[CGROUP_TASKS_MAX] = { "pids.max", format_number, CGROUP_MAX, false, CGROUP_PIDS },
	[CGROUP_CPU_WEIGHT] = { "cpu.weight", format_number, 100, false, CGROUP_CPU },
	[CGROUP_CPU_QUOTA] = { "cpu.max", format_quota, CGROUP_MAX, false, CGROUP_CPU },
	[CGROUP_IO_WEIGHT] = { "io.weight", format_io_weight, 100, false, CGROUP_IO },
};

static bool is_set(const struct cgroup_limits *l, enum cgroup_limit which)
{
	return l->set & UINT32_C(1) << which;
}

/* What page_counter_memparse() makes of a number of bytes. */
static uint64_t round_to_pages(uint64_t value, uint64_t page)
{
	if (value == CGROUP_MAX || value / page >= (uint64_t)LONG_MAX / page)
		return CGROUP_MAX;
	return value / page * page;
}

unsigned int cgroup_limit_format(const struct cgroup_limits *l, enum cgroup_limit which,
				 uint64_t page, char buf[CGROUP_LIMIT_TEXT])
{
	const struct limit_row *row = &rows[which];
	uint64_t value = is_set(l, which) ? l->value[which] : row->fallback;
	struct strbuf b;

	if (page && row->pages)
		value = round_to_pages(value, page);
	strbuf_init(&b, buf, CGROUP_LIMIT_TEXT);
	row->format(&b, l, value);
	return (unsigned int)b.len;
}

int cgroup_limit_write(int dirfd, const struct cgroup_limits *l, enum cgroup_limit which)
{
	char text[CGROUP_LIMIT_TEXT];
	unsigned int len = cgroup_limit_format(l, which, 0, text);

	return fd_write_file_at(dirfd, rows[which].file, text, len);
}

int cgroup_limits_apply(int dirfd, const struct cgroup_limits *l, enum cgroup_apply how,
			uint32_t controllers, const char **failed)
{
	for (unsigned int i = 0; i < CGROUP_LIMIT_COUNT; i++) {
		int r;

		if (!is_set(l, i) && (how == CGROUP_FRESH || !(controllers & rows[i].controller)))
			continue;
		r = cgroup_limit_write(dirfd, l, i);
		/* Where the file is absent no former value can be left in it. */
		if (r == -ENOENT && !is_set(l, i))
			continue;
		if (r < 0) {
			*failed = rows[i].file;
			return r;
		}
	}
	return 0;
}

/* Only the first line counts: io.weight goes on with devices. */
static bool same_line(const char *text, const char *expected)
{
	size_t n = strlen(expected);

	return strncmp(text, expected, n) == 0 && (text[n] == '\n' || text[n] == '\0');
}

int cgroup_limits_verify(int dirfd, const struct cgroup_limits *l, const char **failed)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	for (unsigned int i = 0; i < CGROUP_LIMIT_COUNT; i++) {
		char expected[CGROUP_LIMIT_TEXT], text[512];
		ssize_t n;

		if (!is_set(l, i))
			continue;
		cgroup_limit_format(l, i, page, expected);
		n = fd_read_file_at(dirfd, rows[i].file, text, sizeof(text));
		if (n < 0 || !same_line(text, expected)) {
			*failed = rows[i].file;
			return n < 0 ? (int)n : -ERANGE;
		}
	}
	return 0;
}

const char *cgroup_limit_file(enum cgroup_limit which)
{
	return rows[which].file;
}

/* Controllers and the options that build them (init/Kconfig, block/Kconfig). */
static const struct {
	const char *controller;
	const char *option;
} options[] = {
	{ "memory", "CONFIG_MEMCG" },	  { "pids", "CONFIG_CGROUP_PIDS" },
	{ "cpu", "CONFIG_CGROUP_SCHED" }, { "cpuset", "CONFIG_CPUSETS" },
	{ "io", "CONFIG_BLK_CGROUP" },	  { "hugetlb", "CONFIG_CGROUP_HUGETLB" },
	{ "rdma", "CONFIG_CGROUP_RDMA" }, { "misc", "CONFIG_CGROUP_MISC" },
};

/* Files that need more than their controller. */
static const struct {
	const char *file;
	const char *option;
} file_options[] = {
	{ "memory.swap.max", "CONFIG_SWAP" },	     { "memory.zswap.max", "CONFIG_ZSWAP" },
	{ "cpu.max", "CONFIG_CFS_BANDWIDTH" },	     { "cpu.weight", "CONFIG_FAIR_GROUP_SCHED" },
	{ "io.weight", "CONFIG_BLK_CGROUP_IOCOST" },
};

static int find_controller(const char *file)
{
	size_t n = strcspn(file, ".");

	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
		const char *c = options[i].controller;

		if (strlen(c) == n && strncmp(c, file, n) == 0)
			return (int)i;
	}
	return -1;
}

const char *cgroup_file_controller(const char *file)
{
	int i = find_controller(file);

	return i < 0 ? NULL : options[i].controller;
}

const char *cgroup_kernel_option(const char *file_or_controller)
{
	int i = find_controller(file_or_controller);

	for (unsigned int j = 0; j < ARRAY_SIZE(file_options); j++)
		if (str_eq(file_options[j].file, file_or_controller))
			return file_options[j].option;
	return i < 0 ? NULL : options[i].option;
}
