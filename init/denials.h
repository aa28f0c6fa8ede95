/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_DENIALS_H
#define BERTH_INIT_DENIALS_H

struct manager;
struct service;

/*
 * Which system call a filter has killed a main process for. A death by SIGSYS tells its parent nothing of
 * it (PITFALLS 55); the kernel tells it in an audit record (AUDIT_SECCOMP), which it sends to who listens
 * to the multicast group of such records, whether or not auditing is on. The record may come before
 * or after the death is seen. The name of the call is looked up by berth-seccomp, which has the tables.
 *
 * From then on the property SeccompDenied, `status` and a line of the log tell it.
 */

/* Before the first filter is used; idempotent. A kernel without CONFIG_AUDIT leaves deaths unnamed. */
void denials_listen(struct manager *m);

/* The main process of @s, ->last, has ended. */
void denials_main_ended(struct service *s);

#endif
