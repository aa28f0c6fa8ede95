/* SPDX-License-Identifier: MIT */
#include "ctl/proto.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[PROTO_MAX];

/* Whatever the decoder accepts must come out of the encoder as the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proto_reader r;
	struct proto_header h;
	struct proto_field f;
	struct proto_writer w;
	char text[300], *whole;
	bool same = true;
	uint32_t small;
	uint64_t big;

	if (proto_open(&r, &h, data, size) < 0)
		return 0;
	proto_begin(&w, out, sizeof(out), h.op, h.id, h.flags);
	while (proto_next(&r, &f)) {
		proto_get_text(&f, text, sizeof(text));
		whole = malloc((size_t)f.len + 1);
		if (proto_get_u32(&f, &small) == 0)
			proto_put_u32(&w, f.tag, small);
		else if (proto_get_u64(&f, &big) == 0)
			proto_put_u64(&w, f.tag, big);
		else if (whole && proto_get_text(&f, whole, (size_t)f.len + 1) == 0)
			proto_put_text(&w, f.tag, whole);
		else
			same = false;
		free(whole);
	}
	if (same && (proto_end(&w) != size || memcmp(out, data, size) != 0))
		abort();
	return 0;
}
