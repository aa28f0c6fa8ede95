/* SPDX-License-Identifier: MIT */
#ifndef BERTH_BENCH_FLOOR_FLOOR_H
#define BERTH_BENCH_FLOOR_FLOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The floor: the least that a PID 1 must ask of the kernel to bring up the same N services that
 * berth brings up. It reads no units, keeps no state, reports nothing and survives nothing; each
 * call it makes is argued where it is made. What it takes is not berth's to save; what berth takes
 * beyond it is what berth's features cost.
 */

enum floor_mode {
	FLOOR_NONE,	/* a cgroup with two limits, a log pipe */
	FLOOR_STANDARD, /* the standard profile with PrivateNetwork=yes */
	FLOOR_NET,	/* the standard profile: veth, bridge, address, route */
	FLOOR_FULL,	/* the full profile with PrivateNetwork=yes */
};

/* Prints what failed and ends the machine: a floor that left something out would be a lie. */
__attribute__((noreturn)) void die(const char *what);
static inline void must(const char *what, long rc)
{
	if (rc < 0)
		die(what);
}
/* floor.c; @dir as for openat() */
void write_file(int dir, const char *path, const char *text);

/* clone.c: as clone3(), for a @child that execs or exits and never returns */
struct clone_args;
pid_t clone_sharing(struct clone_args *args, void (*child)(unsigned int), unsigned int number);

/* boot.c */
void boot_mounts(void);
void boot_modules(void);

/* view.c */
#define VIEW		 "/run/view"
#define VIEW_SUPERBLOCKS 5 /* tmpfs, devpts, proc, sysfs, mqueue */
void view_make_room(unsigned int services);
void view_prepare(void);
/* @base: whose /run it is; 0: root's, and no names are shown */
void view_enter(const char *hostname, uid_t base);

/* users.c */
#define USERS_BASE(number) (0x80000u + (number)*65536u)
void users_make(unsigned int number);
void users_enter(unsigned int number);
void users_become(void);
void users_names(void);

/* filter.c */
void filter_prepare(void);
void filter_install(void);

/* devices.c */
void devices_prepare(void);
void devices_attach(int cgroup);

/* net.c */
void net_prepare(bool bridge);
int net_host_socket(void);
void net_loopback(void);
void net_service(int host_socket, unsigned int number);

#endif
