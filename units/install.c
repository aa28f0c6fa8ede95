/* SPDX-License-Identifier: MIT */
#include "units/install.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/manager.h"
#include "units/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define PATH_SIZE 4096

/* In order of precedence; the vendor's directories have no say in what is enabled. */
static const unsigned int writable[] = {
	DIRECTORY_ETC,
	DIRECTORY_RUN,
	DIRECTORY_FOREIGN_ETC,
	DIRECTORY_FOREIGN_RUN,
};

static bool is_runtime(unsigned int directory)
{
	return directory == DIRECTORY_RUN || directory == DIRECTORY_FOREIGN_RUN;
}

/* Only what concerns [Install]: whether the unit can be started is not the question here. */
static void filter(struct diag_sink *sink, const struct diag *diag)
{
	struct install *in = (struct install *)((char *)sink - offsetof(struct install, filter));

	if (key_find(SECTION_INSTALL, diag->key) < 0)
		return;
	in->errors += diag->level == DIAG_ERROR;
	in->sink->emit(in->sink, diag);
}

/* Returns -@err. */
__attribute__((format(printf, 4, 5))) static int tell(struct install *in, enum diag_level level,
						      int err, const char *fmt, ...)
{
	struct diag diag = { 0 };
	char text[sizeof(diag.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	diag_set(&diag, level, 0, "%s", text);
	in->errors += level == DIAG_ERROR;
	in->sink->emit(in->sink, &diag);
	return -err;
}

/* ---- links that are there ---- */

static int add_link(struct install *in, unsigned int n, const char *parent, const char *name)
{
	const struct directories *d = &in->loader.directories;
	char target[PATH_SIZE];

	if (!directories_readlink(d, n, parent, name, target, sizeof(target)))
		return 0;
	if (in->n_links == in->room_links) {
		size_t room = in->room_links ? 2 * in->room_links : 64;
		struct install_link *links = reallocarray(in->links, room, sizeof(*links));

		if (!links)
			return -ENOMEM;
		in->links = links;
		in->room_links = room;
	}
	in->links[in->n_links] = (struct install_link){
		.directory = n,
		.parent = parent,
		.name = arena_strdup(&in->arena, name),
		.target = arena_strdup(&in->arena, target),
	};
	if (!in->links[in->n_links].name || !in->links[in->n_links].target)
		return -ENOMEM;
	in->n_links++;
	return 0;
}

static int add_links_of(struct install *in, struct directory_entry *e)
{
	const struct directory_list *list = directories_list(&in->loader.directories, e);
	int r = list ? 0 : -ENOMEM;

	for (size_t k = 0; k < ARRAY_SIZE(writable) && r == 0; k++) {
		/* The list has each name once, from the first directory; here they count one by one. */
		for (uint32_t i = 0; i < list->n && r == 0; i++)
			r = add_link(in, writable[k], e->name, list->v[i].name);
	}
	return r;
}

static int find_links(struct install *in)
{
	struct directories *d = &in->loader.directories;
	int r = 0;

	for (uint32_t i = 0; i < d->n_buckets && r == 0; i++) {
		for (struct directory_entry *e = d->buckets[i]; e && r == 0; e = e->next) {
			if (str_ends(e->name, ".wants") || str_ends(e->name, ".requires")) {
				r = add_links_of(in, e);
				continue;
			}
			for (size_t k = 0; k < ARRAY_SIZE(writable) && r == 0; k++) {
				if (e->links & 1u << writable[k])
					r = add_link(in, writable[k], NULL, e->name);
			}
		}
	}
	return r;
}

int install_open(struct install *in)
{
	int r;

	in->filter.emit = filter;
	loader_init(&in->loader, in->root, &in->filter);
	r = directories_read(&in->loader.directories);
	return r < 0 ? r : find_links(in);
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

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
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

/* ---- making links ---- */

static void link_path(char *buf, size_t size, const struct install *in, unsigned int directory,
		      const char *parent, const char *name)
{
	snprintf(buf, size, "%s%s%s%s", directory_path(&in->loader.directories, directory),
		 parent ? parent : "", parent ? "/" : "", name);
}

/*
 * Opens @path beneath the root, made where it is missing. In an image no link is followed: one
 * that leads to the build host's files would be written through.
 */
static int make_directory(const char *root, const char *path, int *out)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, follow = root[0] ? O_NOFOLLOW : 0;
	autoclose int fd = open(root[0] ? root : "/", flags);
	char part[PATH_SIZE];

	while (fd >= 0) {
		size_t n;
		int next;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0)
			break;
		if (n >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, n);
		part[n] = '\0';
		path += n;
		if (mkdirat(fd, part, 0755) < 0 && errno != EEXIST)
			return -errno;
		next = openat(fd, part, flags | follow);
		if (next < 0)
			return -errno;
		fd_close(&fd);
		fd = next;
	}
	if (fd < 0)
		return -errno;
	*out = fd_take(&fd);
	return 0;
}

/* 1: it leads there already. 0: it is free now. -EEXIST otherwise. */
static int make_room(int fd, const char *name, const char *target, bool force)
{
	char old[PATH_SIZE];
	ssize_t n = readlinkat(fd, name, old, sizeof(old) - 1);

	if (n < 0)
		return errno == ENOENT ? 0 : -EEXIST;
	old[n] = '\0';
	if (str_eq(old, target))
		return 1;
	if (!force)
		return -EEXIST;
	return unlinkat(fd, name, 0) < 0 ? -errno : 0;
}

static int make_link(struct install *in, const char *parent, const char *name, const char *target,
		     bool force)
{
	unsigned int directory = in->runtime ? DIRECTORY_RUN : DIRECTORY_ETC;
	char path[PATH_SIZE], where[PATH_SIZE];
	autoclose int fd = -1;
	int r;

	link_path(path, sizeof(path), in, directory, parent, name);
	link_path(where, sizeof(where), in, directory, parent, "");
	r = make_directory(in->root, where, &fd);
	if (r == 0)
		r = make_room(fd, name, target, force || in->force);
	if (r == -EEXIST)
		return tell(in, DIAG_ERROR, EEXIST, "%s is there already and is no link to %s",
			    path, target);
	if (r == 0 && symlinkat(target, fd, name) < 0)
		r = -errno;
	if (r < 0)
		return tell(in, DIAG_ERROR, -r, "cannot link %s: %s", path, diag_errno(-r));
	if (r == 0)
		in->changed(in, path, target);
	return 0;
}

/* ---- removing links ---- */

static int remove_link(struct install *in, struct install_link *link)
{
	const struct directories *d = &in->loader.directories;
	char path[PATH_SIZE];
	autoclose int parent = -1;
	int fd = d->fd[link->directory];

	link_path(path, sizeof(path), in, link->directory, link->parent, link->name);
	if (link->parent) {
		parent = openat(fd, link->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		fd = parent;
	}
	if (fd < 0 || unlinkat(fd, link->name, 0) < 0)
		return tell(in, DIAG_ERROR, errno, "cannot remove %s: %s", path, diag_errno(errno));
	link->gone = true;
	in->changed(in, path, NULL);
	/* The last one takes the directory along; if others are left, that fails, as it should. */
	if (link->parent)
		unlinkat(d->fd[link->directory], link->parent, AT_REMOVEDIR);
	return 0;
}

/* Instances go with their template. */
static bool is_condemned(const struct install *in, const struct install_link *link)
{
	char template[UNIT_NAME_MAX + 1];

	if (link->gone || str_eq(link->target, "/dev/null") ||
	    (in->runtime && !is_runtime(link->directory)))
		return false;
	if (was_seen(in, link->name) || was_seen(in, base_of(link->target)))
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
			r = remove_link(in, &in->links[i]);
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
		tell(in, DIAG_ERROR, 0, "%s %s", name,
		     r == -EINVAL ? "is not the name of a unit" : diag_errno(-r));
		return NULL;
	}
	if (!loader_file(&in->loader, id, directory, file)) {
		tell(in, DIAG_ERROR, 0, "unit %s does not exist", id);
		return NULL;
	}
	u = loader_load(&in->loader, id);
	if (!u)
		tell(in, DIAG_ERROR, 0, "%s: %s", id, diag_errno(ENOMEM));
	return u;
}

static bool has_links(const struct unit *u)
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
			r = tell(in, DIAG_ERROR, EINVAL,
				 "%s: [Install] names \"%s\", which is no unit", u->id, list->v[i]);
			continue;
		}
		snprintf(parent, sizeof(parent), "%s%s", list->v[i], suffix);
		r = make_link(in, parent, u->id, target, true);
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
		return tell(in, DIAG_ERROR, EINVAL, "%s: Alias=%s is no other name for such a unit",
			    u->id, alias);
	return str_eq(alias, u->id) ? 0 : make_link(in, NULL, alias, target, false);
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
static int default_instance(struct install *in, const struct unit *u, struct unit **out)
{
	const char *instance = unit_str(u, K_DefaultInstance);
	char full[UNIT_NAME_MAX + 1];

	*out = NULL;
	if (!instance || !*instance)
		return 0;
	if (!unit_name_replace_instance(u->id, instance, full, sizeof(full)) ||
	    unit_type_of_name(full) < 0)
		return tell(in, DIAG_ERROR, EINVAL, "%s: DefaultInstance=%s makes no unit name",
			    u->id, instance);
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
		return tell(in, DIAG_ERROR, ERFKILL, "%s is masked", u->id);
	if (u->load_state == LOAD_ERROR)
		return tell(in, DIAG_ERROR, EBADMSG, "%s cannot be read: %s", u->id,
			    u->load_error ? u->load_error : "");
	if (in->errors > 0)
		return -EBADMSG;
	snprintf(target, sizeof(target), "%s%s", directory_path(&in->loader.directories, directory),
		 file);
	in->n_rules += unit_list(u, K_Also)->n > 0;
	if (!unit_name_is_template(u->id)) {
		in->n_rules += has_links(u);
		return link_unit(in, u, target);
	}
	r = default_instance(in, u, &instance);
	if (r == 0 && instance) {
		in->n_rules += has_links(instance);
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
		if (!in->links[i].gone &&
		    (str_eq(in->links[i].name, name) || str_eq(base_of(in->links[i].target), name)))
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
		return tell(in, DIAG_ERROR, EINVAL, "%s is not the name of a unit", name);
	if (!has_file(in, name))
		tell(in, DIAG_WARNING, 0, "unit %s does not exist, masked all the same", name);
	return make_link(in, NULL, name, "/dev/null", false);
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
		return tell(in, DIAG_ERROR, EINVAL, "%s is not the name of a unit", name);
	for (size_t i = 0; i < in->n_links && r == 0; i++) {
		struct install_link *link = &in->links[i];

		if (link->parent || !str_eq(link->name, name) ||
		    !str_eq(link->target, "/dev/null") ||
		    (in->runtime && !is_runtime(link->directory)))
			continue;
		r = remove_link(in, link);
		done = true;
	}
	if (!done && is_masked_elsewhere(in, name, path, sizeof(path)))
		return tell(in, DIAG_ERROR, EPERM, "%s is masked by %s, which is not berthctl's",
			    name, path);
	return r;
}

/* ---- states ---- */

static bool has_name(const struct unit *u, const char *name)
{
	const struct strings *aliases = unit_list(u, K_Alias);

	for (uint32_t i = 0; i < aliases->n; i++) {
		if (str_eq(aliases->v[i], name))
			return true;
	}
	return str_eq(u->id, name);
}

/* True if @link is one that enabling @u would make. */
static bool enables(const struct install_link *link, const struct unit *u)
{
	const char *base = base_of(link->target);
	char template[UNIT_NAME_MAX + 1];

	if (link->gone || str_eq(link->target, "/dev/null"))
		return false;
	if (link->parent)
		return has_name(u, link->name);
	if (!unit_name_template(u->id, template, sizeof(template)))
		str_copy(template, sizeof(template), u->id);
	return !str_eq(link->name, u->id) && has_name(u, link->name) &&
	       (str_eq(base, u->id) || str_eq(base, template));
}

static enum install_state state_by_links(const struct install *in, const struct unit *u)
{
	enum install_state state = INSTALL_DISABLED;

	for (size_t i = 0; i < in->n_links; i++) {
		if (!enables(&in->links[i], u))
			continue;
		if (!is_runtime(in->links[i].directory))
			return INSTALL_ENABLED;
		state = INSTALL_ENABLED_RUNTIME;
	}
	return state;
}

static enum install_state state_of(struct install *in, const struct unit *u, unsigned int directory)
{
	struct unit *instance = NULL;
	enum install_state state;

	if (u->load_state == LOAD_MASKED)
		return is_runtime(directory) ? INSTALL_MASKED_RUNTIME : INSTALL_MASKED;
	if (u->load_state == LOAD_ERROR)
		return INSTALL_BAD;
	state = state_by_links(in, u);
	if (state == INSTALL_DISABLED && unit_name_is_template(u->id) &&
	    default_instance(in, u, &instance) == 0 && instance)
		state = state_by_links(in, instance);
	unit_free(instance);
	if (state != INSTALL_DISABLED || has_links(u))
		return state;
	return unit_list(u, K_Also)->n ? INSTALL_INDIRECT : INSTALL_STATIC;
}

enum install_state install_state(struct install *in, const char *name)
{
	char id[UNIT_NAME_MAX + 1];
	unsigned int directory;
	enum install_state state;
	const char *file;
	struct unit *u;

	if (loader_resolve(&in->loader, name, id) < 0 ||
	    !loader_file(&in->loader, id, &directory, &file))
		return INSTALL_NOT_FOUND;
	if (!str_eq(id, name))
		return INSTALL_ALIAS;
	u = loader_load(&in->loader, id);
	if (!u)
		return INSTALL_BAD;
	state = state_of(in, u, directory);
	unit_free(u);
	return state;
}

const char *install_state_name(enum install_state state)
{
	static const char *const names[] = {
		[INSTALL_ENABLED] = "enabled",
		[INSTALL_ENABLED_RUNTIME] = "enabled-runtime",
		[INSTALL_ALIAS] = "alias",
		[INSTALL_MASKED] = "masked",
		[INSTALL_MASKED_RUNTIME] = "masked-runtime",
		[INSTALL_STATIC] = "static",
		[INSTALL_INDIRECT] = "indirect",
		[INSTALL_DISABLED] = "disabled",
		[INSTALL_BAD] = "bad",
		[INSTALL_NOT_FOUND] = "not-found",
	};

	return names[state];
}
