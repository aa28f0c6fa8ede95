/* SPDX-License-Identifier: MIT */
#include "ctl/pty.h"

#include "lib/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* A path of the multiplexer that is one. Opening a FIFO or a watchdog to find out has consequences. */
static int find_ptmx(const char *path)
{
	autoclose int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return -ENODEV;
	return fd_take(&fd);
}

int pty_prepare(struct pty *p)
{
	*p = (struct pty){ .host_ptmx = -1, .master = -1, .slave = -1 };
	p->descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->descriptors < 0)
		return -errno;
	p->host_ptmx = find_ptmx("/dev/ptmx");
	return 0;
}

/* Opens exactly what was found, whatever its path leads to by now. */
static int open_found(const struct pty *p, int found)
{
	char number[16];
	int fd;

	snprintf(number, sizeof(number), "%d", found);
	fd = openat(p->descriptors, number, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_master(struct pty *p)
{
	static const char *const paths[] = { "/dev/pts/ptmx", "/dev/ptmx" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		autoclose int found = find_ptmx(paths[i]);
		int fd = found < 0 ? found : open_found(p, found);

		/* One without an instance beside it is no use: ENODEV or EIO. */
		if (fd >= 0 || fd == -ENOSPC)
			return fd;
	}
	p->nameless = true;
	return p->host_ptmx < 0 ? -ENODEV : open_found(p, p->host_ptmx);
}

int pty_open(struct pty *p, uid_t owner)
{
	const int unlocked = 0;

	p->master = open_master(p);
	if (p->master < 0)
		return p->master;
	if (ioctl(p->master, TIOCSPTLCK, &unlocked) < 0)
		return -errno;
	p->slave = ioctl(p->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave < 0)
		return -errno;
	return fchown(p->slave, owner, (gid_t)-1) < 0 ? -errno : 0;
}
