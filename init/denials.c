/* SPDX-License-Identifier: MIT */
#include "init/denials.h"

#include "init/errand.h"
#include "init/filters.h"
#include "init/manager.h"
#include "init/members.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/log.h"
#include "lib/str.h"
#include "sandbox/filter.h"
#include "sandbox/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* One service may deny itself as often as it likes: the others have their turn. */
#define RECORDS_PER_ROUND 16
#define REMEMBERED	  8
#define LIMIT		  (5 * USEC_PER_SEC)

/* Long enough for a death to be seen whose record was first, and for a stub to name its program. */
#define SETTLES (300 * USEC_PER_MSEC)

struct denial {
	pid_t pid;
	uint32_t call, arch; /* AUDIT_ARCH_* */
	uint32_t uid;
	char comm[16];
};

/* A process that a filter has killed: what is known of it when the name of the call is. */
struct lookup {
	struct errand errand;
	struct manager *manager;
	int32_t index; /* of the node, NOBODY */
	int8_t slot;   /* of the command that it was, OTHER: a process of the unit that is none */
	struct denial denial;
};

#define NOBODY (-1)
#define OTHER  (-1)

/* Told before their deaths were seen, or of processes that are no command. */
struct waiting {
	struct denial denial; /* pid 0: free */
	int32_t index;	      /* whose cgroup it was in, if there was time to see; NOBODY */
	usec_t due;
};

/* Deaths whose records are still to come. */
struct death {
	pid_t pid;
	uint32_t index;
	int8_t slot;
};

static void on_due(struct timer *timer, usec_t now);

static struct source records = { .fd = -1 };
static struct timer due = TIMER_INIT(on_due);
static bool asked;
static struct manager *manager;
static LARGE_STATIC struct waiting waiting[REMEMBERED];
static LARGE_STATIC struct death deaths[REMEMBERED];
static unsigned int n_deaths;

static struct service *service_at(int32_t index)
{
	return index == NOBODY ? NULL : manager->nodes[index].service;
}

/* -- the name of the call -------------------------------------------------------------------- */

/* For status: of main it is the call alone, since the line is about main. */
static void keep(struct service *s, const struct lookup *l, const char *call)
{
	struct service_extra *extra = service_extra(s);
	char text[120] = "";
	struct strbuf b = STRBUF_INIT(text);

	strbuf_put(&b, call);
	if (l->slot == OTHER)
		strbuf_printf(&b, " by process %d (%s)", (int)l->denial.pid, l->denial.comm);
	else if (l->slot != SLOT_START || s->last.pid != l->denial.pid)
		strbuf_printf(&b, " by %s=, process %d (%s)",
			      command_slot_name((enum command_slot)l->slot), (int)l->denial.pid,
			      l->denial.comm);
	if (!extra)
		return;
	free(extra->denied);
	extra->denied = strdup(text);
}

static void tell(const struct lookup *l, const char *name)
{
	const struct denial *d = &l->denial;
	struct service *s = service_at(l->index);
	char call[64] = "", who[64] = "";
	struct strbuf b = STRBUF_INIT(call), w = STRBUF_INIT(who);

	if (name[0])
		strbuf_printf(&b, "%s", name);
	else
		strbuf_printf(&b, "number %u", d->call);
	if (!s) {
		log_warn("process %d (%s) of uid %u was killed for the system call %s, which its "
			 "filter "
			 "denies; it was gone before its unit could be seen",
			 (int)d->pid, d->comm, d->uid, call);
		return;
	}
	if (l->slot != OTHER && l->slot != SLOT_START)
		strbuf_printf(&w, "%s= ", command_slot_name((enum command_slot)l->slot));
	strbuf_printf(&w, "process %d", (int)d->pid);
	if (l->slot == OTHER)
		strbuf_printf(&w, " (%s)", d->comm);
	keep(s, l, call);
	manager_unit_log(manager, manager_node(manager, s->index), LOG_ERR,
			 "%s was killed for the system call %s, which its filter denies", who,
			 call);
}

static void done(struct errand *e, int result)
{
	struct lookup *l = container_of(e, struct lookup, errand);
	struct filter_result head;
	char name[64] = "";

	if (result == 0 && pread(e->fd, &head, sizeof(head), 0) == sizeof(head) &&
	    head.message_size <= sizeof(name))
		(void)!pread(e->fd, name, head.message_size, sizeof(head));
	name[sizeof(name) - 1] = '\0';
	tell(l, name);
	close(e->fd);
	free(l);
}

static void look_up(int32_t index, int8_t slot, const struct denial *d)
{
	const struct lookup told = { .index = index, .slot = slot, .denial = *d };
	char text[40] = "";
	struct strbuf b = STRBUF_INIT(text);
	struct lookup *l = calloc(1, sizeof(*l));
	autoclose int fd = memfd_create("berth-call", MFD_CLOEXEC);

	strbuf_printf(&b, FILTER_CALL "%u %u\n", d->arch, d->call);
	if (!l || fd < 0 || fd_write_all(fd, text, b.len) < 0) {
		free(l);
		tell(&told, "");
		return;
	}
	*l = told;
	l->errand = (struct errand){ .what = "naming a system call",
				     .limit = LIMIT,
				     .work = filters_run_compiler,
				     .done = done,
				     .fd = spawn_lift_fd(fd_take(&fd)) };
	if (l->errand.fd >= 0 && errand_start(&l->errand) == 0)
		return;
	fd_close(&l->errand.fd);
	free(l);
	tell(&told, "");
}

/* -- matching records and deaths ------------------------------------------------------------- */

void denials_forget(struct service *s)
{
	if (s->extra) {
		free(s->extra->denied);
		s->extra->denied = NULL;
	}
}

void denials_main_ended(struct service *s)
{
	if (s->extra && s->extra->denied && !strchr(s->extra->denied, ' '))
		denials_forget(s);
}

void denials_ended(const struct process *p, pid_t pid, int code, int status)
{
	const struct death death = { pid, p->service->index, (int8_t)p->slot };

	if (pid <= 0 || (code != CLD_KILLED && code != CLD_DUMPED) || status != SIGSYS)
		return;
	for (unsigned int i = 0; i < REMEMBERED; i++) {
		if (waiting[i].denial.pid != pid)
			continue;
		const struct denial d = waiting[i].denial;

		waiting[i].denial.pid = 0;
		look_up((int32_t)death.index, death.slot, &d);
		return;
	}
	deaths[n_deaths++ % REMEMBERED] = death;
}

static bool runs_as(pid_t pid, uid_t uid)
{
	char path[32];
	struct strbuf b = STRBUF_INIT(path);
	struct stat st;

	strbuf_printf(&b, "/proc/%d", (int)pid);
	return stat(path, &st) == 0 && st.st_uid == uid;
}

/* Whose filter it can have been: the only one with processes of that user that has a filter. */
static int32_t only_candidate(const struct denial *d)
{
	int32_t found = NOBODY;

	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		const struct service *s = manager->nodes[i].service;
		pid_t pid = !s || !s->filter ? 0 : service_main_pid(s);

		if (pid == 0 || !runs_as(pid, d->uid))
			continue;
		if (found != NOBODY)
			return NOBODY;
		found = (int32_t)i;
	}
	return found;
}

/* Its cgroup can be read until its parent has heard of its end: in most cases for long enough. */
static int32_t find_unit(const struct denial *d)
{
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		const struct service *s = manager->nodes[i].service;

		if (s && s->filter && members_has(s, d->pid))
			return (int32_t)i;
	}
	return only_candidate(d);
}

static void settle(struct waiting *w)
{
	struct denial d = w->denial;

	w->denial.pid = 0;
	look_up(w->index, OTHER, &d);
}

static void arm(void)
{
	usec_t first = USEC_INFINITY;

	for (unsigned int i = 0; i < REMEMBERED; i++) {
		if (waiting[i].denial.pid != 0 && waiting[i].due < first)
			first = waiting[i].due;
	}
	loop_arm(manager->loop, &due, first);
}

/* No command has died of it: it was somebody else's process. */
static void on_due(struct timer *timer, usec_t now)
{
	(void)timer;
	for (unsigned int i = 0; i < REMEMBERED; i++) {
		if (waiting[i].denial.pid != 0 && waiting[i].due <= now)
			settle(&waiting[i]);
	}
	arm();
}

static void take_denial(const struct denial *d)
{
	struct waiting *place = &waiting[0];

	for (unsigned int i = 0; i < REMEMBERED; i++) {
		if (deaths[i].pid != d->pid)
			continue;
		deaths[i].pid = 0;
		look_up((int32_t)deaths[i].index, deaths[i].slot, d);
		return;
	}
	for (unsigned int i = 0; i < REMEMBERED && place->denial.pid != 0; i++) {
		if (waiting[i].denial.pid == 0 || waiting[i].due < place->due)
			place = &waiting[i];
	}
	if (place->denial.pid != 0)
		settle(place);
	*place = (struct waiting){ .denial = *d,
				   .index = find_unit(d),
				   .due = clock_now(CLOCK_MONOTONIC) + SETTLES };
	arm();
}

/* -- records --------------------------------------------------------------------------------- */

/* The number behind @key; what programs are called stands in the record in quotes or in hexadecimal. */
static bool field(const char *text, const char *key, int base, uint32_t *out)
{
	const char *at = strstr(text, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	*out = (uint32_t)strtoul(at, &end, base);
	return end > at;
}

/* What holds a quote, a blank or a control character is in hexadecimal and without quotes. */
static void read_comm(const char *text, char comm[16])
{
	const char *at = strstr(text, " comm=\"");
	size_t n = at ? strcspn(at + 7, "\"") : 0;

	str_copy(comm, n < 16 ? n + 1 : 16, at ? at + 7 : "");
	if (!comm[0])
		str_copy(comm, 16, "?");
}

static void take_record(const char *text)
{
	struct denial d;
	uint32_t pid, sig;

	if (!field(text, " pid=", 10, &pid) || !field(text, " sig=", 10, &sig) || sig != SIGSYS ||
	    !field(text, " arch=", 16, &d.arch) || !field(text, " syscall=", 10, &d.call))
		return;
	d.pid = (pid_t)pid;
	if (!field(text, " uid=", 10, &d.uid))
		d.uid = UINT32_MAX;
	read_comm(text, d.comm);
	take_denial(&d);
}

static void on_records(struct source *source, uint32_t revents)
{
	union {
		struct nlmsghdr head;
		char bytes[2048];
	} m;

	(void)revents;
	for (unsigned int i = 0; i < RECORDS_PER_ROUND; i++) {
		struct sockaddr_nl from = { .nl_pid = 1 };
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(source->fd, m.bytes, sizeof(m) - 1, MSG_DONTWAIT,
				     (struct sockaddr *)&from, &size);

		if (n < 0 && errno == ENOBUFS) /* some were lost */
			continue;
		if (n < 0)
			return;
		/* From the kernel alone. */
		if (from.nl_pid != 0 || n < NLMSG_HDRLEN || m.head.nlmsg_type != AUDIT_SECCOMP)
			continue;
		m.bytes[n] = '\0';
		take_record(m.bytes + NLMSG_HDRLEN);
	}
}

/* Other records, of which there can be many where auditing is on, do not even wake us. */
static int want_seccomp_only(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(AUDIT_SECCOMP), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { ARRAY_SIZE(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

void denials_listen(struct manager *m)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK,
					     .nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1) };

	if (asked)
		return;
	asked = true;
	manager = m;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

	if (fd < 0)
		return;
	if (want_seccomp_only(fd) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return;
	}
	records = (struct source){ .fd = spawn_lift_fd(fd), .events = EPOLLIN, .fn = on_records };
	if (records.fd >= 0 && loop_add(m->loop, &records) < 0)
		fd_close(&records.fd);
}
