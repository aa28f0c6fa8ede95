/* SPDX-License-Identifier: MIT */
#include "init/members.h"

#include "init/cgroups.h"
#include "init/service.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <fcntl.h>
#include <stdlib.h>

bool members_has(const struct service *s, pid_t pid)
{
	char path[40], own[320], text[1024];
	struct strbuf b = STRBUF_INIT(path);

	strbuf_printf(&b, "/proc/%d/cgroup", (int)pid);
	service_cgroup_path(s, own, sizeof(own));
	if (pid <= 0 || fd_read_file_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return false;
	/* cgroups(7): the line of the unified hierarchy is "0::/PATH"; v1 ones may stand before it. */
	const char *at = str_starts(text, "0::/") ? text : strstr(text, "\n0::/");
	size_t n = strlen(own);

	if (!at)
		return false;
	at = strchr(at, '/') + 1;
	return strncmp(at, own, n) == 0 && (at[n] == '\n' || at[n] == '/');
}

static bool is_stub(const struct service *s, pid_t pid)
{
	const struct process *const all[] = { &s->main, service_control(s), service_anchor(s) };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i]->stub && all[i]->pid == pid)
			return true;
	}
	return false;
}

/*
 * The first process in the cgroup beside our stubs for which @fits; what does not fit the buffer is
 * not looked at, since nobody needs to find the daemon among a hundred.
 */
static pid_t find(const struct service *s, bool (*fits)(pid_t pid, pid_t wanted), pid_t wanted)
{
	autoclose int fd = cgroups_open(s);
	char text[1024] = "";

	if (fd < 0 || fd_read_file_at(fd, "cgroup.procs", text, sizeof(text)) == 0)
		return 0;
	for (char *at = text, *end; *at; at = end + (*end == '\n')) {
		pid_t pid = (pid_t)strtol(at, &end, 10);

		if (end == at)
			return 0;
		if (!is_stub(s, pid) && fits(pid, wanted))
			return pid;
	}
	return 0;
}

static bool is_other(pid_t pid, pid_t wanted)
{
	return pid != wanted;
}

static bool has_number(pid_t pid, pid_t wanted)
{
	return members_pid_inside(pid) == wanted;
}

pid_t members_only(const struct service *s)
{
	pid_t pid = find(s, is_other, 0);

	return pid != 0 && find(s, is_other, pid) == 0 ? pid : 0;
}

pid_t members_by_number(const struct service *s, pid_t inside)
{
	return inside > 0 ? find(s, has_number, inside) : 0;
}

/* The last number of NSpid in proc(5)'s status. */
pid_t members_pid_inside(pid_t pid)
{
	static LARGE_STATIC char text[4096];
	char path[32];
	struct strbuf b = STRBUF_INIT(path);
	uint64_t inside;

	strbuf_printf(&b, "/proc/%d/status", (int)pid);
	char *line = fd_read_file_at(AT_FDCWD, path, text, sizeof(text)) > 0
			     ? strstr(text, "\nNSpid:")
			     : NULL;
	char *end = line ? strchr(line + 1, '\n') : NULL;

	if (!end)
		return 0;
	*end = '\0';
	char *last = strrchr(line, '\t');

	return last && parse_u64(last + 1, 1, INT32_MAX, &inside) == 0 ? (pid_t)inside : 0;
}
