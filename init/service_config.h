/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SERVICE_CONFIG_H
#define BERTH_INIT_SERVICE_CONFIG_H

#include "init/machine.h"

struct node;

/*
 * The unit's settings in the machine's words. Most units say nothing of most of them, so that many
 * services share one: it is 120 bytes, of which a thousand services need one or a few. NULL: no
 * memory. service_config_put() gives it back.
 */
const struct machine_config *service_config_get(const struct node *node);
void service_config_put(const struct machine_config *config);

#endif
