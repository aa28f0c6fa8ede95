/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_INSTALL_STATE_H
#define BERTH_UNITS_INSTALL_STATE_H

#include "units/install.h"

/* Whether units are enabled: systemctl(1) is-enabled. */
enum install_state {
	INSTALL_ENABLED,
	INSTALL_ENABLED_RUNTIME,
	INSTALL_ALIAS,
	INSTALL_MASKED,
	INSTALL_MASKED_RUNTIME,
	INSTALL_STATIC,	  /* no [Install] section */
	INSTALL_INDIRECT, /* only Also= */
	INSTALL_DISABLED,
	INSTALL_BAD,	   /* its file cannot be read */
	INSTALL_NOT_FOUND, /* no file */
};

/* That of unit @name, of files as they were at install_open(). */
enum install_state install_state(struct install *in, const char *name);
/* systemctl's word, "enabled". */
const char *install_state_name(enum install_state state);

#endif
