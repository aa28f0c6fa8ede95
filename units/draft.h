/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_DRAFT_H
#define BERTH_UNITS_DRAFT_H

#include "lib/diag.h"
#include "lib/region.h"
#include "units/shared_values.h"
#include "units/values.h"

/*
 * A unit while its files are being read: settings in order of appearance, lists that grow, all in
 * a scratch arena that is used again for the next unit. draft_pack() makes the lasting unit of it,
 * in one block of exactly the needed size.
 */
struct draft_file {
	const char *path;
	bool foreign;
};

struct draft {
	struct arena arena;
	uint16_t slot[K_COUNT]; /* place in v + 1 */
	struct draft_setting *v;
	uint32_t n, room;
	struct draft_file *files;
	uint32_t n_files, room_files;
	const char *id;
	enum unit_type type;
	uint32_t sections; /* those allowed here */
	struct specifiers specifiers;
	struct diag_sink *sink;
	struct region *memory;	     /* where draft_pack() makes units; NULL: on the heap */
	struct shared_values shared; /* of the units in ->memory */
	bool bad;		     /* an error has been told */
	unsigned int n_told;
	uint32_t stamp;	      /* of all files that were looked at */
	char error[512];      /* the first one */
	char odd_section[64]; /* the unknown section that was told last */
};

/* Starts anew for unit @id (NULL: settings outside of units); keeps no memory of the last one. */
void draft_reset(struct draft *d, const char *id, uint32_t sections);
void draft_free(struct draft *d);

/* Reads one file's text into the draft. 0, -ENOMEM, -EBADMSG (told), -E2BIG (more than 255 files). */
int draft_read(struct draft *d, const char *path, bool foreign, bool dropin, const char *text,
	       size_t len);

/* The setting, or NULL. */
struct draft_setting *draft_get(struct draft *d, enum key key);
/* The same, made if missing (zero value); NULL without memory. */
struct draft_setting *draft_make(struct draft *d, enum key key);

/* Tells of something wrong at @file (index) and @line: an error in a berth file, else a warning. */
void draft_complain(struct draft *d, uint32_t file, unsigned int line, const char *key,
		    bool always_error, const char *text);

/* After the last file: refuses what is refused, drops what need not be kept. */
void draft_settle(struct draft *d);

/* The unit, one block, for unit_free() unless it is in ->memory; NULL without memory. */
struct unit *draft_pack(struct draft *d);

#endif
