/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_FSTAB_H
#define BERTH_UNITS_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

/* fstab(5) as mount units (systemd-fstab-generator(8)). Pure: text in, entries and unit text out. */

struct fstab_entry {
	char what[512], where[512], type[64], options[512];
	char name[256]; /* of the unit: "srv-data.mount" */
	bool automatic; /* pulled in by its target: no noauto, not the root */
	bool nofail;	/* only wanted */
	bool remote;	/* of remote-fs.target: _netdev, or a type that is */
};

/*
 * The next mount of the text; *@at moves behind its line. Comments, swaps and lines that cannot be
 * understood or are too long are skipped. False at the end.
 */
bool fstab_next(const char **at, struct fstab_entry *e);

/* The next line; why there is no mount in it, NULL: there is, "" for a comment. False at the end. */
bool fstab_next_line(const char **at, struct fstab_entry *e, const char **why);

/* The text of a unit file for the entry; false when @size is too small. */
bool fstab_unit(const struct fstab_entry *e, char *text, size_t size);

/* True if @option is one of the comma-separated @options ("nofail" or "name=..."). */
bool fstab_has_option(const char *options, const char *option);

/* "/srv/data" -> "srv-data.mount"; false for what is no absolute path or too long. */
bool fstab_unit_name(const char *where, char *name, size_t size);

#endif
