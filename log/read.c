/* SPDX-License-Identifier: MIT */
#include "log/read.h"

#include "lib/fd.h"
#include "lib/match.h"
#include "lib/str.h"
#include "log/file_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

struct log_read {
	const struct log_query *query;
	int dirfd;
	struct log_file_source *sources;
	size_t count, room;
	bool *ready;  /* of each source: its record is the next one of that unit */
	bool in_ring; /* the files are done */
	struct log_ring_view view;
	struct log_reader first; /* where reading of the ring begins */
	struct log_reader reader;
	uint64_t end;  /* of the ring when opened */
	uint64_t skip; /* records to be left out for query->last */
	char buf[LOG_RECORD_MAX];
};

/* Names of glob characters do not occur in unit names, so a name is a glob that matches itself. */
static bool unit_wanted(const struct log_query *q, const char *unit)
{
	for (size_t i = 0; i < q->unit_count; i++) {
		if (str_eq(q->units[i], unit) || match_text(q->units[i], unit, 0))
			return true;
	}
	return q->unit_count == 0;
}

static bool record_wanted(const struct log_query *q, const struct log_record *r)
{
	return r->priority <= q->max_priority && r->realtime >= q->since &&
	       r->realtime <= q->until && unit_wanted(q, r->unit);
}

static int add_source(struct log_read *read, const char *unit)
{
	int r;

	for (size_t i = 0; i < read->count; i++) {
		if (str_eq(read->sources[i].unit, unit))
			return 0;
	}
	if (read->count == read->room) {
		size_t room = read->room > 0 ? read->room * 2 : 8;
		void *p = reallocarray(read->sources, room, sizeof(*read->sources));

		if (p == NULL)
			return -ENOMEM;
		read->sources = p;
		read->room = room;
	}
	r = log_file_source_open(&read->sources[read->count], read->dirfd, unit);
	if (r == 0 && read->sources[read->count].count > 0)
		read->count++;
	return r == -EINVAL ? 0 : r;
}

/* "UNIT.log" or "UNIT.log.N": cuts it to UNIT. False: neither. */
static bool cut_to_unit(char *name)
{
	char *end = name + strlen(name);

	while (end > name && end[-1] >= '0' && end[-1] <= '9')
		end--;
	if (*end != '\0') {
		if (end == name || end[-1] != '.')
			return false;
		*--end = '\0';
	}
	if (!str_ends(name, ".log"))
		return false;
	end[-4] = '\0';
	return true;
}

/* Units that have a file, also if it is only a rotated one. */
static int scan_dir(struct log_read *read)
{
	int fd = fcntl(read->dirfd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		r = -errno;
		fd_close(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (!cut_to_unit(entry->d_name))
			continue;
		if (unit_wanted(read->query, entry->d_name))
			r = add_source(read, entry->d_name);
	}
	closedir(dir);
	return r;
}

static int open_sources(struct log_read *read)
{
	const struct log_query *q = read->query;
	bool scan = q->unit_count == 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->unit_count; i++) {
		/* By name even when there is a listing: a long name is not the file's name. */
		if (strpbrk(q->units[i], "*?[") != NULL)
			scan = true;
		else
			r = add_source(read, q->units[i]);
	}
	if (r == 0 && scan)
		r = scan_dir(read);
	if (r == 0) {
		read->ready = calloc(read->count + 1, sizeof(bool));
		if (read->ready == NULL)
			r = -ENOMEM;
	}
	return r;
}

/* The next wanted record of the ring up to @end. 1, 0 or -errno; loss is counted, not an error. */
static int next_in_ring(struct log_read *read, uint64_t end, struct log_record *record)
{
	while (read->view.shared != NULL && read->reader.pos < end) {
		int r = log_ring_next(&read->reader, record, read->buf, sizeof(read->buf));

		if (r == 0)
			return 0;
		if (r == -EOVERFLOW || r == -EBADMSG)
			continue;
		if (r < 0)
			return r;
		if (record_wanted(read->query, record))
			return 1;
	}
	return 0;
}

/* Tells each source where the ring takes over. */
static int find_borders(struct log_read *read)
{
	struct log_record record;
	int r;

	while (read->view.shared != NULL && read->reader.pos < read->end) {
		r = log_ring_next(&read->reader, &record, read->buf, sizeof(read->buf));
		if (r == 0)
			break;
		if (r < 0 && r != -EOVERFLOW && r != -EBADMSG)
			return r;
		for (size_t i = 0; r == 1 && i < read->count; i++) {
			struct log_file_source *s = &read->sources[i];
			const char *unit = record.unit_len > 0 ? record.unit : "berth";

			if (s->stop_at == 0 && str_eq(s->unit, unit))
				s->stop_at = record.realtime;
		}
	}
	return 0;
}

static void rewind_all(struct log_read *read)
{
	for (size_t i = 0; i < read->count; i++) {
		log_file_source_rewind(&read->sources[i]);
		read->ready[i] = false;
	}
	read->in_ring = false;
	read->reader = read->first;
}

/* The oldest of the sources' next records. Within a unit the order is the file's, whatever the clock did. */
static int next_in_files(struct log_read *read, struct log_record *record)
{
	for (;;) {
		struct log_file_source *oldest = NULL;

		for (size_t i = 0; i < read->count; i++) {
			struct log_file_source *s = &read->sources[i];

			if (!read->ready[i])
				read->ready[i] = log_file_source_next(s);
			if (read->ready[i] &&
			    (oldest == NULL || s->record.realtime < oldest->record.realtime))
				oldest = s;
		}
		if (oldest == NULL)
			return 0;
		read->ready[oldest - read->sources] = false;
		if (record_wanted(read->query, &oldest->record)) {
			*record = oldest->record;
			return 1;
		}
	}
}

static int next_of_all(struct log_read *read, uint64_t end, struct log_record *record)
{
	if (!read->in_ring) {
		if (next_in_files(read, record) == 1)
			return 1;
		read->in_ring = true;
	}
	return next_in_ring(read, end, record);
}

/* For query->last: how many come, hence how many to leave out. */
static int count_all(struct log_read *read)
{
	struct log_record record;
	uint64_t n = 0;
	int r;

	while ((r = next_of_all(read, read->end, &record)) == 1)
		n++;
	read->skip = n > read->query->last ? n - read->query->last : 0;
	rewind_all(read);
	return r;
}

static int open_all(struct log_read *read, const char *dir, int ring_fd)
{
	int r = 0;

	if (ring_fd >= 0) {
		r = log_ring_map(&read->view, ring_fd);
		if (r < 0)
			return r;
		log_reader_init(&read->first, &read->view);
		read->reader = read->first;
	}
	if (dir != NULL) {
		read->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (read->dirfd < 0 && ring_fd < 0)
			return -errno;
	}
	if (read->dirfd >= 0)
		r = open_sources(read);
	/*
	 * Only now: what the files hold at this moment was in the ring before, so that the border is
	 * found even for a unit whose first line has just come.
	 */
	if (read->view.shared != NULL)
		read->end = log_ring_end(&read->view);
	if (r == 0 && read->count > 0)
		r = find_borders(read);
	read->reader = read->first;
	if (r == 0 && read->query->last > 0)
		r = count_all(read);
	return r;
}

int log_read_open(struct log_read **out, const char *dir, int ring_fd,
		  const struct log_query *query)
{
	struct log_read *read = calloc(1, sizeof(*read));
	int r;

	if (read == NULL)
		return -ENOMEM;
	read->query = query;
	read->dirfd = -1;
	r = open_all(read, dir, ring_fd);
	if (r < 0)
		log_read_close(read);
	else
		*out = read;
	return r;
}

int log_read_next(struct log_read *read, struct log_record *record)
{
	uint64_t end = read->query->follow ? UINT64_MAX : read->end;
	int r;

	while ((r = next_of_all(read, end, record)) == 1) {
		if (read->skip == 0)
			return 1;
		read->skip--;
	}
	return r;
}

int log_read_wait(struct log_read *read, usec_t span)
{
	if (read->view.shared == NULL)
		return -EBADF;
	return log_ring_wait(&read->reader, span);
}

uint64_t log_read_lost(const struct log_read *read)
{
	return read->reader.lost;
}

void log_read_close(struct log_read *read)
{
	if (read == NULL)
		return;
	for (size_t i = 0; i < read->count; i++)
		log_file_source_close(&read->sources[i]);
	free(read->sources);
	free(read->ready);
	log_ring_unmap(&read->view);
	fd_close(&read->dirfd);
	free(read);
}
