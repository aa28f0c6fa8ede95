/* SPDX-License-Identifier: MIT */
#include "units/draft.h"
#include "units/keys.h"
#include "units/values.h"

#include "lib/str.h"

#include <fcntl.h>
#include <unistd.h>

/*
 * A berth that ignores a directive: linked into build/strip/berth and build/strip/berthctl alone (tests/strip/run), between
 * the parser and what it hands values to (ld's --wrap). "strip=ID" on the kernel command line names a row of units/keys.def,
 * "strip=ID:VALUE" one of its values. Such a directive is read and its value judged as ever, and then nothing is kept of it:
 * what a product would be that accepts the directive and forgets to carry it out.
 *
 * The units that the image itself needs are left alone, and so is the one that runs the cases: without After= in them there
 * would be no boot whose cases could tell anything.
 */
int __real_value_assign(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text);
int __wrap_value_assign(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text);
int __real_draft_read(struct draft *d, const char *path, bool foreign, bool dropin,
		      const char *text, size_t len);
int __wrap_draft_read(struct draft *d, const char *path, bool foreign, bool dropin,
		      const char *text, size_t len);

static const char *const ids[] = {
#define KEY(id, ...)	#id,
#define KEY_AS(id, ...) #id,
#define ALIAS(...)
#include "units/keys.def"
#undef KEY
#undef KEY_AS
#undef ALIAS
};

static bool spared;

/* What is behind "strip=", or NULL. Read once: until /proc is there no unit is read either. */
static const char *stripped(void)
{
	static char line[2048];
	static const char *word;
	const char *at;
	ssize_t n;
	int fd;

	if (line[0])
		return word;
	fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	at = strstr(line, " strip=");
	if (at) {
		word = at + strlen(" strip=");
		line[word - line + strcspn(word, " ")] = '\0';
	}
	return word;
}

static bool is_stripped(const struct key_info *info, const char *text)
{
	const char *word = stripped();
	const char *id = ids[info - key_info((enum key)0)];
	size_t n = word ? strcspn(word, ":") : 0;

	if (!word || strlen(id) != n || strncmp(id, word, n) != 0)
		return false;
	return word[n] == '\0' || str_eq(word + n + 1, text);
}

int __wrap_value_assign(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text)
{
	struct draft_setting before = *d;
	int r;

	if (spared || !is_stripped(info, text))
		return __real_value_assign(c, info, d, text);
	r = __real_value_assign(c, info, d, text);
	if (r < 0)
		return r;
	/* Several keys fill one list: what the others have put there stays. */
	*d = before;
	return before.line ? 0 : 1;
}

int __wrap_draft_read(struct draft *d, const char *path, bool foreign, bool dropin,
		      const char *text, size_t len)
{
	int r;

	spared = path[0] == '(' || str_starts(path, "/usr/lib/berth/units/") ||
		 strstr(path, "/check.service");
	r = __real_draft_read(d, path, foreign, dropin, text, len);
	spared = false;
	return r;
}
