/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/diag.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define PATH "linux.seccomp"

enum verdict {
	ALLOW,
	DENY,
	KILL,
	UNKNOWN,
};

static enum verdict verdict_of(const char *action)
{
	static const struct {
		const char *name;
		enum verdict verdict;
	} names[] = {
		{ "SCMP_ACT_ALLOW", ALLOW },
		{ "SCMP_ACT_ERRNO", DENY },
		{ "SCMP_ACT_KILL", KILL },
		{ "SCMP_ACT_KILL_PROCESS", KILL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names) && action; i++) {
		if (str_eq(names[i].name, action))
			return names[i].verdict;
	}
	return UNKNOWN;
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

static void put_names(struct oci *o, const cJSON *names, bool deny, int error, int i)
{
	const cJSON *j;

	fprintf(o->service, "SystemCallFilter=%s", deny ? "~" : "");
	cJSON_ArrayForEach(j, names)
	{
		const char *name = cJSON_IsString(j) ? j->valuestring : "";

		if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(name))
			oci_problem(o, "is no list of names", PATH ".syscalls[%d].names", i);
		else if (deny && error)
			fprintf(o->service, "%s:%d ", name, error);
		else if (deny)
			fprintf(o->service, "%s:kill ", name);
		else
			fprintf(o->service, "%s ", name);
	}
	fputc('\n', o->service);
}

/* One entry; a call that is allowed with certain arguments only cannot be told by names. */
static void one_entry(struct oci *o, cJSON *j, int i, enum verdict rest)
{
	const char *action = oci_take_text(o, j, PATH ".syscalls[]", "action");
	cJSON *names = oci_take(o, j, PATH ".syscalls[]", "names", cJSON_Array);
	cJSON *args = oci_take(o, j, PATH ".syscalls[]", "args", cJSON_Array);
	enum verdict verdict = verdict_of(action);
	double error = 0;
	bool has_error = oci_take_number(o, j, PATH ".syscalls[]", "errnoRet", &error);

	oci_rest(o, j, PATH ".syscalls[]");
	if (verdict == rest && !has_error)
		return; /* says nothing new */
	if (cJSON_GetArraySize(args) > 0)
		oci_problem(o, "calls are told by name, not by their arguments",
			    PATH ".syscalls[%d].args", i);
	else if (verdict == UNKNOWN || (rest == ALLOW) == (verdict == ALLOW) || error < 0 ||
		 error > 4095)
		oci_problem(o, "has an action without a directive", PATH ".syscalls[%d]", i);
	else
		put_names(o, names, verdict != ALLOW,
			  has_error ? (int)error : (verdict == DENY ? EPERM : 0), i);
}

void oci_seccomp(struct oci *o, cJSON *linux_part)
{
	cJSON *part = oci_take(o, linux_part, "linux", "seccomp", cJSON_Object);
	const char *action = oci_take_text(o, part, PATH, "defaultAction");
	cJSON *calls = oci_take(o, part, PATH, "syscalls", cJSON_Array);
	enum verdict rest = verdict_of(action);
	double error = EPERM;
	cJSON *j;
	int i = 0;

	if (!part)
		return;
	if (rest == UNKNOWN) {
		oci_problem(o, "has no directive", PATH ".defaultAction");
		return;
	}
	put_architectures(o, part);
	if (!oci_take_number(o, part, PATH, "defaultErrnoRet", &error))
		error = EPERM;
	/* The profile's list would be another one. */
	fputs("SystemCallFilter=\n", o->service);
	if (rest == KILL)
		fputs("SystemCallErrorNumber=kill\n", o->service);
	else if (rest == DENY && error >= 1 && error <= 4095)
		fprintf(o->service, "SystemCallErrorNumber=%d\n", (int)error);
	cJSON_ArrayForEach(j, calls)
	{
		one_entry(o, j, i++, rest);
	}
	oci_rest(o, part, PATH);
}
