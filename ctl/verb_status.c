/* SPDX-License-Identifier: MIT */
#include "ctl/term.h"
#include "ctl/verbs.h"
#include "lib/fd.h"
#include "lib/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* `status`: one unit for people to read, in systemctl's layout; or the whole system. */

static const char *const status_wants[] = {
	"Id",
	"Description",
	"LoadState",
	"LoadError",
	"FragmentPath",
	"DropInPaths",
	"UnitFileState",
	"ActiveState",
	"SubState",
	"Result",
	"Job",
	"JobType",
	"MainPID",
	"ControlPID",
	"ExecMainPID",
	"ExecMainCode",
	"ExecMainStatus",
	"SeccompDenied",
	"LastExit",
	"NRestarts",
	"StatusText",
	"Reason",
	"MemoryCurrent",
	"MemoryPeak",
	"MemoryMax",
	"TasksCurrent",
	"TasksMax",
	"CPUUsageNSec",
	"ControlGroup",
	"ActiveEnterTimestampMonotonic",
	"StateChangeTimestampMonotonic",
	"IPAddress",
	"Health",
	"HealthFailingStreak",
	"OOMKills",
	"OOMCause",
	NULL,
};

static void put_label(const char *label)
{
	printf("%11s: ", label);
}

static void put_loaded(const struct props *p)
{
	const char *load = props_get(p, "LoadState"), *path = props_get(p, "FragmentPath");
	const char *enabled = props_get(p, "UnitFileState"), *error = props_get(p, "LoadError");
	bool good = str_eq(load, "loaded");
	enum colour colour = good ? COLOUR_PLAIN : COLOUR_BAD;

	put_label("Loaded");
	printf("%s%s%s (", term_colour(colour), load, term_off(colour));
	if (str_eq(load, "not-found"))
		printf("Reason: Unit %s not found.)\n", props_get(p, "Id"));
	else if (!good && *error)
		printf("%s)\n", error);
	else
		printf("%s%s%s)\n", *path ? path : "built in", *enabled ? "; " : "", enabled);
	if (*props_get(p, "DropInPaths")) {
		put_label("Drop-In");
		puts(props_get(p, "DropInPaths"));
	}
}

static void put_active(const struct props *p)
{
	const char *active = props_get(p, "ActiveState"), *result = props_get(p, "Result");
	bool up = str_eq(active, "active") || str_eq(active, "reloading");
	usec_t at = props_number(
		p, up ? "ActiveEnterTimestampMonotonic" : "StateChangeTimestampMonotonic", 0);
	usec_t now = clock_now(CLOCK_MONOTONIC);
	char when[64], age[64];

	put_label("Active");
	printf("%s%s", term_colour(state_colour(active)), active);
	if (!str_eq(active, "failed"))
		printf(" (%s)", props_get(p, "SubState"));
	printf("%s", term_off(state_colour(active)));
	if (!str_eq(result, "success") && *result)
		printf(" (Result: %s)", result);
	if (at > 0 && at <= now) {
		format_time(clock_now(CLOCK_REALTIME) - (now - at), when, sizeof(when));
		format_age(now - at, age, sizeof(age));
		printf(" since %s; %s ago", when, age);
	}
	putchar('\n');
	if (*props_get(p, "Reason") && str_eq(active, "failed")) {
		put_label("Reason");
		puts(props_get(p, "Reason"));
	}
	if (props_number(p, "Job", 0) > 0) {
		put_label("Job");
		printf("%s (%s)\n", props_get(p, "Job"), props_get(p, "JobType"));
	}
}

static void put_command_name(pid_t pid)
{
	char path[32], name[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	n = fd_read_file_at(AT_FDCWD, path, name, sizeof(name));
	if (n > 0)
		printf(" (%.*s)", (int)strcspn(name, "\n"), name);
}

/* "exited, status 1" or "killed by SIGKILL" from waitid(2)'s code and status. */
static void put_end(int code, int status)
{
	const char *name = signal_name(status);

	if (code == CLD_EXITED)
		printf("exited, status %d", status);
	else if (name)
		printf("%s by SIG%s", code == CLD_DUMPED ? "dumped core" : "killed", name);
	else
		printf("%s by signal %d", code == CLD_DUMPED ? "dumped core" : "killed", status);
}

/* What a death by SIGSYS was for, as far as the kernel told. */
static void put_denied(const struct props *p)
{
	const char *call = props_get(p, "SeccompDenied");

	if (call[0] && !strchr(call, ' '))
		printf(", system call %s", call);
}

/* The same of a process that is not the main one. */
static void put_denied_process(const struct props *p)
{
	const char *call = props_get(p, "SeccompDenied");

	if (!strchr(call, ' '))
		return;
	put_label("Denied");
	printf("system call %s\n", call);
}

static void put_processes(const struct props *p)
{
	pid_t main_pid = (pid_t)props_number(p, "MainPID", 0);
	pid_t control_pid = (pid_t)props_number(p, "ControlPID", 0);
	pid_t last = (pid_t)props_number(p, "ExecMainPID", 0);
	int code = (int)props_number(p, "ExecMainCode", 0);

	if (main_pid > 0) {
		put_label("Main PID");
		printf("%d", main_pid);
		put_command_name(main_pid);
		putchar('\n');
	} else if (last > 0) {
		put_label("Main PID");
		printf("%d (", last);
		if (code > 0)
			put_end(code, (int)props_number(p, "ExecMainStatus", 0));
		else
			printf("how it ended is unknown");
		put_denied(p);
		puts(")");
	}
	if (control_pid > 0) {
		put_label("Control");
		printf("%d", control_pid);
		put_command_name(control_pid);
		putchar('\n');
	}
	put_denied_process(p);
}

static void put_restarts(const struct props *p)
{
	uint64_t restarts = props_number(p, "NRestarts", 0);
	uint64_t kills = props_number(p, "OOMKills", 0);
	int code, status;

	if (restarts > 0) {
		put_label("Restarts");
		printf("%" PRIu64, restarts);
		if (sscanf(props_get(p, "LastExit"), "%d/%d", &code, &status) == 2) {
			printf(" (the run before ");
			put_end(code, status);
			putchar(')');
		}
		putchar('\n');
	}
	if (*props_get(p, "Health")) {
		put_label("Health");
		printf("%s", props_get(p, "Health"));
		if (props_number(p, "HealthFailingStreak", 0) > 0)
			printf(" (%s checks in a row have failed)",
			       props_get(p, "HealthFailingStreak"));
		putchar('\n');
	}
	if (kills > 0) {
		put_label("OOM kills");
		printf("%" PRIu64 " (the last by %s)\n", kills, props_get(p, "OOMCause"));
	}
}

static void put_size(const struct props *p, const char *name, const char *before)
{
	uint64_t bytes = props_number(p, name, UINT64_MAX);
	char text[32];

	if (bytes == UINT64_MAX)
		return;
	format_size(bytes, text, sizeof(text));
	printf("%s%s", before, text);
}

static void put_resources(const struct props *p)
{
	uint64_t nsec = props_number(p, "CPUUsageNSec", UINT64_MAX);
	char text[64];

	if (props_number(p, "TasksCurrent", UINT64_MAX) != UINT64_MAX) {
		const char *max = props_get(p, "TasksMax");

		put_label("Tasks");
		printf("%s (limit: %s)\n", props_get(p, "TasksCurrent"),
		       str_eq(max, "infinity") ? "none" : max);
	}
	if (props_number(p, "MemoryCurrent", UINT64_MAX) != UINT64_MAX) {
		put_label("Memory");
		put_size(p, "MemoryCurrent", "");
		if (props_number(p, "MemoryPeak", UINT64_MAX) != UINT64_MAX) {
			put_size(p, "MemoryPeak", " (peak: ");
			put_size(p, "MemoryMax", ", max: ");
			putchar(')');
		}
		putchar('\n');
	}
	if (nsec != UINT64_MAX) {
		/* whole milliseconds: more digits say nothing */
		format_span(nsec / 1000000 * USEC_PER_MSEC, text, sizeof(text));
		put_label("CPU");
		puts(text);
	}
	if (*props_get(p, "IPAddress")) {
		put_label("IP");
		puts(props_get(p, "IPAddress"));
	}
}

/* Like ps: the command line, and the name where that says something else ({berth-stub} /init). */
static void put_process_line(const char *pid)
{
	char path[64], name[64] = "", line[256] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (fd_read_file_at(AT_FDCWD, path, name, sizeof(name)) > 0)
		name[strcspn(name, "\n")] = '\0';
	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	n = fd_read_file_at(AT_FDCWD, path, line, sizeof(line));
	if (n == -E2BIG)
		n = sizeof(line) - 1;
	for (ssize_t i = 0; i + 1 < n; i++)
		if (line[i] >= 0 && line[i] < ' ')
			line[i] = ' ';
	/* Programs that write a title over their arguments leave blanks behind it. */
	for (size_t len = strlen(line); len > 0 && line[len - 1] == ' '; len--)
		line[len - 1] = '\0';
	printf("%13s|-%s ", "", pid);
	if (!strstr(line, name))
		printf("{%s} ", name);
	puts(line);
}

/* The processes of the cgroup, as far as this reader may see them. */
static void put_cgroup(const struct props *p)
{
	const char *group = props_get(p, "ControlGroup");
	char path[512], list[8192];
	char *rest = list, *word;

	if (!*group)
		return;
	put_label("CGroup");
	puts(group);
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", group);
	if (fd_read_file_at(AT_FDCWD, path, list, sizeof(list)) <= 0)
		return;
	while ((word = strsep(&rest, "\n")))
		if (*word)
			put_process_line(word);
}

static int print_unit(struct client *c, const struct args *args, const char *unit, uint64_t lines)
{
	struct failure failure = { 0 };
	struct props p = { 0 };
	const char *active;
	int status = EXIT_DEAD;

	if (client_show(c, unit, status_wants, &p, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", unit, failure.text);
		return failure_status(&failure);
	}
	if (str_eq(props_get(&p, "LoadState"), "not-found")) {
		fprintf(stderr, "Unit %s could not be found.\n", unit);
		props_free(&p);
		return EXIT_UNKNOWN_UNIT;
	}
	active = props_get(&p, "ActiveState");
	printf("%s%s%s %s%s%s\n", term_colour(state_colour(active)), term_dot(active),
	       term_off(state_colour(active)), props_get(&p, "Id"),
	       str_eq(props_get(&p, "Description"), unit) ? "" : " - ",
	       str_eq(props_get(&p, "Description"), unit) ? "" : props_get(&p, "Description"));
	put_loaded(&p);
	put_active(&p);
	put_processes(&p);
	if (*props_get(&p, "StatusText")) {
		put_label("Status");
		printf("\"%s\"\n", props_get(&p, "StatusText"));
	}
	put_resources(&p);
	put_restarts(&p);
	put_cgroup(&p);
	if (lines > 0 && !args->quiet)
		print_log_tail(stdout, c, props_get(&p, "Id"), (unsigned int)lines, "\n");
	if (str_eq(active, "active") || str_eq(active, "reloading"))
		status = EXIT_RUNNING;
	props_free(&p);
	return status;
}

static void print_system(const struct props *p)
{
	static const char *const lines[][2] = {
		{ "State", "SystemState" },   { "Units", "NNames" },	     { "Jobs", "NJobs" },
		{ "Failed", "NFailedUnits" }, { "Target", "DefaultTarget" },
	};
	usec_t now = clock_now(CLOCK_MONOTONIC);
	usec_t start = props_number(p, "UserspaceTimestampMonotonic", now);
	usec_t done = props_number(p, "FinishTimestampMonotonic", 0);
	bool good = str_eq(props_get(p, "SystemState"), "running");
	enum colour colour = good ? COLOUR_GOOD : COLOUR_MIDDLE;
	char host[256] = "", age[64];

	gethostname(host, sizeof(host) - 1);
	printf("%s%s%s %s\n", term_colour(colour), term_dot(good ? "active" : "failed"),
	       term_off(colour), host);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		put_label(lines[i][0]);
		puts(props_get(p, lines[i][1]));
	}
	format_age(now - start, age, sizeof(age));
	put_label("Since");
	printf("%s ago", age);
	if (done > start) {
		format_span((done - start) / USEC_PER_MSEC * USEC_PER_MSEC, age, sizeof(age));
		printf("; the boot took %s", age);
	}
	puts("\n");
}

static int system_status(struct client *c, const struct args *args)
{
	struct proto_writer w = client_begin(c, OP_STATUS, 0);
	struct failure failure = { 0 };
	struct props p = { 0 };
	struct reply reply;

	if (client_call(c, &w, &reply, &failure) < 0) {
		fprintf(stderr, "%s\n", failure.text);
		return failure_status(&failure);
	}
	props_take(&p, &reply);
	if (!args->json)
		print_system(&p);
	props_free(&p);
	return verb_list(args);
}

int verb_status(const struct args *args)
{
	struct client *c;
	uint64_t lines = 10;
	int status = 0;

	if (args->lines && parse_u64(args->lines, 0, 100000, &lines) < 0) {
		fprintf(stderr, "\"%s\" is not a number of lines.\n", args->lines);
		return 1;
	}
	if (args->json && args->n_operands > 0)
		return verb_show(args);
	c = client_open(args->socket);
	if (!c)
		return EXIT_UNKNOWN_UNIT; /* the LSB's "status unknown" */
	if (args->n_operands == 0)
		status = system_status(c, args);
	for (int i = 0; i < args->n_operands; i++) {
		int r;

		if (i > 0)
			putchar('\n');
		r = print_unit(c, args, full_unit_name(args->operands[i]), lines);
		status = status ? status : r;
	}
	client_close(c);
	return status;
}
