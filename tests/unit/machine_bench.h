/* SPDX-License-Identifier: MIT */
#ifndef BERTH_TESTS_MACHINE_BENCH_H
#define BERTH_TESTS_MACHINE_BENCH_H

#include "init/machine.h"

#include <signal.h>

/* One machine on the bench, with settings in which every timeout is finite. */
#define START_SPAN (10 * USEC_PER_SEC)
#define STOP_SPAN  (5 * USEC_PER_SEC)
#define ABORT_SPAN (3 * USEC_PER_SEC)
#define DELAY	   (USEC_PER_SEC / 10)

struct bench {
	struct machine m;
	struct machine_config c;
	struct actions out;
	usec_t now;
	char text[512]; /* what the last step asked for */
};

static inline struct bench bench(enum service_type type)
{
	struct bench b = {
		.now = 1000 * USEC_PER_SEC,
		.c = { .type = (uint8_t)type,
		       .kill_mode = KILL_CONTROL_GROUP,
		       .oom_policy = OOM_STOP,
		       .send_sigkill = true,
		       .n_commands = { [SLOT_START] = 1 },
		       .timeout_start = START_SPAN,
		       .timeout_stop = STOP_SPAN,
		       .timeout_abort = ABORT_SPAN,
		       .watchdog = USEC_INFINITY,
		       .runtime_max = USEC_INFINITY,
		       .restart = { .policy = RESTART_NO,
				    .limit_burst = 5,
				    .limit_interval = 10 * USEC_PER_SEC,
				    .curve = { .delay = DELAY, .max_delay = USEC_INFINITY },
				    .reset_after = USEC_INFINITY } },
	};

	machine_init(&b.m);
	return b;
}

static inline struct event_info exited(int status)
{
	return (struct event_info){ .exit = { CLD_EXITED, status, status == 0, false } };
}

static inline struct event_info killed(int sig)
{
	bool clean = sig == SIGTERM || sig == SIGHUP || sig == SIGINT || sig == SIGPIPE;

	return (struct event_info){ .exit = { CLD_KILLED, sig, clean, false } };
}

#endif
