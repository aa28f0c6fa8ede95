/* SPDX-License-Identifier: MIT */
/*
 * terminal COMMAND...: runs it on a terminal of 24x80 as its session's own, and does there what standard
 * input says, line by line; ends with 1 at the first thing that is not as it should be.
 *   expect TEXT  wait until the text comes; what is looked at begins behind the last one found
 *   lacks TEXT   it has not come up to here, since the beginning
 *   count N TEXT it has come exactly so often, since the beginning
 *   send TEXT    type it; \r \n \\ and \xHH are what they are in C
 *   resize ROWS COLUMNS
 *   signal N     to the command's process
 *   hangup       the terminal goes away
 *   raw, cooked  wait until the terminal is that
 *   sane         the terminal's modes are what they were in the beginning
 *   end N [M]    wait for the command's end, with that status as a shell has it, or with M; sane
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE 20000

static char output[1 << 20];
static size_t length, seen;
static int master, slave;
static pid_t command;
static struct termios before;

static int fail(const char *what)
{
	printf("\nterminal: %s; since the last find: \"%.*s\"\n", what, (int)(length - seen),
	       output + seen);
	return 1;
}

/* True when something came. */
static bool listen_for(int msec)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, msec) <= 0)
		return false;
	n = read(master, output + length, sizeof(output) - 1 - length);
	if (n <= 0)
		return false;
	fwrite(output + length, 1, (size_t)n, stdout);
	length += (size_t)n;
	return true;
}

static size_t unescape(char *s)
{
	char *out = s, *begin = s;

	for (; *s; s++) {
		unsigned int value;

		if (*s != '\\') {
			*out++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && sscanf(s + 1, "%2x", &value) == 1) {
			*out++ = (char)value;
			s += 2;
		} else {
			*out++ = *s == 'r' ? '\r' : *s == 'n' ? '\n' : *s;
		}
	}
	*out = '\0';
	return (size_t)(out - begin);
}

static int expect(const char *text, size_t n)
{
	char *at;

	while (!(at = memmem(output + seen, length - seen, text, n)))
		if (!listen_for(PATIENCE))
			return fail("never came");
	seen = (size_t)(at - output) + n;
	return 0;
}

static int count(const char *text)
{
	unsigned long n = 0, want;
	char *word;

	want = strtoul(text, &word, 10);
	word += *word == ' ';
	for (char *at = output; (at = strstr(at, word)); at++)
		n++;
	return n == want ? 0 : fail("another number of them");
}

static int wait_mode(bool raw)
{
	struct termios t;

	for (int i = 0; i < PATIENCE / 10; i++) {
		if (tcgetattr(slave, &t) == 0 && !(t.c_lflag & ICANON) == raw)
			return 0;
		listen_for(10);
	}
	return fail("the terminal's mode does not change");
}

static int sane(void)
{
	struct termios t = { 0 }; /* the kernel knows fewer characters than the C library */

	if (tcgetattr(slave, &t) < 0 || t.c_iflag != before.c_iflag ||
	    t.c_oflag != before.c_oflag || t.c_lflag != before.c_lflag ||
	    memcmp(t.c_cc, before.c_cc, sizeof(t.c_cc)) != 0)
		return fail("the terminal is not as it was");
	return 0;
}

static int end(int want, int other)
{
	int status, got;

	for (int i = 0;; i++) {
		pid_t r = waitpid(command, &status, WNOHANG);

		if (r == command)
			break;
		if (r < 0 || i > PATIENCE / 10)
			return fail("does not end");
		listen_for(10);
	}
	while (master >= 0 && listen_for(0))
		;
	got = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (got != want && got != other)
		return fail("another exit status");
	return master < 0 ? 0 : sane();
}

static int do_line(char *line)
{
	char *rest = strchr(line, ' ');
	struct winsize size = { 0 };
	size_t n;

	if (rest)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (strcmp(line, "count") == 0)
		return count(rest);
	if (strcmp(line, "end") == 0)
		return end(atoi(rest), strchr(rest, ' ') ? atoi(strchr(rest, ' ')) : -1);
	if (strcmp(line, "signal") == 0)
		return kill(command, atoi(rest));
	if (strcmp(line, "raw") == 0 || strcmp(line, "cooked") == 0)
		return wait_mode(*line == 'r');
	if (strcmp(line, "sane") == 0)
		return sane();
	if (strcmp(line, "hangup") == 0) {
		close(slave);
		close(master);
		slave = master = -1;
		return 0;
	}
	if (strcmp(line, "resize") == 0) {
		sscanf(rest, "%hu %hu", &size.ws_row, &size.ws_col);
		return ioctl(master, TIOCSWINSZ, &size);
	}
	n = unescape(rest);
	if (strcmp(line, "send") == 0)
		return write(master, rest, n) == (ssize_t)n ? 0 : fail("cannot be typed");
	if (strcmp(line, "expect") == 0)
		return expect(rest, n);
	if (strcmp(line, "lacks") == 0)
		return memmem(output, length, rest, n) ? fail(rest) : 0;
	return fail("unknown step");
}

static int open_terminal(void)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || unlockpt(master) < 0)
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(master, TIOCSWINSZ, &size) < 0)
		return -1;
	return tcgetattr(slave, &before);
}

int main(int argc, char **argv)
{
	char line[1024];

	if (argc < 2 || open_terminal() < 0) {
		perror("terminal");
		return 2;
	}
	command = fork();
	if (command == 0) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		printf("\n[%s]\n", line);
		if (do_line(line) != 0)
			return 1;
	}
	return 0;
}
