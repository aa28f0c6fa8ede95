/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_VERBS_H
#define BERTH_CTL_VERBS_H

#include "ctl/args.h"
#include "ctl/client.h"

/* One function per verb; each returns the program's exit status. The table is in main.c. */
int verb_job(
	const struct args
		*args); /* start isolate stop restart try-restart reload reload-or-restart ... */
int verb_kill(const struct args *args);
int verb_reset_failed(const struct args *args);
int verb_cancel(const struct args *args);
int verb_daemon_reload(const struct args *args);
int verb_diff(const struct args *args);
int verb_list(const struct args *args);
int verb_list_jobs(const struct args *args);
int verb_list_dependencies(const struct args *args);
int verb_cat(const struct args *args);
int verb_get_default(const struct args *args);
int verb_set_default(const struct args *args);
int verb_show(const struct args *args);
int verb_plan(const struct args *args);
int verb_is_active(const struct args *args);
int verb_is_failed(const struct args *args);
int verb_is_enabled(const struct args *args);
int verb_status(const struct args *args);
int verb_logs(const struct args *args);
int verb_exec(const struct args *args);
int verb_shutdown(const struct args *args); /* poweroff reboot halt exit */
int verb_is_system_running(const struct args *args);
int verb_version(const struct args *args);
int verb_events(const struct args *args);
int verb_wait(const struct args *args);
int verb_explain(const struct args *args);
int verb_verify(const struct args *args);
int verb_security(const struct args *args);
int verb_install(const struct args *args); /* enable disable reenable mask unmask */
int verb_preset(const struct args *args);  /* preset preset-all */
int verb_list_sockets(const struct args *args);
int verb_list_timers(const struct args *args);
int verb_calendar(const struct args *args);
int verb_import(const struct args *args);
int verb_list_unit_files(const struct args *args);

/* Exit statuses of systemctl, which follow the LSB. */
enum exit_status {
	EXIT_RUNNING = 0, /* status */
	EXIT_DEAD = 3,
	EXIT_UNKNOWN_UNIT = 4,
	EXIT_REFUSED = 4, /* the other verbs: not allowed */
	EXIT_NOT_APPLICABLE = 3,
	EXIT_NOT_FOUND = 5,
	EXIT_NOT_LOADABLE = 6,
};

/*
 * Makes the answer "NeedDaemonReload=STAMP" (ctl/PROTO.md) to yes or no, by a look at the unit's
 * files: it blocks where these are on a dead disk.
 */
void resolve_need_reload(const char *unit, struct props *p);

/*
 * Links were changed: has a running berth read them, then, with --now, does @now ("start", NULL:
 * nothing) with the units. The exit status.
 */
int reload_after_install(const struct args *args, const char *now);

/* "web" -> "web.service"; names with a unit suffix stay. Valid until the program ends. */
const char *full_unit_name(const char *name);
/* "rescue" -> "rescue.target"; the same. */
const char *full_target_name(const char *name);

/* The exit status for what berth refused. */
int failure_status(const struct failure *failure);

/* Asks for @wants (ends with NULL) of all loaded units, sorted by Id. 0, or an exit status after a message. */
struct units {
	struct props *v;
	size_t n, room;
};
int units_get(struct client *c, const char *const *wants, struct units *u);
void units_free(struct units *u);
/* Whether @id is one of the names or patterns on the command line; true without any. */
bool units_match(const struct args *args, const char *id);

/* The newest @n log lines of a unit to @out, behind @before, for status and failed starts. Without a log: nothing. */
void print_log_tail(FILE *out, struct client *c, const char *unit, unsigned int n,
		    const char *before);

#endif
