/* SPDX-License-Identifier: MIT */
#include "cgroupfs/usage.h"

#include "lib/fd.h"
#include "lib/parse.h"
#include "lib/str.h"

static uint64_t parse_counter(const char *s)
{
	char digits[24];
	size_t n = strspn(s, "0123456789");
	uint64_t v;

	if (n == 0 || n >= sizeof(digits))
		return CGROUP_USAGE_UNKNOWN;
	memcpy(digits, s, n);
	digits[n] = '\0';
	return parse_u64(digits, 0, UINT64_MAX, &v) < 0 ? CGROUP_USAGE_UNKNOWN : v;
}

static uint64_t read_counter(int dirfd, const char *file)
{
	char text[64];

	if (fd_read_file_at(dirfd, file, text, sizeof(text)) < 0)
		return CGROUP_USAGE_UNKNOWN;
	return parse_counter(text);
}

uint64_t cgroup_stat_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = text; s; s = strchr(s, '\n')) {
		if (*s == '\n')
			s++;
		if (strncmp(s, key, n) == 0 && s[n] == ' ')
			return parse_counter(s + n + 1);
	}
	return CGROUP_USAGE_UNKNOWN;
}

uint64_t cgroup_memory_peak(int dirfd)
{
	return read_counter(dirfd, "memory.peak");
}

void cgroup_usage_read(int dirfd, struct cgroup_usage *out)
{
	char text[2048];

	out->memory_current = read_counter(dirfd, "memory.current");
	out->memory_peak = read_counter(dirfd, "memory.peak");
	out->swap_current = read_counter(dirfd, "memory.swap.current");
	out->tasks_current = read_counter(dirfd, "pids.current");
	out->cpu_usec = CGROUP_USAGE_UNKNOWN;
	if (fd_read_file_at(dirfd, "cpu.stat", text, sizeof(text)) >= 0)
		out->cpu_usec = cgroup_stat_value(text, "usage_usec");
}
