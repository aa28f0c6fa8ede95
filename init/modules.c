/* SPDX-License-Identifier: MIT */
#include "init/modules.h"

#include "init/bounded.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

#define FILE_MAX 65536

/* What the child says about one module that did not load; one write each, so never torn. */
struct report {
	int err;
	char path[256];
};

static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

char *modules_next(char **text, const char *group, unsigned int *bad)
{
	static const char blanks[] = " \t\r";
	char *line, *path;

	while ((line = next_line(text))) {
		line += strspn(line, blanks);
		if (!*line || *line == '#')
			continue;
		path = line + strcspn(line, blanks);
		if (*path)
			*path++ = '\0';
		path += strspn(path, blanks);
		path[strcspn(path, "\r")] = '\0';
		if (*path != '/') {
			if (bad)
				++*bad;
			continue;
		}
		if (str_eq(line, group))
			return path;
	}
	return NULL;
}

static int load_one(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = sys_finit_module(fd, "", 0);
	/* EEXIST: built in or loaded before. ENODEV: for hardware that this machine lacks. */
	return r == -EEXIST || r == -ENODEV ? 0 : r;
}

static _Noreturn void child(char *text, const char *group, int report_fd)
{
	struct report report;
	const char *path;
	int r;

	while ((path = modules_next(&text, group, NULL))) {
		r = load_one(path);
		if (r == 0)
			continue;
		report = (struct report){ .err = -r };
		str_copy(report.path, sizeof(report.path), path);
		if (fd_write_all(report_fd, &report, sizeof(report)) < 0)
			_exit(1);
	}
	_exit(0);
}

/* Tells what there is to tell; returns the first failure or 0. */
static int read_reports(int fd, const char *group)
{
	struct report report;
	int first = 0;

	while (read(fd, &report, sizeof(report)) == (ssize_t)sizeof(report)) {
		report.path[sizeof(report.path) - 1] = '\0';
		log_err("modules: %s (group %s): %s", report.path, group, diag_errno(report.err));
		if (first == 0)
			first = -report.err;
	}
	return first;
}

static int run_child(char *text, const char *group, usec_t timeout)
{
	autoclose int reader = -1, writer = -1;
	int pipe_fds[2], status, r, failed;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	reader = pipe_fds[0];
	writer = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(text, group, writer);
	r = bounded_wait(pid, timeout, &status);
	failed = read_reports(reader, group);
	if (r < 0) {
		log_err("modules: group %s: gave up after %u s: %s", group,
			(unsigned int)(timeout / USEC_PER_SEC), diag_errno(-r));
		return r;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return failed;
	log_err("modules: group %s: the loading process died", group);
	return failed ? failed : -EIO;
}

/* @text and @scan have FILE_MAX bytes each. */
static int load_group(const char *group, usec_t timeout, char *text, char *scan)
{
	ssize_t n = fd_read_file_at(AT_FDCWD, MODULES_FILE, text, FILE_MAX);
	unsigned int bad = 0;
	bool any;

	if (n == -ENOENT)
		return 0;
	if (n < 0) {
		log_err("modules: cannot read %s: %s", MODULES_FILE, diag_errno((int)-n));
		return (int)n;
	}
	/* Most machines need nothing for most groups: look before a process is made. */
	memcpy(scan, text, (size_t)n + 1);
	any = modules_next(&scan, group, &bad) != NULL;
	if (bad)
		log_warn("modules: %s: %u lines are not of the form GROUP PATH", MODULES_FILE, bad);
	return any ? run_child(text, group, timeout) : 0;
}

int modules_load(const char *group, usec_t timeout)
{
	char *text = malloc(2 * FILE_MAX);
	int r;

	if (!text)
		return -ENOMEM;
	r = load_group(group, timeout, text, text + FILE_MAX);
	free(text);
	return r;
}

int modules_load_here(const char *group)
{
	char text[FILE_MAX];
	char *at = text;
	const char *path;
	ssize_t n = fd_read_file_at(AT_FDCWD, MODULES_FILE, text, sizeof(text));
	int first = 0;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	while ((path = modules_next(&at, group, NULL))) {
		int r = load_one(path);

		first = first < 0 ? first : r;
	}
	return first;
}
