/* SPDX-License-Identifier: MIT */
#include "init/mountinfo.h"

#include "lib/parse.h"
#include "lib/str.h"

void mountinfo_unescape(char *path)
{
	char *w = path;

	for (const char *s = path; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*w++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*w++ = *s;
		}
	}
	*w = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
bool mountinfo_parse(char *line, struct mountinfo *out)
{
	char *fields[6], *save = NULL;
	uint64_t id, parent;
	char *rest = strstr(line, " - ");

	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!fields[i])
			return false;
	}
	if (parse_u64(fields[0], 0, UINT32_MAX, &id) < 0 ||
	    parse_u64(fields[1], 0, UINT32_MAX, &parent) < 0)
		return false;
	mountinfo_unescape(fields[4]);
	*out = (struct mountinfo){
		.id = (unsigned int)id,
		.parent = (unsigned int)parent,
		.where = fields[4],
		.options = fields[5],
		.type = rest,
	};
	rest[strcspn(rest, " \n")] = '\0';
	return true;
}
