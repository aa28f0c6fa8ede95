/* SPDX-License-Identifier: MIT */
#include "ctl/oci_calls.h"

#include "lib/str.h"

#include <linux/sched.h>
#include <string.h>
#include <sys/socket.h>

#define PATH "linux.seccomp.syscalls[%d]"

static bool is_allowed(const struct oci_calls *calls, const char *name)
{
	const cJSON *j;

	if (!calls->allow_list)
		return true;
	cJSON_ArrayForEach(j, calls->allowed)
	{
		if (str_eq(j->valuestring, name))
			return true;
	}
	return false;
}

/* -- one argument --------------------------------------------------------------------------- */

static double number(const cJSON *j, const char *name)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(j, name);

	return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble < 1.8e19 ? n->valuedouble
										   : 0;
}

static bool has_op(const cJSON *arg, const char *op)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(arg, "op"));

	return text && str_eq(text, op);
}

/* Whether @value is what @arg wants; -1: cannot be told. */
static int holds(const cJSON *arg, uint64_t value)
{
	uint64_t one = (uint64_t)number(arg, "value"), two = (uint64_t)number(arg, "valueTwo");

	if (has_op(arg, "SCMP_CMP_NE"))
		return value != one;
	if (has_op(arg, "SCMP_CMP_LT"))
		return value < one;
	if (has_op(arg, "SCMP_CMP_LE"))
		return value <= one;
	if (has_op(arg, "SCMP_CMP_EQ"))
		return value == one;
	if (has_op(arg, "SCMP_CMP_GE"))
		return value >= one;
	if (has_op(arg, "SCMP_CMP_GT"))
		return value > one;
	if (has_op(arg, "SCMP_CMP_MASKED_EQ"))
		return (value & one) == two;
	return -1;
}

/*
 * Whether a rule is about the calls whose first argument is @value. What it says of other arguments makes
 * it about some of them only: those are not allowed by it, but all are denied. Of two conditions on one
 * argument runtimes make "or", the specification "and": what is allowed has to fit both readings,
 * what is denied one.
 */
static bool applies(const struct oci_call_rule *r, uint64_t value)
{
	bool all = true, any = false, others = false;
	unsigned int n = 0;
	const cJSON *arg;

	cJSON_ArrayForEach(arg, r->args)
	{
		if (number(arg, "index") > 0) {
			others = true;
			continue;
		}
		all &= holds(arg, value) > 0;
		any |= holds(arg, value) != 0;
		n++;
	}
	return r->allows ? all && !others : any || n == 0;
}

/* Whether calls of @name with @value first may be made, after all rules. */
static bool passes(const struct oci_calls *calls, const char *name, uint64_t value)
{
	bool allowed = is_allowed(calls, name);

	for (size_t i = 0; i < calls->n; i++) {
		const struct oci_call_rule *r = &calls->v[i];

		if (!str_eq(r->name, name) || !applies(r, value))
			continue;
		if (!r->allows)
			return false;
		allowed = true;
	}
	return allowed;
}

/* Whether a rule of @name looks at more than the first argument, or in an unknown way. */
static bool looks_further(const struct oci_calls *calls, const char *name)
{
	for (size_t i = 0; i < calls->n; i++) {
		const cJSON *arg;

		if (!str_eq(calls->v[i].name, name))
			continue;
		cJSON_ArrayForEach(arg, calls->v[i].args)
		{
			if (number(arg, "index") > 0 || holds(arg, 0) < 0)
				return true;
		}
	}
	return false;
}

static void allow_call(struct oci *o, const struct oci_calls *calls, const char *name)
{
	if (calls->allow_list)
		fprintf(o->service, "SystemCallFilter=%s\n", name);
}

static void deny_call(struct oci *o, const struct oci_calls *calls, const char *name)
{
	if (is_allowed(calls, name))
		fprintf(o->service, "SystemCallFilter=~%s%s\n", name,
			calls->allow_list ? "" : ":EPERM");
}

/* -- the calls that have a directive -------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t number;
} families[] = {
#define FAMILY(name) { #name, name },
#include "lib/filter_words.def"
#undef FAMILY
};

#define MAX_FAMILY 64

/* The name of a family; NULL: it has none. */
static const char *family_name(unsigned int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (families[i].number == number)
			return families[i].name;
	}
	return NULL;
}

static void put_families(struct oci *o, const struct oci_calls *calls, int entry)
{
	bool others = true, any = false;

	for (unsigned int f = 1; f < MAX_FAMILY; f++) {
		any |= family_name(f) && passes(calls, "socket", f);
		others &= family_name(f) || passes(calls, "socket", f);
	}
	if (looks_further(calls, "socket"))
		oci_stricter(o,
			     "only address families can be told apart: those of which it allows a "
			     "part are not allowed",
			     PATH ".args", entry);
	if (!any) {
		deny_call(o, calls, "socket");
		return;
	}
	allow_call(o, calls, "socket");
	fprintf(o->service, "RestrictAddressFamilies=%s", others ? "~" : "");
	for (unsigned int f = 1; f < MAX_FAMILY; f++) {
		if (family_name(f) && passes(calls, "socket", f) != others)
			fprintf(o->service, "%s ", family_name(f));
	}
	fputc('\n', o->service);
}

static const struct {
	const char *name;
	uint32_t flag;
} namespaces[] = {
	{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "net", CLONE_NEWNET },
	{ "mnt", CLONE_NEWNS },	       { "pid", CLONE_NEWPID }, { "user", CLONE_NEWUSER },
	{ "uts", CLONE_NEWUTS },
};

static uint32_t namespace_flags(void)
{
	uint32_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		all |= namespaces[i].flag;
	return all;
}

/* Masks of flags that make namespaces, and of nothing else: what is allowed has none of them, what is denied one. */
static bool masks_namespaces(const struct oci_calls *calls)
{
	for (size_t i = 0; i < calls->n; i++) {
		const struct oci_call_rule *r = &calls->v[i];
		const cJSON *arg = cJSON_GetArrayItem(r->args, 0);
		uint64_t mask = (uint64_t)number(arg, "value");

		if (!str_eq(r->name, "clone"))
			continue;
		if (cJSON_GetArraySize(r->args) != 1 || !has_op(arg, "SCMP_CMP_MASKED_EQ") ||
		    (mask & ~(uint64_t)namespace_flags()) ||
		    (r->allows ? number(arg, "valueTwo") > 0
			       : number(arg, "valueTwo") != number(arg, "value") ||
					 (mask & (mask - 1))))
			return false;
	}
	return true;
}

static void put_namespaces(struct oci *o, const struct oci_calls *calls, int entry)
{
	static const char *const others[] = { "clone3", "unshare", "setns" };
	bool none = true;

	if (!masks_namespaces(calls) || !passes(calls, "clone", 0)) {
		oci_stricter(o, "clone is not allowed: only namespaces can be told apart",
			     PATH ".args", entry);
		deny_call(o, calls, "clone");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		none &= !passes(calls, "clone", namespaces[i].flag);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (is_allowed(calls, others[i]))
			oci_stricter(o,
				     "what clone may not make, unshare and setns may not and "
				     "clone3 is not there",
				     PATH ".args", entry);
		if (is_allowed(calls, others[i]))
			break;
	}
	allow_call(o, calls, "clone");
	fprintf(o->service, "RestrictNamespaces=%s", none ? "yes" : "");
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (passes(calls, "clone", namespaces[i].flag))
			fprintf(o->service, "%s ", namespaces[i].name);
	}
	fputc('\n', o->service);
}

/* personality(2): 0 is PER_LINUX, what a service has. */
static void put_personality(struct oci *o, const struct oci_calls *calls, int entry)
{
	size_t rules = 0;

	for (size_t i = 0; i < calls->n; i++)
		rules += str_eq(calls->v[i].name, "personality");
	if (!passes(calls, "personality", 0)) {
		oci_stricter(o, "personality is not allowed", PATH ".args", entry);
		deny_call(o, calls, "personality");
		return;
	}
	if (rules > 1 || !passes(calls, "personality", 0) || passes(calls, "personality", 8))
		oci_stricter(o, "only the personality that it has may be set, 0", PATH ".args",
			     entry);
	allow_call(o, calls, "personality");
	fputs("LockPersonality=yes\n", o->service);
}

/* -- all of them ---------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*put)(struct oci *o, const struct oci_calls *calls, int entry);
} known[] = {
	{ "socket", put_families },
	{ "clone", put_namespaces },
	{ "personality", put_personality },
};

static bool is_first_of_name(const struct oci_calls *calls, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (str_eq(calls->v[i].name, calls->v[at].name))
			return false;
	}
	return true;
}

/* Whether anything is denied that names alone would allow, or the reverse. */
static bool says_something(const struct oci_calls *calls, const char *name)
{
	bool allowed = is_allowed(calls, name);

	for (size_t i = 0; i < calls->n; i++) {
		if (str_eq(calls->v[i].name, name) && calls->v[i].allows != allowed)
			return true;
	}
	return false;
}

void oci_calls_put(struct oci *o, const struct oci_calls *calls)
{
	for (size_t i = 0; i < calls->n; i++) {
		const struct oci_call_rule *r = &calls->v[i];
		size_t k = 0;

		if (!is_first_of_name(calls, i) || !says_something(calls, r->name))
			continue;
		while (k < ARRAY_SIZE(known) && !str_eq(known[k].name, r->name))
			k++;
		if (k < ARRAY_SIZE(known)) {
			known[k].put(o, calls, r->entry);
			continue;
		}
		oci_stricter(o, "is not allowed: a call is told by its name, not by its arguments",
			     PATH ".args: %s", r->entry, r->name);
		deny_call(o, calls, r->name);
	}
}
