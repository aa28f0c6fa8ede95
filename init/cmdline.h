/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CMDLINE_H
#define BERTH_INIT_CMDLINE_H

#include "lib/diag.h"

#include <stdbool.h>

/*
 * The kernel command line as far as it is meant for us. Words may be quoted with ", as the kernel
 * itself reads them (next_arg() in lib/cmdline.c): quotes protect blanks and are not nested.
 * Parsing is pure; the last word on a subject wins.
 */
enum crash_policy {
	CRASH_REBOOT, /* after a delay in which the message can be read */
	CRASH_POWEROFF,
	CRASH_HANG, /* go on reaping until somebody looks */
};

struct cmdline {
	char default_unit[256]; /* "": not given */
	char hostname[65];	/* "": not given */
	int exit_port;		/* 0: none */
	int log_level;		/* syslog(3) priority, -1: not given */
	bool status;		/* unit lines on the console */
	bool color;
	bool quiet; /* messages on the console: warnings and worse only */
	enum crash_policy crash;
};

/* What holds when the command line says nothing. */
void cmdline_init(struct cmdline *c);

/*
 * Reads @text into @c. Bad values and unknown words of ours ("berth.*") are told to @sink as
 * warnings and change nothing: a typing error in a boot loader must not stop the boot.
 */
void cmdline_parse(struct cmdline *c, const char *text, struct diag_sink *sink);

/* Reads /proc/cmdline. 0 or -errno. */
int cmdline_read(struct cmdline *c, struct diag_sink *sink);

#endif
