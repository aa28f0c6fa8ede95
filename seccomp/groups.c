/* SPDX-License-Identifier: MIT */
#include "seccomp/groups.h"

#include "lib/str.h"

#include <errno.h>

#define CALL_NAME_SIZE 48

static const struct call_group groups[] = {
#define GROUP(name, members) { (name), (members) },
#include "lib/call_groups.def"
#undef GROUP
};

const struct call_group *group_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (str_eq(groups[i].name, name))
			return &groups[i];
	}
	return NULL;
}

const struct call_group *group_at(size_t i)
{
	return i < ARRAY_SIZE(groups) ? &groups[i] : NULL;
}

/* Groups of groups end after one level: no group of groups is in another one (groups_test). */
int group_each(const char *word, int (*fn)(void *arg, const char *call), void *arg)
{
	const struct call_group *group;
	char name[CALL_NAME_SIZE];
	int r = 0;

	if (word[0] != '@')
		return fn(arg, word);
	group = group_by_name(word);
	if (!group)
		return -ESRCH;
	for (const char *at = group->members; *at && r == 0;) {
		size_t n = strcspn(at, " ");

		if (!str_copy(name, n < sizeof(name) ? n + 1 : sizeof(name), at) &&
		    n >= sizeof(name))
			return -ENAMETOOLONG;
		r = group_each(name, fn, arg);
		at += n + (at[n] == ' ');
	}
	return r;
}
