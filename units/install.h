/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_INSTALL_H
#define BERTH_UNITS_INSTALL_H

#include "units/load.h"

/*
 * What [Install] sections say, carried out: links that enable units, as systemctl(1) makes them.
 * All links are made in /etc/berth/units (or /run/berth/units), for foreign units too: that is the
 * one place of ours to write to. Links in /etc/systemd/system and /run/systemd/system count, and
 * disabling takes them away, because berth heeds them when it boots.
 */
/* A link that is there, below a directory that it may be removed from. */
struct install_link {
	unsigned int directory;
	const char *parent; /* "multi-user.target.wants", NULL: the directory itself */
	const char *name, *target;
	bool gone;
};

struct install {
	/* from the caller */
	const char *root; /* "" or an image's */
	bool runtime;	  /* links are made and removed in /run only */
	bool force;	  /* links that lead elsewhere are replaced */
	struct diag_sink *sink;
	/* Each change as it is made: @target NULL for a link that was removed. Paths without root. */
	void (*changed)(struct install *in, const char *path, const char *target);

	/* its own */
	struct diag_sink filter;
	struct loader loader;
	struct arena arena;
	struct install_link *links;
	size_t n_links, room_links;
	const char **seen; /* units that were dealt with: Also= may go round in circles */
	size_t n_seen, room_seen;
	unsigned int n_rules; /* settings of [Install] that were met */
	unsigned int errors;
};

/* Reads the directories. 0 or -ENOMEM; install_close() in any case. */
int install_open(struct install *in);
void install_close(struct install *in);

/*
 * Each for one unit by its full name. 0, or -errno after everything that is wrong was told to the
 * sink. ->n_rules tells whether there was anything to be done for enabling.
 */
int install_enable(struct install *in, const char *name);
int install_disable(struct install *in, const char *name);
int install_mask(struct install *in, const char *name);
int install_unmask(struct install *in, const char *name);
/* Makes target @name what default.target stands for. */
int install_set_default(struct install *in, const char *name);

/* What [Install] says, for install_state.c: something that a link is made for... */
bool install_has_links(const struct unit *u);
/* ...and the instance that a template stands for, the caller's to free; NULL: none. 0 or -errno. */
int install_default_instance(struct install *in, const struct unit *u, struct unit **out);

#endif
