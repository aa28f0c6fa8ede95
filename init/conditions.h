/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONDITIONS_H
#define BERTH_INIT_CONDITIONS_H

#include "lib/diag.h"
#include "units/unit.h"

#include <stdint.h>
#include <sys/types.h>
#include <sys/utsname.h>

struct manager;
struct node;

/*
 * Condition...= and Assert...= of systemd.unit(5): looked at when a start job's turn has come, so
 * that what an earlier unit made counts.
 *
 * Paths are those of the host. A unit whose conditions name some is looked at by an errand, since a
 * path may be on a disk that has died or a server that is gone: its start waits, and nothing else.
 * All others PID 1 answers itself, from the kernel's memory.
 */

/* What does not come from a file, and where files are; tests bring their own. */
struct condition_facts {
	const char *root; /* stands before every path; "" on a real machine */
	struct utsname uts;
	unsigned int cpus;
	uint64_t memory;       /* bytes */
	char hypervisor[13];   /* cpuid's signature; "": none tells of itself */
	const char *container; /* $container of PID 1; NULL: not in one */
};

/* One that was not met, for the message; value without "|" and "!". */
struct condition_unmet {
	const struct setting *setting;
	const char *value; /* as written */
	int err;	   /* it could not be told; 0: it does not hold */
};

/*
 * Whether all of the unit's conditions (@assertions: its assertions) hold: each without "|", and
 * if there are some with "|", at least one of those. Pure but for reading files beneath the root.
 */
bool conditions_hold(const struct condition_facts *f, const struct unit *u, bool assertions,
		     struct condition_unmet *unmet);

/*
 * 0: start; UNIT_SKIPPED after telling why not (actions.h); UNIT_WAITS: an errand looks, the unit's job
 * is looked at again when it has ended; -errno: an assertion, @diag says which.
 */
int conditions_check(struct manager *m, struct node *node, struct diag *diag);

/* --- for conditions.c and the tests ------------------------------------------------------- */

/* One kind each: 1 holds, 0 does not, -errno could not be told (then it counts as not holding). */
typedef int (*condition_fn)(const struct condition_facts *f, const char *value);

/* condition_paths.c */
int condition_path_exists(const struct condition_facts *f, const char *path);
int condition_path_exists_glob(const struct condition_facts *f, const char *pattern);
int condition_path_is_directory(const struct condition_facts *f, const char *path);
int condition_path_is_link(const struct condition_facts *f, const char *path);
int condition_path_is_mount_point(const struct condition_facts *f, const char *path);
int condition_path_is_writable(const struct condition_facts *f, const char *path);
int condition_directory_not_empty(const struct condition_facts *f, const char *path);
int condition_file_not_empty(const struct condition_facts *f, const char *path);
int condition_file_is_executable(const struct condition_facts *f, const char *path);

/* condition_machine.c */
int condition_command_line(const struct condition_facts *f, const char *word);
int condition_kernel_version(const struct condition_facts *f, const char *text);
int condition_virtualization(const struct condition_facts *f, const char *text);
int condition_host(const struct condition_facts *f, const char *text);
int condition_architecture(const struct condition_facts *f, const char *text);
int condition_memory(const struct condition_facts *f, const char *text);
int condition_cpus(const struct condition_facts *f, const char *text);
int condition_ac_power(const struct condition_facts *f, const char *text);
int condition_security(const struct condition_facts *f, const char *text);

/* condition_host.c */
int condition_os_release(const struct condition_facts *f, const char *text);
int condition_memory_pressure(const struct condition_facts *f, const char *text);
int condition_cpu_pressure(const struct condition_facts *f, const char *text);
int condition_io_pressure(const struct condition_facts *f, const char *text);
int condition_cpu_feature(const struct condition_facts *f, const char *text);
int condition_firmware(const struct condition_facts *f, const char *text);

/* condition_system.c */
int condition_capability(const struct condition_facts *f, const char *name);
int condition_user(const struct condition_facts *f, const char *name);
int condition_group(const struct condition_facts *f, const char *name);
int condition_controllers(const struct condition_facts *f, const char *text);
int condition_environment(const struct condition_facts *f, const char *text);
int condition_first_boot(const struct condition_facts *f, const char *text);
int condition_needs_update(const struct condition_facts *f, const char *path);

/* The file @path beneath the root, at most @size - 1 bytes; the length or -errno. */
ssize_t condition_read(const struct condition_facts *f, const char *path, char *buf, size_t size);
/* @path beneath the root in @buf; -ENAMETOOLONG. */
int condition_path(const struct condition_facts *f, const char *path, char *buf, size_t size);

#endif
