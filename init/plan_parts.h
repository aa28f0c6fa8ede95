/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PLAN_PARTS_H
#define BERTH_INIT_PLAN_PARTS_H

#include "init/plan.h"
#include "sandbox/terminal.h"
#include "sandbox/landlock.h"
#include "units/unit.h"

/* The parts of plan_make() that live in files of their own. All: 0 or -errno with @diag. */

/* Capabilities, no_new_privs, keyring (plan_privileges.c). */
void plan_privileges(const struct unit *u, const struct command *cmd, struct spawn_plan *p);

/* The system call filter (plan_privileges.c); needs the identity. */
int plan_filter(struct service *s, const struct command *cmd, struct spawn_plan *p,
		struct diag *diag);

/* Scheduling and its kin, secure bits (plan_privileges.c). */
int plan_attributes(const struct unit *u, const struct command *cmd, struct service_plan *plan,
		    struct diag *diag);

/* User=, Group=, SupplementaryGroups=, WorkingDirectory= (plan_identity.c). */
int plan_identity(struct service *s, const struct command *cmd, struct service_plan *plan,
		  struct diag *diag);

/* PrivateUsers= (plan_users.c); needs the identity. */
int plan_users(struct service *s, const struct command *cmd, struct service_plan *plan,
	       struct diag *diag);

/* RuntimeDirectory=, StateDirectory=, ... (plan_directories.c); needs the identity. */
int plan_directories(const struct service *s, struct service_plan *plan, struct diag *diag);

/* What is to be done in the network namespace (plan_network.c). */
int plan_network(struct manager *m, struct service *s, struct service_plan *plan,
		 struct diag *diag);

/*
 * The same at once, within a fresh network namespace: the pair of @spec with a netlink socket of the
 * host's, or loopback alone if it is NULL. 0 or -errno with @text. [child]
 */
int plan_network_run(const struct net_spec *spec, bool low_ports, int host_netlink,
		     char text[SPAWN_TEXT]);

/* Sysctl= (plan_sysctl.c). */
int plan_sysctl(const struct service *s, struct service_plan *plan, struct diag *diag);

/* The host name that a berth of @u gets. */
void plan_hostname_of(const struct unit *u, char name[PLAN_HOSTNAME]);

/* Whether that is more than loopback. */
bool plan_network_is_link(const struct spawn_plan *p);

/* Landlock= (plan_landlock.c); needs the view and the privileges. */
int plan_landlock(const struct unit *u, struct service_plan *plan, struct diag *diag);
/* The ABI that the kernel has; 0: none. */
int plan_landlock_abi(void);

/* Root view and mounts (plan_view.c); needs the directories. */
int plan_view(struct manager *m, struct service *s, struct service_plan *plan, struct diag *diag);

/* Where 0-2 come from (plan_stdio.c); needs what is handed. */
int plan_stdio(struct service *s, enum command_slot slot, struct service_plan *plan,
	       struct diag *diag);

/* LoadCredential=, SetCredential=, Secret= (plan_credentials.c); needs the identity. */
int plan_credentials(const struct service *s, struct service_plan *plan, struct diag *diag);

/* What is done to the unit's terminal before and after (plan_stdio.c); false: nothing. */
bool plan_terminal(const struct unit *u, struct terminal *t);

/*
 * Descriptors that a program is handed (plan_handed.c): ->spawn.fds with LISTEN_FDNAMES, and
 * ->std_from for StandardInput=socket, fd: and their kin.
 */
int plan_handed(struct manager *m, struct service *s, enum command_slot slot,
		struct service_plan *plan, struct diag *diag);

/* Environment and argv (plan_env.c); needs identity and directories. */
int plan_environment(struct manager *m, struct service *s, enum command_slot slot,
		     const struct command *cmd, struct service_plan *plan, struct diag *diag);

/* The command, NULL if there is none with this number. */
const struct command *plan_command(const struct unit *u, enum command_slot slot,
				   unsigned int index);

unsigned int plan_command_count(const struct unit *u, enum command_slot slot);

/* What the list is called in files of the unit's type: "ExecStartPre". */
const char *plan_command_name(const struct unit *u, enum command_slot slot);

/* Places @diag at the setting of the command list @slot. */
void plan_place_command(struct diag *diag, const struct unit *u, enum command_slot slot);

/* Places @diag at the setting of @key, for a message that names file and line. */
void plan_place(struct diag *diag, const struct unit *u, enum key key);

#endif
