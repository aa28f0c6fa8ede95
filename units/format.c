/* SPDX-License-Identifier: MIT */
#include "units/format.h"

#include "lib/parse.h"
#include "lib/str.h"
#include "units/value_bits.h"

#include <netinet/in.h>
#include <stdio.h>

static void put_share(struct strbuf *b, uint64_t hundredths)
{
	strbuf_put_u64(b, hundredths / 100);
	if (hundredths % 100)
		strbuf_printf(b, ".%02u", (unsigned int)(hundredths % 100));
	strbuf_put(b, "%");
}

static void put_amount(struct strbuf *b, uint64_t v, bool bytes)
{
	char text[64];

	if (value_is_percent(v)) {
		put_share(b, v & ~VALUE_PERCENT);
	} else if (v == VALUE_INFINITY) {
		strbuf_put(b, "infinity");
	} else if (bytes && v && v % 1024 == 0) {
		format_size(v, text, sizeof(text));
		strbuf_put(b, text);
	} else {
		strbuf_put_u64(b, v);
	}
}

static void put_address(struct strbuf *b, uint32_t address)
{
	char text[32];

	format_ipv4(address, text, sizeof(text));
	strbuf_put(b, text);
}

static void put_signal(struct strbuf *b, int sig)
{
	const char *name = signal_name(sig);

	if (name) {
		strbuf_put(b, "SIG");
		strbuf_put(b, name);
	} else {
		strbuf_put_u64(b, (uint64_t)sig);
	}
}

static void put_span(struct strbuf *b, uint64_t span)
{
	char text[96];

	format_span(span, text, sizeof(text));
	strbuf_put(b, text);
}

static void put_number(const struct key_info *info, uint64_t v, struct strbuf *b)
{
	const char *name;

	switch (info->kind) {
	case KIND_BOOL: strbuf_put(b, v ? "yes" : "no"); break;
	case KIND_INT: strbuf_printf(b, "%lld", (long long)(int64_t)v); break;
	case KIND_SPAN:
	case KIND_TIMEOUT:
		if (info->min < 0 && (int64_t)v < 0) {
			strbuf_put(b, "-");
			v = -v;
		}
		put_span(b, v);
		break;
	case KIND_QUOTA:
		if (v == VALUE_INFINITY)
			strbuf_put(b, "infinity");
		else
			put_share(b, v);
		break;
	case KIND_WEIGHT:
		if (v == 0)
			strbuf_put(b, "idle");
		else if (v != VALUE_INFINITY)
			strbuf_put_u64(b, v);
		break;
	case KIND_ENUM:
		name = enum_name_of(info->names, (int)v);
		strbuf_put(b, name ? name : "");
		break;
	case KIND_MODE: strbuf_printf(b, "%04o", (unsigned int)v); break;
	case KIND_SIGNAL: put_signal(b, (int)v); break;
	case KIND_BITS: value_put_bits(info, v, b); break;
	case KIND_IPV4:
		if (v)
			put_address(b, (uint32_t)v);
		break;
	case KIND_IPV4_PREFIX:
		put_address(b, (uint32_t)(v >> 8));
		strbuf_printf(b, "/%u", (unsigned int)(v & 0xff));
		break;
	default: /* KIND_UINT, KIND_MEMORY, KIND_COUNT */
		put_amount(b, v, info->kind == KIND_MEMORY);
		break;
	}
}

static void put_limit(const struct key_info *info, const struct rlimit_value *limit,
		      struct strbuf *b)
{
	const uint64_t v[] = { limit->soft, limit->hard };

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		strbuf_put(b, i ? ":" : "");
		put_amount(b, v[i] == UINT64_MAX ? VALUE_INFINITY : v[i] & ~VALUE_PERCENT,
			   info->kind == KIND_LIMIT_SIZE);
	}
}

static void put_exits(const struct exit_set *set, struct strbuf *b)
{
	for (unsigned int code = 0; code < 256; code++) {
		if (exit_set_has_code(set, code))
			strbuf_printf(b, "%s%u", b->len ? " " : "", code);
	}
	for (int sig = 1; sig <= 64; sig++) {
		if (!exit_set_has_signal(set, sig))
			continue;
		strbuf_put(b, b->len ? " " : "");
		put_signal(b, sig);
	}
}

static void put_ports(const struct published_ports *ports, struct strbuf *b)
{
	for (uint32_t i = 0; i < ports->n; i++) {
		const struct published_port *p = &ports->v[i];

		strbuf_put(b, i ? " " : "");
		if (p->ip) {
			put_address(b, p->ip);
			strbuf_put(b, ":");
		}
		strbuf_printf(b, "%u:%u/%s", p->host, p->container,
			      p->protocol == IPPROTO_UDP ? "udp" : "tcp");
	}
}

static void put_commands(const struct commands *commands, struct strbuf *b)
{
	for (uint32_t i = 0; i < commands->n; i++) {
		const struct command *c = &commands->v[i];

		strbuf_put(b, i ? " ; " : "");
		strbuf_put(b, c->path);
		for (uint16_t k = c->flags & COMMAND_ARGV0 ? 0 : 1; k < c->argc; k++) {
			strbuf_put(b, " ");
			strbuf_put(b, c->argv[k]);
		}
	}
}

static void put_list(const struct strings *list, struct strbuf *b)
{
	for (uint32_t i = 0; i < list->n; i++) {
		strbuf_put(b, i ? " " : "");
		strbuf_put(b, list->v[i]);
	}
}

size_t value_format(const struct key_info *info, union value value, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	if (info->kind <= KIND_IPV4_PREFIX)
		put_number(info, value.u, &b);
	else if (!value.p)
		strbuf_put(&b, "");
	else if (info->kind >= KIND_LIMIT && info->kind <= KIND_LIMIT_NICE)
		put_limit(info, value.p, &b);
	else if (info->kind == KIND_CPU_SET)
		value_put_cpus(value.p, &b);
	else if (info->kind == KIND_EXIT_SET)
		put_exits(value.p, &b);
	else if (info->kind == KIND_PORTS)
		put_ports(value.p, &b);
	else if (info->kind == KIND_COMMANDS)
		put_commands(value.commands, &b);
	else if (info->kind >= KIND_WORDS && info->kind <= KIND_LISTEN)
		put_list(value.list, &b);
	else
		strbuf_put(&b, value.s);
	return b.len;
}

const char *kind_description(enum key_kind kind)
{
	switch (kind) {
	case KIND_BOOL: return "boolean";
	case KIND_INT:
	case KIND_UINT: return "number";
	case KIND_SPAN:
	case KIND_TIMEOUT: return "time span";
	case KIND_MEMORY: return "size, percentage or infinity";
	case KIND_COUNT: return "number, percentage or infinity";
	case KIND_QUOTA: return "percentage";
	case KIND_WEIGHT: return "weight";
	case KIND_ENUM: return "word";
	case KIND_MODE: return "octal mode";
	case KIND_SIGNAL: return "signal";
	case KIND_BITS: return "words";
	case KIND_NANOSECONDS: return "nanoseconds";
	case KIND_IPV4: return "IPv4 address";
	case KIND_IPV4_PREFIX: return "IPv4 address and prefix length";
	case KIND_STRING: return "text";
	case KIND_USER: return "user or group";
	case KIND_PATH:
	case KIND_WORKDIR: return "path";
	case KIND_UNIT_NAME: return "unit";
	case KIND_WORDS: return "words";
	case KIND_LINES: return "list";
	case KIND_PATHS:
	case KIND_ENV_FILES: return "paths";
	case KIND_DIRECTORIES: return "relative paths";
	case KIND_ENVIRONMENT: return "assignments";
	case KIND_UNITS: return "units";
	case KIND_IPV4S: return "IPv4 addresses";
	case KIND_STDIO: return "word";
	case KIND_INPUT: return "text";
	case KIND_LISTEN: return "address";
	case KIND_COMMANDS: return "commands";
	case KIND_LIMIT:
	case KIND_LIMIT_SIZE:
	case KIND_LIMIT_SEC:
	case KIND_LIMIT_USEC:
	case KIND_LIMIT_NICE: return "limit, soft:hard";
	case KIND_EXIT_SET: return "exit codes and signals";
	case KIND_CPU_SET: return "numbers and ranges";
	case KIND_PORTS: return "ports";
	}
	return "";
}
