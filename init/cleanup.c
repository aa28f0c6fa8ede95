/* SPDX-License-Identifier: MIT */
#include "init/cleanup.h"

#include "init/manager.h"
#include "init/plan.h"
#include "init/pod.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 64

#define HOME	   "/run"
#define TREE_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
/*
 * Neither through a link, which the service may have put in the place of one of its folders, nor
 * into what is mounted somewhere below: neither is ours to empty.
 */
#define TREE_RESOLVE (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

static void remove_tree(int parent, const char *name, int depth)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT || depth == MAX_DEPTH)
		return;
	int fd = sys_openat2(parent, name, TREE_FLAGS, 0, TREE_RESOLVE);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir) {
		struct dirent *e;

		while ((e = readdir(dir))) {
			if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
				remove_tree(fd, e->d_name, depth + 1);
		}
		closedir(dir);
	}
	unlinkat(parent, name, AT_REMOVEDIR);
}

/*
 * Takes a folder out of the way at once, to /run/.berth-gone.N: the removal goes on beside the next
 * start, which must find none or its own. /run is a tmpfs: a rename there waits for nobody. False:
 * it is not there, or is to be left alone.
 */
static bool set_aside(int run, const char *path, const char *aside)
{
	const char *slash = strrchr(path, '/');
	char parent[256];
	struct strbuf b = STRBUF_INIT(parent);
	autoclose int dir = -1;

	if (slash) {
		strbuf_put_n(&b, path, (size_t)(slash - path));
		dir = b.cut ? -ENAMETOOLONG : sys_openat2(run, parent, TREE_FLAGS, 0, TREE_RESOLVE);
		if (dir < 0)
			return false;
	}
	return renameat(slash ? dir : run, slash ? slash + 1 : path, run, aside) == 0;
}

/* In a child: the trees may be as large as the service liked to make them. */
static void remove_in_child(const char *id, const char *const homes[], size_t n, const char *name)
{
	/* Nothing is copied but what is shared: PID 1's descriptors must not live on in there. */
	struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };
	/* A copy of PID 1 with memory of its own: the C library works as ever (reaped as a stranger). */
	pid_t pid = sys_clone3(&args, sizeof(args));

	if (pid < 0)
		log_warn("%s: %s/%s is left behind: %s", id, homes[0], name, diag_errno(-pid));
	if (pid != 0)
		return;
	if (sys_close_range(3, ~0U, CLOSE_RANGE_UNSHARE) < 0)
		_exit(1);
	for (size_t i = 0; i < n; i++) {
		autoclose int home = open(homes[i], TREE_FLAGS);

		if (home >= 0)
			remove_tree(home, name, 0);
	}
	_exit(0);
}

void cleanup_runtime(struct service *s)
{
	static const char *const home[] = { HOME };
	static unsigned int number;
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct strings *names = unit_list(u, K_RuntimeDirectory);

	if (names->n == 0 || (plan_isolation(s) != ISOLATION_NONE &&
			      unit_u64(u, K_RuntimeDirectoryPreserve) == PRESERVE_NO))
		return;
	autoclose int run = open(HOME, TREE_FLAGS);

	/* The last first: "web web/cache" names the inner one last. */
	for (uint32_t i = names->n; run >= 0 && i-- > 0;) {
		char aside[40], name[256];
		struct strbuf b = STRBUF_INIT(aside), n = STRBUF_INIT(name);
		const char *colon = strchr(names->v[i], ':');

		strbuf_printf(&b, ".berth-gone.%u", number++);
		/* "NAME:LINK" */
		if (colon && set_aside(run, colon + 1, aside))
			(void)unlinkat(run, aside, 0);
		strbuf_put_n(&n, names->v[i], strcspn(names->v[i], ":"));
		if (!n.cut && set_aside(run, name, aside))
			remove_in_child(u->id, home, 1, aside);
	}
}

const char *const private_tmp_places[PRIVATE_TMP_PLACES] = { "/tmp", "/var/tmp" };

/* The invocation comes first, it is what nobody can guess; of the unit's name as much as there is room for. */
void private_tmp_name(const struct service *s, char name[PRIVATE_TMP_NAME])
{
	char text[33];
	const char *invocation = service_invocation(s, text);
	const char *id = manager_node(s->manager, s->index)->unit->id;
	struct strbuf b;

	(void)pod_tmp(s, &invocation, &id);
	strbuf_init(&b, name, PRIVATE_TMP_NAME);
	strbuf_put(&b, "berth-private-");
	strbuf_put(&b, invocation);
	strbuf_put(&b, "-");
	strbuf_put(&b, id);
}

void cleanup_private_tmp(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	char name[PRIVATE_TMP_NAME];

	if (plan_isolation(s) != ISOLATION_NONE || !unit_bool(u, K_PrivateTmp))
		return;
	char text[33];

	if (!service_invocation(s, text)[0])
		return;
	private_tmp_name(s, name);
	remove_in_child(u->id, private_tmp_places, PRIVATE_TMP_PLACES, name);
}
