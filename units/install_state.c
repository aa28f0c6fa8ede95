/* SPDX-License-Identifier: MIT */
#include "units/install_state.h"

#include "lib/str.h"
#include "units/install_links.h"
#include "units/manager.h"
#include "units/name.h"

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
	const char *base = install_base_of(link->target);
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
		if (!install_is_runtime(in->links[i].directory))
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
		return install_is_runtime(directory) ? INSTALL_MASKED_RUNTIME : INSTALL_MASKED;
	if (u->load_state == LOAD_ERROR)
		return INSTALL_BAD;
	state = state_by_links(in, u);
	if (state == INSTALL_DISABLED && unit_name_is_template(u->id) &&
	    install_default_instance(in, u, &instance) == 0 && instance)
		state = state_by_links(in, instance);
	unit_free(instance);
	if (state != INSTALL_DISABLED || install_has_links(u))
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
