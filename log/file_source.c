/* SPDX-License-Identifier: MIT */
#include "log/file_source.h"

#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int log_file_source_open(struct log_file_source *source, int dirfd, const char *unit)
{
	memset(source, 0, sizeof(*source));
	source->dirfd = dirfd;
	if (!str_copy(source->unit, sizeof(source->unit), unit))
		return -EINVAL;
	/* From the oldest on; gaps (someone removed one) do not end the search. */
	for (unsigned int n = LOG_GENERATIONS; n > 0; n--) {
		char name[LOG_NAME_MAX];
		struct stat st;
		int r = log_file_name(name, sizeof(name), unit, n - 1);

		if (r < 0)
			return r;
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_size == 0)
			continue;
		source->files[source->count].inode = st.st_ino;
		source->files[source->count].size = st.st_size;
		source->count++;
	}
	return 0;
}

/* The file with @inode, whatever generation it has become meanwhile. NULL: rotated away. */
static FILE *open_inode(const struct log_file_source *source, ino_t inode)
{
	for (unsigned int n = 0; n < LOG_GENERATIONS; n++) {
		char name[LOG_NAME_MAX];
		struct stat st;
		FILE *file;
		int fd;

		if (log_file_name(name, sizeof(name), source->unit, n) < 0)
			return NULL;
		fd = openat(source->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && st.st_ino == inode) {
			file = fdopen(fd, "re");
			if (file != NULL)
				return file;
		}
		close(fd);
	}
	return NULL;
}

static bool next_file(struct log_file_source *source)
{
	if (source->file != NULL)
		fclose(source->file);
	source->file = NULL;
	while (source->next < source->count && source->file == NULL) {
		source->left = source->files[source->next].size;
		source->file = open_inode(source, source->files[source->next].inode);
		source->next++;
	}
	return source->file != NULL;
}

/* A line without its end into source->line; what does not fit is dropped. False: end of the file. */
static bool read_line(struct log_file_source *source, size_t *len)
{
	int c = EOF;

	*len = 0;
	while (source->left > 0) {
		c = getc_unlocked(source->file);
		source->left--;
		if (c == EOF || c == '\n')
			break;
		if (*len < sizeof(source->line) - 1)
			source->line[(*len)++] = (char)c;
	}
	source->line[*len] = '\0';
	return c != EOF || *len > 0;
}

bool log_file_source_next(struct log_file_source *source)
{
	struct log_record *r = &source->record;
	size_t len;

	for (;;) {
		if (source->file == NULL && !next_file(source))
			return false;
		if (!read_line(source, &len)) {
			if (!next_file(source))
				return false;
			continue;
		}
		*r = (struct log_record){ .unit = source->unit, .unit_len = strlen(source->unit) };
		if (log_parse_line(source->line, len, r) < 0)
			continue; /* half a line after a power cut, or not ours */
		/* The ring makes times unique, so the time alone tells that this is the same record. */
		if (source->stop_at == 0 || r->realtime != source->stop_at)
			return true;
		log_file_source_close(source);
		return false;
	}
}

void log_file_source_close(struct log_file_source *source)
{
	if (source->file != NULL)
		fclose(source->file);
	source->file = NULL;
	source->next = source->count;
}

void log_file_source_rewind(struct log_file_source *source)
{
	log_file_source_close(source);
	source->next = 0;
}
