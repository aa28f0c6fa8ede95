/* SPDX-License-Identifier: MIT */
/*
 * notify WORD...: a service that speaks sd_notify(3). Carries out its words in turn and then waits for signals:
 *   TEXT          sends it as one message ("\n" is written \n, "%t" is the monotonic time in microseconds, "%p" the pid)
 *   @fork         what follows is done by a child, for whose end the parent waits
 *   @leave        what follows is done by a child, while the parent ends at once
 *   @open:PATH    the next message carries this file (repeat for several)
 *   @same         the next message carries the last one twice
 *   @pipe         the next message carries the read end of a pipe; @hangup closes the other end
 *   @barrier      sends BARRIER=1 and waits until it was taken; prints "barrier"
 *   @say:TEXT     prints it
 *   @env:NAME     prints the variable, or "unset"
 *   @fds          prints $LISTEN_FDS, $LISTEN_FDNAMES and the first line of each descriptor
 *   @pid:NAME     prints whether the variable is the pid
 *   @pet:N:USEC   sends WATCHDOG=1 N times, USEC apart
 *   @hup          ends the words; the rest is done anew at each SIGHUP
 *   @write:FD     writes a newline there
 *   @exit:N       ends
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int carried[16], n_carried, pipe_end = -1;

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(99);
}

static void expand(const char *from, char *to, size_t size)
{
	char *end = to + size - 32;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	while (*from && to < end) {
		if (strncmp(from, "\\n", 2) == 0)
			*to++ = '\n';
		else if (strncmp(from, "%t", 2) == 0)
			to += sprintf(to, "%lld", now.tv_sec * 1000000LL + now.tv_nsec / 1000);
		else if (strncmp(from, "%p", 2) == 0)
			to += sprintf(to, "%d", getpid());
		else {
			*to++ = *from++;
			continue;
		}
		from += 2;
	}
	*to = '\0';
}

static void send_text(const char *words)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	char text[4096];
	struct iovec iov = { text, 0 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(carried))];
	} control = { .buf = "" };
	struct msghdr msg = { .msg_name = &addr, .msg_iov = &iov, .msg_iovlen = 1 };
	size_t size = (size_t)n_carried * sizeof(int);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || fd < 0 || strlen(path) >= sizeof(addr.sun_path)) {
		puts("no NOTIFY_SOCKET");
		exit(99);
	}
	strcpy(addr.sun_path, path);
	msg.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	expand(words, text, sizeof(text));
	iov.iov_len = strlen(text);
	if (n_carried > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(size);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), carried, size);
	}
	if (sendmsg(fd, &msg, 0) < 0)
		die("sendmsg");
	close(fd);
	while (n_carried > 0)
		close(carried[--n_carried]);
}

static void carry_pipe(int *other)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	carried[n_carried++] = ends[0];
	*other = ends[1];
}

static void barrier(void)
{
	struct pollfd p = { .fd = -1 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	carried[n_carried++] = ends[1];
	send_text("BARRIER=1");
	p.fd = ends[0];
	if (poll(&p, 1, 60000) == 1 && p.revents & POLLHUP)
		puts("barrier");
	close(ends[0]);
}

static void print_fds(void)
{
	const char *n = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");

	printf("fds %s %s", n ? n : "none", names ? names : "");
	for (int i = 0; n && i < atoi(n); i++) {
		char line[64] = "";
		ssize_t got = pread(3 + i, line, sizeof(line) - 1, 0);

		line[got > 0 ? got : 0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		printf(" %s", line);
	}
	puts("");
}

static void pet(const char *how)
{
	char *end;
	long n = strtol(how, &end, 10), usec = strtol(end + 1, NULL, 10);

	for (; n > 0; n--) {
		send_text("WATCHDOG=1");
		usleep((useconds_t)usec);
	}
}

static void in_child(int wait_for_it)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		return;
	if (wait_for_it)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	else
		exit(0);
	for (;;)
		pause();
}

/* Up to "@hup"; returns what follows it, or NULL. */
static char **carry_out(char **word)
{
	for (; *word; word++) {
		const char *w = *word, *colon = strchr(w, ':'), *arg = colon ? colon + 1 : "";

		if (w[0] != '@')
			send_text(w);
		else if (strcmp(w, "@fork") == 0 || strcmp(w, "@leave") == 0)
			in_child(w[1] == 'f');
		else if (strncmp(w, "@open:", 6) == 0)
			carried[n_carried++] = open(arg, O_RDONLY | O_CLOEXEC);
		else if (strcmp(w, "@same") == 0) {
			carried[n_carried] = dup(carried[n_carried - 1]);
			n_carried++;
		} else if (strcmp(w, "@pipe") == 0)
			carry_pipe(&pipe_end);
		else if (strcmp(w, "@hangup") == 0)
			close(pipe_end);
		else if (strcmp(w, "@barrier") == 0)
			barrier();
		else if (strncmp(w, "@say:", 5) == 0)
			puts(arg);
		else if (strncmp(w, "@env:", 5) == 0)
			printf("%s %s\n", arg, getenv(arg) ? getenv(arg) : "unset");
		else if (strcmp(w, "@fds") == 0)
			print_fds();
		else if (strncmp(w, "@pid:", 5) == 0)
			printf("%s %s\n", arg,
			       getenv(arg) && atoi(getenv(arg)) == getpid() ? "mine" : "not mine");
		else if (strncmp(w, "@pet:", 5) == 0)
			pet(arg);
		else if (strncmp(w, "@write:", 7) == 0 && write(atoi(arg), "\n", 1) == 1)
			continue;
		else if (strncmp(w, "@exit:", 6) == 0)
			exit(atoi(arg));
		else if (strcmp(w, "@hup") == 0)
			return word + 1;
		else
			die(w);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char **at_hup;
	sigset_t hup;
	int sig;

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	for (char **w = argv + 1; *w; w++)
		if (strcmp(*w, "@hup") == 0)
			sigprocmask(SIG_BLOCK, &hup, NULL);
	at_hup = carry_out(argv + 1);
	for (;;) {
		if (!at_hup)
			pause();
		else if (sigwait(&hup, &sig) == 0)
			carry_out(at_hup);
	}
}
