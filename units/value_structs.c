/* SPDX-License-Identifier: MIT */
#include "units/value_structs.h"

#include "lib/parse.h"
#include "lib/str.h"
#include "units/words.h"

#include <errno.h>
#include <netinet/in.h>

static int limit_nice(const char *text, uint64_t *out)
{
	int64_t nice;
	int r;

	if (text[0] != '+' && text[0] != '-')
		return parse_u64(text, 0, 40, out);
	r = parse_i64(text[0] == '+' ? text + 1 : text, -20, 19, &nice);
	if (r == 0)
		*out = (uint64_t)(20 -
				  nice); /* getrlimit(2): the limit counts the other way round */
	return r;
}

static int one_limit(const struct key_info *info, const char *text, uint64_t *out)
{
	usec_t span;
	int r;

	if (str_eq(text, "infinity")) {
		*out = UINT64_MAX;
		return 0;
	}
	if (info->kind == KIND_LIMIT_SIZE)
		return parse_size(text, out);
	if (info->kind == KIND_LIMIT_USEC)
		return parse_span(text, 1, out);
	if (info->kind == KIND_LIMIT_NICE)
		return limit_nice(text, out);
	if (info->kind != KIND_LIMIT_SEC)
		return parse_u64(text, 0, UINT64_MAX - 1, out);
	r = parse_span(text, USEC_PER_SEC, &span);
	if (r == 0)
		*out = span / USEC_PER_SEC + (span % USEC_PER_SEC != 0);
	return r;
}

int value_assign_limit(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text)
{
	struct rlimit_value limit = { 0, 0 };
	const char *colon = strchr(text, ':');
	char soft[64];
	int r = 0;

	if ((colon ? (size_t)(colon - text) : strlen(text)) >= sizeof(soft))
		return value_error(c, EINVAL, "not a limit");
	str_copy(soft, colon ? (size_t)(colon - text) + 1 : sizeof(soft), text);
	r = one_limit(info, soft, &limit.soft);
	if (r == 0)
		r = one_limit(info, colon ? colon + 1 : soft, &limit.hard);
	if (r < 0)
		return value_error(c, -r, r == -ERANGE ? "limit out of range" : "not a limit");
	if (limit.soft > limit.hard)
		return value_error(c, EINVAL, "the soft limit is above the hard limit");
	d->p = arena_memdup(c->arena, &limit, sizeof(limit));
	return d->p ? 0 : -ENOMEM;
}

static int add_exit(struct value_context *c, struct exit_set *set, const char *word)
{
	int code = exit_status_by_name(word), sig;
	uint64_t number;

	if (code < 0 && parse_u64(word, 0, 255, &number) == 0)
		code = (int)number;
	if (code >= 0)
		set->codes[code / 32] |= 1u << (code % 32);
	else if ((word[0] < '0' || word[0] > '9') && parse_signal(word, &sig) == 0)
		set->signals |= (uint64_t)1 << (sig - 1);
	else
		return value_word_error(c, word, "is neither an exit code nor a signal");
	return 0;
}

int value_assign_exits(struct value_context *c, struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct exit_set set = { 0 };
	char *word;
	int n;

	if (!r.out)
		return -ENOMEM;
	if (d->p)
		set = *(const struct exit_set *)d->p;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		n = add_exit(c, &set, word);
		if (n < 0)
			return n;
	}
	if (n < 0)
		return value_error(c, EINVAL, "unbalanced quotes");
	d->p = arena_memdup(c->arena, &set, sizeof(set));
	return d->p ? 0 : -ENOMEM;
}

/* [[IP:]HOST:]CONTAINER, @text is modified. */
static int parse_port(char *text, struct published_port *port)
{
	char *last = strrchr(text, ':'), *host = NULL;
	uint64_t number = 0;

	if (last) {
		*last = '\0';
		host = strrchr(text, ':');
		if (host) {
			*host = '\0';
			if (parse_ipv4(text, &port->ip) < 0)
				return -EINVAL;
		}
		if (parse_u64(host ? host + 1 : text, 1, UINT16_MAX, &number) < 0)
			return -EINVAL;
		port->host = (uint16_t)number;
	}
	if (parse_u64(last ? last + 1 : text, 1, UINT16_MAX, &number) < 0)
		return -EINVAL;
	port->container = (uint16_t)number;
	if (!last)
		port->host = port->container;
	return 0;
}

static int add_port(struct value_context *c, struct value_list *list, const char *word)
{
	struct published_port port = { .protocol = IPPROTO_TCP }, *place;
	char text[64], *slash;
	const char *expanded;
	int r = value_expand(c, word, &expanded);

	if (r < 0)
		return r;
	if (!str_copy(text, sizeof(text), expanded))
		return value_word_error(c, word, "is no port");
	slash = strchr(text, '/');
	if (slash) {
		*slash++ = '\0';
		if (str_eq(slash, "udp"))
			port.protocol = IPPROTO_UDP;
		else if (!str_eq(slash, "tcp"))
			return value_word_error(c, word, "has a protocol other than tcp and udp");
	}
	if (parse_port(text, &port) < 0)
		return value_word_error(c, word,
					"is not of the form [[IP:]HOST:]CONTAINER[/PROTO]");
	place = value_list_push(c->arena, list, sizeof(port));
	if (!place)
		return -ENOMEM;
	*place = port;
	return 0;
}

int value_assign_ports(struct value_context *c, struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct value_list before = d->list;
	char *word;
	int n;

	if (!r.out)
		return -ENOMEM;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		n = add_port(c, &d->list, word);
		if (n < 0)
			break;
	}
	if (n < 0) {
		d->list = before;
		if (!c->why && n != -ENOMEM)
			c->why = "unbalanced quotes";
	}
	return n;
}
