/* SPDX-License-Identifier: MIT */
#include "init/prepare.h"

#include "init/environment_files.h"
#include "init/errand.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/process.h"
#include "init/users.h"
#include "lib/arena.h"
#include "lib/log.h"
#include "lib/str.h"
#include "units/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum file_state {
	FILES_NOT_READ,
	FILES_BEING_READ,
	FILES_READ,
	FILES_FAILED,
};

/* Of one command, from the first question to its spawn. On the heap: the errand's child looks at it. */
struct preparation {
	struct service *service;
	struct strings files; /* a copy: a reload may replace the unit; NULL: not asked for */
	struct errand errand; /* its fd: a memfd with the answer */
	uint32_t users;	      /* ticket */
	bool users_there;
	uint8_t files_state;
	int err;
};

/* A health check's is beside that of the command which the machine waits for. */
static struct preparation **place_of(struct service *s, enum command_slot slot)
{
	return &s->extra->prepared[slot == SLOT_HEALTH];
}

static struct preparation *find(const struct service *s, enum command_slot slot)
{
	return s->extra ? s->extra->prepared[slot == SLOT_HEALTH] : NULL;
}

static void drop(struct preparation **at)
{
	struct preparation *p = *at;

	if (!p)
		return;
	errand_cancel(&p->errand);
	if (p->errand.fd >= 0)
		close(p->errand.fd);
	free((void *)(uintptr_t)p->files.v);
	free(p);
	*at = NULL;
}

static struct preparation *find_or_make(struct service *s, enum command_slot slot)
{
	struct preparation *p = find(s, slot);

	if (p || !service_extra(s))
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->service = s;
	p->errand.fd = -1;
	s->extra->prepared[slot == SLOT_HEALTH] = p;
	return p;
}

/* --- EnvironmentFile= ----------------------------------------------------------------------- */

static int read_files(void *arg, int fd)
{
	const struct preparation *p = arg;

	return environment_files_read(&p->files, fd);
}

static void on_read(struct errand *e, int result)
{
	struct preparation *p = container_of(e, struct preparation, errand);
	struct service *s = p->service;

	p->err = result;
	p->files_state = result < 0 ? FILES_FAILED : FILES_READ;
	if (p == find(s, SLOT_START))
		process_spawn_deferred(s);
	/* A health check asks again by itself. */
}

/* One block: the pointers, then the texts. */
static int copy_strings(const struct strings *from, struct strings *to)
{
	size_t size = from->n * sizeof(*from->v);

	for (uint32_t i = 0; i < from->n; i++)
		size += strlen(from->v[i]) + 1;
	const char **v = malloc(size);

	if (!v)
		return -ENOMEM;
	char *at = (char *)(v + from->n);

	for (uint32_t i = 0; i < from->n; i++) {
		v[i] = strcpy(at, from->v[i]); /* NOLINT: there is room, it was counted */
		at += strlen(at) + 1;
	}
	*to = (struct strings){ from->n, v };
	return 0;
}

static void begin_to_read(struct preparation *p, const struct strings *files)
{
	int fd = memfd_create("berth-environment", MFD_CLOEXEC);

	p->errand = (struct errand){ .what = "reading EnvironmentFile=",
				     .limit = USEC_INFINITY, /* the command's own holds */
				     .work = read_files,
				     .arg = p,
				     .done = on_read,
				     .fd = fd,
				     .patient = true };
	p->err = fd < 0 ? -errno : copy_strings(files, &p->files);
	if (p->err == 0)
		p->err = errand_start(&p->errand);
	p->files_state = p->err < 0 ? FILES_FAILED : FILES_BEING_READ;
}

static void place(const struct service *s, struct diag *diag)
{
	plan_place(diag, manager_node(s->manager, s->index)->unit, K_EnvironmentFile);
}

static void note(const struct service *s, struct diag *diag, const char *text)
{
	char line[512];

	diag_set(diag, DIAG_WARNING, 0, "%s", text);
	diag_format_plain(diag, line, sizeof(line));
	manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_WARNING, "%s", line);
}

static int put_all(struct environment *env, char *at, size_t size)
{
	int r = 0;

	for (const char *end = at + size; at < end && r == 0; at += strlen(at) + 1)
		r = environment_put(env, at);
	return r;
}

/* What came back is berth's own, but by a child that had to do with anybody's text. */
int prepare_environment(struct service *s, enum command_slot slot, struct environment *env,
			struct diag *diag)
{
	const struct preparation *p = find(s, slot);
	struct environment_read head;

	if (!p || p->files_state == FILES_NOT_READ)
		return 0;
	place(s, diag);
	if (p->files_state != FILES_READ)
		return diag_set(diag, DIAG_ERROR, p->err ? -p->err : EAGAIN, "reading it");
	if (pread(p->errand.fd, &head, sizeof(head), 0) != sizeof(head) ||
	    head.size > ENVIRONMENT_FILES_MAX)
		return diag_set(diag, DIAG_ERROR, EIO, "reading it");
	head.text[sizeof(head.text) - 1] = '\0';
	if (head.err < 0)
		return diag_set(diag, DIAG_ERROR, -head.err, "%s", head.text);
	for (char *rest = head.text, *line; (line = strsep(&rest, "\n"));)
		if (*line)
			note(s, diag, line);
	char *text = arena_alloc(env->arena, head.size + 1);

	if (!text)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	if (pread(p->errand.fd, text, head.size, sizeof(head)) != (ssize_t)head.size)
		return diag_set(diag, DIAG_ERROR, EIO, "reading it");
	text[head.size] = '\0';
	int r = put_all(env, text, head.size);

	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "environment");
	*diag = (struct diag){ .text = "" };
	return 0;
}

/* --- both ----------------------------------------------------------------------------------- */

static bool needs_users(const struct unit *u)
{
	return unit_str(u, K_User) || unit_str(u, K_Group) ||
	       unit_list(u, K_SupplementaryGroups)->n > 0 || unit_bool(u, K_DynamicUser) ||
	       (u->type == UNIT_SOCKET &&
		(unit_str(u, K_SocketUser) || unit_str(u, K_SocketGroup)));
}

int prepare_command(struct service *s, enum command_slot slot, unsigned int command)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct strings *files = unit_list(u, K_EnvironmentFile);
	const struct preparation *had = find(s, slot);
	bool users = needs_users(u) && (had ? !had->users_there : users_outdated());
	bool reads = files->n > 0 && plan_command(u, slot, command);
	struct preparation *p;

	if (!users && !reads)
		return 0;
	p = find_or_make(s, slot);
	if (!p)
		return -ENOMEM;
	/* The users first: of the two they are the rarer ones to be waited for. */
	if (users && users_wait(&p->users))
		return 1;
	p->users_there = true;
	if (reads && p->files_state == FILES_NOT_READ)
		begin_to_read(p, files);
	return p->files_state == FILES_BEING_READ;
}

void prepare_done(struct service *s, enum command_slot slot)
{
	if (find(s, slot))
		drop(place_of(s, slot));
}

void prepare_give_up(struct service *s)
{
	const struct preparation *p = find(s, SLOT_START);
	struct diag diag = { .text = "" };

	if (!p)
		return;
	if (p->files_state == FILES_BEING_READ) {
		place(s, &diag);
		note(s, &diag, "given up before it could be read");
	} else if (p->users) {
		note(s, &diag, "given up before /etc/passwd and /etc/group could be read");
	}
	drop(place_of(s, SLOT_START));
}
