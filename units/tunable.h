/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_TUNABLE_H
#define BERTH_UNITS_TUNABLE_H

/* Sysctl=: "NAME=VALUE", where the name is that of a tunable which namespaces have of their own. */
enum tunable_kind {
	TUNABLE_NONE, /* it has another form, or is the machine's */
	TUNABLE_NETWORK,
	TUNABLE_IPC,
};

enum tunable_kind tunable_kind(const char *text);

#endif
