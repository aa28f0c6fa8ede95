/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CLEANUP_H
#define BERTH_INIT_CLEANUP_H

struct service;

/*
 * Removes the RuntimeDirectory= of a service that had the host's /run (an isolated one's went with
 * its namespace). A child does it: the tree may be as deep and full as the service liked.
 */
void cleanup_runtime(struct service *s);

#endif
