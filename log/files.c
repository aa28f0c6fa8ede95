/* SPDX-License-Identifier: MIT */
#include "log/files.h"

#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#define REPORT_INTERVAL (10 * USEC_PER_SEC)

void log_files_init(struct log_files *files, const char *dir, uint64_t max_size, unsigned int keep)
{
	memset(files, 0, offsetof(struct log_files, buffers));
	files->dir = dir;
	files->dirfd = -1;
	files->max_size = max_size;
	files->keep = keep;
	for (size_t i = 0; i < LOG_FILES_OPEN; i++)
		files->files[i] = (struct log_file){ .fd = -1, .buffer = files->buffers[i] };
}

/* Trouble that every other file has as well. */
static bool concerns_all(const struct log_files *files, int err)
{
	switch (err) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case ENOENT: /* with O_CREAT only the directory itself can be missing */
	case ENOMEM:
	case EMFILE:
	case ENFILE: return true;
	case EACCES: return faccessat(files->dirfd, ".", W_OK | X_OK, 0) < 0;
	default: return false;
	}
}

static int trouble_of_all(struct log_files *files, int err)
{
	if (files->trouble != err)
		log_err("cannot write to %s: %s; the newest lines stay in memory", files->dir,
			diag_errno(err));
	files->trouble = err;
	if (err == ENOENT)
		fd_close(&files->dirfd); /* it may come back under the same name */
	return -err;
}

static void writing_works(struct log_files *files, struct log_file *f)
{
	if (files->trouble != 0)
		log_notice("writing to %s again", files->dir);
	files->trouble = 0;
	f->trouble = 0;
}

static void tell(struct log_files *files, const char *what, const struct log_file *f, int err)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);

	/* These messages come back as lines to be written: not more than some of them. */
	if (files->reported != 0 && now - files->reported < REPORT_INTERVAL)
		return;
	files->reported = now;
	log_err("cannot %s the log of %s: %s", what, f->unit, diag_errno(err));
}

static void trouble_of_one(struct log_files *files, struct log_file *f, int err)
{
	if (f->trouble != err)
		tell(files, "write", f, err);
	f->trouble = err;
	for (size_t i = 0; i < f->len; i++)
		f->lost += f->buffer[i] == '\n';
	f->len = 0;
	f->midline = false; /* whether it is torn is found out when it is opened again */
	fd_close(&f->fd);
}

/* Sorts @err into the two kinds. -errno if the buffer is kept for later, 0 if it has been given up.
 */
static int trouble(struct log_files *files, struct log_file *f, int err)
{
	if (concerns_all(files, err))
		return trouble_of_all(files, err);
	trouble_of_one(files, f, err);
	return 0;
}

static int open_dir(struct log_files *files)
{
	if (files->dirfd >= 0)
		return 0;
	files->dirfd = open(files->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
	return files->dirfd < 0 ? -errno : 0;
}

static int open_file(struct log_files *files, struct log_file *f)
{
	char name[LOG_NAME_MAX];
	struct stat st;
	char last = '\n';
	int r = log_file_name(name, sizeof(name), f->unit, 0);

	if (r < 0)
		return r;
	/* O_NONBLOCK: a FIFO put in its place must not hold us up. */
	f->fd = openat(files->dirfd, name,
		       O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
		       0640);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	f->size = (uint64_t)st.st_size;
	/* A power cut may have left half a line. */
	f->torn = st.st_size > 0 && pread(f->fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
	return 0;
}

/* Opens the file unless it is open and still there under some name. */
static int need_file(struct log_files *files, struct log_file *f)
{
	struct stat st;

	if (f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_nlink > 0) {
		f->size = (uint64_t)st.st_size;
		return 0;
	}
	fd_close(&f->fd);
	return open_file(files, f);
}

/* Writes @len bytes, tells in *@done how many of them are in the file. 0 or -errno. */
static int write_some(struct log_file *f, const char *data, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		ssize_t n = write(f->fd, data + *done, len - *done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		*done += (size_t)n;
		f->size += (size_t)n;
	}
	return 0;
}

/* The end of a torn line, then how many lines are missing here. 0 or -errno. */
static int write_lost(struct log_file *f)
{
	char text[64], line[LOG_LINE_MAX];
	struct strbuf b = STRBUF_INIT(text);
	struct log_record record = {
		.priority = LOG_WARNING,
		.flags = LOG_FLAG_MANAGER,
		.realtime = clock_now(CLOCK_REALTIME),
		.text = text,
	};
	size_t done;
	int r;

	if (f->torn) {
		r = write_some(f, "\n", 1, &done);
		if (r < 0)
			return r;
		f->torn = false;
	}
	if (f->lost == 0)
		return 0;
	strbuf_put_u64(&b, f->lost);
	strbuf_put(&b, f->lost == 1 ? " line lost" : " lines lost");
	record.text_len = b.len;
	r = write_some(f, line, log_format_line(line, sizeof(line), &record), &done);
	f->torn = r < 0 && done > 0;
	if (r == 0)
		f->lost = 0;
	return r;
}

/* UNIT.log becomes .log.1, that .log.2, ...; the one too many is replaced. 0 or -errno. */
static int rotate(struct log_files *files, struct log_file *f)
{
	char from[LOG_NAME_MAX], to[LOG_NAME_MAX];

	if (files->keep == 0)
		return ftruncate(f->fd, 0) < 0 ? -errno : 0;
	for (unsigned int n = files->keep; n > 0; n--) {
		log_file_name(from, sizeof(from), f->unit, n - 1);
		log_file_name(to, sizeof(to), f->unit, n);
		/* If it cannot be: better a file that is too large than lines that are lost. */
		if (renameat(files->dirfd, from, files->dirfd, to) < 0 && errno != ENOENT)
			tell(files, "rotate", f, errno);
	}
	fd_close(&f->fd);
	return open_file(files, f);
}

static int flush_file(struct log_files *files, struct log_file *f)
{
	size_t done = 0;
	int r;

	if (f->len == 0 && f->lost == 0)
		return 0;
	r = open_dir(files);
	if (r < 0)
		return trouble_of_all(files, -r);
	r = need_file(files, f);
	if (r == 0 && !f->midline && f->size > 0 && f->size + f->len > files->max_size)
		r = rotate(files, f);
	if (r == 0 && !f->midline)
		r = write_lost(f);
	if (r == 0)
		r = write_some(f, f->buffer, f->len, &done);
	/* What is written is written: after a full disk the line goes on where it stopped. */
	if (done > 0)
		f->midline = f->buffer[done - 1] != '\n';
	memmove(f->buffer, f->buffer + done, f->len - done);
	f->len -= done;
	if (r < 0)
		return trouble(files, f, -r);
	writing_works(files, f);
	return 0;
}

int log_files_flush(struct log_files *files)
{
	int result = 0;

	for (size_t i = 0; i < LOG_FILES_OPEN; i++) {
		int r = flush_file(files, &files->files[i]);

		if (r < 0)
			result = r;
	}
	return result;
}

void log_files_close(struct log_files *files)
{
	log_files_flush(files);
	for (size_t i = 0; i < LOG_FILES_OPEN; i++)
		fd_close(&files->files[i].fd);
	fd_close(&files->dirfd);
}

/* The unit's slot, or the one that makes way for it. NULL with *@err: no slot can be had now. */
static struct log_file *slot_for(struct log_files *files, const char *unit, int *err)
{
	struct log_file *oldest = &files->files[0];

	for (size_t i = 0; i < LOG_FILES_OPEN; i++) {
		struct log_file *f = &files->files[i];

		if (str_eq(f->unit, unit))
			return f;
		if (f->used < oldest->used)
			oldest = f;
	}
	*err = flush_file(files, oldest);
	if (*err < 0)
		return NULL;
	if (oldest->lost > 0)
		log_err("%llu lines of %s are lost", (unsigned long long)oldest->lost,
			oldest->unit);
	fd_close(&oldest->fd);
	oldest->trouble = 0;
	oldest->torn = oldest->midline = false;
	oldest->size = 0;
	oldest->lost = 0;
	str_copy(oldest->unit, sizeof(oldest->unit), unit);
	return oldest;
}

int log_files_put(struct log_files *files, const struct log_record *record)
{
	char line[LOG_LINE_MAX];
	size_t len = log_format_line(line, sizeof(line), record);
	struct log_file *f;
	int r = 0;

	f = slot_for(files, record->unit_len > 0 ? record->unit : "berth", &r);
	if (f == NULL)
		return r;
	f->used = ++files->calls;
	/* Also when it is time to rotate: the buffer must not hold lines for both files. */
	if (f->len + len > LOG_FILE_BUFFER || f->size + f->len + len > files->max_size)
		r = flush_file(files, f);
	if (r < 0)
		return r;
	memcpy(f->buffer + f->len, line, len);
	f->len += len;
	return 0;
}
