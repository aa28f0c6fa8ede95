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
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* In a child. What fails is reported to @report_fd if there is one; 0 or the first failure. */
static int load_listed(char *text, const char *group, int report_fd)
{
	struct report report;
	const char *path;
	int r, first = 0;

	while ((path = modules_next(&text, group, NULL))) {
		r = load_one(path);
		if (r == 0)
			continue;
		first = first < 0 ? first : r;
		if (report_fd < 0)
			continue;
		report = (struct report){ .err = -r };
		str_copy(report.path, sizeof(report.path), path);
		r = fd_write_all(report_fd, &report, sizeof(report));
		if (r < 0)
			return r;
	}
	return first;
}

/* Tells what there is to tell, the first also in @text; returns the first failure or 0. */
static int read_reports(int fd, const char *group, char *text, size_t size)
{
	struct report report;
	int first = 0;

	text[0] = '\0';
	while (read(fd, &report, sizeof(report)) == (ssize_t)sizeof(report)) {
		report.path[sizeof(report.path) - 1] = '\0';
		log_err("modules: %s (group %s): %s", report.path, group, diag_errno(report.err));
		if (first < 0)
			continue;
		first = -report.err;
		snprintf(text, size, "%s: %s", report.path, diag_errno(report.err));
	}
	return first;
}

static int open_reports(int pipe_fds[2])
{
	return pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

static int run_child(char *text, const char *group, usec_t timeout)
{
	autoclose int reader = -1, writer = -1;
	char failure[sizeof(struct report)];
	int pipe_fds[2], status, r, failed;
	pid_t pid;

	r = open_reports(pipe_fds);
	if (r < 0)
		return r;
	reader = pipe_fds[0];
	writer = pipe_fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-load_listed(text, group, writer));
	r = bounded_wait(pid, timeout, &status);
	failed = read_reports(reader, group, failure, sizeof(failure));
	if (r < 0) {
		log_err("modules: group %s: gave up after %u s: %s", group,
			(unsigned int)(timeout / USEC_PER_SEC), diag_errno(-r));
		return r;
	}
	if (WIFEXITED(status))
		return failed ? failed : -WEXITSTATUS(status);
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

/* In a child that may wait itself. */
static int load_from_file(const char *group, int report_fd)
{
	char text[FILE_MAX];
	ssize_t n = fd_read_file_at(AT_FDCWD, MODULES_FILE, text, sizeof(text));

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	return load_listed(text, group, report_fd);
}

int modules_load_here(const char *group)
{
	return load_from_file(group, -1);
}

/* --- by an errand -------------------------------------------------------------------------- */

static int load_in_errand(void *arg, int fd)
{
	const struct module_load *l = arg;

	return load_from_file(l->group, fd);
}

static void loaded(struct errand *e, int result)
{
	struct module_load *l = container_of(e, struct module_load, errand);
	int failed = read_reports(l->reader, l->group, l->failed, sizeof(l->failed));

	close(l->reader);
	close(e->fd);
	if (result < 0 && (failed == 0 || result == -ETIMEDOUT)) {
		log_err("modules: group %s: %s", l->group, diag_errno(-result));
		snprintf(l->failed, sizeof(l->failed), "loading modules of group %s", l->group);
	}
	l->done(l, result);
}

int modules_load_begin(struct module_load *l)
{
	int pipe_fds[2];
	int r = open_reports(pipe_fds);

	if (r < 0)
		return r;
	l->reader = pipe_fds[0];
	l->failed[0] = '\0';
	l->errand = (struct errand){ .what = "loading kernel modules",
				     .limit = l->timeout,
				     .work = load_in_errand,
				     .arg = l,
				     .done = loaded,
				     .fd = pipe_fds[1] };
	r = errand_start(&l->errand);
	if (r < 0) {
		close(pipe_fds[0]);
		close(pipe_fds[1]);
	}
	return r;
}
