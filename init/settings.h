/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SETTINGS_H
#define BERTH_INIT_SETTINGS_H

#define SYSTEM_CONF "/etc/berth/system.conf"

struct manager;
struct unit;

/* /etc/berth/system.conf into m->config and the units' defaults; a bad file is told and left out. */
void settings_read(struct manager *m);

/*
 * The same for what a reload has read, NULL: there is no such file any more. It must live on until
 * the next. BridgeAddress= is told to come with the next boot: the bridge is there, with links on it.
 */
void settings_replace(struct manager *m, const struct unit *settings);

/* Each /etc/berth/network/NAME.network: [Match] Name=, [Network] Address=, Gateway=. */
void settings_read_networks(struct manager *m);

#endif
