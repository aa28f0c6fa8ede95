/* SPDX-License-Identifier: MIT */
#include "ctl/verbs.h"
#include "lib/str.h"
#include "lib/version.h"
#include "units/unit.h"

#include <errno.h>
#include <stdlib.h>

static const struct verb verbs[] = {
	{ "list", verb_list, 0, -1, GROUP_LIST, false, "[PATTERN...]",
	  "the units and their states" },
	{ "list-units", verb_list, 0, -1, GROUP_LIST, false, "[PATTERN...]", NULL },
	{ "status", verb_status, 0, -1, GROUP_STATUS, false, "[UNIT...]",
	  "how units are doing, with their last log lines" },
	{ "show", verb_show, 0, -1, GROUP_SHOW, false, "[UNIT...]", "properties as NAME=VALUE" },
	{ "plan", verb_plan, 1, 1, 0, false, "UNIT",
	  "what starting a unit does: namespaces, mounts, privileges, in their order" },
	{ "start", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", "start units" },
	{ "isolate", verb_job, 1, 1, GROUP_JOB, false, "UNIT",
	  "start a unit, stop all that it does not need" },
	{ "stop", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", "stop units" },
	{ "restart", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", "stop and start, or start" },
	{ "try-restart", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", "restart those that run" },
	{ "reload", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", "ask services to reload" },
	{ "reload-or-restart", verb_job, 1, -1, GROUP_JOB, false, "UNIT...",
	  "reload where there is a way, else restart" },
	{ "try-reload-or-restart", verb_job, 1, -1, GROUP_JOB, false, "UNIT...",
	  "the same for those that run" },
	{ "condrestart", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", NULL },
	{ "force-reload", verb_job, 1, -1, GROUP_JOB, false, "UNIT...", NULL },
	{ "default", verb_job, 0, 0, GROUP_JOB, false, NULL, "isolate default.target" },
	{ "rescue", verb_job, 0, 0, GROUP_JOB, false, NULL, "isolate rescue.target" },
	{ "emergency", verb_job, 0, 0, GROUP_JOB, false, NULL, "isolate emergency.target" },
	{ "list-jobs", verb_list_jobs, 0, 0, GROUP_LIST, false, NULL, "what is under way" },
	{ "cancel", verb_cancel, 0, -1, 0, false, "[JOB...]", "give up jobs, or all that wait" },
	{ "list-dependencies", verb_list_dependencies, 0, 1, GROUP_TREE, false, "[UNIT]",
	  "what a unit pulls in, as a tree" },
	{ "cat", verb_cat, 1, -1, 0, false, "UNIT...", "the files of units" },
	{ "kill", verb_kill, 1, -1, GROUP_KILL, false, "UNIT...", "send a signal to processes" },
	{ "reset-failed", verb_reset_failed, 0, -1, 0, false, "[UNIT...]", "forget failures" },
	{ "logs", verb_logs, 0, -1, GROUP_LOGS, false, "[UNIT...]", "log lines, oldest first" },
	{ "exec", verb_exec, 1, -1, 0, true, "UNIT [CMD...]", "run a command inside a service" },
	{ "events", verb_events, 0, -1, 0, false, "[PATTERN...]", "what happens, as it happens" },
	{ "wait", verb_wait, 1, -1, GROUP_WAIT, false, "UNIT...", "wait for units to settle" },
	{ "is-active", verb_is_active, 1, -1, 0, false, "UNIT...", "0 if one is active, else 3" },
	{ "is-failed", verb_is_failed, 1, -1, 0, false, "UNIT...", "0 if one has failed, else 1" },
	{ "enable", verb_install, 1, -1, GROUP_FILES | GROUP_INSTALL, false, "UNIT...",
	  "have units started at boot, as their [Install] says" },
	{ "disable", verb_install, 1, -1, GROUP_FILES | GROUP_INSTALL, false, "UNIT...",
	  "undo that" },
	{ "reenable", verb_install, 1, -1, GROUP_FILES | GROUP_INSTALL, false, "UNIT...",
	  "disable, then enable" },
	{ "preset", verb_preset, 1, -1, GROUP_FILES | GROUP_INSTALL, false, "UNIT...",
	  "enable or disable as the image's presets say" },
	{ "preset-all", verb_preset, 0, 0, GROUP_FILES | GROUP_INSTALL, false, NULL,
	  "the same for all units" },
	{ "mask", verb_install, 1, -1, GROUP_FILES | GROUP_INSTALL, false, "UNIT...",
	  "have units never started, by nobody" },
	{ "unmask", verb_install, 1, -1, GROUP_FILES | GROUP_INSTALL, false, "UNIT...",
	  "undo that" },
	{ "is-enabled", verb_is_enabled, 1, -1, GROUP_FILES, false, "UNIT...",
	  "0 if one is started at boot" },
	{ "list-unit-files", verb_list_unit_files, 0, -1, GROUP_FILES | GROUP_UNIT_FILES, false,
	  "[PATTERN...]", "unit files and whether they are enabled" },
	{ "get-default", verb_get_default, 0, 0, GROUP_FILES, false, NULL,
	  "the target that a boot starts" },
	{ "set-default", verb_set_default, 1, 1, GROUP_FILES | GROUP_INSTALL, false, "TARGET",
	  "make it another one" },
	{ "list-sockets", verb_list_sockets, 0, -1, GROUP_LIST, false, "[PATTERN...]",
	  "sockets, what they listen on and start" },
	{ "list-timers", verb_list_timers, 0, -1, GROUP_LIST, false, "[PATTERN...]",
	  "timers, and when they elapse" },
	{ "calendar", verb_calendar, 1, -1, 0, false, "EXPRESSION...",
	  "when a calendar expression comes next" },
	{ "is-system-running", verb_is_system_running, 0, 0, GROUP_SYSTEM, false, NULL,
	  "0 if the boot is over and nothing failed" },
	{ "explain", verb_explain, 1, -1, 0, false, "KEY...", "what a unit file setting means" },
	{ "verify", verb_verify, 0, -1, GROUP_FILES, false, "[FILE...]",
	  "check unit files as loading them does" },
	{ "security", verb_security, 0, -1, GROUP_FILES | GROUP_SECURITY, false, "[UNIT|FILE...]",
	  "how exposed services are by their settings" },
	{ "import", verb_import, 1, 1, GROUP_FILES | GROUP_IMPORT, false, "BUNDLE",
	  "make a unit file from an unpacked OCI bundle" },
	{ "poweroff", verb_shutdown, 0, 0, GROUP_SHUTDOWN, false, NULL, "stop all, power off" },
	{ "reboot", verb_shutdown, 0, 0, GROUP_SHUTDOWN, false, NULL, "stop all, reboot" },
	{ "halt", verb_shutdown, 0, 0, GROUP_SHUTDOWN, false, NULL, "stop all, halt" },
	{ "exit", verb_shutdown, 0, 1, GROUP_SHUTDOWN, false, "[N]",
	  "stop all, power off with status N for the harness" },
	{ "daemon-reload", verb_daemon_reload, 0, 0, 0, false, NULL, "read all unit files again" },
	{ "diff", verb_diff, 0, 0, 0, false, NULL, "what a daemon-reload would change" },
	{ "version", verb_version, 0, 0, 0, false, NULL, "of berthctl and of the running berth" },
	{ 0 },
};

/* What is typed or comes from a script must not reach the terminal as it is. */
static void refuse_control_bytes(const char *name)
{
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c >= ' ' && *c != 0x7f)
			continue;
		fputc('"', stderr);
		for (c = name; *c; c++) {
			if ((unsigned char)*c >= ' ' && *c != 0x7f)
				fputc(*c, stderr);
			else
				fprintf(stderr, "\\x%02x", (unsigned char)*c);
		}
		fputs("\" is not a unit name.\n", stderr);
		exit(1);
	}
}

static const char *full_name(const char *name, const char *suffix)
{
	char *full;

	refuse_control_bytes(name);
	if (unit_type_of_name(name) >= 0)
		return name;
	if (asprintf(&full, "%s.%s", name, suffix) < 0)
		exit(1);
	return full;
}

const char *full_unit_name(const char *name)
{
	return full_name(name, "service");
}

const char *full_target_name(const char *name)
{
	return full_name(name, "target");
}

int failure_status(const struct failure *failure)
{
	switch (failure->err) {
	case EPERM:
	case EACCES: return EXIT_REFUSED;
	case ENOENT: return EXIT_NOT_FOUND;
	case EOPNOTSUPP: return EXIT_NOT_APPLICABLE;
	case EBADMSG: return EXIT_NOT_LOADABLE;
	default: return 1;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
	const char *program = argc > 0 ? base_name(argv[0]) : "berthctl";
	/* poweroff, reboot and halt are verbs by name; they have options and no verb word */
	bool by_name =
		str_eq(program, "poweroff") || str_eq(program, "reboot") || str_eq(program, "halt");
	struct diag diag = { 0 };
	struct args args;
	int status;

	if (args_parse(&args, argc, argv, verbs, by_name ? program : "list", by_name, &diag) < 0) {
		fprintf(stderr, "%s: %s (try --help)\n", program, diag.text);
		return 1;
	}
	if (args.help && !args.implied) {
		args_print_verb_help(stdout, program, args.verb);
		return 0;
	}
	if (args.help) {
		args_print_help(stdout, program, verbs);
		return 0;
	}
	if (args.version) {
		printf("berth %s\n", BERTH_VERSION);
		return 0;
	}
	status = args.verb->run(&args);
	if (fflush(stdout) != 0 || ferror(stdout))
		return status ? status : 1;
	return status;
}
