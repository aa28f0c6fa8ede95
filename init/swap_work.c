/* SPDX-License-Identifier: MIT */
#include "init/swap_work.h"

#include "init/attach.h"
#include "init/device.h"
#include "init/mountinfo.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/swap.h>

/* swapon(2); not all C libraries have them. */
#ifndef SWAP_FLAG_DISCARD
#define SWAP_FLAG_DISCARD 0x10000
#endif
#define DISCARD_ONCE  0x20000
#define DISCARD_PAGES 0x40000

static int take_option(int flags, const char *option)
{
	uint64_t n;

	if (str_starts(option, "pri=") && parse_u64(option + 4, 0, SWAP_FLAG_PRIO_MASK, &n) == 0)
		return (flags & ~SWAP_FLAG_PRIO_MASK) | SWAP_FLAG_PREFER | (int)n;
	if (str_eq(option, "discard"))
		return flags | SWAP_FLAG_DISCARD;
	if (str_eq(option, "discard=once"))
		return flags | SWAP_FLAG_DISCARD | DISCARD_ONCE;
	if (str_eq(option, "discard=pages"))
		return flags | SWAP_FLAG_DISCARD | DISCARD_PAGES;
	return flags;
}

int swap_flags(const char *options, int priority)
{
	int flags = priority < 0 ? 0 : SWAP_FLAG_PREFER | (priority & SWAP_FLAG_PRIO_MASK);
	char text[2048], *save, *option;

	if (!str_copy(text, sizeof(text), options))
		return -E2BIG;
	for (option = strtok_r(text, ",", &save); option; option = strtok_r(NULL, ",", &save))
		flags = take_option(flags, option);
	return flags;
}

static bool is_on(const char *path)
{
	char line[PATH_MAX + 128];
	FILE *f = fopen("/proc/swaps", "re");
	bool on = false;

	while (f && !on && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t")] = '\0';
		mountinfo_unescape(line);
		on = str_eq(line, path);
	}
	if (f)
		fclose(f);
	return on;
}

int swap_on_work(void *arg, int fd)
{
	struct attach_page *page = arg;
	int flags = swap_flags(page->options, page->priority);
	char path[sizeof(page->what)], real[PATH_MAX];
	int r;

	(void)fd;
	if (flags < 0)
		return flags;
	str_copy(path, sizeof(path), page->what);
	r = device_is_named(path) ? device_find(page->what, page->wait, path, sizeof(path),
						page->failed, sizeof(page->failed))
				  : 0;
	if (r < 0)
		return r;
	/* /proc/swaps has the name without links. */
	if (!realpath(path, real))
		return -errno;
	if (!str_eq(real, page->what) && !str_copy(page->found, sizeof(page->found), real))
		return -ENAMETOOLONG;
	if (swapon(real, flags) == 0)
		return 0;
	/* The table knew it by the name that it has only been found out to have. */
	if (errno == EBUSY && is_on(real))
		return 0;
	if (errno == ENOSYS)
		str_copy(page->failed, sizeof(page->failed), "kernel without CONFIG_SWAP");
	else if (errno == EINVAL)
		str_copy(page->failed, sizeof(page->failed), "no swap there (mkswap)");
	return -errno;
}

int swap_off_work(void *arg, int fd)
{
	const struct attach_page *page = arg;
	const char *path = page->found[0] ? page->found : page->what;
	int r;

	(void)fd;
	if (swapoff(path) == 0)
		return 0;
	/* It was none (any more), or had not even been found yet. */
	r = -errno;
	return is_on(path) ? r : 0;
}
