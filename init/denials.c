/* SPDX-License-Identifier: MIT */
#include "init/denials.h"

#include "init/errand.h"
#include "init/filters.h"
#include "init/manager.h"
#include "lib/fd.h"
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
#include <sys/wait.h>

/* One service may deny itself as often as it likes: the others have their turn. */
#define RECORDS_PER_ROUND 16
#define REMEMBERED	  8
#define LIMIT		  (5 * USEC_PER_SEC)

struct denial {
	pid_t pid;
	uint32_t call, arch; /* AUDIT_ARCH_* */
};

struct lookup {
	struct errand errand;
	struct manager *manager;
	uint32_t index; /* of the node */
	struct denial denial;
};

static struct source records = { .fd = -1 };
static bool asked;
static struct manager *manager;
/* Told before their deaths were seen, the oldest is overwritten. */
static struct denial early[REMEMBERED];
static unsigned int n_early;

/* -- the name of the call -------------------------------------------------------------------- */

static void tell(struct service *s, const struct denial *d, const char *name)
{
	struct service_extra *extra = service_extra(s);
	char text[120] = "";
	struct strbuf b = STRBUF_INIT(text);

	if (name[0])
		strbuf_printf(&b, "%s", name);
	else
		strbuf_printf(&b, "number %u", d->call);
	if (extra) {
		free(extra->denied);
		extra->denied = strdup(text);
	}
	manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_ERR,
			 "process %d was killed for the system call %s, which its filter denies",
			 (int)d->pid, text);
}

static void done(struct errand *e, int result)
{
	struct lookup *l = container_of(e, struct lookup, errand);
	struct service *s = manager_node(l->manager, l->index)->service;
	struct filter_result head;
	char name[64] = "";

	if (result == 0 && pread(e->fd, &head, sizeof(head), 0) == sizeof(head) &&
	    head.message_size <= sizeof(name))
		(void)!pread(e->fd, name, head.message_size, sizeof(head));
	name[sizeof(name) - 1] = '\0';
	/* Unless another run has ended meanwhile. */
	if (s && s->last.pid == l->denial.pid)
		tell(s, &l->denial, name);
	close(e->fd);
	free(l);
}

static void look_up(struct service *s, const struct denial *d)
{
	char text[40] = "";
	struct strbuf b = STRBUF_INIT(text);
	struct lookup *l = calloc(1, sizeof(*l));
	autoclose int fd = memfd_create("berth-call", MFD_CLOEXEC);

	strbuf_printf(&b, FILTER_CALL "%u %u\n", d->arch, d->call);
	if (!l || fd < 0 || fd_write_all(fd, text, b.len) < 0) {
		free(l);
		tell(s, d, "");
		return;
	}
	l->manager = s->manager;
	l->index = s->index;
	l->denial = *d;
	l->errand = (struct errand){ .what = "naming a system call",
				     .limit = LIMIT,
				     .work = filters_run_compiler,
				     .done = done,
				     .fd = spawn_lift_fd(fd_take(&fd)) };
	if (l->errand.fd >= 0 && errand_start(&l->errand) == 0)
		return;
	fd_close(&l->errand.fd);
	free(l);
	tell(s, d, "");
}

/* -- matching records and deaths ------------------------------------------------------------- */

static bool died_of_it(const struct service *s)
{
	return (s->last.code == CLD_KILLED || s->last.code == CLD_DUMPED) &&
	       s->last.status == SIGSYS;
}

void denials_main_ended(struct service *s)
{
	if (s->extra) {
		free(s->extra->denied);
		s->extra->denied = NULL;
	}
	for (unsigned int i = 0; i < REMEMBERED && died_of_it(s); i++) {
		if (early[i].pid != s->last.pid)
			continue;
		look_up(s, &early[i]);
		early[i].pid = 0;
		return;
	}
}

static void take_denial(const struct denial *d)
{
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		struct service *s = manager->nodes[i].service;

		if (s && s->last.pid == d->pid && died_of_it(s)) {
			look_up(s, d);
			return;
		}
	}
	early[n_early++ % REMEMBERED] = *d;
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

static void take_record(const char *text)
{
	struct denial d;
	uint32_t pid, sig;

	if (!field(text, " pid=", 10, &pid) || !field(text, " sig=", 10, &sig) || sig != SIGSYS ||
	    !field(text, " arch=", 16, &d.arch) || !field(text, " syscall=", 10, &d.call))
		return;
	d.pid = (pid_t)pid;
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
