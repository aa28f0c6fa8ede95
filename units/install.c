/* SPDX-License-Identifier: MIT */
#include "units/install.h"

#include "units/builtin.h"

#include "lib/str.h"
#include "units/install_links.h"
#include "units/manager.h"
#include "units/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_SIZE 4096

/* Only what concerns [Install]: whether the unit can be started is not the question here. */
static void filter(struct diag_sink *sink, const struct diag *diag)
{
	struct install *in = (struct install *)((char *)sink - offsetof(struct install, filter));

	if (key_find(SECTION_INSTALL, diag->key) < 0)
		return;
	in->errors += diag->level == DIAG_ERROR;
	in->sink->emit(in->sink, diag);
}

int install_open(struct install *in)
{
	int r;

	in->filter.emit = filter;
	loader_init(&in->loader, in->root, &in->filter);
	r = directories_read(&in->loader.directories);
	return r < 0 ? r : install_find_links(in);
}

void install_close(struct install *in)
{
	if (!in->filter.emit)
		return; /* never opened: descriptor 0 is not ours */
	loader_forget(&in->loader);
	arena_free(&in->arena);
	free(in->links);
	free(in->seen);
	in->links = NULL;
	in->seen = NULL;
	in->n_links = in->room_links = in->n_seen = in->room_seen = 0;
}

/* ---- names that were seen ---- */

static bool was_seen(const struct install *in, const char *name)
{
	for (size_t i = 0; i < in->n_seen; i++) {
		if (str_eq(in->seen[i], name))
			return true;
	}
	return false;
}

/* 1: it is new. */
static int see(struct install *in, const char *name)
{
	if (was_seen(in, name))
		return 0;
	if (in->n_seen == in->room_seen) {
		size_t room = in->room_seen ? 2 * in->room_seen : 16;
		const char **seen = reallocarray(in->seen, room, sizeof(*seen));

		if (!seen)
			return -ENOMEM;
		in->seen = seen;
		in->room_seen = room;
	}
	in->seen[in->n_seen] = arena_strdup(&in->arena, name);
	return in->seen[in->n_seen] ? (in->n_seen++, 1) : -ENOMEM;
}

/* ---- disabling ---- */

/* Instances go with their template. */
static bool is_condemned(const struct install *in, const struct install_link *link)
{
	char template[UNIT_NAME_MAX + 1];

	if (link->gone || str_eq(link->target, "/dev/null") ||
	    (in->runtime && !install_is_runtime(link->directory)))
		return false;
	if (was_seen(in, link->name) || was_seen(in, install_base_of(link->target)))
		return true;
	return unit_name_template(link->name, template, sizeof(template)) && was_seen(in, template);
}

/* Removes links to all units that were seen; an alias that goes takes the links by its name along. */
static int remove_links(struct install *in)
{
	bool more = true;
	int r = 0;

	while (more && r >= 0) {
		more = false;
		for (size_t i = 0; i < in->n_links && r >= 0; i++) {
			if (!is_condemned(in, &in->links[i]))
				continue;
			r = install_remove_link(in, &in->links[i]);
			if (r == 0 && !in->links[i].parent)
				r = see(in, in->links[i].name);
			more |= r > 0;
		}
	}
	return r < 0 ? r : 0;
}

/* ---- what a unit says ---- */

/* The unit's file, parsed; NULL after a message. */
static struct unit *load(struct install *in, const char *name, char *id, const char **file,
			 unsigned int *directory)
{
	struct unit *u;

	int r = loader_resolve(&in->loader, name, id);

	if (r < 0) {
		install_tell(in, DIAG_ERROR, 0, "%s %s", name,
			     r == -EINVAL ? "is not the name of a unit" : diag_errno(-r));
		return NULL;
	}
	if (!loader_file(&in->loader, id, directory, file)) {
		install_tell(in, DIAG_ERROR, 0, "unit %s does not exist", id);
		return NULL;
	}
	u = loader_load(&in->loader, id);
	if (!u)
		install_tell(in, DIAG_ERROR, 0, "%s: %s", id, diag_errno(ENOMEM));
	return u;
}

bool install_has_links(const struct unit *u)
{
	return unit_list(u, K_WantedBy)->n || unit_list(u, K_RequiredBy)->n ||
	       unit_list(u, K_Alias)->n;
}

/* A name that a link may be made for, also of unit types that only systemd has. */
static bool is_linkable(const char *name)
{
	return unit_type_of_name(name) >= 0 || unit_name_is_foreign_type(name);
}

static int link_list(struct install *in, const struct unit *u, enum key key, const char *suffix,
		     const char *target)
{
	const struct strings *list = unit_list(u, key);
	int r = 0;

	for (uint32_t i = 0; i < list->n && r == 0; i++) {
		char parent[UNIT_NAME_MAX + 16];

		if (!is_linkable(list->v[i])) {
			r = install_tell(in, DIAG_ERROR, EINVAL,
					 "%s: [Install] names \"%s\", which is no unit", u->id,
					 list->v[i]);
			continue;
		}
		snprintf(parent, sizeof(parent), "%s%s", list->v[i], suffix);
		r = install_make_link(in, parent, u->id, target, true);
	}
	return r;
}

/* systemd.unit(5) Alias=: of the same type; a template only for a template, unless an instance is. */
static int link_alias(struct install *in, const struct unit *u, const char *alias,
		      const char *target)
{
	char instance[UNIT_NAME_MAX + 1], full[UNIT_NAME_MAX + 1];
	bool fits = unit_type_of_name(alias) == (int)u->type;

	if (fits && unit_name_is_template(alias)) {
		unit_name_instance(u->id, instance, sizeof(instance));
		fits = strchr(u->id, '@') &&
		       unit_name_replace_instance(alias, instance, full, sizeof(full));
		alias = fits ? full : alias;
	}
	if (!fits)
		return install_tell(in, DIAG_ERROR, EINVAL,
				    "%s: Alias=%s is no other name for such a unit", u->id, alias);
	return str_eq(alias, u->id) ? 0 : install_make_link(in, NULL, alias, target, false);
}

static int link_unit(struct install *in, const struct unit *u, const char *target)
{
	const struct strings *aliases = unit_list(u, K_Alias);
	int r = 0;

	for (uint32_t i = 0; i < aliases->n && r == 0; i++)
		r = link_alias(in, u, aliases->v[i], target);
	if (r == 0)
		r = link_list(in, u, K_WantedBy, ".wants", target);
	return r < 0 ? r : link_list(in, u, K_RequiredBy, ".requires", target);
}

/* A template is enabled as its default instance, whose name its specifiers then stand for. */
int install_default_instance(struct install *in, const struct unit *u, struct unit **out)
{
	const char *instance = unit_str(u, K_DefaultInstance);
	char full[UNIT_NAME_MAX + 1];

	*out = NULL;
	if (!instance || !*instance)
		return 0;
	if (!unit_name_replace_instance(u->id, instance, full, sizeof(full)) ||
	    unit_type_of_name(full) < 0)
		return install_tell(in, DIAG_ERROR, EINVAL,
				    "%s: DefaultInstance=%s makes no unit name", u->id, instance);
	*out = loader_load(&in->loader, full);
	return *out ? 0 : -ENOMEM;
}

/* Links for one unit alone, without those that Also= names. */
static int enable_unit(struct install *in, const struct unit *u, unsigned int directory,
		       const char *file)
{
	struct unit *instance = NULL;
	char target[PATH_SIZE];
	int r = 0;

	if (u->load_state == LOAD_MASKED)
		return install_tell(in, DIAG_ERROR, ERFKILL, "%s is masked", u->id);
	if (u->load_state == LOAD_ERROR)
		return install_tell(in, DIAG_ERROR, EBADMSG, "%s cannot be read: %s", u->id,
				    u->load_error ? u->load_error : "");
	if (in->errors > 0)
		return -EBADMSG;
	snprintf(target, sizeof(target), "%s%s", directory_path(&in->loader.directories, directory),
		 file);
	in->n_rules += unit_list(u, K_Also)->n > 0;
	if (!unit_name_is_template(u->id)) {
		in->n_rules += install_has_links(u);
		return link_unit(in, u, target);
	}
	r = install_default_instance(in, u, &instance);
	if (r == 0 && instance) {
		in->n_rules += install_has_links(instance);
		r = link_unit(in, instance, target);
	}
	unit_free(instance);
	return r;
}

enum what {
	WHAT_ENABLE,
	WHAT_CONDEMN, /* only note the names, for remove_links() */
};

/* Deals with @name, then with what its Also= names, and so on: ->seen is the list of work. */
static int walk(struct install *in, const char *name, enum what what)
{
	size_t at = in->n_seen;
	int r = see(in, name);

	for (; at < in->n_seen && r >= 0; at++) {
		char id[UNIT_NAME_MAX + 1];
		unsigned int directory;
		const char *file;
		struct unit *u;

		if (what == WHAT_CONDEMN && at > 0 &&
		    (loader_resolve(&in->loader, in->seen[at], id) < 0 ||
		     !loader_file(&in->loader, id, &directory, &file)))
			continue; /* Also= of a unit that is gone */
		u = load(in, in->seen[at], id, &file, &directory);
		if (!u)
			return -ENOENT;
		if (what == WHAT_ENABLE)
			r = enable_unit(in, u, directory, file);
		else if (u->load_state != LOAD_MASKED)
			r = see(in, id);
		for (uint32_t i = 0; i < unit_list(u, K_Also)->n && r >= 0; i++)
			r = see(in, unit_list(u, K_Also)->v[i]);
		unit_free(u);
	}
	return r < 0 ? r : 0;
}

int install_enable(struct install *in, const char *name)
{
	return walk(in, name, WHAT_ENABLE);
}

/* Links to a unit whose file was removed are what disabling is needed for most. */
static bool has_file(struct install *in, const char *name)
{
	char id[UNIT_NAME_MAX + 1];
	unsigned int directory;
	const char *file;

	return loader_resolve(&in->loader, name, id) == 0 &&
	       loader_file(&in->loader, id, &directory, &file);
}

static bool is_linked(const struct install *in, const char *name)
{
	for (size_t i = 0; i < in->n_links; i++) {
		if (!in->links[i].gone && (str_eq(in->links[i].name, name) ||
					   str_eq(install_base_of(in->links[i].target), name)))
			return true;
	}
	return false;
}

int install_disable(struct install *in, const char *name)
{
	int r;

	if (!has_file(in, name) && is_linked(in, name))
		r = see(in, name);
	else
		r = walk(in, name, WHAT_CONDEMN);
	return r < 0 ? r : remove_links(in);
}

/* ---- masking ---- */

int install_mask(struct install *in, const char *name)
{
	if (!is_linkable(name))
		return install_tell(in, DIAG_ERROR, EINVAL, "%s is not the name of a unit", name);
	if (!has_file(in, name))
		install_tell(in, DIAG_WARNING, 0, "unit %s does not exist, masked all the same",
			     name);
	return install_make_link(in, NULL, name, "/dev/null", false);
}

/* True for a mask that only an image's maker can take away: shipped by a package, or an empty file. */
static bool is_masked_elsewhere(struct install *in, const char *name, char *path, size_t size)
{
	unsigned int directory;
	const char *file;
	struct unit *u;
	bool masked;

	if (!loader_file(&in->loader, name, &directory, &file))
		return false;
	u = loader_load(&in->loader, name);
	masked = u && u->load_state == LOAD_MASKED;
	unit_free(u);
	directory_file_path(&in->loader.directories, directory, NULL, file, path, size);
	return masked;
}

int install_unmask(struct install *in, const char *name)
{
	char path[PATH_SIZE];
	bool done = false;
	int r = 0;

	if (!is_linkable(name))
		return install_tell(in, DIAG_ERROR, EINVAL, "%s is not the name of a unit", name);
	for (size_t i = 0; i < in->n_links && r == 0; i++) {
		struct install_link *link = &in->links[i];

		if (link->parent || !str_eq(link->name, name) ||
		    !str_eq(link->target, "/dev/null") ||
		    (in->runtime && !install_is_runtime(link->directory)))
			continue;
		r = install_remove_link(in, link);
		done = true;
	}
	if (!done && is_masked_elsewhere(in, name, path, sizeof(path)))
		return install_tell(in, DIAG_ERROR, EPERM,
				    "%s is masked by %s, which is not berthctl's", name, path);
	return r;
}

int install_set_default(struct install *in, const char *name)
{
	char id[UNIT_NAME_MAX + 1], target[PATH_SIZE];
	unsigned int directory;
	const char *file;
	int r = loader_resolve(&in->loader, name, id);

	if (r == -EINVAL || unit_type_of_name(name) != UNIT_TARGET)
		return install_tell(in, DIAG_ERROR, EINVAL, "%s is no target", name);
	if (r < 0)
		return install_tell(in, DIAG_ERROR, -r, "%s: %s", name, diag_errno(-r));
	/* A target of berth's own has no file; the loader goes by the link's last part alone. */
	if (loader_file(&in->loader, id, &directory, &file))
		snprintf(target, sizeof(target), "%s%s",
			 directory_path(&in->loader.directories, directory), file);
	else if (builtin_find(id))
		str_copy(target, sizeof(target), id);
	else
		return install_tell(in, DIAG_ERROR, ENOENT, "%s does not exist", name);
	return install_make_link(in, NULL, "default.target", target, true);
}
