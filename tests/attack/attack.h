/* SPDX-License-Identifier: MIT */
#ifndef BERTH_TESTS_ATTACK_H
#define BERTH_TESTS_ATTACK_H

#include <errno.h>
#include <sys/types.h>

/*
 * One attack: 0 when it went through, -errno when it was refused. Each runs in a process of its
 * own, which may die of it: being killed is being refused, too.
 */
#define ATTACK(name, function, none, what, wall) int attack_##function(void);
#include "tests/attack/attack.def"
#undef ATTACK

/* What the neighbour has (victim.c), and what the attacks look for. */
#define VICTIM_NAME  "berth-victim"
#define VICTIM_KEY   0x76696374
#define VICTIM_PORT  7001
#define VICTIM_TEXT  "the neighbour's secret"
#define VICTIM_STATE "/var/lib/victim/secret"
#define VICTIM_DATA  "/data/secret" /* which anybody may read */
#define VICTIM_TMP   "/tmp/victim-secret"
#define VICTIM_SOCK  "/run/victim/socket"

/* Of VICTIM_PID= in the environment; 0: none. */
pid_t victim_pid(void);
int victim_main(void);
int terminal_main(void);

static inline int outcome(long r)
{
	return r < 0 ? -errno : 0;
}

/* Opens for writing (or reading), and closes again; what is in the file is left as it is. */
int try_open(const char *path, int flags);
/* The same, and the file must hold @text somewhere in its first page. */
int try_read(const char *path, const char *text);

#endif
