/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONTROL_JOBS_H
#define BERTH_INIT_CONTROL_JOBS_H

#include "init/control_ops.h"

/* Requests that ask for jobs or give them up, and how the unit of a request is found. */

int request_job(struct manager *m, const struct request *r, struct answer *a, struct diag *diag);
int request_cancel(struct manager *m, const struct request *r, struct answer *a, struct diag *diag);

/* 0, or -EINVAL with @diag when the request names no unit. */
int request_check_name(const struct request *r, struct diag *diag);

/*
 * The unit of a request that starts it, NULL with *@err 0 if it has to be looked for first, or with
 * -errno and @diag.
 */
struct node *request_node_to_start(struct manager *m, const struct request *r, int *err,
				   struct diag *diag);

/* A unit that berth knows already; NULL with *@err and @diag. */
struct node *request_known_node(struct manager *m, const struct request *r, int *err,
				struct diag *diag);

#endif
