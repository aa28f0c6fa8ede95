/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Enters the namespaces of a running process of the same unit. One setns(2) on its pidfd does all
 * of them or none (Linux 5.8). The PID namespace takes effect for children only, which is why
 * plans that join one also have a stub.
 */
int step_join(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (p->join_pidfd < 0 || p->join_namespaces == 0)
		return 0;
	return setns(p->join_pidfd, (int)p->join_namespaces) < 0 ? -errno : 0;
}

/* One that somebody keeps as a file; the kernel says EINVAL when it is of another type, or no namespace. */
static int enter_file(struct child *c, const char *path, int type)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0 && setns(fd, type) == 0)
		return 0;
	int err = errno;

	str_copy(c->text, sizeof(c->text), path);
	return -err;
}

int step_netns(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (p->netns_path)
		return enter_file(c, p->netns_path, CLONE_NEWNET);
	if (p->netns < 0)
		return 0;
	return setns(p->netns, CLONE_NEWNET) < 0 ? -errno : 0;
}

int step_ipcns(struct child *c)
{
	const char *path = c->plan->ipcns_path;

	return path ? enter_file(c, path, CLONE_NEWIPC) : 0;
}

/* Those of its pod; another descriptor for each, as each is of another kind. */
int step_pod(struct child *c)
{
	static const int flags[POD_KINDS] = { CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS };
	const struct spawn_plan *p = c->plan;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if ((p->pod_namespaces & (uint64_t)flags[i]) && setns(p->pod[i], flags[i]) < 0)
			return -errno;
	}
	return 0;
}

int step_network(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	return p->network ? p->network(p->network_spec, p->host_netlink, c->text) : 0;
}

/*
 * /proc/sys shows each process the tunables of its own network and IPC namespaces, whoever has mounted
 * it; what is none of those is not listed there (net) or was refused before (the rest).
 */
int step_tunables(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int r = 0;

	if (p->n_tunables == 0)
		return 0;
	autoclose int dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	for (size_t i = 0; i < p->n_tunables && r == 0; i++) {
		str_copy(c->text, sizeof(c->text), p->tunables[i].path);
		r = fd_write_file_at(dir, p->tunables[i].path, p->tunables[i].value,
				     strlen(p->tunables[i].value));
	}
	return r;
}

static void put_offset(struct strbuf *b, clockid_t clock, int64_t usec)
{
	int64_t seconds = usec / (int64_t)USEC_PER_SEC, rest = usec % (int64_t)USEC_PER_SEC;

	if (rest < 0) {
		rest += (int64_t)USEC_PER_SEC;
		seconds--;
	}
	strbuf_put_u64(b, (uint64_t)clock);
	strbuf_put(b, seconds < 0 ? " -" : " ");
	strbuf_put_u64(b, (uint64_t)(seconds < 0 ? -seconds : seconds));
	strbuf_put(b, " ");
	strbuf_put_u64(b, (uint64_t)rest * 1000);
	strbuf_put(b, "\n");
}

/*
 * unshare(2) makes one for children; its clocks are set before anybody is in it, then it is entered
 * by its file, as time_namespaces(7) has it.
 */
int step_time(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	char text[80];
	struct strbuf b = STRBUF_INIT(text);

	if (p->monotonic_offset == 0 && p->boottime_offset == 0)
		return 0;
	str_copy(c->text, sizeof(c->text), "making it; the kernel needs CONFIG_TIME_NS");
	if (unshare(CLONE_NEWTIME) < 0)
		return -errno;
	put_offset(&b, CLOCK_MONOTONIC, p->monotonic_offset);
	put_offset(&b, CLOCK_BOOTTIME, p->boottime_offset);
	int r = fd_write_file_at(AT_FDCWD, "/proc/self/timens_offsets", text, b.len);

	if (r < 0) {
		str_copy(c->text, sizeof(c->text), "its clocks, of which none may be negative");
		return r;
	}
	return enter_file(c, "/proc/self/ns/time_for_children", CLONE_NEWTIME);
}

int step_hostname(struct child *c)
{
	const char *name = c->plan->hostname;

	if (!name)
		return 0;
	return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}
