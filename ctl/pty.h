/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_PTY_H
#define BERTH_CTL_PTY_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A pseudo terminal for a command inside a service: from the devpts instance that the service sees,
 * so that the name that the terminal has is one that can be opened in there. Where there is none, one
 * of the host's, which is a terminal all the same, but nameless.
 *
 * What is at /dev/ptmx in a service may be the service's own doing: nothing but the multiplexer is
 * ever opened for reading or writing, and its other end is asked for by the kernel's own
 * TIOCGPTPEER, by no path.
 */
struct pty {
	int descriptors; /* our /proc/self/fd, which the service's view may lack */
	int host_ptmx;	 /* found, not opened; -1: none */
	int master;	 /* O_NONBLOCK */
	int slave;
	bool nameless; /* it is the host's */
};

/* Before the namespaces are entered. 0 or -errno. */
int pty_prepare(struct pty *p);

/* After that: opens both ends; @owner, a number of ours, may open it by name. 0 or -errno. */
int pty_open(struct pty *p, uid_t owner);

#endif
