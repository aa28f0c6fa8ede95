/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_FILTERS_H
#define BERTH_INIT_FILTERS_H

#include "lib/diag.h"
#include "units/unit.h"

#include <linux/filter.h>
#include <stdbool.h>

struct manager;
struct service;

/*
 * Seccomp programs, made once per distinct set of settings and shared by all units that say the
 * same. Making one means names of system calls, which PID 1 does not know, and milliseconds, which
 * it does not have: berth-seccomp does it as an errand, and the jobs of the units that need it wait.
 */
struct filter;

/* Executes berth-seccomp on the memory file @fd; an errand's work(). [child] */
int filters_run_compiler(void *arg, int fd);

/*
 * Sees to it that the filter of @s is there: 0, or 1 when it is being made: then the unit's waiting
 * job is looked at again in the end (jobs_unit_settled()). What goes wrong is told by filters_program().
 */
int filters_prepare(struct service *s);

/*
 * The program for a command of @s: NULL in *@program when the unit asks for no filter. -errno with
 * @diag naming the directive when there should be one. It stays as long as @s does not let go of it.
 */
int filters_program(struct service *s, const struct sock_fprog **program, struct diag *diag);

/* The service is gone or has other settings: lets go of its filter. */
void filters_release(struct service *s);

#endif
