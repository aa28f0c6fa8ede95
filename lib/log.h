/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_LOG_H
#define BERTH_LIB_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h> /* LOG_* priorities */

/*
 * berth's own messages. Formats into a stack buffer and hands the line to each outlet that is
 * set; no malloc, no blocking: outlets are non-blocking descriptors or functions of that kind.
 */
struct log_outlet {
	void (*line)(struct log_outlet *outlet, int priority, const char *text, size_t len);
	int max_priority; /* lines above it (less important) are not handed over */
	struct log_outlet *next;
};

/* The outlet stays owned by the caller and must live on. */
void log_add_outlet(struct log_outlet *outlet);

/* For a forked child that must not write where its parent writes: nothing is said any more. */
void log_forget_outlets(void);

__attribute__((format(printf, 2, 3))) void log_msg(int priority, const char *fmt, ...);

#define log_err(...)	log_msg(LOG_ERR, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_msg(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_msg(LOG_DEBUG, __VA_ARGS__)

#endif
