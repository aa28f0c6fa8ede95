/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "init/members.h"
#include "init/notify.h"
#include "init/prepare.h"
#include "init/socket_accept.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "sandbox/credentials.h"
#include "units/command.h"
#include "units/environment.h"
#include "units/value_stdio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Stands for the pid of the process that will execute the program, which writes it itself. */
#define OWN_PID "0000000000"
_Static_assert(sizeof(OWN_PID) == PID_TEXT, "the child writes as much");

static int put(struct environment *env, const char *name, const char *value)
{
	return environment_set(env, name, strlen(name), value);
}

static int put_u64(struct environment *env, const char *name, uint64_t value)
{
	char text[24];
	struct strbuf b = STRBUF_INIT(text);

	strbuf_put_u64(&b, value);
	return put(env, name, text);
}

/* What systemd.exec(5) "Environment Variables in Spawned Processes" promises. */
static int put_standard(struct environment *env, const struct unit *u, struct service_plan *plan)
{
	const char *user = plan->user;
	bool login = unit_setting(u, K_SetLoginEnvironment) ? unit_bool(u, K_SetLoginEnvironment)
							    : user != NULL;
	const struct strings *pass = unit_list(u, K_PassEnvironment);
	const char *path = unit_search_path(u, &plan->arena);
	int r = path ? put(env, "PATH", path) : -ENOMEM;

	for (uint32_t i = 0; i < pass->n && r == 0; i++) {
		const char *value = getenv(pass->v[i]);

		if (value)
			r = put(env, pass->v[i], value);
	}
	if (!login || r < 0)
		return r;
	r = put(env, "USER", user ? user : "root");
	if (r == 0)
		r = put(env, "LOGNAME", user ? user : "root");
	/* One that no file knows has neither. */
	if (r == 0 && !plan->dynamic && (plan->home || !user))
		r = put(env, "HOME", plan->home ? plan->home : "/root");
	if (r == 0 && !plan->dynamic && (plan->shell || !user))
		r = put(env, "SHELL", plan->shell ? plan->shell : "/bin/sh");
	return r;
}

/* systemd.exec(5) $TERM: for the console what the kernel was told, else the safest guess. */
static int put_term(struct environment *env, const struct unit *u)
{
	const char *path = unit_tty_path(u), *term = NULL;
	struct stdio v[3];

	unit_stdio(u, v);
	if (!std_is_terminal(v[0].kind) && !std_is_terminal(v[1].kind) &&
	    !std_is_terminal(v[2].kind))
		return 0;
	if (str_eq(path, "/dev/console"))
		term = getenv("TERM");
	if (!term)
		term = str_starts(path, "/dev/tty") && path[8] >= '0' && path[8] <= '9' ? "linux"
											: "vt220";
	return put(env, "TERM", term);
}

static const struct {
	enum key key;
	const char *variable, *base;
} directory_variables[] = {
	{ K_RuntimeDirectory, "RUNTIME_DIRECTORY", "/run/" },
	{ K_StateDirectory, "STATE_DIRECTORY", "/var/lib/" },
	{ K_CacheDirectory, "CACHE_DIRECTORY", "/var/cache/" },
	{ K_LogsDirectory, "LOGS_DIRECTORY", "/var/log/" },
	{ K_ConfigurationDirectory, "CONFIGURATION_DIRECTORY", "/etc/" },
};

static int put_directories(struct environment *env, const struct unit *u)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directory_variables) && r == 0; i++) {
		const struct strings *names = unit_list(u, directory_variables[i].key);
		char text[1024];
		struct strbuf b = STRBUF_INIT(text);

		for (uint32_t k = 0; k < names->n; k++) {
			strbuf_put(&b, k ? ":" : "");
			strbuf_put(&b, directory_variables[i].base);
			strbuf_put_n(&b, names->v[k], strcspn(names->v[k], ":"));
		}
		if (names->n)
			r = b.cut ? -E2BIG : put(env, directory_variables[i].variable, text);
	}
	return r;
}

/* Variables that tell how a service ended, systemd.exec(5). */
struct result_names {
	const char *result, *code, *status;
};

static int put_result(struct environment *env, const struct service *s,
		      const struct result_names *names)
{
	const struct last_exit *last = &s->last;
	int r = put(env, names->result, service_result_name(s->machine.result));

	if (r < 0 || last->code == 0 || !s->main_ended || s->main.pid != 0)
		return r;
	r = put(env, names->code,
		last->code == CLD_EXITED   ? "exited"
		: last->code == CLD_DUMPED ? "dumped"
					   : "killed");
	if (r < 0)
		return r;
	const char *sig = last->code == CLD_EXITED ? NULL : signal_name(last->status);

	return sig ? put(env, names->status, sig)
		   : put_u64(env, names->status, (uint64_t)last->status);
}

/*
 * The one service whose OnFailure= or OnSuccess= names this one; NULL: none, or several. Which of
 * several it was would have to be remembered; systemd does not tell of it either.
 */
static const struct service *monitored_by(struct manager *m, const struct service *s)
{
	static const enum dep_kind kinds[] = { DEP_ON_FAILURE_OF, DEP_ON_SUCCESS_OF };
	const struct service *found = NULL;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		uint32_t n;
		const struct dep *deps = unit_set_deps_of(m->set, s->index, kinds[k], &n);

		for (uint32_t i = 0; i < n; i++) {
			const struct service *other = manager_node(m, deps[i].unit)->service;

			if (found && found != other)
				return NULL;
			found = other;
		}
	}
	return found;
}

/* What a unit that OnFailure= or OnSuccess= starts learns about the one that ended. */
static int put_monitored(struct environment *env, const struct service *s, enum command_slot slot)
{
	static const struct result_names names = { "MONITOR_SERVICE_RESULT", "MONITOR_EXIT_CODE",
						   "MONITOR_EXIT_STATUS" };
	const struct service *other;
	int r;

	if (slot != SLOT_CONDITION && slot != SLOT_START_PRE && slot != SLOT_START &&
	    slot != SLOT_START_POST)
		return 0;
	other = monitored_by(s->manager, s);
	if (!other)
		return 0;
	r = put_result(env, other, &names);
	char id[33];

	if (r == 0 && service_invocation(other, id)[0])
		r = put(env, "MONITOR_INVOCATION_ID", id);
	return r < 0 ? r
		     : put(env, "MONITOR_UNIT", manager_node(s->manager, other->index)->unit->id);
}

/* The main program's pid as its own namespace counts. */
static uint64_t main_pid_inside(const struct service *s)
{
	return (uint64_t)(s->main.stub ? members_pid_inside(service_main_pid(s)) : s->main.pid);
}

static int put_state(struct environment *env, struct service *s, enum command_slot slot)
{
	static const struct result_names names = { "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS" };
	uint64_t main = s->main.pid != 0 && slot != SLOT_START ? main_pid_inside(s) : 0;
	int r = 0;

	if (main != 0)
		r = put_u64(env, "MAINPID", main);
	char id[33];

	if (r == 0 && service_invocation(s, id)[0])
		r = put(env, "INVOCATION_ID", id);
	if (r == 0 && service_has(s)->notify.fd >= 0)
		r = plan_isolation(s) != ISOLATION_NONE ? put(env, "NOTIFY_SOCKET", NOTIFY_INNER)
							: 0;
	if (r == 0 && (slot == SLOT_STOP || slot == SLOT_STOP_POST))
		r = put_result(env, s, &names);
	return r < 0 ? r : put_monitored(env, s, slot);
}

/* sd_watchdog_enabled(3); what main itself has asked for since is of its former run. */
static int put_watchdog(struct environment *env, const struct service *s, enum command_slot slot)
{
	int r;

	if (slot != SLOT_START || s->config->watchdog == USEC_INFINITY)
		return 0;
	r = put_u64(env, "WATCHDOG_USEC", s->config->watchdog);
	return r < 0 ? r : put(env, "WATCHDOG_PID", OWN_PID);
}

/* systemd.exec(5) $REMOTE_ADDR: of the connection that the service was made for. */
static int put_peer(struct environment *env, struct manager *m, const struct service *s)
{
	const struct socket_connection *c = socket_connection_of(m, s);
	unsigned int port;
	char text[64];
	int r;

	if (!c || !socket_peer(c->fd, text, sizeof(text), &port))
		return 0;
	r = put(env, "REMOTE_ADDR", text);
	return r < 0 ? r : put_u64(env, "REMOTE_PORT", port);
}

/* sd_listen_fds(3) */
static int put_handed(struct environment *env, const struct service_plan *plan)
{
	int r;

	if (!plan->listen_names)
		return 0;
	r = put_u64(env, "LISTEN_FDS", plan->n_listen);
	if (r == 0)
		r = put(env, "LISTEN_FDNAMES", plan->listen_names);
	return r < 0 ? r : put(env, "LISTEN_PID", OWN_PID);
}

/* Where the child writes its pid; what the unit's own text has set stays as it is. */
static void find_own_pid(const struct strings *list, struct spawn_plan *p)
{
	static const char *const wanted[] = { "LISTEN_PID=" OWN_PID, "WATCHDOG_PID=" OWN_PID };
	size_t n = 0;

	for (uint32_t i = 0; i < list->n && n < ARRAY_SIZE(p->own_pid); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(wanted); k++) {
			if (str_eq(list->v[i], wanted[k]))
				p->own_pid[n++] = strchr((char *)(uintptr_t)list->v[i], '=') + 1;
		}
	}
}

static int put_host_notify(struct environment *env, struct service *s, const struct unit *u)
{
	char path[300];
	struct strbuf b = STRBUF_INIT(path);

	if (service_has(s)->notify.fd < 0 || plan_isolation(s) != ISOLATION_NONE)
		return 0;
	strbuf_printf(&b, NOTIFY_DIR "/%s", u->id);
	return put(env, "NOTIFY_SOCKET", path);
}

/* Variables whose values only the child gets to know take the place of others; how many. */
static uint32_t unset_secrets(struct environment *env, const struct credentials *cr)
{
	uint32_t n = 0;

	for (size_t i = 0; cr && i < cr->n; i++) {
		if (cr->v[i].place != IN_ENVIRONMENT)
			continue;
		environment_unset(env, cr->v[i].name);
		n++;
	}
	return n;
}

static int put_credentials(struct environment *env, const struct unit *u)
{
	char path[300];
	struct strbuf b = STRBUF_INIT(path);

	if (unit_list(u, K_LoadCredential)->n + unit_list(u, K_SetCredential)->n == 0)
		return 0;
	strbuf_printf(&b, CREDENTIALS_DIR "/%s", u->id);
	return put(env, "CREDENTIALS_DIRECTORY", path);
}

int plan_environment(struct manager *m, struct service *s, enum command_slot slot,
		     const struct command *cmd, struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(m, s->index)->unit;
	const struct strings *own = unit_list(u, K_Environment);
	const struct strings *unset = unit_list(u, K_UnsetEnvironment);
	struct environment env = { .arena = &plan->arena };
	int r = put_standard(&env, u, plan);

	if (r == 0)
		r = put_directories(&env, u);
	if (r == 0)
		r = put_term(&env, u);
	if (r == 0)
		r = put_credentials(&env, u);
	if (r == 0)
		r = put_state(&env, s, slot);
	if (r == 0)
		r = put_host_notify(&env, s, u);
	if (r == 0)
		r = put_watchdog(&env, s, slot);
	if (r == 0)
		r = put_handed(&env, plan);
	if (r == 0)
		r = put_peer(&env, m, s);
	for (uint32_t i = 0; i < own->n && r == 0; i++)
		r = environment_put(&env, own->v[i]);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "environment");
	r = prepare_environment(s, slot, &env, diag);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < unset->n; i++)
		environment_unset(&env, unset->v[i]);
	uint32_t n_secret = unset_secrets(&env, plan->spawn.credentials);
	struct strings list = environment_strings(&env);
	const char **envp = arena_alloc(&plan->arena, (list.n + n_secret + 1) * sizeof(*envp));
	char **argv;

	if (!envp || command_argv(cmd, &list, &plan->arena, &argv) < 0)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	/* Words without a variable are still the unit's own. */
	for (char **word = argv; *word; word++) {
		*word = arena_strdup(&plan->arena, *word);
		if (!*word)
			return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	}
	memcpy(envp, list.v, list.n * sizeof(*envp));
	/* What the child puts there stands nowhere in our memory. */
	for (uint32_t i = 0; i <= n_secret; i++)
		envp[list.n + i] = NULL;
	if (n_secret)
		plan->spawn.credentials->env = (char **)(uintptr_t)&envp[list.n];
	plan->spawn.envp = (char *const *)envp;
	find_own_pid(&list, &plan->spawn);
	plan->spawn.argv = argv;
	return 0;
}
