/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_NOTIFY_H
#define BERTH_INIT_NOTIFY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct service;

/* sd_notify(3): one datagram socket per service, so the socket itself names the unit (PITFALLS 131). */
#define NOTIFY_DIR "/run/berth/notify"
/* Where an isolated service finds it, in its private /run. */
#define NOTIFY_INNER "/run/notify"

/* Opens the socket of a service that may send (Type=notify or NotifyAccess=) and watches it. 0 or -errno. */
int notify_open(struct service *s);
void notify_close(struct service *s);

/* Takes what is there already: before a process' end is looked at (PITFALLS 133). */
void notify_drain(struct service *s);

/* The program behind a stub is known now: what waited for that is judged. */
void notify_resume(struct service *s);

/* What one datagram said. Pure. */
enum notify_flag {
	NOTIFY_READY = 1 << 0,
	NOTIFY_STOPPING = 1 << 1,
	NOTIFY_RELOADING = 1 << 2,
	NOTIFY_STATUS = 1 << 3,
	NOTIFY_MAINPID = 1 << 4,
	NOTIFY_EXTEND_TIMEOUT = 1 << 5,
	NOTIFY_BARRIER = 1 << 6,
};

struct notify_message {
	uint32_t flags;
	pid_t main_pid;
	uint64_t extend_usec;
	const char *status; /* within the text, not NUL-terminated */
	size_t status_len;
};

/* Parses "NAME=value" lines of @text (@len bytes); unknown names are passed over. */
void notify_parse(const char *text, size_t len, struct notify_message *out);

#endif
