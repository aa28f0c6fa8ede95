/* SPDX-License-Identifier: MIT */
#include "log/writer.h"

#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>

#define ACK_EVERY 256		     /* records between acknowledgements while it is busy */
#define QUIET	  (2 * USEC_PER_SEC) /* without a record for so long */
#define RETRY	  (1 * USEC_PER_SEC) /* while the place cannot be written */

/* Writes what the files hold and tells PID 1 that it is safe. 0 or -errno. */
static int settle(struct log_writer *w)
{
	int r = log_files_flush(w->files);

	w->unacked = 0;
	if (r == 0)
		log_ack_set(&w->ack, w->done_pos, w->done_seq);
	return r;
}

static void pause_for_retry(void)
{
	struct timespec ts = { .tv_sec = RETRY / USEC_PER_SEC };

	nanosleep(&ts, NULL); /* a signal ends it early, as it should */
}

/* Puts the record, waiting for the place to be writable. False: stopping, and it still is not. */
static bool put(struct log_writer *w, const struct log_record *record)
{
	while (log_files_put(w->files, record) < 0) {
		if (*w->stopping)
			return false;
		pause_for_retry();
	}
	return true;
}

/* A line about records that were overwritten before they could be read. */
static bool put_lost(struct log_writer *w)
{
	uint64_t n = w->reader.lost - w->told_lost;
	char text[80];
	struct strbuf b = STRBUF_INIT(text);
	struct log_record record = {
		.priority = LOG_WARNING,
		.flags = LOG_FLAG_MANAGER,
		.realtime = clock_now(CLOCK_REALTIME),
		.unit = "",
		.text = text,
	};

	if (n == 0)
		return true;
	strbuf_put_u64(&b, n);
	strbuf_put(&b, n == 1 ? " line lost (overwritten in memory)"
			      : " lines lost (overwritten in memory)");
	record.text_len = b.len;
	if (!put(w, &record))
		return false;
	w->told_lost += n;
	return true;
}

/* One record, if there is one. 1: go on, 0: none there, -1: stopping with the place not writable.
 */
static int step(struct log_writer *w)
{
	struct log_record record;
	int r = log_ring_next(&w->reader, &record, w->buf, sizeof(w->buf));

	if (r == 0)
		return 0;
	if (r == -EBADMSG)
		log_err("the log ring is damaged; going on with what comes next");
	if (!put_lost(w) || (r > 0 && !put(w, &record)))
		return -1;
	w->done_pos = w->reader.pos;
	w->done_seq = w->reader.next_seq;
	if (++w->unacked >= ACK_EVERY)
		settle(w); /* trouble shows again, and is waited for, with the next put */
	return 1;
}

void log_writer_run(struct log_writer *w, const volatile sig_atomic_t *stopping)
{
	uint64_t end = UINT64_MAX;
	bool quiet = false; /* the last wait was in vain */

	w->stopping = stopping;
	w->done_pos = w->reader.pos;
	w->done_seq = w->reader.next_seq;

	for (;;) {
		int r;

		if (*stopping && end == UINT64_MAX)
			end = log_ring_end(&w->view);
		r = w->reader.pos < end ? step(w) : 0;
		if (r > 0)
			continue;
		if (r < 0)
			break;
		r = settle(w);
		if (*stopping)
			break;
		r = log_ring_wait(&w->reader, r < 0 ? RETRY : quiet ? USEC_INFINITY : QUIET);
		quiet = r == 0;
		if (r < 0)
			pause_for_retry();
	}
	if (settle(w) < 0)
		log_err("lines remain in memory only");
}
