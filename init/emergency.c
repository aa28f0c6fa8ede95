/* SPDX-License-Identifier: MIT */
#include "init/emergency.h"

#include "init/finish.h"
#include "init/manager.h"
#include "init/shutdown.h"
#include "lib/log.h"

#include <sys/wait.h>

static enum final_action final_of(enum system_end end)
{
	switch (end) {
	case SYSTEM_STAYS: break;
	case SYSTEM_REBOOT: return FINAL_REBOOT;
	case SYSTEM_POWEROFF: return FINAL_POWEROFF;
	case SYSTEM_HALT: return FINAL_HALT;
	case SYSTEM_EXIT: return FINAL_EXIT;
	}
	return FINAL_NONE;
}

/*
 * systemd.unit(5) FailureActionExitStatus=: the main process' own status if nothing is written; a
 * signal has none, nor has a service that never ran.
 */
static int exit_status(const struct node *node, enum key action)
{
	enum key key =
		action == K_SuccessAction ? K_SuccessActionExitStatus : K_FailureActionExitStatus;

	if (unit_setting(node->unit, key))
		return (int)unit_u64(node->unit, key);
	if (!node->service)
		return action == K_SuccessAction ? 0 : 255;
	if (node->service->last.code == CLD_EXITED)
		return node->service->last.status;
	return action == K_SuccessAction ? 0 : 255;
}

static const char *reboot_argument(const struct unit *u, enum key action)
{
	const char *text = unit_str(u, action == K_JobTimeoutAction ? K_JobTimeoutRebootArgument
								    : K_RebootArgument);

	return text ? text : "";
}

void emergency_act(struct manager *m, const struct node *node, enum key action, const char *why)
{
	const struct unit *u = node->unit;
	uint64_t what = unit_u64(u, action);
	enum final_action final = final_of(system_action_end(what));
	int status;

	if (final == FINAL_NONE || m->regime == REGIME_DOWN)
		return;
	status = exit_status(node, action);
	log_warn("%s %s: %s=%s", u->id, why, key_info(action)->name,
		 enum_name_of(system_action_names, (int)what));
	finish_set_reboot_argument(reboot_argument(u, action));
	if (system_action_haste(what) == HASTE_IMMEDIATE)
		finish_now(final, status, m->config.exit_port);
	(void)shutdown_begin(m, final, status, NULL); /* refuses nothing but FINAL_NONE */
	if (system_action_haste(what) == HASTE_FORCE)
		shutdown_force(m);
}
