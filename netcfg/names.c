/* SPDX-License-Identifier: MIT */
#include "netcfg/names.h"

#include "lib/str.h"

#define NAME_MAX_LEN 15

/* The kernel forbids only '/', ':' and spaces; '@', '%' and '.' confuse ip, the kernel and sysctl.
 */
static char safe_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return c;
	return c == '-' ? '-' : '_';
}

/* Digits of @v in base 36 at the end of @buf; returns where they start. */
static char *base36(char buf[8], uint32_t v)
{
	char *p = buf + 7;

	*p = '\0';
	do {
		*--p = "0123456789abcdefghijklmnopqrstuvwxyz"[v % 36];
		v /= 36;
	} while (v);
	return p;
}

void net_host_name(char out[16], const char *unit, uint32_t generation)
{
	char digits[8];
	const char *suffix = base36(digits, generation);
	const char *dot = strrchr(unit, '.');
	size_t len = dot ? (size_t)(dot - unit) : strlen(unit);
	size_t room = NAME_MAX_LEN - 1 - strlen(suffix);

	if (len > room)
		len = room;
	for (size_t i = 0; i < len; i++)
		out[i] = safe_char(unit[i]);
	out[len] = '.';
	memcpy(out + len + 1, suffix, strlen(suffix) + 1);
}

/* 0x02 in the first byte: locally administered, unicast (IEEE 802). The second byte is ours. */
static void make_mac(uint8_t out[6], uint8_t kind, const char *name)
{
	uint32_t h = str_hash(name);

	out[0] = 0x02;
	out[1] = kind;
	out[2] = (uint8_t)(h >> 24);
	out[3] = (uint8_t)(h >> 16);
	out[4] = (uint8_t)(h >> 8);
	out[5] = (uint8_t)h;
}

void net_unit_mac(uint8_t out[6], const char *unit)
{
	make_mac(out, 0xbe, unit);
}

void net_host_mac(uint8_t out[6], const char *unit)
{
	make_mac(out, 0xbf, unit);
}

void net_bridge_mac(uint8_t out[6], const char *bridge)
{
	make_mac(out, 0xb0, bridge);
}

bool net_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || str_eq(name, ".") || str_eq(name, ".."))
		return false;
	for (const char *s = name; *s; s++)
		if (*s <= ' ' || *s == '/' || *s == ':' || *s == '%' || *s == 0x7f)
			return false;
	return true;
}
