/* SPDX-License-Identifier: MIT */
#include "init/rootview.h"

#include "init/errand.h"
#include "init/jobs.h"
#include "init/manager.h"
#include "init/neighbours.h"
#include "init/plan.h"
#include "init/rootview_assemble.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/sys.h"
#include "sandbox/rules.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASSEMBLY_LIMIT (30 * USEC_PER_SEC)

static struct rootview_assembly *assembly;
static struct manager *manager;
static bool under_way;
static bool outdated;
static struct errand assembling;

static int begin(void)
{
	assembly->diag = (struct diag){ .text = "" };
	outdated = false;
	pool_show(assembly, sizeof(*assembly));
	int r = errand_start(&assembling);

	under_way = r == 0;
	if (r == 0)
		return 0;
	assembly->mark = 0;
	diag_set(&assembly->diag, DIAG_ERROR, -r, "assembling the services' root");
	return r;
}

static void on_assembled(struct errand *e, int result)
{
	(void)e;
	under_way = false;
	pool_hide(assembly, sizeof(*assembly));
	if (result < 0) {
		assembly->mark = 0;
		if (assembly->diag.text[0] == '\0')
			diag_set(&assembly->diag, DIAG_ERROR, -result,
				 "assembling the services' root");
	}
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		const struct service *s = manager_node(manager, i)->service;

		if (s && service_has(s)->view_asked)
			jobs_unit_settled(manager, i);
	}
}

void rootview_begin(void)
{
	if (assembling.work && !under_way)
		(void)begin(); /* whoever needs the tree tries again */
}

int rootview_open(struct manager *m)
{
	int table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	manager = m;
	table = table < 0 ? -errno : spawn_lift_fd(table);
	assembly = mmap(NULL, sizeof(*assembly), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (assembly == MAP_FAILED)
		assembly = NULL;
	if (table < 0 || !assembly || (mkdir(ROOTVIEW_PATH, 0755) < 0 && errno != EEXIST))
		return table < 0 ? table : -errno;
	assembling = (struct errand){ .what = "assembling the services' root",
				      .limit = ASSEMBLY_LIMIT,
				      .work = rootview_assemble,
				      .arg = assembly,
				      .done = on_assembled,
				      .fd = table };
	return neighbours_open();
}

/* Needs the tree: everything isolated, and whoever borrows its /dev. */
static bool is_for(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return plan_isolation(s) != ISOLATION_NONE || unit_bool(u, K_PrivateDevices);
}

bool rootview_outdated(int table)
{
	struct pollfd p = { .fd = table, .events = POLLPRI };

	return poll(&p, 1, 0) != 0;
}

/*
 * While the errand runs the table is its own to ask: it leaves to us what it has not seen. Of a
 * failure hears who has waited for it; who comes later tries again.
 */
int rootview_prepare(struct service *s)
{
	bool asked = service_has(s)->view_asked;

	if (!is_for(s) || !assembling.work)
		return 0;
	if (!under_way) {
		bool failed = assembly->mark == 0 && asked;

		/* Written when it changes: a page that a fork has shared is copied for a write. */
		if (!outdated && rootview_outdated(assembling.fd))
			outdated = true;
		if (failed || (assembly->mark != 0 && !outdated) || !service_extra(s) ||
		    begin() < 0) {
			if (asked)
				s->extra->view_asked = false;
			return 0;
		}
	}
	if (service_extra(s))
		s->extra->view_asked = true;
	return 1;
}

int rootview_check(const struct service *s, struct diag *diag)
{
	if (!is_for(s) || (assembly && assembly->mark != 0))
		return 0;
	return diag_set(diag, DIAG_ERROR, assembly ? assembly->diag.err : ENOMEM, "%s",
			assembly && assembly->diag.text[0] ? assembly->diag.text
							   : "there is no root for the services");
}

int rootview_clone_place(struct diag *diag)
{
	static bool made;

	if (made)
		return 0;
	if (mkdir(CLONE_PATH, 0700) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", CLONE_PATH);
	made = true;
	return 0;
}

int rootview_layers_place(struct diag *diag)
{
	static bool made;

	if (made)
		return 0;
	if (mkdir(LAYERS_PATH, 0700) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", LAYERS_PATH);
	made = true;
	return 0;
}

int rootview_hidden(struct diag *diag)
{
	static const char folder[] = "/run/berth/hidden";
	static bool made;

	if (made)
		return 0;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", folder);
	if (mkdir(HIDDEN_DIRECTORY, 0) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", HIDDEN_DIRECTORY);
	if (mknod(HIDDEN_FILE, S_IFREG, 0) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", HIDDEN_FILE);
	made = true;
	return 0;
}

bool rootview_has(const char *path)
{
	return access(path, F_OK) == 0;
}

#define SUPERBLOCKS                                                                                \
	5 /* of an isolated service: tmpfs, devpts, proc, sysfs, mqueue of its IPC namespace */
#define WORTH_IT     200 /* services; each superblock costs 40 us, below this more than it saves */
#define ROOM_TIMEOUT (5 * USEC_PER_SEC)

static int make_superblocks(void *arg, int no_fd)
{
	unsigned int wanted = *(const unsigned int *)arg;

	(void)no_fd;
	/* They live until this child exits. */
	for (unsigned int i = 0; i < wanted; i++) {
		int fd = sys_fsopen("ramfs", FSOPEN_CLOEXEC);
		int r = fd < 0 ? fd : sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

		if (r < 0)
			return r;
	}
	return 0;
}

static void (*room_made)(void);

static void have_made_room(struct errand *e, int result)
{
	(void)e;
	if (result < 0) /* the boot is slower, nothing else */
		log_debug("no room made for superblocks: %s", diag_errno(-result));
	room_made();
}

void rootview_make_room(unsigned int services, void (*done)(void))
{
	static unsigned int wanted;
	static struct errand errand = { .what = "making room for superblocks",
					.limit = ROOM_TIMEOUT,
					.work = make_superblocks,
					.arg = &wanted,
					.done = have_made_room,
					.fd = -1 };

	wanted = services * SUPERBLOCKS;
	room_made = done;
	if (services < WORTH_IT || errand_start(&errand) < 0)
		done();
}
