/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#endif

#define WRITES                                                                                     \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                           \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                               \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)
/* Those that a rule for a file may have (EINVAL for the others). */
#define OF_FILES                                                                                   \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_EXECUTE)

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static int add_rule(int ruleset, int root, const char *path, uint64_t access)
{
	autoclose int fd = openat(root, path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	struct landlock_path_beneath_attr rule = {
		.allowed_access = S_ISDIR(st.st_mode) ? access : access & OF_FILES,
		.parent_fd = fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
		       ? -errno
		       : 0;
}

static int add_rules(struct child *c, int ruleset, int root, const char *const *paths, size_t n,
		     uint64_t access)
{
	for (size_t i = 0; i < n; i++) {
		int r = add_rule(ruleset, root, paths[i], access);

		if (r < 0) {
			struct strbuf b = STRBUF_INIT(c->text);

			strbuf_put(&b, "/");
			strbuf_put(&b, paths[i]);
			return r;
		}
	}
	return 0;
}

/*
 * While no id has been given up: the directories may be closed to the service's user on the way
 * there. The set is put into force by step_landlock().
 */
int step_landlock_rules(struct child *c)
{
	const struct landlock_rules *l = c->plan->landlock;

	if (!l)
		return 0;
	/* What the kernel does not know of it cannot be asked for, and is no less denied by the mounts. */
	const uint64_t writes = WRITES | (landlock_abi() >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs =
			(l->writes ? writes : 0) | (l->execs ? LANDLOCK_ACCESS_FS_EXECUTE : 0),
	};
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int set = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (root < 0 || set < 0)
		return -errno;
	int r = l->writes ? add_rules(c, set, root, l->write, l->n_write, writes) : 0;

	if (r == 0 && l->execs)
		r = add_rules(c, set, root, l->exec, l->n_exec, LANDLOCK_ACCESS_FS_EXECUTE);
	if (r == 0)
		c->landlock = fd_take(&set);
	return r;
}

int step_landlock(struct child *c)
{
	if (!c->plan->landlock)
		return 0;
	return syscall(SYS_landlock_restrict_self, c->landlock, 0) < 0 ? -errno : 0;
}
