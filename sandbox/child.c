/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "sandbox/stub.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum phase {
	OUTER,
	INNER,
};

static const struct {
	const char *name;
	int (*run)(struct child *c);
	uint8_t exit_status;
	uint8_t phase;
} steps[STEP_COUNT] = {
#define STEP(id, name, status, phase, fn) [STEP_##id] = { name, fn, status, phase },
#include "sandbox/steps.def"
#undef STEP
};

const char *step_name(enum step_id step)
{
	return step < STEP_COUNT ? steps[step].name : "unknown";
}

int step_exit_status(enum step_id step)
{
	return step < STEP_COUNT ? steps[step].exit_status : 255;
}

int step_none(struct child *c)
{
	(void)c;
	return 0;
}

/* A report that cannot be sent changes nothing: PID 1 then sees the exit status alone. */
static void report_failure(struct child *c, enum step_id step, int err)
{
	struct report r = {
		.kind = REPORT_FAILED,
		.step = (uint8_t)step,
		.item = c->item,
		.err = -err,
	};

	memcpy(r.text, c->text, sizeof(r.text));

	stub_send(c->report, &r, 0);
}

static void run_phase(struct child *c, enum phase phase)
{
	for (unsigned int i = 0; i < STEP_COUNT; i++) {
		if (steps[i].phase != phase)
			continue;
		c->item = 0;
		c->text[0] = '\0';
		int r = steps[i].run(c);

		if (r < 0) {
			report_failure(c, i, r);
			_exit(c->exit_status ? c->exit_status : steps[i].exit_status);
		}
	}
}

/*
 * vfork rather than fork: the stub's memory is shared until the exec instead of copied, and the
 * stub learns the moment of the exec by being resumed. Harmless here, where it would not be in
 * PID 1 (PITFALLS 29): whatever stops the child (a frozen or full cgroup) stops a process of the
 * same cgroup, the stub. The child changes nothing in the shared memory but its own stack frames
 * and *c.
 */
static void run_behind_stub(struct child *c)
{
	const int report = c->report; /* the program's process may move its own */

	stub_prepare();
	pid_t pid = vfork();

	if (pid == 0) {
		run_phase(c, INNER);
		_exit(255); /* not reached: exec does not return */
	}
	if (pid < 0) {
		report_failure(c, STEP_STUB, -errno);
		_exit(step_exit_status(STEP_STUB));
	}
	stub_run(report, pid, c->plan->stub);
}

void child_run(const struct spawn_plan *plan, int report)
{
	struct child c = { .plan = plan,
			   .report = report,
			   .users = -1,
			   .landlock = -1,
			   .opened = { -1, -1, -1 },
			   .credentials = { -1, -1, -1 } };

	run_phase(&c, OUTER);
	if (plan->stub != STUB_NONE)
		run_behind_stub(&c);
	run_phase(&c, INNER);
	_exit(255); /* not reached: exec does not return */
}
