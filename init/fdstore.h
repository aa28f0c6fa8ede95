/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_FDSTORE_H
#define BERTH_INIT_FDSTORE_H

#include <stdbool.h>
#include <stddef.h>

struct service;

/*
 * Descriptors that a service has asked to be kept (FDSTORE=1 of sd_notify(3)), for its next run to
 * find. At most FileDescriptorStoreMax=; those whose other end is gone are dropped at once, unless
 * FDPOLL=0 says otherwise (PITFALLS 134).
 */
struct stored_fd;

/*
 * Keeps those of @fds there is room for and that are not kept already; what is kept, or known not
 * to be worth it, becomes -1, the rest stays the caller's. @name need not be terminated.
 */
void fdstore_take(struct service *s, int *fds, unsigned int n, const char *name, size_t name_len,
		  bool poll);
void fdstore_remove(struct service *s, const char *name, size_t name_len);
/* Closes all of them. */
void fdstore_drop(struct service *s);

/* In the order of their coming: the next after @last (NULL: the first), or NULL. */
const struct stored_fd *fdstore_next(const struct service *s, const struct stored_fd *last);
int stored_fd_number(const struct stored_fd *fd);
const char *stored_fd_name(const struct stored_fd *fd);
unsigned int fdstore_count(const struct service *s);

#endif
