/* SPDX-License-Identifier: MIT */
#include "ctl/oci_calls.h"
#include "lib/diag.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define PATH "linux.seccomp"

static enum oci_verdict verdict_of(const char *action)
{
	static const struct {
		const char *name;
		enum oci_verdict verdict;
	} names[] = {
		{ "SCMP_ACT_ALLOW", OCI_ALLOW },      { "SCMP_ACT_LOG", OCI_LOG },
		{ "SCMP_ACT_ERRNO", OCI_DENY },	      { "SCMP_ACT_KILL", OCI_KILL },
		{ "SCMP_ACT_KILL_THREAD", OCI_KILL }, { "SCMP_ACT_KILL_PROCESS", OCI_KILL },
		{ "SCMP_ACT_TRAP", OCI_KILL }, /* nobody could handle it who has not set that up */
	};

	for (size_t i = 0; i < ARRAY_SIZE(names) && action; i++) {
		if (str_eq(names[i].name, action))
			return names[i].verdict;
	}
	return OCI_UNKNOWN;
}

static void put_architectures(struct oci *o, cJSON *part)
{
	static const struct {
		const char *oci, *here;
	} names[] = {
		{ "SCMP_ARCH_X86_64", "x86-64" }, { "SCMP_ARCH_X86", "x86" },
		{ "SCMP_ARCH_X32", "x32" },	  { "SCMP_ARCH_AARCH64", "arm64" },
		{ "SCMP_ARCH_ARM", "arm" },
	};
	cJSON *list = oci_take(o, part, PATH, "architectures", cJSON_Array);
	const cJSON *j;

	if (cJSON_GetArraySize(list) == 0)
		return;
	fputs("SystemCallArchitectures=", o->service);
	cJSON_ArrayForEach(j, list)
	{
		size_t i = 0;

		while (i < ARRAY_SIZE(names) &&
		       !(cJSON_IsString(j) && str_eq(j->valuestring, names[i].oci)))
			i++;
		if (i == ARRAY_SIZE(names))
			oci_problem(o, "has an architecture without a directive",
				    PATH ".architectures");
		else
			fprintf(o->service, "%s ", names[i].here);
	}
	fputc('\n', o->service);
}

static bool is_call(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(name);
}

static void put_names(struct oci *o, const cJSON *names, enum oci_verdict verdict, int error)
{
	bool deny = verdict == OCI_DENY || verdict == OCI_KILL;
	const cJSON *j;

	fprintf(o->service, "SystemCall%s=%s", verdict == OCI_LOG ? "Log" : "Filter",
		deny ? "~" : "");
	cJSON_ArrayForEach(j, names)
	{
		fputs(j->valuestring, o->service);
		if (verdict == OCI_DENY)
			fprintf(o->service, ":%d", error);
		fputs(verdict == OCI_KILL ? ":kill " : " ", o->service);
	}
	fputc('\n', o->service);
}

struct entry {
	enum oci_verdict verdict;
	int error;
	int number;
	cJSON *names, *args;
};

/* False: nothing can be made of it, which has been told. */
static bool read_entry(struct oci *o, cJSON *j, const struct entry *defaults, struct entry *e)
{
	double error;
	const char *action = oci_take_text(o, j, PATH ".syscalls[]", "action");
	const cJSON *name;

	e->verdict = verdict_of(action);
	e->names = oci_take(o, j, PATH ".syscalls[]", "names", cJSON_Array);
	e->args = oci_take(o, j, PATH ".syscalls[]", "args", cJSON_Array);
	bool has_error = oci_take_number(o, j, PATH ".syscalls[]", "errnoRet", &error);

	e->error = has_error ? (int)error : defaults->error;
	(void)oci_take(o, j, PATH ".syscalls[]", "comment", cJSON_String);
	oci_rest(o, j, PATH ".syscalls[]");
	if (e->verdict == OCI_UNKNOWN || (has_error && (error < 0 || error > 4095))) {
		oci_problem(o, "has an action without a directive", PATH ".syscalls[%d]",
			    e->number);
		return false;
	}
	cJSON_ArrayForEach(name, e->names)
	{
		if (cJSON_IsString(name) && is_call(name->valuestring))
			continue;
		oci_problem(o, "is no list of names", PATH ".syscalls[%d].names", e->number);
		return false;
	}
	return cJSON_GetArraySize(e->names) > 0;
}

static void collect(struct oci *o, const struct entry *e, struct oci_calls *calls)
{
	const cJSON *j;

	cJSON_ArrayForEach(j, e->names)
	{
		bool allows = e->verdict == OCI_ALLOW || e->verdict == OCI_LOG;

		if (cJSON_GetArraySize(e->args) == 0) {
			cJSON *name = allows ? cJSON_CreateStringReference(j->valuestring) : NULL;

			if (name)
				cJSON_AddItemToArray(calls->allowed, name);
			continue;
		}
		if (calls->n == OCI_CALL_RULES) {
			oci_problem(o, "are more rules than there is room for", PATH ".syscalls");
			return;
		}
		calls->v[calls->n++] = (struct oci_call_rule){ .name = j->valuestring,
							       .allows = allows,
							       .args = e->args,
							       .entry = e->number };
	}
}

/*
 * First what is allowed, then arguments, then what is denied: of two entries for one call the strict
 * one counts.
 */
static void put_entries(struct oci *o, cJSON *list, const struct entry *defaults,
			struct oci_calls *calls)
{
	static struct entry entries[OCI_CALL_RULES];
	size_t n = 0;
	int number = 0;
	cJSON *j;

	cJSON_ArrayForEach(j, list)
	{
		struct entry *e = &entries[n];

		if (n == ARRAY_SIZE(entries)) {
			oci_problem(o, "are more than there is room for", PATH ".syscalls");
			break;
		}
		*e = (struct entry){ .number = number };
		number++;
		n += read_entry(o, j, defaults, e);
	}
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &entries[i];

		collect(o, e, calls);
		if (cJSON_GetArraySize(e->args) > 0)
			continue;
		if (calls->allow_list && (e->verdict == OCI_ALLOW || e->verdict == OCI_LOG))
			put_names(o, e->names, OCI_ALLOW, 0);
		if (e->verdict == OCI_LOG)
			put_names(o, e->names, OCI_LOG, 0);
	}
	oci_calls_put(o, calls);
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &entries[i];

		if (cJSON_GetArraySize(e->args) == 0 &&
		    (e->verdict == OCI_DENY || e->verdict == OCI_KILL))
			put_names(o, e->names, e->verdict, e->error);
	}
}

static void put_default(struct oci *o, const struct entry *defaults)
{
	/* The profile's list would be another one. */
	fputs("SystemCallFilter=\n", o->service);
	if (defaults->verdict == OCI_ALLOW)
		return;
	/* A list of what is allowed has @default in it; here only as far as it is listed. */
	fputs("SystemCallFilter=@default\nSystemCallFilter=~@default\n", o->service);
	if (defaults->verdict == OCI_KILL)
		fputs("SystemCallErrorNumber=kill\n", o->service);
	else
		fprintf(o->service, "SystemCallErrorNumber=%d\n", defaults->error);
}

/* Of the filter itself; to trust the processor more than berth does is not carried out. */
static void take_flags(struct oci *o, cJSON *part)
{
	static const char *const names[] = { "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
					     "SECCOMP_FILTER_FLAG_SPEC_ALLOW" };
	cJSON *flags = oci_take(o, part, PATH, "flags", cJSON_Array);
	const cJSON *j;

	cJSON_ArrayForEach(j, flags)
	{
		size_t i = 0;

		while (i < ARRAY_SIZE(names) &&
		       !(cJSON_IsString(j) && str_eq(j->valuestring, names[i])))
			i++;
		if (i == ARRAY_SIZE(names))
			oci_problem(o, "has a flag without a directive", PATH ".flags");
	}
}

void oci_seccomp(struct oci *o, cJSON *linux_part)
{
	static struct oci_calls calls;
	cJSON *part = oci_take(o, linux_part, "linux", "seccomp", cJSON_Object);
	const char *action = oci_take_text(o, part, PATH, "defaultAction");
	cJSON *list = oci_take(o, part, PATH, "syscalls", cJSON_Array);
	struct entry defaults = { .verdict = verdict_of(action), .error = EPERM };
	double error;

	if (!part)
		return;
	if (oci_take_number(o, part, PATH, "defaultErrnoRet", &error))
		defaults.error = error >= 1 && error <= 4095 ? (int)error : EPERM;
	if (defaults.verdict == OCI_UNKNOWN || defaults.verdict == OCI_LOG) {
		oci_problem(o, "has no directive", PATH ".defaultAction");
		return;
	}
	put_architectures(o, part);
	put_default(o, &defaults);
	calls.n = 0;
	calls.allow_list = defaults.verdict != OCI_ALLOW;
	calls.allowed = cJSON_CreateArray();
	if (calls.allowed)
		put_entries(o, list, &defaults, &calls);
	else
		oci_problem(o, "no memory", PATH);
	cJSON_Delete(calls.allowed);
	take_flags(o, part);
	oci_rest(o, part, PATH);
}
