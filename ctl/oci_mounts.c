/* SPDX-License-Identifier: MIT */
#include "ctl/oci_parts.h"
#include "lib/str.h"

#include <string.h>

/* What every berth has at these places, made for it alone, with tighter options than any bundle asks for. */
static const struct {
	const char *destination, *type;
} own[] = {
	{ "/proc", "proc" },
	{ "/sys", "sysfs" },
	{ "/dev", "tmpfs" },
	{ "/dev/pts", "devpts" },
	{ "/dev/shm", "tmpfs" },
	{ "/dev/mqueue", "mqueue" },
	{ "/sys/fs/cgroup", "cgroup" },
	{ "/sys/fs/cgroup", "cgroup2" },
	{ "/run", "tmpfs" },
	{ "/tmp", "tmpfs" },
};

struct mount_facts {
	const char *destination, *source;
	bool bind, recursive, read_only, no_exec;
	bool no_setid;	/* nosuid, upon something that is bound */
	char data[200]; /* of a tmpfs: mode=, size=, nr_inodes= */
};

static bool is_own(const char *destination, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (str_eq(own[i].destination, destination) && str_eq(own[i].type, type))
			return true;
	}
	return false;
}

/* Without effect here: set-uid bits and devices are kept out by other means, the rest changes no file. */
static bool is_harmless(const char *option)
{
	static const char *const names[] = { "rw",	    "suid",	  "dev",     "exec",
					     "nodev",	    "relatime",	  "noatime", "nodiratime",
					     "strictatime", "norelatime", "private", "rprivate",
					     "defaults",    "async",	  "atime" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_eq(option, names[i]))
			return true;
	}
	return false;
}

static bool read_option(struct mount_facts *m, const char *option)
{
	size_t n = strlen(m->data);

	if (str_eq(option, "bind") || str_eq(option, "rbind")) {
		m->bind = true;
		m->recursive |= option[0] == 'r';
	} else if (str_eq(option, "ro")) {
		m->read_only = true;
	} else if (str_eq(option, "nosuid")) {
		m->no_setid = true;
	} else if (str_eq(option, "noexec")) {
		m->no_exec = true;
	} else if (str_starts(option, "mode=") || str_starts(option, "size=") ||
		   str_starts(option, "nr_inodes=")) {
		if (strpbrk(option, " \"',:\\%") || oci_has_control(option) ||
		    n + strlen(option) + 2 > sizeof(m->data))
			return false;
		snprintf(m->data + n, sizeof(m->data) - n, "%s%s", n ? "," : "", option);
	} else {
		return is_harmless(option);
	}
	return true;
}

static void put_mount(struct oci *o, const struct mount_facts *m, const char *type, int i)
{
	if (m->bind) {
		char source[4096];

		if (!m->source ||
		    snprintf(source, sizeof(source), "%s%s%s",
			     m->source[0] == '/' ? "" : o->options->bundle,
			     m->source[0] == '/' ? "" : "/", m->source) < 0 ||
		    !oci_path_is_plain(source) || m->data[0]) {
			oci_problem(o, "is no bind mount that a unit can name", "mounts[%d]", i);
			return;
		}
		fprintf(o->service, "%s=%s:%s:%s\n",
			m->read_only ? "BindReadOnlyPaths" : "BindPaths", source, m->destination,
			m->recursive ? "rbind" : "norbind");
		/* Set-uid bits count nowhere then, instead of in this place alone. */
		if (m->no_setid && !o->no_new_privs) {
			oci_stricter(o, "nosuid becomes NoNewPrivileges=yes", "mounts[%d]", i);
			fputs("NoNewPrivileges=yes\n", o->service);
			o->no_new_privs = true;
		}
	} else if (str_eq(type, "tmpfs")) {
		fprintf(o->service, "TemporaryFileSystem=%s:%s%s%s%s\n", m->destination,
			m->read_only ? "ro" : "rw", m->no_setid ? ",nosuid" : "",
			m->data[0] ? "," : "", m->data);
	} else {
		oci_problem(o, "only bind mounts and tmpfs can be made", "mounts[%d].type", i);
		return;
	}
	if (m->no_exec)
		fprintf(o->service, "NoExecPaths=%s\n", m->destination);
}

static void one_mount(struct oci *o, cJSON *j, int i)
{
	char path[32];

	snprintf(path, sizeof(path), "mounts[%d]", i);
	const char *destination = oci_take_text(o, j, path, "destination");
	const char *type = oci_take_text(o, j, path, "type");
	const char *source = oci_take_text(o, j, path, "source");
	cJSON *options = oci_take(o, j, path, "options", cJSON_Array);
	struct mount_facts m = { .destination = destination, .source = source };
	const cJSON *option;

	if (!destination || !oci_path_is_plain(destination)) {
		oci_problem(o, "no path that a unit can name", "%s.destination", path);
		return;
	}
	oci_rest(o, j, path);
	if (is_own(destination, type ? type : ""))
		return;
	m.bind = type && str_eq(type, "bind");
	m.recursive = false;
	cJSON_ArrayForEach(option, options)
	{
		if (!cJSON_IsString(option) || !read_option(&m, option->valuestring))
			oci_problem(o, "has an option that berth has nothing for", "%s.options",
				    path);
	}
	put_mount(o, &m, type ? type : "", i);
}

void oci_mounts(struct oci *o, cJSON *root)
{
	cJSON *mounts = oci_take(o, root, "", "mounts", cJSON_Array);
	cJSON *j;
	int i = 0;

	cJSON_ArrayForEach(j, mounts)
	{
		if (cJSON_IsObject(j))
			one_mount(o, j, i);
		else
			oci_problem(o, "is no mount", "mounts[%d]", i);
		i++;
	}
}
