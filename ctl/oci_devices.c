/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/str.h"

#include <string.h>

#define PATH	  "linux.resources.devices"
#define MAX_RULES 200
#define ANY	  UINT32_MAX

enum {
	ACCESS_READ = 1,
	ACCESS_WRITE = 2,
	ACCESS_MKNOD = 4,
	ACCESS_ALL = 7,
};

/* What is allowed after all rules, of which each changes what those before it have left. */
struct allowed {
	struct device_entry {
		bool block;
		uint8_t access;
		uint32_t major, minor; /* ANY: all of them */
	} v[MAX_RULES];
	size_t n;
};

static bool read_access(const char *text, uint8_t *access)
{
	*access = text ? 0 : ACCESS_ALL;
	for (; text && *text; text++) {
		if (*text != 'r' && *text != 'w' && *text != 'm')
			return false;
		*access |= *text == 'r' ? ACCESS_READ : *text == 'w' ? ACCESS_WRITE : ACCESS_MKNOD;
	}
	return *access != 0;
}

/* -1 and "not there" are all of them. */
static bool read_number(struct oci *o, cJSON *j, const char *name, uint32_t *out)
{
	double n;

	*out = ANY;
	if (!oci_take_number(o, j, PATH "[]", name, &n) || n == -1)
		return true;
	if (n < 0 || n > 0xfffff)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool same(const struct device_entry *a, const struct device_entry *b)
{
	return a->block == b->block && a->major == b->major && a->minor == b->minor;
}

static bool covers(const struct device_entry *a, const struct device_entry *b)
{
	return a->block == b->block && (a->major == ANY || a->major == b->major) &&
	       (a->minor == ANY || a->minor == b->minor);
}

static bool overlaps(const struct device_entry *a, const struct device_entry *b)
{
	return a->block == b->block &&
	       (a->major == ANY || b->major == ANY || a->major == b->major) &&
	       (a->minor == ANY || b->minor == ANY || a->minor == b->minor);
}

static bool allow(struct allowed *list, const struct device_entry *e)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!same(&list->v[i], e))
			continue;
		list->v[i].access |= e->access;
		return true;
	}
	if (list->n == MAX_RULES)
		return false;
	list->v[list->n++] = *e;
	return true;
}

/* False: it takes a part out of what is allowed as a whole, which then goes as a whole. */
static bool deny(struct allowed *list, const struct device_entry *e)
{
	size_t kept = 0;
	bool exact = true;

	for (size_t i = 0; i < list->n; i++) {
		struct device_entry at = list->v[i];

		bool part = !covers(e, &at) && overlaps(e, &at) && (at.access & e->access);

		if (part || covers(e, &at))
			at.access &= (uint8_t)~e->access;
		exact &= !part;
		if (at.access)
			list->v[kept++] = at;
	}
	list->n = kept;
	return exact;
}

static void one_rule(struct oci *o, cJSON *j, int i, struct allowed *list)
{
	struct device_entry e = { 0 };
	bool allows, ok = oci_take_bool(o, j, PATH "[]", "allow", &allows);
	const char *type = oci_take_text(o, j, PATH "[]", "type");
	bool all = !type || !*type || str_eq(type, "a");

	ok &= read_access(oci_take_text(o, j, PATH "[]", "access"), &e.access);
	ok &= read_number(o, j, "major", &e.major) && read_number(o, j, "minor", &e.minor);
	ok &= all || str_eq(type, "c") || str_eq(type, "u") || str_eq(type, "b");
	if (all && (e.major != ANY || e.minor != ANY))
		ok = false;
	for (int block = 0; block <= 1 && ok; block++) {
		e.block = block;
		if (!all && block != (type[0] == 'b'))
			continue;
		if (allows)
			ok = allow(list, &e);
		else if (!deny(list, &e))
			oci_stricter(o,
				     "no list of what is allowed can leave one out: all that a "
				     "rule before it allows together with that is denied",
				     PATH "[%d]", i);
	}
	if (!ok || cJSON_GetArraySize(j) > 0)
		oci_problem(o, "is no rule that a list of what is allowed can tell", PATH "[%d]",
			    i);
}

static void put_entry(struct oci *o, const struct device_entry *e)
{
	const char *kind = e->block ? "block" : "char";

	fputs("DeviceAllow=", o->service);
	if (e->major == ANY)
		fprintf(o->service, "%s-*", kind);
	else if (e->minor == ANY)
		fprintf(o->service, "%s-%u", kind, e->major);
	else
		fprintf(o->service, "/dev/%s/%u:%u", kind, e->major, e->minor);
	fprintf(o->service, " %s%s%s\n", e->access & ACCESS_READ ? "r" : "",
		e->access & ACCESS_WRITE ? "w" : "", e->access & ACCESS_MKNOD ? "m" : "");
}

/*
 * systemd.resource-control(5) DevicePolicy=closed has the pseudo devices and terminals that the
 * specification's "default devices" are, which runtimes add to any list; the rest is listed.
 */
void oci_device_rules(struct oci *o, cJSON *resources)
{
	static struct allowed list;
	cJSON *devices = oci_take(o, resources, "linux.resources", "devices", cJSON_Array), *j;
	int i = 0;

	list.n = 0;
	cJSON_ArrayForEach(j, devices)
	{
		one_rule(o, j, i++, &list);
	}
	if (i > 0)
		fputs("DevicePolicy=closed\n", o->service);
	for (size_t k = 0; k < list.n; k++) {
		if (list.v[k].major == ANY && list.v[k].minor != ANY)
			oci_problem(o, "one minor number of all drivers has no directive", PATH);
		else
			put_entry(o, &list.v[k]);
	}
}

/* What the specification wants in any /dev, and a berth's has. */
static bool is_default(const char *path)
{
	static const char *const names[] = { "null",	"zero", "full",	   "random",
					     "urandom", "tty",	"console", "ptmx" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_eq(path + strlen("/dev/"), names[i]))
			return true;
	}
	return false;
}

/*
 * A node that the bundle wants made is the machine's own of that name: whether it is the device that
 * is meant is for DeviceAllow= to say, which tells devices by number.
 */
void oci_device_nodes(struct oci *o, cJSON *linux_part)
{
	cJSON *devices = oci_take(o, linux_part, "linux", "devices", cJSON_Array), *j;
	int i = 0;

	cJSON_ArrayForEach(j, devices)
	{
		static const char *const ignored[] = { "major", "minor", "fileMode", "uid", "gid" };
		const char *path = oci_take_text(o, j, "linux.devices[]", "path");
		const char *type = oci_take_text(o, j, "linux.devices[]", "type");

		for (size_t k = 0; k < ARRAY_SIZE(ignored); k++)
			(void)oci_take(o, j, "linux.devices[]", ignored[k], cJSON_Number);
		if (!path || !str_starts(path, "/dev/") || !oci_path_is_plain(path) ||
		    strstr(path, "/../") || !type || str_eq(type, "p") || cJSON_GetArraySize(j) > 0)
			oci_problem(o, "is no device that a unit can name", "linux.devices[%d]", i);
		else if (!is_default(path))
			fprintf(o->service, "BindPaths=-%s\n", path);
		i++;
	}
}
