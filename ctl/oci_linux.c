/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/str.h"
#include "units/tunable.h"

#include <string.h>

#define PATH "linux"

/* Which of the kernel's namespaces are listed, and by which of them others' are joined. */
enum space {
	SPACE_PID,
	SPACE_MOUNT,
	SPACE_NETWORK,
	SPACE_IPC,
	SPACE_UTS,
	SPACE_CGROUP,
	SPACE_USER,
	SPACE_COUNT,
};

static const char *const space_names[SPACE_COUNT] = { "pid", "mount",  "network", "ipc",
						      "uts", "cgroup", "user" };

static void one_space(struct oci *o, cJSON *j, int i, bool listed[SPACE_COUNT])
{
	const char *type = oci_take_text(o, j, PATH ".namespaces[]", "type");
	const char *path = oci_take_text(o, j, PATH ".namespaces[]", "path");
	int at = 0;

	while (at < SPACE_COUNT && !(type && str_eq(type, space_names[at])))
		at++;
	if (at == SPACE_COUNT || (path && at != SPACE_NETWORK && at != SPACE_IPC) ||
	    (path && !oci_path_is_plain(path))) {
		oci_problem(o, "no such namespace can be made or joined", PATH ".namespaces[%d]",
			    i);
		return;
	}
	listed[at] = true;
	if (path)
		fprintf(o->service, "%s=%s\n",
			at == SPACE_IPC ? "IPCNamespacePath" : "NetworkNamespacePath", path);
	/* A fresh one has loopback and nothing else, as with any runtime. */
	else if (at == SPACE_NETWORK)
		fputs("# without this line: a link to the bridge, with an address of its own\n"
		      "PrivateNetwork=yes\n",
		      o->service);
}

/*
 * A range of ids from 0 on, wherever the bundle wants it on the host: which one a service has is
 * berth's to say, so that no two overlap.
 */
static void take_ids(struct oci *o, cJSON *part, const char *name)
{
	cJSON *list = oci_take(o, part, PATH, name, cJSON_Array), *j = cJSON_GetArrayItem(list, 0);
	double first, ignored, size;
	char path[40];

	snprintf(path, sizeof(path), PATH ".%s[0]", name);
	if (cJSON_GetArraySize(list) != 1 || !oci_take_number(o, j, path, "containerID", &first) ||
	    first != 0 || !oci_take_number(o, j, path, "hostID", &ignored) ||
	    !oci_take_number(o, j, path, "size", &size) || size < 1 || size > 65536)
		oci_problem(o, "is not one range of at most 65536 ids from 0 on", PATH ".%s", name);
}

static void put_namespaces(struct oci *o, cJSON *part)
{
	cJSON *list = oci_take(o, part, PATH, "namespaces", cJSON_Array);
	bool listed[SPACE_COUNT] = { false };
	cJSON *j;
	int i = 0;

	cJSON_ArrayForEach(j, list)
	{
		one_space(o, j, i++, listed);
	}
	if (!listed[SPACE_PID] || !listed[SPACE_MOUNT])
		oci_problem(o, "a berth has processes and mounts of its own", PATH ".namespaces");
	if (listed[SPACE_USER]) {
		take_ids(o, part, "uidMappings");
		take_ids(o, part, "gidMappings");
		fputs("PrivateUsers=managed\n", o->service);
	}
	if (!listed[SPACE_NETWORK])
		fputs("PrivateNetwork=no\n", o->service);
	if (!listed[SPACE_IPC])
		fputs("PrivateIPC=no\n", o->service);
}

static void put_paths(struct oci *o, cJSON *part, const char *name, const char *key)
{
	cJSON *list = oci_take(o, part, PATH, name, cJSON_Array);
	const cJSON *j;
	int i = 0;

	cJSON_ArrayForEach(j, list)
	{
		if (cJSON_IsString(j) && oci_path_is_plain(j->valuestring))
			fprintf(o->service, "%s=-%s\n", key, j->valuestring);
		else
			oci_problem(o, "no path that a unit can name", PATH ".%s[%d]", name, i);
		i++;
	}
}

static void put_sysctl(struct oci *o, cJSON *part)
{
	cJSON *list = oci_take(o, part, PATH, "sysctl", cJSON_Object);
	const cJSON *j;

	cJSON_ArrayForEach(j, list)
	{
		char text[1024];

		snprintf(text, sizeof(text), "%s=%s", j->string,
			 cJSON_IsString(j) ? j->valuestring : "");
		if (!cJSON_IsString(j) || tunable_kind(text) == TUNABLE_NONE ||
		    oci_has_control(text)) {
			oci_problem(o, "is no tunable of a network or IPC namespace",
				    PATH ".sysctl[\"%s\"]", j->string);
			continue;
		}
		fputs("Sysctl=", o->container);
		oci_put_word(o->container, text);
		fputc('\n', o->container);
	}
}

static void check_propagation(struct oci *o, cJSON *part)
{
	const char *text = oci_take_text(o, part, PATH, "rootfsPropagation");

	if (text && *text && !str_eq(text, "private") && !str_eq(text, "rprivate"))
		oci_problem(o, "mounts of a berth do not propagate", PATH ".rootfsPropagation");
}

void oci_linux(struct oci *o, cJSON *root)
{
	cJSON *part = oci_take(o, root, "", "linux", cJSON_Object);

	put_namespaces(o, part);
	oci_resources(o, part);
	oci_device_nodes(o, part);
	oci_seccomp(o, part);
	put_paths(o, part, "maskedPaths", "InaccessiblePaths");
	put_paths(o, part, "readonlyPaths", "ReadOnlyPaths");
	put_sysctl(o, part);
	check_propagation(o, part);
	/* Where its cgroup is, is for Slice= to say. */
	(void)oci_take(o, part, PATH, "cgroupsPath", cJSON_String);
	oci_rest(o, part, PATH);
}
