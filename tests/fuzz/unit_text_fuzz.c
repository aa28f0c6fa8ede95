/* SPDX-License-Identifier: MIT */
#include "units/check.h"
#include "units/draft.h"
#include "units/manager.h"

#include <stdlib.h>
#include <string.h>

/*
 * The whole way from a unit file's text to a packed unit, first as a file of the appliance, then as
 * a foreign drop-in on top of it: whatever the text is, each setting must be readable afterwards.
 * The last byte chooses the type, a line feed means a service.
 */
static void emit(struct diag_sink *sink, const struct diag *diag)
{
	char text[1024];

	(void)sink;
	diag_format(diag, text, sizeof(text));
}

static uint64_t read_all(const struct unit *u)
{
	uint64_t sum = 0;

	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct setting *s = unit_setting(u, (enum key)key);
		enum key_kind kind = (enum key_kind)key_info((enum key)key)->kind;

		if (kind_is_number(kind))
			sum += unit_u64(u, (enum key)key);
		if (!s)
			continue;
		if (kind_is_strings(kind)) {
			for (uint32_t i = 0; i < s->value.list->n; i++)
				sum += strlen(s->value.list->v[i]);
		}
		if (kind == KIND_COMMANDS) {
			for (uint32_t i = 0; i < s->value.commands->n; i++)
				sum += strlen(s->value.commands->v[i].path);
		}
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct draft d;
	static const char *const ids[UNIT_TYPE_COUNT] = {
		"fuzz@in-put.service", "fuzz@in-put.socket", "fuzz@in-put.timer",
		"fuzz@in-put.path",    "srv-fuzz.mount",     "dev-fuzz.swap",
		"fuzz.target",	       "fuzz-er.slice",
	};
	unsigned int type = size > 0 ? (data[size - 1] + 8u - '\n' % 8u) % 8 : 0;
	struct diag_sink sink = { emit };
	struct unit *u;

	d.sink = &sink;
	d.specifiers.root = "/nowhere";
	_Static_assert(UNIT_TYPE_COUNT == 8, "each type has to be reached");
	draft_reset(&d, ids[type], unit_type_sections((enum unit_type)type));
	d.type = (enum unit_type)type;
	(void)draft_read(&d, "fuzz", false, false, (const char *)data, size);
	(void)draft_read(&d, "drop-in", true, true, (const char *)data, size);
	draft_settle(&d);
	check_draft(&d);
	u = draft_pack(&d);
	if (!u)
		abort();
	(void)read_all(u);
	unit_free(u);
	draft_free(&d);
	return 0;
}
