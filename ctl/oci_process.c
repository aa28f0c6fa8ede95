/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/str.h"

#include <ctype.h>
#include <string.h>

#define PATH "process"

/* A bare name stands for a program in the image's usual places, another one beneath cwd. */
static void put_args(struct oci *o, cJSON *process, const char *cwd)
{
	cJSON *args = oci_take(o, process, PATH, "args", cJSON_Array);
	const cJSON *j;
	int i = 0;

	if (cJSON_GetArraySize(args) == 0) {
		oci_problem(o, "is needed", PATH ".args");
		return;
	}
	fputs("ExecStart=:", o->service);
	cJSON_ArrayForEach(j, args)
	{
		const char *text = cJSON_IsString(j) ? j->valuestring : NULL;
		char full[4096];

		if (!text || (i == 0 && !*text))
			oci_problem(o, "is no word", PATH ".args[%d]", i);
		else if (i == 0 && strchr(text, '/') && text[0] != '/' &&
			 snprintf(full, sizeof(full), "%s/%s", cwd ? cwd : "", text) > 0)
			oci_put_word(o->service, full);
		else
			oci_put_word(o->service, text);
		fputc(' ', o->service);
		i++;
	}
	fputc('\n', o->service);
}

static void put_env(struct oci *o, cJSON *process)
{
	cJSON *env = oci_take(o, process, PATH, "env", cJSON_Array);
	const cJSON *j;
	int i = 0;

	cJSON_ArrayForEach(j, env)
	{
		const char *text = cJSON_IsString(j) ? j->valuestring : "";

		if (!strchr(text, '=') || text[0] == '=' || isdigit((unsigned char)text[0]) ||
		    strspn(text,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") !=
			    strcspn(text, "=")) {
			oci_problem(o, "is no NAME=VALUE", PATH ".env[%d]", i);
		} else {
			fputs("Environment=", o->service);
			oci_put_word(o->service, text);
			fputc('\n', o->service);
		}
		i++;
	}
}

static void put_groups(struct oci *o, cJSON *user)
{
	cJSON *groups = oci_take(o, user, PATH ".user", "additionalGids", cJSON_Array);
	const cJSON *j;

	if (cJSON_GetArraySize(groups) == 0)
		return;
	fputs("SupplementaryGroups=", o->service);
	cJSON_ArrayForEach(j, groups)
	{
		if (!cJSON_IsNumber(j) || !oci_put_number(o->service, j->valuedouble))
			oci_problem(o, "is no list of numbers", PATH ".user.additionalGids");
		fputc(' ', o->service);
	}
	fputc('\n', o->service);
}

static void put_user(struct oci *o, cJSON *process)
{
	cJSON *user = oci_take(o, process, PATH, "user", cJSON_Object);
	double uid, gid, umask;

	oci_take_number(o, user, PATH ".user", "uid", &uid);
	oci_take_number(o, user, PATH ".user", "gid", &gid);
	if (uid < 0 || uid >= 0xffffffff || gid < 0 || gid >= 0xffffffff)
		oci_problem(o, "is no id", PATH ".user");
	else if (uid != 0 || gid != 0)
		fprintf(o->service, "User=%u\nGroup=%u\n", (unsigned int)uid, (unsigned int)gid);
	put_groups(o, user);
	if (oci_take_number(o, user, PATH ".user", "umask", &umask)) {
		if (umask < 0 || umask > 0777)
			oci_problem(o, "is no mode", PATH ".user.umask");
		else
			fprintf(o->service, "UMask=%04o\n", (unsigned int)umask);
	}
	oci_rest(o, user, PATH ".user");
}

static void put_set(struct oci *o, cJSON *sets, const char *name, const char *key)
{
	cJSON *set = oci_take(o, sets, PATH ".capabilities", name, cJSON_Array);
	const cJSON *j;

	fprintf(o->service, "%s=", key);
	cJSON_ArrayForEach(j, set)
	{
		const char *text = cJSON_IsString(j) ? j->valuestring : "";

		if (!str_starts(text, "CAP_") ||
		    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != strlen(text))
			oci_problem(o, "is no list of capabilities", PATH ".capabilities.%s", name);
		else
			fprintf(o->service, "%s ", text);
	}
	fputc('\n', o->service);
}

/*
 * What an execve(2) makes of the other three sets follows from these two (capabilities(7)): root
 * gets all of the bounding set, everybody else the ambient ones.
 */
static void put_capabilities(struct oci *o, cJSON *process)
{
	static const char *const implied[] = { "effective", "permitted", "inheritable" };
	cJSON *sets = oci_take(o, process, PATH, "capabilities", cJSON_Object);

	put_set(o, sets, "bounding", "CapabilityBoundingSet");
	put_set(o, sets, "ambient", "AmbientCapabilities");
	for (size_t i = 0; i < ARRAY_SIZE(implied); i++)
		(void)oci_take(o, sets, PATH ".capabilities", implied[i], cJSON_Array);
	oci_rest(o, sets, PATH ".capabilities");
}

static void put_limits(struct oci *o, cJSON *process)
{
	static const char *const known[] = { "CPU",	 "FSIZE",   "DATA",   "STACK",
					     "CORE",	 "RSS",	    "NOFILE", "AS",
					     "NPROC",	 "MEMLOCK", "LOCKS",  "SIGPENDING",
					     "MSGQUEUE", "NICE",    "RTPRIO", "RTTIME" };
	cJSON *limits = oci_take(o, process, PATH, "rlimits", cJSON_Array);
	cJSON *j;
	int i = 0;

	cJSON_ArrayForEach(j, limits)
	{
		double soft, hard;
		const char *type = oci_take_text(o, j, PATH ".rlimits[]", "type");
		bool ok = oci_take_number(o, j, PATH ".rlimits[]", "soft", &soft) &&
			  oci_take_number(o, j, PATH ".rlimits[]", "hard", &hard) && type &&
			  str_starts(type, "RLIMIT_");
		bool named = false;

		for (size_t k = 0; k < ARRAY_SIZE(known) && ok; k++)
			named |= str_eq(type + strlen("RLIMIT_"), known[k]);
		if (named) {
			fprintf(o->service, "Limit%s=", type + strlen("RLIMIT_"));
			ok = oci_put_number(o->service, soft);
			fputc(':', o->service);
			ok &= oci_put_number(o->service, hard);
			fputc('\n', o->service);
		}
		if (!named || !ok)
			oci_problem(o, "is no limit that is known", PATH ".rlimits[%d]", i);
		i++;
	}
}

static void put_flags(struct oci *o, cJSON *process)
{
	double adjust;
	bool terminal;

	if (!oci_take_bool(o, process, PATH, "noNewPrivileges", &o->no_new_privs))
		o->no_new_privs = false;
	fprintf(o->service, "NoNewPrivileges=%s\n", o->no_new_privs ? "yes" : "no");
	if (oci_take_number(o, process, PATH, "oomScoreAdj", &adjust))
		fprintf(o->service, "OOMScoreAdjust=%d\n",
			adjust < -1000 || adjust > 1000 ? 0 : (int)adjust);
	/* The console's: there is nobody else to give one, `berthctl exec` brings its own. */
	if (oci_take_bool(o, process, PATH, "terminal", &terminal) && terminal)
		fputs("StandardInput=tty\n", o->service);
	(void)oci_take(o, process, PATH, "consoleSize", cJSON_Object);
}

void oci_process(struct oci *o, cJSON *root)
{
	cJSON *process = oci_take(o, root, "", "process", cJSON_Object);
	const char *cwd = oci_take_text(o, process, PATH, "cwd");

	put_args(o, process, cwd);
	put_env(o, process);
	if (!cwd || cwd[0] != '/')
		oci_problem(o, "is no absolute path", PATH ".cwd");
	else if (!oci_path_is_plain(cwd))
		oci_problem(o, "no path that a unit can name", PATH ".cwd");
	else
		fprintf(o->service, "WorkingDirectory=%s\n", cwd);
	put_user(o, process);
	put_capabilities(o, process);
	put_limits(o, process);
	put_flags(o, process);
	oci_rest(o, process, PATH);
}
