/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_VIEW_H
#define BERTH_INIT_VIEW_H

#include "init/plan_parts.h"
#include "lib/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The file-system view of one service while it is being planned: a list of mount operations in
 * service_plan.mounts. First what the profile puts at fixed places, then contents (what is bound or
 * mounted somewhere, sorted by target so that nothing is hidden by what comes after it), then rules
 * (read-only, hidden, ...; the child sorts them, sandbox/rules.h).
 *
 * Nothing here looks at a path: a directory may be missing, a link, on a disk that hangs. All that is
 * the child's business.
 */
struct view {
	struct service_plan *plan;
	const struct unit *u;
	bool isolated;	   /* with what the profile has at fixed places */
	enum key own_root; /* the key that gives it a root tree of its own, 0: none */
	bool declared; /* isolated in an empty root, which has what the unit names (view_empty.c) */
	size_t n;      /* operations so far */
	size_t contents;   /* where they begin in the list */
	bool has_rules;	   /* one of them restricts */
	bool hides;	   /* one of them hides */
	bool full, broken; /* no room, no memory: told at the end */
};

/* Paths of operations have no leading slash; they must outlive the plan or lie in its arena. */
void view_add(struct view *v, struct mount_op op);
/* The same for contents: at its place in the order. @key is who wants it. */
void view_content(struct view *v, enum key key, struct mount_op op);
void view_rule(struct view *v, enum key key, const char *path, bool optional, uint8_t bits);
/* "@base/@name" in the plan's arena; NULL without memory, which is noted. */
char *view_join(struct view *v, const char *base, const char *name);

/* Where the root comes from, and what is at fixed places of it; 0 or -errno with @diag (view_root.c) */
int view_root(struct view *v, const struct service *s, struct diag *diag);

/* What the lists of paths ask for: BindPaths=, TemporaryFileSystem=, ReadOnlyPaths= ... (view_paths.c) */
void view_path_contents(struct view *v);
/* MountImages=, ExtensionImages=, ExtensionDirectories=; 0 or -errno with @diag (view_images.c) */
int view_image_contents(struct view *v, struct diag *diag);
void view_path_rules(struct view *v);
/* The next part of "a:b:c" in the plan's arena; @text moves on. NULL without memory, which is noted. */
char *view_take_part(struct view *v, const char **text);
/* Options of mount(8) are flags (returned) and data to mount(2), appended to @data. */
unsigned int view_tmpfs_options(const char *text, struct strbuf *data);

/* TemporaryFileSystem=/: a root with nothing in it but what is put there (view_empty.c). 0 or -errno with @diag. */
int view_empty_root(struct view *v, struct diag *diag);
/* Then, of an isolated service: the operating system, and the mount points for what is its own. */
void view_empty_system(struct view *v);
/* The paths of the host's that its directives name; after all other contents. */
void view_empty_declared(struct view *v);
/* Whether what was bound for this key is shown read-only. */
bool view_shows_read_only(uint16_t key);

/* The same for ProtectSystem=, PrivateDevices= and their kin (view_protect.c). */
void view_protect_contents(struct view *v);
void view_protect_rules(struct view *v);

/*
 * Whether the unit puts something into a private /dev, which then has to be one of its own: the operation
 * that makes it, instead of the prepared one that all share.
 */
bool view_adds_devices(const struct unit *u);
struct mount_op view_own_dev(const struct view *v);

/* "hidepid=invisible,subset=pid" of the service's own /proc, NULL: none needed */
const char *view_proc_options(const struct unit *u);

#endif
