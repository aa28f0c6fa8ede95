/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CLEANUP_H
#define BERTH_INIT_CLEANUP_H

struct service;

/*
 * Removes the RuntimeDirectory= of a service that had the host's /run (an isolated one's went with
 * its namespace). A child does it: the tree may be as deep and full as the service liked.
 */
void cleanup_runtime(struct service *s);

/*
 * PrivateTmp= of a service that has the host's /tmp: a directory in each of these places, named after
 * the run, which ends with it. Both may lie on disks: only children touch them.
 */
#define PRIVATE_TMP_PLACES 2
#define PRIVATE_TMP_NAME   256
extern const char *const private_tmp_places[PRIVATE_TMP_PLACES];
void private_tmp_name(const struct service *s, char name[PRIVATE_TMP_NAME]);
void cleanup_private_tmp(struct service *s);

#endif
