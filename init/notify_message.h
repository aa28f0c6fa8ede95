/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_NOTIFY_MESSAGE_H
#define BERTH_INIT_NOTIFY_MESSAGE_H

#include "lib/clock.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What one datagram of sd_notify(3) said. Pure. */
enum notify_flag {
	NOTIFY_READY = 1 << 0,
	NOTIFY_STOPPING = 1 << 1,
	NOTIFY_RELOADING = 1 << 2,
	NOTIFY_STATUS = 1 << 3,
	NOTIFY_ERRNO = 1 << 4,
	NOTIFY_MAINPID = 1 << 5,
	NOTIFY_EXTEND_TIMEOUT = 1 << 6,
	NOTIFY_WATCHDOG = 1 << 7,
	NOTIFY_TRIGGER = 1 << 8, /* WATCHDOG=trigger */
	NOTIFY_WATCHDOG_USEC = 1 << 9,
	NOTIFY_FDSTORE = 1 << 10,
	NOTIFY_FDSTOREREMOVE = 1 << 11,
	NOTIFY_FDNAME = 1 << 12,
	NOTIFY_FDPOLL_OFF = 1 << 13,
};

struct notify_message {
	uint32_t flags;
	pid_t main_pid;
	int error; /* positive errno */
	usec_t extend_usec;
	usec_t watchdog_usec;  /* USEC_INFINITY: off */
	usec_t monotonic_usec; /* 0: not told */
	/* Within the text, not NUL-terminated */
	const char *status, *fd_name;
	size_t status_len, fd_name_len;
};

/*
 * Parses "NAME=value" lines of @text (@len bytes). Unknown names are passed over, and so are those
 * that mean nothing to a service manager: BUSERROR=, EXIT_STATUS= (informational, says
 * sd_notify(3)), and BARRIER=1, whose descriptor is closed like any that is not asked to be kept.
 * Of a line that is repeated the last counts.
 */
void notify_parse(const char *text, size_t len, struct notify_message *out);

#endif
