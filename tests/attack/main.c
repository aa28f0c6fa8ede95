/* SPDX-License-Identifier: MIT */
/*
 * attack [none]: tries all that attack.def lists and tells of each what became of it:
 *     attack NAME denied EPERM | denied SIGSYS | OPEN | hung | skipped
 * attack terminal: types into every terminal that it was handed, for who entered by "berthctl exec".
 * attack victim: the neighbour that is attacked. attack list: the names with what none expects.
 */
#include "tests/attack/attack.h"

#include "lib/diag.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An attack that has not come to an end by then; the machine is emulated. */
#define PATIENCE 60

enum in_none {
	OPEN,
	SHUT,
	SKIP,
	FULL, /* OPEN in standard, too: what only the full profile is meant to stop */
};

static const struct {
	const char *name;
	int (*run)(void);
	enum in_none none;
} attacks[] = {
#define ATTACK(name, function, none, what, wall) { name, attack_##function, none },
#include "tests/attack/attack.def"
#undef ATTACK
};

#define N_ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

pid_t victim_pid(void)
{
	const char *text = getenv("VICTIM_PID");

	return text ? (pid_t)strtol(text, NULL, 10) : 0;
}

int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return outcome(fd);
}

int try_read(const char *path, const char *text)
{
	char buf[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	buf[n] = '\0';
	return memmem(buf, (size_t)n, text, strlen(text)) ? 0 : -ENODATA;
}

/* When memory runs out this process is to go, not the one that tells of it. */
static void volunteer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1000", 4) != 4)
		perror("oom_score_adj");
	close(fd);
}

/* True when it went through (or hung, which nobody has asked for). */
static bool try_one(size_t i)
{
	int pair[2], result = 0, status;
	ssize_t n;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return true;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		alarm(PATIENCE);
		volunteer();
		result = attacks[i].run();
		if (write(pair[1], &result, sizeof(result)) != sizeof(result))
			_exit(1);
		_exit(0);
	}
	close(pair[1]);
	if (pid < 0) {
		printf("attack %s hung: no process to try it\n", attacks[i].name);
		close(pair[0]);
		return true;
	}
	n = read(pair[0], &result, sizeof(result));
	close(pair[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (n == sizeof(result) && result == 0) {
		printf("attack %s OPEN\n", attacks[i].name);
		return true;
	}
	if (n == sizeof(result)) {
		printf("attack %s denied %s\n", attacks[i].name, diag_errno_name(-result));
		return false;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		printf("attack %s hung\n", attacks[i].name);
		return true;
	}
	printf("attack %s denied signal %d\n", attacks[i].name,
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return false;
}

static void list(void)
{
	static const char *const words[] = {
		[OPEN] = "OPEN", [SHUT] = "SHUT", [SKIP] = "SKIP", [FULL] = "FULL"
	};

	for (size_t i = 0; i < N_ATTACKS; i++)
		printf("%s %s\n", attacks[i].name, words[attacks[i].none]);
}

int main(int argc, char **argv)
{
	bool none = argc > 1 && strcmp(argv[1], "none") == 0;
	size_t open = 0, tried = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && strcmp(argv[1], "victim") == 0)
		return victim_main();
	if (argc > 1 && strcmp(argv[1], "terminal") == 0)
		return terminal_main();
	if (argc > 1 && strcmp(argv[1], "list") == 0) {
		list();
		return 0;
	}
	for (size_t i = 0; i < N_ATTACKS; i++) {
		if (none && attacks[i].none == SKIP) {
			printf("attack %s skipped\n", attacks[i].name);
			continue;
		}
		tried++;
		open += try_one(i);
	}
	printf("attacks tried %zu open %zu\n", tried, open);
	return 0;
}
