/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "lib/str.h"
#include "sandbox/openings.h"
#include "units/value_stdio.h"

#include <errno.h>
#include <fcntl.h>

static const enum key keys[3] = { K_StandardInput, K_StandardOutput, K_StandardError };

bool plan_terminal(const struct unit *u, struct terminal *t)
{
	*t = (struct terminal){
		.path = unit_tty_path(u),
		.tag = unit_str(u, K_TTYPath) ? K_TTYPath : K_StandardInput,
		.hangup = unit_bool(u, K_TTYVHangup),
		.reset = unit_bool(u, K_TTYReset),
		.disallocate = unit_bool(u, K_TTYVTDisallocate),
		.rows = (uint16_t)unit_u64(u, K_TTYRows),
		.columns = (uint16_t)unit_u64(u, K_TTYColumns),
	};
	return t->hangup || t->reset || t->disallocate || t->rows || t->columns;
}

/* systemd.exec(5): read and written when both are one file, and never made by reading. */
static void plan_file(const struct stdio v[3], unsigned int i, bool check, struct opening *o)
{
	bool shared = i == 0 && (v[1].same == 0 || v[2].same == 0);

	o->kind = OPENING_FILE;
	o->path = v[i].arg;
	o->flags = i > 0 ? O_WRONLY | O_CREAT : shared ? O_RDWR | O_CREAT : O_RDONLY;
	/* A check runs again and again beside what has the file. */
	if (v[i].kind == STD_APPEND || (v[i].kind == STD_TRUNCATE && check))
		o->flags |= O_APPEND;
	else if (v[i].kind == STD_TRUNCATE)
		o->flags |= O_TRUNC;
}

static int plan_data(const struct unit *u, struct service_plan *plan, struct opening *o)
{
	unsigned char *data;

	o->size = unit_input(u, NULL);
	data = arena_alloc(&plan->arena, o->size + 1);
	if (!data)
		return -ENOMEM;
	unit_input(u, data);
	o->kind = OPENING_DATA;
	o->data = data;
	return 0;
}

static void plan_take(enum std_kind in, struct terminal *t)
{
	t->take = in == STD_TTY		? TERMINAL_WAIT
		  : in == STD_TTY_FORCE ? TERMINAL_FORCE
		  : in == STD_TTY_FAIL	? TERMINAL_FAIL
					: TERMINAL_LEAVE;
}

static int plan_one(const struct unit *u, const struct stdio v[3], unsigned int i, bool check,
		    struct service_plan *plan, struct openings *o)
{
	struct opening *to = &o->v[i];

	to->tag = (uint16_t)keys[i];
	switch (v[i].kind) {
	case STD_NULL:
	case STD_INHERIT: return 0;
	case STD_LOG:
	case STD_LOG_CONSOLE:
	case STD_KMSG:
	case STD_KMSG_CONSOLE: plan->to_log |= (uint8_t)(1U << i); return 0;
	case STD_SOCKET:
	case STD_FD: return 0; /* plan_handed() has them */
	case STD_TTY:
	case STD_TTY_FORCE:
	case STD_TTY_FAIL:
		o->has_terminal = true;
		to->kind = OPENING_TERMINAL;
		break;
	case STD_DATA: return plan_data(u, plan, to);
	case STD_FILE:
	case STD_APPEND:
	case STD_TRUNCATE: plan_file(v, i, check, to); break;
	}
	if (v[i].same >= 0) {
		to->kind = OPENING_SAME;
		to->same = (uint8_t)v[i].same;
	}
	return 0;
}

int plan_stdio(struct service *s, enum command_slot slot, struct service_plan *plan,
	       struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	bool check = slot == SLOT_HEALTH, needed = false;
	struct openings o = { .has_terminal = false }, *kept;
	struct stdio v[3];
	int r = 0;

	unit_stdio(u, v);
	/* A check takes neither terminal nor input from its service; who writes to the same writes on. */
	for (unsigned int i = 1; i < 3 && check; i++) {
		if (v[i].same == 0)
			v[i].same = -1;
	}
	if (check)
		v[0] = (struct stdio){ STD_NULL, -1, NULL };
	for (unsigned int i = 0; i < 3 && r == 0; i++) {
		r = plan_one(u, v, i, check, plan, &o);
		needed |= o.v[i].kind != OPENING_NONE;
	}
	/* Beside a program that has the terminal nothing is done to it. */
	bool prepare = plan_terminal(u, &o.terminal) && !check && s->main.pid == 0;

	if (!prepare)
		o.terminal.hangup = o.terminal.reset = o.terminal.disallocate = false;
	o.has_terminal |= prepare;
	if (!needed && !prepare)
		return 0;
	plan_take(v[0].kind, &o.terminal);
	kept = r == 0 ? arena_alloc(&plan->arena, sizeof(*kept)) : NULL;
	if (!kept)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	/* The unit may be gone by the time that the child looks. */
	*kept = o;
	kept->terminal.path = arena_strdup(&plan->arena, o.terminal.path);
	for (unsigned int i = 0; i < 3; i++) {
		if (o.v[i].path)
			kept->v[i].path = arena_strdup(&plan->arena, o.v[i].path);
		if (o.v[i].path && !kept->v[i].path)
			kept->terminal.path = NULL;
	}
	if (!kept->terminal.path)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	plan->spawn.openings = kept;
	return 0;
}
