/* SPDX-License-Identifier: MIT */
#include "ctl/term.h"
#include "ctl/verbs.h"

#include <errno.h>
#include <stdlib.h>

/* `cat`: the files that a unit was read from, as they are now, each behind its path. */

static int print_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char buf[4096];
	bool ends_line = true;
	size_t n;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	printf("%s# %s%s\n", term_colour(COLOUR_MIDDLE), path, term_off(COLOUR_MIDDLE));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		fwrite(buf, 1, n, stdout);
		ends_line = buf[n - 1] == '\n';
	}
	if (!ends_line)
		putchar('\n');
	if (ferror(f)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		fclose(f);
		return 1;
	}
	fclose(f);
	return 0;
}

static int print_unit(struct client *c, const char *unit)
{
	static const char *const wants[] = { "LoadState", "FragmentPath", "DropInPaths", NULL };
	struct failure failure = { 0 };
	struct props p = { 0 };
	int status = 0;

	if (client_show(c, unit, wants, &p, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", unit, failure.text);
		return failure_status(&failure);
	}
	if (str_eq(props_get(&p, "LoadState"), "not-found")) {
		fprintf(stderr, "No files found for %s.\n", unit);
		status = 1;
	} else if (*props_get(&p, "FragmentPath")) {
		status = print_file(props_get(&p, "FragmentPath"));
	} else {
		printf("# %s is a part of berth\n", unit);
	}
	char *paths = strdup(props_get(&p, "DropInPaths")), *rest = paths;

	if (!paths)
		exit(1);
	for (char *path; status == 0 && (path = strsep(&rest, " "));) {
		if (!*path)
			continue;
		putchar('\n');
		status = print_file(path);
	}
	free(paths);
	props_free(&p);
	return status;
}

int verb_cat(const struct args *args)
{
	struct client *c = client_open(args->socket);
	int status = 0;

	if (!c)
		return 1;
	for (int i = 0; i < args->n_operands; i++) {
		int r;

		if (i > 0)
			putchar('\n');
		r = print_unit(c, full_unit_name(args->operands[i]));
		status = status ? status : r;
	}
	client_close(c);
	return status;
}
