/* SPDX-License-Identifier: MIT */
#include "units/keysdoc.h"

#include "lib/str.h"
#include "units/format.h"

struct doc {
	const char *text;
	const char *used;
};

#define KEY(id, in, kind, status, by, doc, ...)		 [K_##id] = { (doc), (by) },
#define KEY_AS(id, name, in, kind, status, by, doc, ...) [K_##id] = { (doc), (by) },
#define ALIAS(...)
static const struct doc docs[K_COUNT] = {
#include "units/keys.def"
};
#undef KEY
#undef KEY_AS
#undef ALIAS

const char *key_doc(enum key key)
{
	return docs[key].text;
}

const char *key_used(enum key key)
{
	return docs[key].used;
}

const char *key_status_name(enum key_status status)
{
	switch (status) {
	case KEY_ENFORCED: return "enforced";
	case KEY_ACCEPTED: return "accepted";
	case KEY_REFUSED: return "refused";
	}
	return "";
}

size_t key_sections_format(enum key key, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	for (uint32_t left = key_info(key)->sections; left; left &= left - 1) {
		strbuf_put(&b, b.len ? ", " : "");
		strbuf_put(&b, section_name(left));
	}
	return b.len;
}

size_t key_default_format(enum key key, char *buf, size_t size)
{
	const struct key_info *info = key_info(key);

	if (info->kind == KIND_STDIO) {
		str_copy(buf, size, enum_name_of(info->names, (int)info->def));
		return strlen(buf);
	}
	if (info->kind > KIND_IPV4_PREFIX) {
		str_copy(buf, size, "");
		return 0;
	}
	/* "~" is how everything is written in short. */
	if (info->flags & KEY_INVERTIBLE && info->def != 0) {
		str_copy(buf, size, "~");
		return 1;
	}
	return value_format(info, (union value){ .u = info->def }, buf, size);
}

static void put_words(struct strbuf *b, const struct enum_name *names)
{
	strbuf_put(b, "  words: ");
	for (const struct enum_name *n = names; n->name; n++) {
		strbuf_put(b, n == names ? "" : ", ");
		strbuf_put(b, n->name);
		strbuf_put(b, n->refused ? " (refused)" : "");
	}
	strbuf_put(b, "\n");
}

static void put_field(struct strbuf *b, const char *name, const char *value)
{
	if (!value || value[0] == '\0')
		return;
	strbuf_put(b, "  ");
	strbuf_put(b, name);
	strbuf_put(b, ": ");
	strbuf_put(b, value);
	strbuf_put(b, "\n");
}

size_t key_explain(enum key key, char *buf, size_t size)
{
	const struct key_info *info = key_info(key);
	char text[128];
	struct strbuf b;

	strbuf_init(&b, buf, size);
	strbuf_put(&b, info->name);
	strbuf_put(&b, "=\n  ");
	strbuf_put(&b, docs[key].text);
	strbuf_put(&b, "\n");
	key_sections_format(key, text, sizeof(text));
	put_field(&b, "section", text);
	put_field(&b, "value", kind_description((enum key_kind)info->kind));
	if (info->names)
		put_words(&b, info->names);
	key_default_format(key, text, sizeof(text));
	put_field(&b, "default", text);
	if (info->manager)
		put_field(&b, "default from system.conf", key_info((enum key)info->manager)->name);
	put_field(&b, "status", key_status_name((enum key_status)info->status));
	put_field(&b, "reason", info->reason);
	put_field(&b, "carried out by", docs[key].used);
	return b.len;
}
