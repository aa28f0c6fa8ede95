/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUE_VOLUME_H
#define BERTH_UNITS_VALUE_VOLUME_H

#include "units/value_lists.h"

/*
 * Volume= of podman-systemd.unit(5): "SOURCE:TARGET[:OPTIONS]", SOURCE a name or an absolute path. A
 * name becomes its directory beneath VOLUMES, so that what is kept is always "PATH:PATH:OPTIONS".
 */
#define VOLUMES "/var/lib/berth/volumes/"

int value_take_volume(struct value_context *c, const char *word, const char **out);

/* Whether @option is among the comma-separated @options. */
bool volume_has_option(const char *options, const char *option);

#endif
