/* SPDX-License-Identifier: MIT */
#include "init/pod_make.h"

#include "init/plan_parts.h"
#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LIMIT (20 * USEC_PER_SEC)

const struct pod_kind pod_kinds[POD_KINDS] = {
	{ CLONE_NEWNET, "ns/net" },
	{ CLONE_NEWIPC, "ns/ipc" },
	{ CLONE_NEWUTS, "ns/uts" },
};

struct answer {
	int n;
	char text[NET_TEXT];
};

/* --- in the errand -------------------------------------------------------------------------- */

static int enter_or_make(const struct making *k, char text[NET_TEXT])
{
	uint64_t fresh = k->flags;

	for (size_t i = 0; i < POD_KINDS; i++) {
		if (!k->paths[i])
			continue;
		autoclose int fd = open(k->paths[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

		if (fd < 0 || setns(fd, pod_kinds[i].flag) < 0) {
			int err = errno;

			str_copy(text, NET_TEXT, k->paths[i]);
			return -err;
		}
		fresh &= ~(uint64_t)pod_kinds[i].flag;
	}
	str_copy(text, NET_TEXT, "namespaces");
	if (unshare((int)fresh) < 0)
		return -errno;
	if ((k->flags & CLONE_NEWUTS) && sethostname(k->hostname, strlen(k->hostname)) < 0)
		return -errno;
	return 0;
}

static int open_all(const struct making *k, int fds[POD_KINDS], int *n)
{
	autoclose int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*n = 0;
	for (size_t i = 0; i < POD_KINDS; i++) {
		if (!(k->flags & (uint64_t)pod_kinds[i].flag))
			continue;
		fds[*n] = openat(self, pod_kinds[i].file, O_RDONLY | O_CLOEXEC);
		if (fds[*n] < 0)
			return -errno;
		(*n)++;
	}
	return 0;
}

static int send_answer(int channel, const struct answer *a, const int fds[POD_KINDS])
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(POD_KINDS * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)a, sizeof(*a) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t size = (size_t)a->n * sizeof(int);

	if (a->n > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(size);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(&control.align), fds, size);
	}
	return sendmsg(channel, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(*a) ? 0 : -errno;
}

static int make_in_child(void *arg, int channel)
{
	const struct making *k = arg;
	struct answer a = { .n = 0 };
	int fds[POD_KINDS];
	/* While we are still in the host's network. */
	int host = k->link ? net_host_socket() : -1;
	int r = k->link && host < 0 ? host : enter_or_make(k, a.text);

	if (r == 0 && (k->flags & CLONE_NEWNET) && !k->paths[0])
		r = plan_network_run(k->link ? &k->net : NULL, k->low_ports, host, a.text);
	if (r == 0)
		r = open_all(k, fds, &a.n);
	if (r < 0)
		a.n = 0;
	int sent = send_answer(channel, &a, fds);

	return r < 0 ? r : sent;
}

/* --- in PID 1 ------------------------------------------------------------------------------- */

static int take_answer(struct making *k)
{
	struct answer a;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(POD_KINDS * sizeof(int))];
	} control;
	struct iovec iov = { &a, sizeof(a) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(k->channel[0], &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	unsigned int at = 0;
	int fds[POD_KINDS], r = 0;

	if (n != (ssize_t)sizeof(a))
		return -EIO;
	a.text[sizeof(a.text) - 1] = '\0';
	str_copy(k->text, sizeof(k->text), a.text);
	if (!c || c->cmsg_len != CMSG_LEN((size_t)a.n * sizeof(int)))
		return -EIO;
	memcpy(fds, CMSG_DATA(c), (size_t)a.n * sizeof(int));
	for (size_t i = 0; i < POD_KINDS && at < (unsigned int)a.n; i++) {
		if (!(k->flags & (uint64_t)pod_kinds[i].flag))
			continue;
		k->fds[i] = spawn_lift_fd(fds[at++]);
		if (k->fds[i] < 0)
			r = k->fds[i];
	}
	return r;
}

static void on_done(struct errand *e, int result)
{
	struct making *k = container_of(e, struct making, errand);
	int r = take_answer(k);

	k->made(k, result < 0 ? result : r);
}

struct making *making_new(void)
{
	struct making *k = calloc(1, sizeof(*k));

	if (k) {
		k->channel[0] = k->channel[1] = -1;
		memset(k->fds, -1, sizeof(k->fds));
	}
	return k;
}

int making_begin(struct making *k)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, k->channel) < 0)
		return -errno;
	k->errand = (struct errand){ .what = "making the namespaces of a pod",
				     .limit = LIMIT,
				     .work = make_in_child,
				     .arg = k,
				     .fd = k->channel[1],
				     .done = on_done };
	return errand_start(&k->errand);
}

void making_free(struct making *k)
{
	fd_close(&k->channel[0]);
	fd_close(&k->channel[1]);
	for (size_t i = 0; i < POD_KINDS; i++)
		free(k->paths[i]);
	free(k);
}
