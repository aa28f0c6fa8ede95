/* SPDX-License-Identifier: MIT */
#include "units/filter_words.h"

#include "lib/diag.h"
#include "lib/parse.h"
#include "lib/str.h"

#define MAX_ERRNO 4095 /* kernel: MAX_ERRNO */

/* Each ends with an empty one: names alone, one after the other, are the smallest table. */
static const char groups[] =
#define GROUP(name, members) name "\0"
#include "lib/call_groups.def"
#undef GROUP
	;
static const char families[] =
#define FAMILY(name) #name "\0"
#include "lib/filter_words.def"
#undef FAMILY
	;
static const char architectures[] =
#define ARCHITECTURE(name, number) name "\0"
#include "lib/filter_words.def"
#undef ARCHITECTURE
	;

static bool is_among(const char *names, const char *word)
{
	for (; *names; names += strlen(names) + 1)
		if (str_eq(names, word))
			return true;
	return false;
}

bool filter_is_errno(const char *word)
{
	uint64_t number;

	if (str_eq(word, "kill") || parse_u64(word, 0, MAX_ERRNO, &number) == 0)
		return true;
	for (int err = 1; err < 200; err++)
		if (diag_errno_name(err) && str_eq(diag_errno_name(err), word))
			return true;
	return false;
}

static bool is_calls(const struct key_info *info)
{
	return info == key_info(K_SystemCallFilter) || info == key_info(K_SystemCallLog);
}

bool filter_is_list(const struct key_info *info)
{
	return is_calls(info) || info == key_info(K_RestrictAddressFamilies) ||
	       info == key_info(K_SystemCallArchitectures);
}

static const char *call_wrong(char *word)
{
	char *colon = strchr(word, ':');

	if (colon)
		*colon = '\0';
	if (word[0] == '@' && !is_among(groups, word))
		return "is no group of system calls";
	return colon && !filter_is_errno(colon + 1) ? "has no error number behind its colon" : NULL;
}

const char *filter_word_wrong(const struct key_info *info, char *word)
{
	if (is_calls(info))
		return call_wrong(word);
	if (info == key_info(K_RestrictAddressFamilies))
		return str_eq(word, "none") || is_among(families, word) ? NULL
									: "is no address family";
	return str_eq(word, "native") || is_among(architectures, word) ? NULL
								       : "is no architecture";
}
