/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void tell(struct oci *o, bool stricter, const char *what, const char *fmt, va_list ap)
{
	char path[256];

	if (vsnprintf(path, sizeof(path), fmt, ap) < 0)
		path[0] = '\0';
	for (char *c = path; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	o->problems += !stricter;
	fprintf(o->comments, "# %s: %s: %s\n", stricter ? "stricter" : "not carried out", path,
		what);
	o->options->tell(o->options->ctx, stricter, path, what);
}

void oci_problem(struct oci *o, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(o, false, what, fmt, ap);
	va_end(ap);
}

void oci_stricter(struct oci *o, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(o, true, what, fmt, ap);
	va_end(ap);
}

cJSON *oci_take(struct oci *o, cJSON *from, const char *path, const char *name, int type)
{
	cJSON *j = from ? cJSON_DetachItemFromObjectCaseSensitive(from, name) : NULL;

	if (!j)
		return NULL;
	cJSON_AddItemToArray(o->taken, j);
	if ((j->type & 0xff) == type)
		return j;
	if (!cJSON_IsNull(j))
		oci_problem(o, "is of another type than the specification says", "%s%s%s", path,
			    *path ? "." : "", name);
	return NULL;
}

bool oci_take_bool(struct oci *o, cJSON *from, const char *path, const char *name, bool *out)
{
	cJSON *j = cJSON_GetObjectItemCaseSensitive(from, name);
	cJSON *taken = oci_take(o, from, path, name, cJSON_IsTrue(j) ? cJSON_True : cJSON_False);

	*out = taken && cJSON_IsTrue(taken);
	return taken != NULL;
}

bool oci_take_number(struct oci *o, cJSON *from, const char *path, const char *name, double *out)
{
	cJSON *j = oci_take(o, from, path, name, cJSON_Number);

	*out = j ? j->valuedouble : 0;
	return j != NULL;
}

const char *oci_take_text(struct oci *o, cJSON *from, const char *path, const char *name)
{
	cJSON *j = oci_take(o, from, path, name, cJSON_String);

	if (!j)
		return NULL;
	if (!oci_has_control(j->valuestring))
		return j->valuestring;
	oci_problem(o, "has control characters", "%s%s%s", path, *path ? "." : "", name);
	return NULL;
}

static bool is_empty(const cJSON *j)
{
	const cJSON *child;

	if (cJSON_IsNull(j) || cJSON_IsFalse(j))
		return true;
	if (cJSON_IsString(j))
		return j->valuestring[0] == '\0';
	if (!cJSON_IsArray(j) && !cJSON_IsObject(j))
		return false;
	cJSON_ArrayForEach(child, j)
	{
		if (cJSON_IsArray(j) || !is_empty(child))
			return false;
	}
	return true;
}

void oci_rest(struct oci *o, const cJSON *from, const char *path)
{
	const cJSON *j;

	cJSON_ArrayForEach(j, from)
	{
		if (!is_empty(j))
			oci_problem(o, "berth has nothing for that", "%s%s%s", path,
				    *path ? "." : "", j->string ? j->string : "?");
	}
}

void oci_put_word(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*c);
		else
			fprintf(out, *c == '%' ? "%%%%" : "%c", *c);
	}
	fputc('"', out);
}

bool oci_has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

bool oci_path_is_plain(const char *path)
{
	return path[0] == '/' && !oci_has_control(path) && !strpbrk(path, ": \t\"'\\%");
}

bool oci_put_number(FILE *out, double n)
{
	if (n < 0 || n >= 9.2e18)
		return fputs("infinity", out) >= 0 && (n == -1 || n > 0);
	fprintf(out, "%llu", (unsigned long long)n);
	return (double)(unsigned long long)n == n;
}

static void put_root(struct oci *o, cJSON *root)
{
	cJSON *part = oci_take(o, root, "", "root", cJSON_Object);
	const char *path = oci_take_text(o, part, "root", "path");
	bool read_only;
	char full[4096];

	if (!path || !*path) {
		oci_problem(o, "is needed", "root.path");
		return;
	}
	snprintf(full, sizeof(full), "%s%s%s", path[0] == '/' ? "" : o->options->bundle,
		 path[0] == '/' ? "" : "/", path);
	if (!oci_path_is_plain(full) || strstr(full, "/../"))
		oci_problem(o, "no path that a unit can name", "root.path");
	oci_take_bool(o, part, "root", "readonly", &read_only);
	fprintf(o->container, "Rootfs=%s\n", full);
	/* What the profile protects of the machine is not there. */
	fprintf(o->service, "ProtectSystem=%s\nProtectHome=no\n", read_only ? "strict" : "no");
	oci_rest(o, part, "root");
}

static void put_hostname(struct oci *o, cJSON *root)
{
	const char *name = oci_take_text(o, root, "", "hostname");

	if (!name || !*name)
		return;
	if (strlen(name) > 64 || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789.-_") != strlen(name))
		oci_problem(o, "is no host name", "hostname");
	else
		fprintf(o->container, "HostName=%s\n", name);
}

static void check_version(struct oci *o, cJSON *root)
{
	cJSON *version = oci_take(o, root, "", "ociVersion", cJSON_String);

	if (!version || !str_starts(version->valuestring, "1."))
		oci_problem(o, "only bundles of version 1 are known", "ociVersion");
}

static void put_hooks(struct oci *o, cJSON *root)
{
	cJSON *hooks = oci_take(o, root, "", "hooks", cJSON_Object);
	const cJSON *j;

	cJSON_ArrayForEach(j, hooks)
	{
		if (!is_empty(j))
			oci_problem(o,
				    "hooks are programs of an engine; a service has ExecStartPre= "
				    "and its kin",
				    "hooks.%s", j->string);
	}
}

static void convert(struct oci *o, cJSON *root)
{
	check_version(o, root);
	put_root(o, root);
	oci_process(o, root);
	put_hostname(o, root);
	oci_mounts(o, root);
	oci_linux(o, root);
	put_hooks(o, root);
	(void)oci_take(o, root, "", "annotations", cJSON_Object);
	oci_rest(o, root, "");
}

struct memory {
	FILE *file;
	char *text;
	size_t size;
};

static void put_unit(const struct oci_options *options, const struct memory parts[3], FILE *out)
{
	fprintf(out, "# Made by `berthctl import` from %s/config.json\n%s", options->bundle,
		parts[2].text);
	fprintf(out, "[Unit]\nDescription=OCI bundle %s\n\n[Service]\n%s\n", options->name,
		parts[0].text);
	fprintf(out, "[Container]\nIsolation=standard\n%s\n[Install]\nWantedBy=multi-user.target\n",
		parts[1].text);
}

static int write_parts(cJSON *root, cJSON *taken, const struct oci_options *options, FILE *out)
{
	struct memory parts[3] = { 0 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++) {
		parts[i].file = open_memstream(&parts[i].text, &parts[i].size);
		r = parts[i].file ? 0 : -ENOMEM;
	}
	struct oci o = { .options = options,
			 .service = parts[0].file,
			 .container = parts[1].file,
			 .comments = parts[2].file,
			 .taken = taken };

	if (r == 0)
		convert(&o, root);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].file && fclose(parts[i].file) != 0)
			r = -ENOMEM;
	}
	if (r == 0)
		put_unit(options, parts, out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		free(parts[i].text);
	return r < 0 ? r : o.problems;
}

int oci_convert(const char *text, size_t len, const struct oci_options *options, FILE *out)
{
	cJSON *root = cJSON_ParseWithLength(text, len), *taken = cJSON_CreateArray();
	int r = !taken ? -ENOMEM : !cJSON_IsObject(root) ? -EBADMSG : 0;

	if (r == 0)
		r = write_parts(root, taken, options, out);
	cJSON_Delete(root);
	cJSON_Delete(taken);
	return r;
}
