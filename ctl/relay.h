/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_RELAY_H
#define BERTH_CTL_RELAY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

/*
 * Stands between the caller's terminal and a command that must not get hold of it: who has a
 * terminal open can type into it (TIOCSTI), and a shell that was entered would leave with it.
 *
 * Of standard input, output and error, each that is a terminal is a pseudo terminal for the command;
 * what is a file or a pipe it gets as it is. The command is in a session of its own in any case, or
 * /dev/tty would still be the caller's terminal.
 *
 *  - Input and output are terminals: the caller's is raw, every key goes to the pseudo terminal,
 *    which makes signals of some.
 *  - One of them is not ("exec UNIT cat FILE | less"): the caller's terminal stays as it is, since others
 *    use it as well. Its lines are handed on unless somebody has it raw (that pager) or we are in the
 *    background; the signals it makes are handed on.
 *
 * Signals that are sent to us are the command's. We end when it does, after all that it has written;
 * who still holds its terminal then does not keep us.
 */
struct relay_buffer {
	size_t from, to;
	char bytes[4096];
};

struct relay {
	bool is_terminal[3]; /* which of 0-2 */
	int terminal;	     /* one of them, -1: none */
	int master, slave;   /* the pseudo terminal's, -1: none */
	bool interactive;    /* input and output are terminals */
	bool raw;	     /* the caller's terminal is, by us */
	bool held;	     /* somebody else reads it now */
	struct termios saved;
	sigset_t caller_mask;
	int signals;
	pid_t pid;
	int pidfd;
	struct relay_buffer keys, output;
};

/* Looks at 0-2 and takes the signals. 0 or -errno. */
int relay_init(struct relay *r);

/* Makes the pseudo terminal, if there is one, like the caller's: modes and size. 0 or -errno. */
int relay_connect(struct relay *r, int master, int slave);

/* In the command's process: session, terminal, 0-2, signals as the caller had them. 0 or -errno. */
int relay_become_command(struct relay *r);

/*
 * Until the command ends: its wait status. -EPIPE if there is nobody left to tell (the caller's terminal
 * is gone), other -errno. The caller's terminal is as it was, however this ends.
 */
int relay_run(struct relay *r, pid_t pid, int pidfd, int *status);

#endif
