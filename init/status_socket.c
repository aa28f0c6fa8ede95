/* SPDX-License-Identifier: MIT */
#include "init/setting_text.h"
#include "init/socket.h"
#include "init/status_rows.h"

/* The properties of socket units. */

enum socket_arg {
	SOCKET_CONNECTIONS,
	SOCKET_ACCEPTED,
	SOCKET_REFUSED,
};

static void put_count(const struct snapshot *s, int arg, struct strbuf *b)
{
	const struct socket_unit *socket = s->node->own;
	uint32_t n = 0;

	if (socket)
		n = arg == SOCKET_CONNECTIONS ? socket->n_connections
		    : arg == SOCKET_ACCEPTED  ? socket->n_accepted
					      : socket->n_refused;
	strbuf_put_u64(b, n);
}

static void put_listen(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	setting_put_value(s->unit, K_ListenStream, b);
}

static const struct status_row rows[] = {
	{ "Listen", put_listen, 0 },
	{ "NConnections", put_count, SOCKET_CONNECTIONS },
	{ "NAccepted", put_count, SOCKET_ACCEPTED },
	{ "NRefused", put_count, SOCKET_REFUSED },
};

const struct status_group status_socket = STATUS_GROUP(rows, 1 << UNIT_SOCKET);
