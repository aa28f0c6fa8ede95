/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_FD_H
#define BERTH_LIB_FD_H

#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Closes *@fd if it is one; errno is kept, so that it can stand in an error path. */
void fd_close(int *fd);

/* `autoclose int fd = open(...)`: closed at the end of the scope unless taken. */
#define autoclose __attribute__((cleanup(fd_close)))

/* Hands the descriptor to the caller and leaves -1 behind. */
static inline int fd_take(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}

#define autofree __attribute__((cleanup(free_ptr)))

/*
 * Makes room in the descriptor table for @n of them: the kernel, when it grows a table that a child
 * shares, waits for an RCU grace period (fs/file.c, expand_fdtable). To be called while none does;
 * how many there can be is still RLIMIT_NOFILE's. 0 or -errno.
 */
int fd_reserve(size_t n);

/* Writes all of @len bytes; 0 or -errno (also -EAGAIN on a full non-blocking descriptor). */
int fd_write_all(int fd, const void *data, size_t len);

/*
 * Writes @len bytes to the existing file @path beneath @dirfd in one write(2), as cgroupfs and
 * procfs demand. 0 or -errno; a short write is -EIO.
 */
int fd_write_file_at(int dirfd, const char *path, const void *data, size_t len);

/*
 * Reads the file @path beneath @dirfd into @buf, at most @size - 1 bytes, NUL-terminated.
 * Returns the length or -errno; -E2BIG when the file does not fit. Never blocks on a FIFO.
 */
ssize_t fd_read_file_at(int dirfd, const char *path, char *buf, size_t size);

#endif
