/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_FSTAB_H
#define BERTH_UNITS_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

/* fstab(5) as mount and swap units (systemd-fstab-generator(8)). Pure: text in, entries and unit text out. */

enum fstab_target {
	FSTAB_LOCAL,
	FSTAB_REMOTE, /* of remote-fs.target: _netdev, or a type that is */
	FSTAB_SWAP,
};

struct fstab_entry {
	char what[512], where[512], type[64], options[512];
	char name[256]; /* of the unit: "srv-data.mount" */
	bool automatic; /* pulled in by its target: no noauto, not the root */
	bool nofail;	/* only wanted */
	enum fstab_target target;
};

/*
 * The next entry of the text; *@at moves behind its line. Comments and lines that cannot be
 * understood or are too long are skipped. False at the end.
 */
bool fstab_next(const char **at, struct fstab_entry *e);

/* The next line; why there is nothing in it, NULL: there is, "" for a comment. False at the end. */
bool fstab_next_line(const char **at, struct fstab_entry *e, const char **why);

/* The text of a unit file for the entry; false when @size is too small. */
bool fstab_unit(const struct fstab_entry *e, char *text, size_t size);

/* True if @option is one of the comma-separated @options ("nofail" or "name=..."). */
bool fstab_has_option(const char *options, const char *option);

/* The first x-systemd. option that is not carried out, into @option; false: there is none. */
bool fstab_left_out(const char *options, char *option, size_t size);

/* What is written behind "@option="; false: it is not there, or longer than @size - 1. */
bool fstab_option_value(const char *options, const char *option, char *value, size_t size);

/* "/srv/data" -> "srv-data.mount"; false for what is no absolute path or too long. */
bool fstab_unit_name(const char *where, char *name, size_t size);
/* "/dev/vdb" -> "dev-vdb.swap", "UUID=1-2" -> "dev-disk-by\\x2duuid-1\\x2d2.swap". */
bool fstab_swap_name(const char *what, char *name, size_t size);

/* "LABEL=x y" -> "/dev/disk/by-label/x\\x20y" as udev names it; others stay. False: too long. */
bool fstab_device_path(const char *what, char *path, size_t size);

/* NULL, or what is wrong with the comma-separated @options of a swap (systemd.swap(5)). */
const char *fstab_swap_options(const char *options);

#endif
