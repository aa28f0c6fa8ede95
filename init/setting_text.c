/* SPDX-License-Identifier: MIT */
#include "init/setting_text.h"
#include "lib/clock.h"
#include "lib/parse.h"
#include "units/profiles.h"
#include "units/value_bits.h"

#include <inttypes.h>
#include <netinet/in.h>

/* Properties that are named otherwise than by the rule ("Sec" becomes "USec"). */
static const struct {
	uint16_t key;
	const char *name;
} renamed[] = {
	{ K_CPUQuota, "CPUQuotaPerSecUSec" },
	{ K_EnvironmentFile, "EnvironmentFiles" },
};

void setting_put_property_name(enum key key, struct strbuf *b)
{
	const char *name = key_info(key)->name;

	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++) {
		if (renamed[i].key == key) {
			strbuf_put(b, renamed[i].name);
			return;
		}
	}
	if (str_ends(name, "Sec")) {
		strbuf_put_n(b, name, strlen(name) - 3);
		strbuf_put(b, "USec");
	} else {
		strbuf_put(b, name);
	}
}

int setting_by_property_name(const char *name)
{
	char key[64];
	struct strbuf b = STRBUF_INIT(key);

	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (str_eq(name, renamed[i].name))
			return renamed[i].key;
	if (!str_ends(name, "USec"))
		return -1;
	strbuf_put_n(&b, name, strlen(name) - 4);
	strbuf_put(&b, "Sec");
	return b.cut ? -1 : key_find(SECTIONS_OF_UNITS, key);
}

static void put_span(struct strbuf *b, uint64_t usec)
{
	char text[64];

	format_span(usec, text, sizeof(text));
	strbuf_put(b, text);
}

static void put_share(struct strbuf *b, uint64_t hundredths)
{
	strbuf_put_u64(b, hundredths / 100);
	if (hundredths % 100)
		strbuf_printf(b, ".%02" PRIu64, hundredths % 100);
	strbuf_put(b, "%");
}

static void put_amount(struct strbuf *b, uint64_t v)
{
	if (v == VALUE_INFINITY)
		strbuf_put(b, "infinity");
	else if (value_is_percent(v))
		put_share(b, v & ~VALUE_PERCENT);
	else
		strbuf_put_u64(b, v);
}

static void put_number(struct strbuf *b, const struct key_info *info, uint64_t v)
{
	char text[32];
	const char *name;

	switch ((enum key_kind)info->kind) {
	case KIND_BOOL: strbuf_put(b, v ? "yes" : "no"); return;
	case KIND_INT: strbuf_printf(b, "%" PRId64, (int64_t)v); return;
	case KIND_SPAN:
	case KIND_TIMEOUT:
		if (info->min < 0 && (int64_t)v < 0) {
			strbuf_put(b, "-");
			v = -v;
		}
		put_span(b, v);
		return;
	case KIND_QUOTA: /* CPUQuotaPerSecUSec: CPU time per second */
		put_span(b, v == VALUE_INFINITY ? USEC_INFINITY : v * (USEC_PER_SEC / 10000));
		return;
	case KIND_WEIGHT:
		if (v == VALUE_INFINITY)
			strbuf_put(b, "[not set]");
		else if (v == 0)
			strbuf_put(b, "idle");
		else
			strbuf_put_u64(b, v);
		return;
	case KIND_ENUM:
		name = enum_name_of(info->names, (int)v);
		if (!name && info->max > 0)
			strbuf_put_u64(b, v);
		strbuf_put(b, name ? name : "");
		return;
	case KIND_MODE: strbuf_printf(b, "%04" PRIo64, v); return;
	case KIND_IPV4:
		if (v != 0)
			format_ipv4((uint32_t)v, text, sizeof(text));
		strbuf_put(b, v != 0 ? text : "");
		return;
	case KIND_IPV4_PREFIX:
		format_ipv4((uint32_t)(v >> 8), text, sizeof(text));
		strbuf_printf(b, "%s/%u", text, (unsigned int)(v & 0xff));
		return;
	case KIND_MEMORY:
	case KIND_COUNT:
	case KIND_UINT:
	case KIND_NANOSECONDS:
	case KIND_SIGNAL: put_amount(b, v); return;
	case KIND_BITS: value_put_bits(info, v, b); return;
	case KIND_STRING:
	case KIND_USER:
	case KIND_PATH:
	case KIND_WORKDIR:
	case KIND_UNIT_NAME:
	case KIND_STDIO:
	case KIND_WORDS:
	case KIND_LINES:
	case KIND_PATHS:
	case KIND_DIRECTORIES:
	case KIND_ENVIRONMENT:
	case KIND_ENV_FILES:
	case KIND_UNITS:
	case KIND_IPV4S:
	case KIND_INPUT:
	case KIND_LISTEN:
	case KIND_COMMANDS:
	case KIND_LIMIT:
	case KIND_LIMIT_SIZE:
	case KIND_LIMIT_SEC:
	case KIND_LIMIT_USEC:
	case KIND_LIMIT_NICE:
	case KIND_EXIT_SET:
	case KIND_CPU_SET:
	case KIND_PORTS: return; /* not numbers: setting_put_value() */
	}
}

/* Elements that would read as two are quoted, as systemctl does. */
static void put_word(struct strbuf *b, const char *word)
{
	if (*word && !strpbrk(word, " \t\n\"'\\")) {
		strbuf_put(b, word);
		return;
	}
	strbuf_put(b, "\"");
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			strbuf_put(b, "\\");
		strbuf_put_n(b, word, 1);
	}
	strbuf_put(b, "\"");
}

/* Of a credential that stands in the unit only the name is told. */
static void put_names(struct strbuf *b, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		strbuf_put(b, i > 0 ? " " : "");
		strbuf_put_n(b, list->v[i], strcspn(list->v[i], ":"));
	}
}

static void put_list(struct strbuf *b, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		if (i > 0)
			strbuf_put(b, " ");
		put_word(b, list->v[i]);
	}
}

/* "/etc/default/x (ignore_errors=yes)", each a value of its own */
static void put_environment_files(struct strbuf *b, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const char *path = list->v[i];
		bool optional = *path == '-';

		strbuf_printf(b, "%s%s (ignore_errors=%s)", i > 0 ? " " : "", path + optional,
			      optional ? "yes" : "no");
	}
}

/* "/run/x (Stream)", one per line as systemctl has it. */
static void put_addresses(struct strbuf *b, const struct strings *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		size_t kind = strcspn(list->v[i], " ");

		strbuf_printf(b, "%s%s (%.*s)", i ? "\n" : "", list->v[i] + kind + 1, (int)kind,
			      list->v[i]);
	}
}

static void put_commands(struct strbuf *b, const struct commands *commands)
{
	for (uint32_t i = 0; i < commands->n; i++) {
		const struct command *c = &commands->v[i];

		strbuf_printf(b, "%s{ path=%s ; argv[]=", i > 0 ? " ; " : "", c->path);
		for (uint32_t a = 0; a < c->argc; a++) {
			if (a > 0)
				strbuf_put(b, " ");
			put_word(b, c->argv[a]);
		}
		strbuf_printf(b, " ; ignore_errors=%s }",
			      c->flags & COMMAND_IGNORE_FAILURE ? "yes" : "no");
	}
}

static void put_exit_set(struct strbuf *b, const struct exit_set *set)
{
	const char *separator = "";

	for (unsigned int code = 0; code < 256; code++) {
		if (!exit_set_has_code(set, code))
			continue;
		strbuf_printf(b, "%s%u", separator, code);
		separator = " ";
	}
	for (int sig = 1; sig <= 64; sig++) {
		if (!exit_set_has_signal(set, sig))
			continue;
		if (signal_name(sig))
			strbuf_printf(b, "%sSIG%s", separator, signal_name(sig));
		else
			strbuf_printf(b, "%s%d", separator, sig);
		separator = " ";
	}
}

static void put_ports(struct strbuf *b, const struct published_ports *ports)
{
	for (uint32_t i = 0; i < ports->n; i++) {
		const struct published_port *p = &ports->v[i];
		char ip[16];

		strbuf_put(b, i > 0 ? " " : "");
		if (p->ip) {
			format_ipv4(p->ip, ip, sizeof(ip));
			strbuf_printf(b, "%s:", ip);
		}
		strbuf_printf(b, "%u:%u/%s", p->host, p->container,
			      p->protocol == IPPROTO_UDP ? "udp" : "tcp");
	}
}

void setting_put_value(const struct unit *u, enum key key, struct strbuf *b)
{
	const struct key_info *info = key_info(key);
	const struct setting *s = unit_setting(u, key);

	switch ((enum key_kind)info->kind) {
	case KIND_STRING:
	case KIND_USER:
	case KIND_PATH:
	case KIND_WORKDIR:
	case KIND_UNIT_NAME:
		if (unit_str(u, key))
			strbuf_put(b, unit_str(u, key));
		return;
	case KIND_LINES:
		if (key == K_SetCredential)
			put_names(b, unit_list(u, key));
		else
			put_list(b, unit_list(u, key));
		return;
	case KIND_PATHS:
		if (s && unit_list_of_profile(u, key)->n) {
			put_list(b, unit_list_of_profile(u, key));
			strbuf_put(b, s->value.list->n ? " " : "");
		}
		put_list(b, unit_list(u, key));
		return;
	case KIND_WORDS:
	case KIND_DIRECTORIES:
	case KIND_ENVIRONMENT:
	case KIND_UNITS:
	case KIND_INPUT:
	case KIND_IPV4S: put_list(b, unit_list(u, key)); return;
	case KIND_STDIO:
		strbuf_put(b, unit_str(u, key) ? unit_str(u, key)
					       : enum_name_of(info->names, (int)info->def));
		return;
	case KIND_LISTEN: put_addresses(b, unit_list(u, key)); return;
	case KIND_ENV_FILES: put_environment_files(b, unit_list(u, key)); return;
	case KIND_COMMANDS: put_commands(b, unit_commands(u, key)); return;
	case KIND_LIMIT:
	case KIND_LIMIT_SIZE:
	case KIND_LIMIT_SEC:
	case KIND_LIMIT_USEC:
	case KIND_LIMIT_NICE:
		if (s)
			put_amount(b, ((const struct rlimit_value *)s->value.p)->hard);
		return;
	case KIND_EXIT_SET:
		if (s)
			put_exit_set(b, s->value.p);
		return;
	case KIND_CPU_SET:
		if (s)
			value_put_cpus(s->value.p, b);
		return;
	case KIND_PORTS:
		if (s)
			put_ports(b, s->value.p);
		return;
	case KIND_BOOL:
	case KIND_INT:
	case KIND_UINT:
	case KIND_SPAN:
	case KIND_TIMEOUT:
	case KIND_MEMORY:
	case KIND_COUNT:
	case KIND_QUOTA:
	case KIND_WEIGHT:
	case KIND_ENUM:
	case KIND_MODE:
	case KIND_SIGNAL:
	case KIND_BITS:
	case KIND_NANOSECONDS:
	case KIND_IPV4:
	case KIND_IPV4_PREFIX: put_number(b, info, unit_u64(u, key)); return;
	}
}

static bool is_from_profile(const struct unit *u, enum key key)
{
	enum isolation profile = unit_profile(u);

	return key_info(key)->flags & KEY_PROFILED &&
	       (profile_u64(profile, key) || profile_list(profile, key) ||
		profile_str(profile, key));
}

void setting_put_origin(const struct unit *u, enum key key, struct strbuf *b)
{
	const struct setting *s = unit_setting(u, key);
	const struct key_info *info = key_info(key);

	if (s && s->source == SOURCE_RUNTIME)
		strbuf_put(b, "set-property");
	else if (s)
		strbuf_printf(b, "%s%s:%u", s->source == SOURCE_DROPIN ? "drop-in " : "",
			      s->file < u->files.n ? u->files.v[s->file] : u->id,
			      (unsigned int)s->line);
	if (s && unit_list_of_profile(u, key)->n)
		strbuf_put(b, " and ");
	else if (s)
		return;
	if (is_from_profile(u, key))
		strbuf_printf(b, "profile %s", enum_name_of(isolation_names, (int)unit_profile(u)));
	else
		strbuf_put(b, info->manager && unit_u64(u, key) != info->def ? "system.conf"
									     : "default");
}
