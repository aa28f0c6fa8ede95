/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_INSTALL_LINKS_H
#define BERTH_UNITS_INSTALL_LINKS_H

#include "units/install.h"

/* The links themselves, for install.c, which knows what they mean. */

/* Directories that are empty after a boot. */
bool install_is_runtime(unsigned int directory);
/* What is behind the last slash. */
const char *install_base_of(const char *path);

/* Tells the caller's sink, counts errors, returns -@err. */
__attribute__((format(printf, 4, 5))) int install_tell(struct install *in, enum diag_level level,
						       int err, const char *fmt, ...);

/* Fills ->links with those of the directories that are ours to change. 0 or -ENOMEM. */
int install_find_links(struct install *in);

/*
 * Makes a link in the configuration directory, or in @parent ("x.target.wants") below it. @force:
 * in the place of a link that leads elsewhere; a file is never replaced. 0, or -errno when told.
 */
int install_make_link(struct install *in, const char *parent, const char *name, const char *target,
		      bool force);
/* Removes @link, and its parent if nothing is left there. 0, or -errno when told. */
int install_remove_link(struct install *in, struct install_link *link);

#endif
