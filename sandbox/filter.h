/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_FILTER_H
#define BERTH_SANDBOX_FILTER_H

#include <stdint.h>

/*
 * What berth-seccomp leaves in the memory file that it got the settings in: this header, the
 * instructions (struct sock_filter), then a NUL-terminated message, empty when there is nothing to
 * say. Both sides are of one build, so there is no version; the size guards against a torn file.
 */
struct filter_result {
	uint32_t n_instructions; /* 0: refused, the message tells why */
	uint32_t message_size;	 /* with the NUL */
};

/* BPF_MAXINSNS: what seccomp(2) takes. */
#define FILTER_MAX_INSTRUCTIONS 4096
#define FILTER_MESSAGE_SIZE	1024

/* Asks for the name of a call instead: "Call=AUDIT_ARCH NUMBER", which becomes the message. */
#define FILTER_CALL "Call="

/* The descriptor that the program finds the memory file at. */
#define FILTER_FD 3

#endif
