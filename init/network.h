/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_NETWORK_H
#define BERTH_INIT_NETWORK_H

#include "lib/diag.h"
#include "netcfg/spec.h"

#include <stdint.h>

struct manager;
struct service;
struct unit;

/* Loopback up, links of `.network` files. Called at boot; trouble is told, not fatal. */
void network_boot(struct manager *m);

/* Applies the settings of one `.network` file @path; trouble is told. */
void network_static_link(struct manager *m, const char *path, const struct unit *u);

/*
 * Addresses for all services with a network of their own (fixed ones first), the bridge when there
 * is at least one, /etc/hosts for them, published ports. Called when units have been loaded. Kernel
 * modules that this takes are loaded by errands: what comes after them is done when they have ended.
 */
void network_units_loaded(struct manager *m);

/*
 * 1 when @s needs a link and modules for links are being loaded: the unit's waiting job is looked
 * at again in the end (jobs_unit_settled()), and network_ready() tells what went wrong. Else 0.
 */
int network_prepare(struct service *s);

/* Its network is a pod's (pod.h), whose address is the service's from now on. */
void network_join(struct service *s, uint32_t address);

/* 0 if services can get a veth pair, else -errno with @diag naming what is missing. */
int network_ready(struct manager *m, struct diag *diag);

/* The service's address: 0, or -errno with @diag when IP= cannot be had or the subnet is full. */
int network_address(struct manager *m, struct service *s, struct diag *diag);

/* The veth pair of the service's next start. */
void network_spec(struct manager *m, struct service *s, struct net_spec *out);

#endif
