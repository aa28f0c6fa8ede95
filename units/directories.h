/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_DIRECTORIES_H
#define BERTH_UNITS_DIRECTORIES_H

#include "lib/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The directories of DESIGN 2 in order of precedence, each listed once: whether a unit, a drop-in
 * directory or a .wants directory exists is then known without asking the kernel for every unit.
 */
#define DIRECTORY_STANDARD 7
/* Before them come those that a verb was told of (verify FILE); init has none. */
#define DIRECTORY_EXTRA 8
#define DIRECTORY_COUNT (DIRECTORY_EXTRA + DIRECTORY_STANDARD)
/* The places of those that hold what the administrator and the boot decide, not the vendor. */
#define DIRECTORY_ETC	      DIRECTORY_EXTRA
#define DIRECTORY_RUN	      (DIRECTORY_EXTRA + 1)
#define DIRECTORY_FOREIGN_ETC (DIRECTORY_EXTRA + 3)
#define DIRECTORY_FOREIGN_RUN (DIRECTORY_EXTRA + 4)

struct directory_entry {
	const char *name;
	uint16_t present;		      /* bit n: directory n has it */
	uint16_t links;			      /* bit n: it is a symbolic link there */
	struct directory_entry *next;	      /* same hash */
	const struct directory_list *listing; /* if it is a directory that has been listed */
};

/* What a directory of drop-ins or links holds over all search directories, by name; one per name. */
struct directory_item {
	const char *name;
	const char *parent; /* "web.service.d" */
	uint8_t directory;  /* which search directory */
	uint8_t rank;	    /* of the drop-in directory's name: lower is more specific */
	bool masked;	    /* a link to /dev/null */
};

struct directory_list {
	struct directory_item *v;
	uint32_t n, room;
	int error;	     /* -errno of one that is there and cannot be opened */
	unsigned int failed; /* that one's search directory */
};

struct directory_extra {
	const char *path; /* as the user wrote it, with a slash at its end; "" is where we are */
	bool foreign;
};

struct directories {
	const char *root; /* "" or an offline root */
	bool only_extra;  /* the standard directories are not looked at */
	struct directory_extra extra[DIRECTORY_EXTRA];
	int root_fd;		 /* -1 without an offline root */
	int fd[DIRECTORY_COUNT]; /* -1: does not exist */
	int error
		[DIRECTORY_COUNT]; /* -errno of one that exists and cannot be read; 0: none, or told */
	bool read;		   /* the index below is filled */
	bool any_dropins;
	struct arena arena;
	struct directory_entry **buckets;
	uint32_t n_buckets, n_entries;
};

/* @root must live on. Opens nothing yet. */
void directories_init(struct directories *d, const char *root);
/*
 * Searches @path first, before those that were added later and the standard ones; not within the
 * root. Units in it are foreign if it is a systemd/system. @path must live on. 0, -ENOSPC, or
 * -errno of the directory.
 */
int directories_add(struct directories *d, const char *path);
/* Lists the directories, unless that has been done. 0 or -ENOMEM; what cannot be read is in ->error. */
int directories_read(struct directories *d);
/* Gives the memory of the index back, the next directories_read() looks again. */
void directories_forget(struct directories *d);

/* NULL: in none of them. */
struct directory_entry *directories_find(const struct directories *d, const char *name);

/* Lists @entry (a directory's name) in all search directories. NULL without memory. */
const struct directory_list *directories_list(struct directories *d, struct directory_entry *entry);

/* "/etc/berth/units/" of directory @n, without the root. */
const char *directory_path(const struct directories *d, unsigned int n);
/* True for systemd's own. */
bool directory_is_foreign(const struct directories *d, unsigned int n);
/* The whole path of a file of directory @n, for people: with the root, unless it is an extra one. */
void directory_file_path(const struct directories *d, unsigned int n, const char *parent,
			 const char *name, char *buf, size_t size);

/* Opens a file of directory @n for reading, never blocking; links stay within the root. fd or -errno. */
int directories_open(const struct directories *d, unsigned int n, const char *parent,
		     const char *name);

/* The target of link @name in directory @n into @buf; false if it cannot be read. */
bool directories_readlink(const struct directories *d, unsigned int n, const char *parent,
			  const char *name, char *buf, size_t size);

#endif
