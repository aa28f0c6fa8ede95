/* SPDX-License-Identifier: MIT */
#include "ctl/enter.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ENVIRONMENT (128 * 1024)

static int complain(const char *what, int err)
{
	fprintf(stderr, "Entering the service: %s: %s\n", what, diag_errno(err));
	return -err;
}

/* -- reading -- */

static const char *status_line(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0 && line[n] == ':')
			return line + n + 1;
	}
	return NULL;
}

static void parse_groups(const char *s, struct enter_facts *facts)
{
	char *end;

	facts->n_groups = 0;
	while (facts->n_groups < ENTER_MAX_GROUPS) {
		unsigned long gid;

		s += strspn(s, " \t");
		gid = strtoul(s, &end, 10);
		if (end == s)
			return;
		facts->groups[facts->n_groups++] = (gid_t)gid;
		s = end;
	}
}

int enter_parse_status(const char *text, struct enter_facts *facts)
{
	const char *uid = status_line(text, "Uid"), *gid = status_line(text, "Gid");
	const char *groups = status_line(text, "Groups");
	const char *bounding = status_line(text, "CapBnd");
	const char *no_new_privs = status_line(text, "NoNewPrivs");
	const char *seccomp = status_line(text, "Seccomp");
	unsigned int real, effective;

	if (!uid || !gid || !groups || !bounding || !no_new_privs)
		return -EINVAL;
	if (sscanf(uid, "%u %u", &real, &effective) != 2)
		return -EINVAL;
	facts->uid = effective;
	if (sscanf(gid, "%u %u", &real, &effective) != 2)
		return -EINVAL;
	facts->gid = effective;
	parse_groups(groups, facts);
	facts->bounding = strtoull(bounding, NULL, 16);
	facts->no_new_privs = strtoul(no_new_privs, NULL, 10) != 0;
	facts->seccomp = seccomp ? (unsigned int)strtoul(seccomp, NULL, 10) : 0;
	return 0;
}

static int read_proc(const struct enter_target *t, const char *file, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", t->pid, file);
	n = fd_read_file_at(AT_FDCWD, path, buf, size);
	return n < 0 ? complain(path, (int)-n) : (int)n;
}

/* The service's own environment, so that the command finds what the service finds. */
static int read_environment(const struct enter_target *t, struct enter_facts *facts)
{
	const char *term = getenv("TERM");
	static char text[MAX_ENVIRONMENT];
	int len = read_proc(t, "environ", text, sizeof(text));
	size_t n = 0;

	if (len < 0)
		return len;
	for (int i = 0; i < len; i++)
		n += text[i] == '\0';
	facts->environment = calloc(n + 3, sizeof(*facts->environment));
	if (!facts->environment)
		return complain("environment", ENOMEM);
	n = 0;
	for (int i = 0; i < len; i += (int)strlen(text + i) + 1)
		if (text[i] && !(term && str_starts(text + i, "TERM=")))
			facts->environment[n++] = text + i;
	if (term && asprintf(&facts->environment[n], "TERM=%s", term) < 0)
		return complain("environment", ENOMEM);
	return 0;
}

/* Only those that differ from ours: joining one's own is refused or does harm (it resets the root). */
static bool differs(const struct enter_target *t, const char *name)
{
	struct stat own, other;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &own) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", t->pid, name);
	if (stat(path, &other) < 0)
		return false;
	return own.st_ino != other.st_ino || own.st_dev != other.st_dev;
}

/* What number @outer, which is one of ours, has in the namespace that /proc/PID/@file belongs to. */
static int read_inner(const struct enter_target *t, const char *file, uint32_t outer,
		      uint32_t *inner)
{
	char text[4096];
	int r = read_proc(t, file, text, sizeof(text));

	for (const char *line = text; r >= 0 && line; line = strchr(line, '\n')) {
		unsigned int from, to, count;

		line += *line == '\n';
		if (sscanf(line, "%u %u %u", &from, &to, &count) != 3)
			break;
		if (outer - to < count) {
			*inner = from + (outer - to);
			return 0;
		}
	}
	return r < 0 ? r : complain(file, ERANGE);
}

/* Its namespace @name; -1 in @fd: it has ours. */
static int open_namespace(const struct enter_target *t, const char *name, int *fd)
{
	char path[64];

	*fd = -1;
	if (!differs(t, name))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", t->pid, name);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? complain(path, errno) : 0;
}

static int read_users(const struct enter_target *t, struct enter_facts *facts)
{
	int r = open_namespace(t, "user", &facts->users);

	facts->inner_uid = facts->uid;
	facts->inner_gid = facts->gid;
	if (r < 0 || facts->users < 0)
		return r;
	r = read_inner(t, "uid_map", facts->uid, &facts->inner_uid);
	if (r == 0)
		r = read_inner(t, "gid_map", facts->gid, &facts->inner_gid);
	return r;
}

int enter_read_facts(const struct enter_target *t, struct enter_facts *facts)
{
	char text[8192];
	int r = read_proc(t, "status", text, sizeof(text));

	if (r < 0)
		return r;
	if (enter_parse_status(text, facts) < 0)
		return complain("/proc/PID/status", EINVAL);
	r = read_proc(t, "oom_score_adj", text, sizeof(text));
	if (r < 0)
		return r;
	facts->oom_score_adj = atoi(text);
	r = read_users(t, facts);
	if (r == 0)
		r = open_namespace(t, "cgroup", &facts->cgroups);
	if (r < 0)
		return r;
	for (int i = 0; i < ENTER_RLIMITS; i++)
		if (prlimit(t->pid, i, NULL, &facts->limits[i]) < 0)
			return complain("prlimit", errno);
	return read_environment(t, facts);
}

/* -- going in -- */

/*
 * Its own cgroup, not its unit's: a delegated one may have moved its processes further down, and where
 * there are controllers for children no process may be.
 */
int enter_open_cgroup(const struct enter_target *t)
{
	char text[4096], path[sizeof(text) + 32];
	int r = read_proc(t, "cgroup", text, sizeof(text)), fd;
	char *own = r < 0 ? NULL : strstr(text, "0::/");

	if (r < 0)
		return r;
	if (!own)
		return complain("cgroup", ENOENT);
	own += strlen("0::");
	own[strcspn(own, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", own);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? complain(path, errno) : fd;
}

int enter_namespaces(const struct enter_target *t)
{
	static const struct {
		const char *name;
		int flag;
	} spaces[] = {
		{ "mnt", CLONE_NEWNS },	 { "pid", CLONE_NEWPID }, { "net", CLONE_NEWNET },
		{ "ipc", CLONE_NEWIPC }, { "uts", CLONE_NEWUTS }, { "time", CLONE_NEWTIME },
	};
	int flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
		if (differs(t, spaces[i].name))
			flags |= spaces[i].flag;
	if (flags == 0)
		return 0;
	/* All at once, by the pidfd (5.8): the process cannot be mistaken for another half way. */
	return setns(t->pidfd, flags) < 0 ? complain("setns", errno) : 0;
}

int enter_cgroup_namespace(const struct enter_facts *f)
{
	return f->cgroups >= 0 && setns(f->cgroups, CLONE_NEWCGROUP) < 0
		       ? complain("cgroup namespace", errno)
		       : 0;
}

int enter_filter(const struct enter_facts *f)
{
	static struct sock_filter code[BPF_MAXINSNS];
	ssize_t n = f->filter < 0 ? 0 : pread(f->filter, code, sizeof(code), 0);
	const struct sock_fprog program = { (unsigned short)((size_t)n / sizeof(code[0])), code };

	if (n < 0 || (size_t)n % sizeof(code[0]))
		return complain("system call filter", n < 0 ? errno : EIO);
	if (n > 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return complain("system call filter", errno);
	return 0;
}

static int drop_bounding(uint64_t keep)
{
	for (unsigned long cap = 0; cap <= 63 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return complain("capability bounding set", errno);
	return 0;
}

/*
 * The order of PITFALLS 39: limits while we may still raise them, groups in the numbers of the host,
 * the user namespace, whose capabilities are all that is left then, the bounding set while we have
 * CAP_SETPCAP, the user, no_new_privs last. In the end a process of the same uid can
 * do what the service can, and root in a service is bounded as the service is.
 */
int enter_identity(const struct enter_facts *f)
{
	char text[16];
	int r, n = snprintf(text, sizeof(text), "%d", f->oom_score_adj);

	r = fd_write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", text, (size_t)n);
	if (r < 0 && r != -ENOENT) /* a root view without /proc */
		return complain("oom_score_adj", -r);
	for (int i = 0; i < ENTER_RLIMITS; i++)
		if (setrlimit(i, &f->limits[i]) < 0)
			return complain("setrlimit", errno);
	r = sys_setgroups((size_t)f->n_groups, f->groups);
	if (r == 0 && f->users >= 0 && setns(f->users, CLONE_NEWUSER) < 0)
		r = -errno;
	if (r < 0)
		return complain("groups and user namespace", -r);
	r = drop_bounding(f->bounding);
	if (r < 0)
		return r;
	r = sys_setresgid(f->inner_gid, f->inner_gid, f->inner_gid);
	if (r == 0)
		r = sys_setresuid(f->inner_uid, f->inner_uid, f->inner_uid);
	if (r < 0)
		return complain("user and groups", -r);
	if (f->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return complain("no_new_privs", errno);
	return 0;
}
