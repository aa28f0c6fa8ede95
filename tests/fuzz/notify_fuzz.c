/* SPDX-License-Identifier: MIT */
#include "init/notify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text comes from a socket: of its own size, without a NUL at the end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_message m;
	char *text = malloc(size > 0 ? size : 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	notify_parse(text, size, &m);
	if (m.flags & NOTIFY_MAINPID && m.main_pid <= 0)
		abort();
	if (m.flags & NOTIFY_STATUS &&
	    (m.status < text || m.status_len > size - (size_t)(m.status - text)))
		abort();
	if (!(m.flags & NOTIFY_STATUS) && m.status_len != 0)
		abort();
	free(text);
	return 0;
}
