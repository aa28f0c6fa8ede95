/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ZONES_H
#define BERTH_INIT_ZONES_H

#include <stdbool.h>

struct loop;
struct timezone_table;

/*
 * Time zones that timers ask for. Their files are on a disk, so an errand reads each, once, into
 * memory that it shares with PID 1; only who uses one has it. The machine's own zone,
 * /etc/localtime, is read again when inotify tells that there is another; the watch is
 * laid by the errand, too, since that looks a path up.
 */

/*
 * @changed: a zone has been read; @local: the machine's own, and it is another one than before.
 * Called in the loop, never from zone_find().
 */
void zones_open(void (*changed)(void *ctx, bool local), void *ctx);

/*
 * Zone @name, "" the machine's own. NULL: with *@err 0 it is being read, and changed() will be called;
 * else -errno why there is none. The machine's own is UTC (a table without changes) where there is
 * no /etc/localtime.
 */
const struct timezone_table *zone_find(struct loop *loop, const char *name, int *err);

#endif
