/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_TERMINAL_H
#define BERTH_SANDBOX_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A terminal as systemd.exec(5) has it. Raw system calls only; all of it may wait (for a carrier, for
 * output to drain), so PID 1 calls nothing of it itself: the service's child or an errand does.
 */
enum terminal_take {
	TERMINAL_LEAVE, /* it is only written to */
	TERMINAL_WAIT,	/* for the session that has it, where that can be done; else as _FAIL */
	TERMINAL_FAIL,	/* -EPERM if another session has it */
	TERMINAL_FORCE, /* takes it away */
};

struct terminal {
	const char *path; /* host view */
	uint16_t tag;	  /* the key that asks for it */
	uint8_t take;	  /* enum terminal_take */
	bool hangup, reset, disallocate;
	uint16_t rows, columns; /* 0: left alone */
};

/*
 * An open terminal that is nobody's controlling one by that (PITFALLS 4); @access is O_RDWR or
 * O_WRONLY. -ENOTTY for anything else. The caller's, close-on-exec.
 */
int terminal_open(const char *path, int access);

/* Before the first and after the last process has it: hang up, reset, size, free. 0 or -errno. */
int terminal_prepare(const struct terminal *t);

#endif
