/* SPDX-License-Identifier: MIT */
#include "ctl/oci.h"
#include "ctl/verbs.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "units/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

/* `import`: an unpacked OCI bundle as a unit file of berth's own. Looks at files, needs no berth. */

#define UNITS "/etc/berth/units"

struct job {
	const struct args *args;
	const char *bundle; /* where it is now */
	const char *inside; /* where the machine will see it */
	const char *name;
	char path[4096]; /* of the unit file */
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "import: %s: %s\n", what, why);
	return -EINVAL;
}

static void tell(void *ctx, bool stricter, const char *path, const char *what)
{
	const struct job *job = ctx;

	fprintf(stderr, "%s/config.json: %s: %s: %s\n", job->bundle,
		stricter	 ? "stricter"
		: job->args->lax ? "warning"
				 : "error",
		path, what);
}

/* The bundle has to be where the machine finds it: beneath the root of its image. */
static int find_inside(struct job *job)
{
	char root[PATH_MAX] = "";

	if (job->args->root && !realpath(job->args->root, root))
		return fail(job->args->root, diag_errno(errno));
	size_t n = str_eq(root, "/") ? 0 : strlen(root);

	if (strncmp(job->bundle, root, n) != 0 || job->bundle[n] != '/')
		return fail(job->bundle, "is not beneath --root, the unit could not find it");
	job->inside = job->bundle + n;
	return 0;
}

static int find_name(struct job *job)
{
	const char *slash = strrchr(job->bundle, '/');
	char unit[300];

	job->name = job->args->name ? job->args->name : slash + 1;
	snprintf(unit, sizeof(unit), "%s.service", job->name);
	if (!unit_name_chars_valid(unit) || strlen(unit) > 255)
		return fail(job->name, "is not the name of a unit; --name gives another one");
	snprintf(job->path, sizeof(job->path), "%s" UNITS "/%s",
		 job->args->root ? job->args->root : "", unit);
	return 0;
}

static ssize_t read_config(const char *bundle, char *text)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/config.json", bundle);
	ssize_t n = fd_read_file_at(AT_FDCWD, path, text, OCI_MAX + 1);

	if (n < 0)
		fail(path, n == -E2BIG ? "is larger than 1 MiB" : diag_errno((int)-n));
	return n;
}

static void make_folders(const struct job *job)
{
	char path[4096];

	str_copy(path, sizeof(path), job->path);
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755); /* what is not made is told when the file is */
		*slash = '/';
	}
}

static int write_unit(const struct job *job, const char *text, size_t len)
{
	make_folders(job);
	autoclose int fd =
		open(job->path,
		     O_WRONLY | O_CREAT | O_CLOEXEC | (job->args->force ? O_TRUNC : O_EXCL), 0644);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, len);

	if (r < 0)
		return fail(job->path,
			    r == -EEXIST ? "is there already, see --force" : diag_errno(-r));
	if (!job->args->quiet)
		printf("%s\n", job->path);
	return 0;
}

static int convert(struct job *job, const char *config, size_t n)
{
	const struct oci_options options = { .name = job->name,
					     .bundle = job->inside,
					     .lax = job->args->lax,
					     .tell = tell,
					     .ctx = job };
	char *unit = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&unit, &len);
	int r = out ? oci_convert(config, n, &options, out) : -ENOMEM;

	if (out && fclose(out) != 0)
		r = -ENOMEM;
	if (r < 0)
		fail(job->bundle, r == -EBADMSG ? "config.json is no JSON object" : diag_errno(-r));
	else if (r > 0 && !job->args->lax)
		r = fail(job->bundle, "no unit is made; --lax leaves these out");
	else
		r = write_unit(job, unit, len);
	free(unit);
	return r;
}

static int import(struct job *job)
{
	char *config = malloc(OCI_MAX + 2);
	ssize_t n = config ? read_config(job->bundle, config) : -ENOMEM;
	int r = n < 0 ? (int)n : convert(job, config, (size_t)n);

	free(config);
	return r;
}

int verb_import(const struct args *args)
{
	static char bundle[PATH_MAX];
	struct job job = { .args = args, .bundle = bundle };

	if (!realpath(args->operands[0], bundle))
		return fail(args->operands[0], diag_errno(errno)) < 0;
	int r = find_inside(&job);

	if (r == 0)
		r = find_name(&job);
	return r < 0 || import(&job) < 0;
}
