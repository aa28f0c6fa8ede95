/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_POD_H
#define BERTH_INIT_POD_H

#include "lib/diag.h"

#include <stdbool.h>
#include <stdint.h>

struct service;
struct spawn_plan;

/*
 * Pods: services that JoinsNamespaceOf= connects, in whichever direction and over however many
 * others. They share what at least two of them would have of their own: the network (one address,
 * one loopback), IPC, the host name where they are isolated, and /tmp where PrivateTmp= has a
 * directory for it. Who would have none of a kind does not get it by joining.
 *
 * The first that starts has an errand make the namespaces, and all of them, this one included, enter
 * them: so it makes no difference who was first, and no process has to live for the others. PID 1
 * keeps the descriptors while any member is up, over restarts too. One that was started when nobody
 * knew yet that others would join it becomes a member with the namespaces it has.
 *
 * Nothing is kept of who belongs together: it is looked up in the units' edges when one starts.
 * One that is up keeps what it has when a reload changes that.
 *
 * The pod is named after one of its members (pod_leader()), whose address and host name it has.
 * The PID namespace is each service's own: the end of its first process is the end of everybody in it.
 */

/* How many may belong together. */
#define POD_MAX 64

/*
 * Before a start: sees to it that what @s shares is there. 0; 1 when it is being made: then the
 * unit's waiting job is looked at again (jobs_unit_settled()); -errno with @diag.
 */
int pod_prepare(struct service *s, struct diag *diag);

/* What @s enters instead of making its own: CLONE_NEW* bits; takes them out of @p->namespaces. */
void pod_plan(struct service *s, struct spawn_plan *p);

/* Opens nothing: the descriptors for what pod_plan() said into @p, still the pod's own. 0 or -ESTALE. */
int pod_descriptors(const struct service *s, struct spawn_plan *p);

/* Whether its network is the pod's. */
bool pod_has_network(const struct service *s);

/* What others could enter has become complete, or has gone: those that wait for it look again. */
void pod_tell(struct service *s);

/* The run is over and no restart follows: the last to leave takes the namespaces along. */
void pod_leave(struct service *s);

/* The member that has the pod's name, address and IP=; @s itself if it shares no network. */
struct service *pod_leader(struct service *s);

/* After which invocation and unit the pod's /tmp is named (NULL: not asked); false: @s has one of its own. */
bool pod_tmp(const struct service *s, const char **invocation, const char **id);

#endif
