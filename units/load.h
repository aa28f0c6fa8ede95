/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_LOAD_H
#define BERTH_UNITS_LOAD_H

#include "units/directories.h"
#include "units/draft.h"

/* From the files of one unit (main file, drop-ins, template, built-in) to one struct unit. */
struct loader {
	struct directories directories;
	struct draft draft; /* scratch, used again for each unit */
	char *buf;	    /* file content */
	size_t buf_size;
	char *fstab; /* its text while units are loaded; NULL: not read yet */
};

void loader_init(struct loader *l, const char *root, struct diag_sink *sink);
/* Gives back everything that only loading needs; the loader stays usable. */
void loader_forget(struct loader *l);

/*
 * Follows alias links and built-in aliases from @name to the unit's id in @id (UNIT_NAME_MAX + 1
 * bytes). 0, -ENOMEM, -EINVAL (no unit name), -ELOOP.
 */
int loader_resolve(struct loader *l, const char *name, char *id);

/* The text of /etc/fstab, "" if there is none. Valid until loader_forget(). */
const char *loader_fstab(struct loader *l);
/* Whether mount unit @id has a file, or a line in there. */
bool loader_has_mount(struct loader *l, const char *id);

/* Whether there is anything about unit @id: a file, or a directory of drop-ins of exactly that name. */
bool loader_is_written(struct loader *l, const char *id);

/* Where the main file of unit @id (or of its template) is; false if there is none. */
bool loader_file(struct loader *l, const char *id, unsigned int *directory, const char **file);

/*
 * Reads the unit called @id, which loader_resolve() gave. Whatever is wrong with its files ends up
 * in its load_state and load_error and in the sink; NULL means no memory. The caller owns it
 * (unit_free()).
 */
struct unit *loader_load(struct loader *l, const char *id);

/* A unit called @id without a file; for the same owner. NULL: no memory. */
struct unit *loader_missing(struct loader *l, const char *id);

/* Names in the unit's .wants (@suffix ".wants") or .requires directories; NULL: none, or no memory. */
const struct directory_list *loader_links(struct loader *l, const char *id, const char *suffix);

/*
 * Reads a file that is no unit (system.conf, *.network) with @sections allowed into *@out, as a
 * unit without a name: in @memory, or if that is NULL for unit_free(). 0, -errno of the file, or -EBADMSG when it was refused:
 * every error is in the sink then, and *@out is NULL.
 */
int settings_load_file(const char *path, uint32_t sections, struct diag_sink *sink,
		       struct region *memory, struct unit **out);

#endif
