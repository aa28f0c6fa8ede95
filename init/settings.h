/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SETTINGS_H
#define BERTH_INIT_SETTINGS_H

struct manager;

/* /etc/berth/system.conf into m->config and the units' defaults; a bad file is told and left out. */
void settings_read(struct manager *m);

/* Each /etc/berth/network/NAME.network: [Match] Name=, [Network] Address=, Gateway=. */
void settings_read_networks(struct manager *m);

#endif
