/* SPDX-License-Identifier: MIT */
#include "lib/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

void fd_close(int *fd)
{
	if (*fd < 0)
		return; /* nothing is written: its page may be one that a child has a copy of */
	int saved = errno;

	close(*fd); /* Linux frees the number even on EINTR: never repeated */
	*fd = -1;
	errno = saved;
}

int fd_reserve(size_t n)
{
	int fd;

	if (n == 0)
		return 0;
	if (n > INT_MAX)
		return -EMFILE;
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, (int)(n - 1));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_write_file_at(int dirfd, const char *path, const void *data, size_t len)
{
	autoclose int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static ssize_t read_retry(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t fd_read_file_at(int dirfd, const char *path, char *buf, size_t size)
{
	autoclose int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;
	ssize_t n;
	char more;

	if (size == 0)
		return -EINVAL;
	if (fd < 0)
		return -errno;
	do {
		n = read_retry(fd, buf + len, size - 1 - len);
		if (n < 0)
			return n;
		len += (size_t)n;
	} while (n > 0 && len < size - 1);
	buf[len] = '\0';
	/* Only when the buffer is full one more read is needed to know whether that was all. */
	if (len == size - 1 && read_retry(fd, &more, 1) > 0)
		return -E2BIG;
	return (ssize_t)len;
}
