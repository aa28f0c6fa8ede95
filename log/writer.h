/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_WRITER_H
#define BERTH_LOG_WRITER_H

#include "log/files.h"

#include <signal.h>

/*
 * Brings the ring's records into the files. What has not been acknowledged is in the ring and is
 * written by the next writer (a kill between write and acknowledgement writes some lines twice).
 */
struct log_writer {
	struct log_ring_view view; /* set by the caller, as are reader, ack and files */
	struct log_reader reader;
	struct log_ack ack;
	struct log_files *files;
	uint64_t done_pos, done_seq; /* behind the last record that the files have taken */
	uint64_t told_lost;	     /* of reader.lost, how much is in a line already */
	unsigned int unacked;
	const volatile sig_atomic_t *stopping;
	char buf[LOG_RECORD_MAX];
};

/*
 * Follows the ring until *@stopping, then brings out what is in it at that moment. A signal has to
 * come along with the flag, and again if it may have come just before a wait.
 */
void log_writer_run(struct log_writer *w, const volatile sig_atomic_t *stopping);

#endif
