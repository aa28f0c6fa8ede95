/* SPDX-License-Identifier: MIT */
#include "init/notify_message.h"

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
	if (m.flags & NOTIFY_FDNAME &&
	    (m.fd_name < text || m.fd_name_len > size - (size_t)(m.fd_name - text)))
		abort();
	if (m.flags & NOTIFY_WATCHDOG_USEC && m.watchdog_usec == 0)
		abort();
	if (m.error < 0 || m.error > 4095 || m.extend_usec == USEC_INFINITY)
		abort();
	free(text);
	return 0;
}
