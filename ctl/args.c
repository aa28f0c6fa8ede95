/* SPDX-License-Identifier: MIT */
#include "ctl/args.h"
#include "lib/str.h"

#include <errno.h>
#include <stddef.h>

enum option_kind {
	OPTION_FLAG,	/* bool */
	OPTION_COUNT,	/* int */
	OPTION_VALUE,	/* const char * */
	OPTION_LIST,	/* struct arg_list, by repetition and at commas */
	OPTION_IGNORED, /* accepted for scripts written for systemctl */
};

struct option_row {
	char letter; /* 0: none */
	enum option_kind kind;
	const char *name;
	unsigned int offset;
	unsigned int groups;
	const char *value, *help;
};

#define AT(member) offsetof(struct args, member)

static const struct option_row options[] = {
	{ 'h', OPTION_FLAG, "help", AT(help), GROUP_COMMON, NULL, "this text" },
	{ 0, OPTION_FLAG, "version", AT(version), GROUP_COMMON, NULL, "the version" },
	{ 0, OPTION_FLAG, "json", AT(json), GROUP_COMMON, NULL, "answer in JSON" },
	{ 'q', OPTION_FLAG, "quiet", AT(quiet), GROUP_COMMON, NULL, "say less" },
	{ 0, OPTION_VALUE, "socket", AT(socket), GROUP_COMMON, "PATH", "the control socket" },
	{ 0, OPTION_IGNORED, "no-pager", 0, GROUP_COMMON, NULL, NULL },
	{ 0, OPTION_IGNORED, "system", 0, GROUP_COMMON, NULL, NULL },
	{ 0, OPTION_IGNORED, "no-ask-password", 0, GROUP_COMMON, NULL, NULL },
	{ 0, OPTION_IGNORED, "no-wall", 0, GROUP_COMMON, NULL, NULL },
	{ 'i', OPTION_IGNORED, NULL, 0, GROUP_SHUTDOWN, NULL, NULL },
	{ 0, OPTION_IGNORED, "show-transaction", 0, GROUP_JOB, NULL, NULL },
	{ 0, OPTION_FLAG, "no-reload", AT(no_reload), GROUP_INSTALL, NULL,
	  "do not have the running berth read unit files again" },
	{ 0, OPTION_FLAG, "now", AT(now), GROUP_INSTALL, NULL,
	  "start what is enabled, stop what is disabled or masked" },
	{ 0, OPTION_IGNORED, "no-warn", 0, GROUP_INSTALL, NULL, NULL },
	{ 0, OPTION_FLAG, "reverse", AT(reverse), GROUP_TREE, NULL, "what pulls the unit in" },
	{ 0, OPTION_FLAG, "after", AT(after), GROUP_TREE, NULL, "what the unit is ordered after" },
	{ 0, OPTION_FLAG, "before", AT(before), GROUP_TREE, NULL, "what waits for the unit" },
	{ 0, OPTION_FLAG, "plain", AT(plain), GROUP_TREE, NULL, "no lines before the names" },
	{ 0, OPTION_FLAG, "no-block", AT(no_block), GROUP_JOB | GROUP_SHUTDOWN, NULL,
	  "do not wait for the job to end" },
	{ 0, OPTION_VALUE, "job-mode", AT(job_mode), GROUP_JOB, "MODE",
	  "replace, fail, isolate, flush, replace-irreversibly,\n                            "
	  "ignore-dependencies or ignore-requirements" },
	{ 'p', OPTION_LIST, "property", AT(properties), GROUP_SHOW, "NAME",
	  "only these properties" },
	{ 'P', OPTION_LIST, NULL, AT(properties), GROUP_SHOW, "NAME", "the same, with --value" },
	{ 0, OPTION_FLAG, "value", AT(value), GROUP_SHOW, NULL, "values without their names" },
	{ 0, OPTION_FLAG, "origin", AT(origin), GROUP_SHOW, NULL,
	  "where settings come from: file and line, profile or default" },
	{ 'a', OPTION_FLAG, "all", AT(all), GROUP_LIST | GROUP_SHOW, NULL,
	  "also units that are not active, also empty properties" },
	{ 'a', OPTION_FLAG, "all", AT(all), GROUP_TREE, NULL,
	  "open units that are no targets, too" },
	{ 0, OPTION_FLAG, "failed", AT(failed), GROUP_LIST, NULL, "only units that have failed" },
	{ 't', OPTION_VALUE, "type", AT(type), GROUP_LIST | GROUP_UNIT_FILES, "TYPE",
	  "only service, target, ..." },
	{ 0, OPTION_VALUE, "state", AT(state), GROUP_LIST, "STATE",
	  "only units in this load, active or sub state" },
	{ 0, OPTION_FLAG, "no-legend", AT(no_legend), GROUP_LIST | GROUP_UNIT_FILES, NULL,
	  "no header and no count" },
	{ 0, OPTION_VALUE, "state", AT(state), GROUP_UNIT_FILES, "STATE",
	  "only those that are enabled, disabled, masked, ..." },
	{ 0, OPTION_IGNORED, "plain", 0, GROUP_LIST | GROUP_UNIT_FILES, NULL, NULL },
	{ 'l', OPTION_FLAG, "full", AT(full), GROUP_LIST | GROUP_STATUS, NULL, "cut nothing" },
	{ 'n', OPTION_VALUE, "lines", AT(lines), GROUP_LOGS | GROUP_STATUS, "N",
	  "the last N lines of the log" },
	{ 's', OPTION_VALUE, "signal", AT(signal), GROUP_KILL, "SIGNAL", "instead of SIGTERM" },
	{ 0, OPTION_VALUE, "kill-who", AT(kill_who), GROUP_KILL, "WHO", "main, control or all" },
	{ 0, OPTION_VALUE, "kill-whom", AT(kill_who), GROUP_KILL, "WHO", NULL },
	{ 'u', OPTION_LIST, "unit", AT(units), GROUP_LOGS, "UNIT", "only lines of this unit" },
	{ 'f', OPTION_FLAG, "follow", AT(follow), GROUP_LOGS, NULL, "go on with new lines" },
	{ 'p', OPTION_VALUE, "priority", AT(priority), GROUP_LOGS, "LEVEL",
	  "only this level and worse: err, warning, info, ... or 0-7" },
	{ 'S', OPTION_VALUE, "since", AT(since), GROUP_LOGS, "TIME",
	  "\"2026-11-21 22:40:00\", \"-5min\" or @SECONDS" },
	{ 'U', OPTION_VALUE, "until", AT(until), GROUP_LOGS, "TIME", "the same, for the end" },
	{ 'o', OPTION_VALUE, "output", AT(output), GROUP_LOGS | GROUP_LIST, "FORMAT",
	  "short, cat or json" },
	{ 0, OPTION_VALUE, "root", AT(root), GROUP_FILES, "DIR",
	  "the files of an image in DIR instead of this system's" },
	{ 0, OPTION_VALUE, "name", AT(name), GROUP_IMPORT, "NAME",
	  "of the unit, instead of the bundle's folder" },
	{ 0, OPTION_FLAG, "lax", AT(lax), GROUP_IMPORT, NULL,
	  "leave out what cannot be carried out, instead of making no unit" },
	{ 'f', OPTION_COUNT, "force", AT(force), GROUP_IMPORT, NULL,
	  "replace a unit file that is there" },
	{ 0, OPTION_VALUE, "threshold", AT(threshold), GROUP_SECURITY, "N",
	  "status 1 if one is more exposed than that (0.0 to 10.0)" },
	{ 0, OPTION_FLAG, "runtime", AT(runtime), GROUP_INSTALL, NULL,
	  "in /run/berth/units: until the next boot" },
	{ 'f', OPTION_COUNT, "force", AT(force), GROUP_INSTALL, NULL,
	  "replace links that lead elsewhere" },
	{ 'f', OPTION_COUNT, "force", AT(force), GROUP_SHUTDOWN, NULL,
	  "once: do not wait for units; twice: at once, by the kernel" },
	{ 'p', OPTION_FLAG, "poweroff", AT(poweroff), GROUP_SHUTDOWN, NULL, "power off" },
	{ 0, OPTION_FLAG, "reboot", AT(reboot), GROUP_SHUTDOWN, NULL, "reboot" },
	{ 0, OPTION_VALUE, "reboot-argument", AT(reboot_argument), GROUP_SHUTDOWN, "TEXT",
	  "for reboot: handed to firmware or boot loader" },
	{ 0, OPTION_FLAG, "halt", AT(halt), GROUP_SHUTDOWN, NULL, "halt" },
	{ 0, OPTION_FLAG, "wait", AT(wait), GROUP_SYSTEM, NULL, "wait until the boot is over" },
	{ 0, OPTION_VALUE, "state", AT(state), GROUP_WAIT, "STATE",
	  "active, inactive, failed; otherwise any state that is not on the way" },
	{ 0, OPTION_VALUE, "timeout", AT(timeout), GROUP_WAIT | GROUP_SYSTEM, "SPAN",
	  "give up after this time" },
};

static bool takes_value(const struct option_row *row)
{
	return row->kind == OPTION_VALUE || row->kind == OPTION_LIST;
}

/* @groups 0: any, for looking past options while the verb is not known yet. */
static const struct option_row *find_option(unsigned int groups, char letter, const char *name,
					    size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option_row *row = &options[i];

		if (groups && !(row->groups & (groups | GROUP_COMMON)))
			continue;
		if (letter ? row->letter == letter
			   : row->name && strlen(row->name) == len &&
				     !strncmp(row->name, name, len))
			return row;
	}
	return NULL;
}

static int set_option(struct args *args, const struct option_row *row, char *value,
		      struct diag *diag)
{
	void *field = (char *)args + row->offset;
	struct arg_list *list;

	switch (row->kind) {
	case OPTION_FLAG: *(bool *)field = true; break;
	case OPTION_COUNT: ++*(int *)field; break;
	case OPTION_VALUE: *(const char **)field = value; break;
	case OPTION_LIST:
		list = field;
		for (char *rest = value, *word; (word = strsep(&rest, ","));) {
			if (!*word)
				continue;
			if (list->n == ARGS_MAX_LIST)
				return diag_set(diag, DIAG_ERROR, 0, "more than %d of -%s",
						ARGS_MAX_LIST, row->name ? row->name : "P");
			list->v[list->n++] = word;
		}
		args->value |= row->letter == 'P';
		break;
	case OPTION_IGNORED: break;
	}
	return 0;
}

/* One word of the command line that starts with "-"; @i moves over a value in the next word. */
struct cursor {
	int argc, i;
	char **argv;
};

static int long_option(struct args *args, unsigned int groups, bool act, struct cursor *c,
		       struct diag *diag)
{
	char *word = c->argv[c->i] + 2;
	size_t len = strcspn(word, "=");
	const struct option_row *row = find_option(groups, 0, word, len);
	char *value = word[len] ? word + len + 1 : NULL;

	if (!row)
		return diag_set(diag, DIAG_ERROR, 0, "unknown option --%.*s", (int)len, word);
	if (value && !takes_value(row))
		return diag_set(diag, DIAG_ERROR, 0, "--%s takes no value", row->name);
	if (!value && takes_value(row)) {
		if (c->i + 1 == c->argc)
			return diag_set(diag, DIAG_ERROR, 0, "--%s needs a value", row->name);
		value = c->argv[++c->i];
	}
	return act ? set_option(args, row, value, diag) : 0;
}

static int short_options(struct args *args, unsigned int groups, bool act, struct cursor *c,
			 struct diag *diag)
{
	for (char *p = c->argv[c->i] + 1; *p; p++) {
		const struct option_row *row = find_option(groups, *p, NULL, 0);
		char *value = NULL;

		if (!row)
			return diag_set(diag, DIAG_ERROR, 0, "unknown option -%c", *p);
		if (takes_value(row)) {
			value = p[1] ? p + 1 : ++c->i < c->argc ? c->argv[c->i] : NULL;
			if (!value)
				return diag_set(diag, DIAG_ERROR, 0, "-%c needs a value", *p);
		}
		if (act && set_option(args, row, value, diag) < 0)
			return -EINVAL;
		if (value)
			break;
	}
	return 0;
}

/* Groups 0 and !act: only find where options end. */
static int option_word(struct args *args, unsigned int groups, bool act, struct cursor *c,
		       struct diag *diag)
{
	if (c->argv[c->i][1] == '-')
		return long_option(args, groups, act, c, diag);
	return short_options(args, groups, act, c, diag);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

static const struct verb *find_verb(const struct verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (str_eq(verbs->name, name))
			return verbs;
	return NULL;
}

/* The first word that is neither an option nor an option's value; 0: there is none. */
static int find_verb_word(int argc, char **argv, struct diag *diag)
{
	struct cursor c = { argc, 1, argv };

	for (; c.i < argc && !str_eq(argv[c.i], "--"); c.i++) {
		if (!is_option(argv[c.i]))
			return c.i;
		if (option_word(NULL, 0, false, &c, diag) < 0)
			return -EINVAL;
	}
	return 0;
}

static int check_operands(const struct args *args, struct diag *diag)
{
	const struct verb *verb = args->verb;

	if (args->help || args->version)
		return 0;
	if (args->n_operands < verb->min)
		return diag_set(diag, DIAG_ERROR, 0, "%s needs %s", verb->name,
				verb->operands ? verb->operands : "an operand");
	if (verb->max >= 0 && args->n_operands > verb->max)
		return diag_set(diag, DIAG_ERROR, 0, "%s: too many operands (\"%s\")", verb->name,
				args->operands[verb->max]);
	return 0;
}

int args_parse(struct args *args, int argc, char **argv, const struct verb *verbs,
	       const char *implied, bool only_implied, struct diag *diag)
{
	struct cursor c = { argc, 1, argv };
	int at = only_implied ? 0 : find_verb_word(argc, argv, diag);
	const char *name = at > 0 ? argv[at] : implied;
	int kept = 1;

	*args = (struct args){ 0 };
	if (at < 0)
		return -EINVAL;
	args->implied = at == 0 && !only_implied;
	args->verb = find_verb(verbs, name);
	if (!args->verb)
		return diag_set(diag, DIAG_ERROR, 0, "unknown operation \"%s\"", name);

	for (bool literal = false; c.i < argc; c.i++) {
		if (c.i == at && at > 0)
			continue;
		if (!literal && str_eq(argv[c.i], "--")) {
			literal = true;
		} else if (!literal && is_option(argv[c.i])) {
			if (option_word(args, args->verb->groups | GROUP_COMMON, true, &c, diag) <
			    0)
				return -EINVAL;
		} else {
			argv[kept++] = argv[c.i];
			/* A "--" between UNIT and CMD is ours, one behind CMD is not. */
			if (args->verb->command && !literal && c.i + 1 < argc) {
				literal = true;
				c.i += str_eq(argv[c.i + 1], "--");
			}
		}
	}
	argv[kept] = NULL;
	args->operands = argv + 1;
	args->n_operands = kept - 1;
	return check_operands(args, diag);
}

static void print_options(FILE *out, unsigned int groups)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option_row *row = &options[i];
		char left[64] = "";
		struct strbuf b = STRBUF_INIT(left);

		if (!row->help || !(row->groups & groups))
			continue;
		if (row->letter)
			strbuf_printf(&b, "-%c%s", row->letter, row->name ? ", " : "");
		if (row->name)
			strbuf_printf(&b, "--%s", row->name);
		if (row->value)
			strbuf_printf(&b, "%s%s", row->name ? "=" : " ", row->value);
		fprintf(out, "  %-24s %s\n", left, row->help);
	}
}

void args_print_help(FILE *out, const char *program, const struct verb *verbs)
{
	fprintf(out, "%s [OPTION...] VERB [OPERAND...]\n\n", program);
	for (; verbs->name; verbs++) {
		char left[64] = "";
		struct strbuf b = STRBUF_INIT(left);

		if (!verbs->help)
			continue;
		strbuf_printf(&b, "%s %s", verbs->name, verbs->operands ? verbs->operands : "");
		fprintf(out, "  %-32s %s\n", left, verbs->help);
	}
	fprintf(out, "\nOptions of every verb (`%s VERB --help` tells its own):\n", program);
	print_options(out, GROUP_COMMON);
}

void args_print_verb_help(FILE *out, const char *program, const struct verb *verb)
{
	/* poweroff and its kin are programs and verbs in one. */
	fprintf(out, "%s%s%s [OPTION...]%s%s\n\n%s\n\n", program,
		str_eq(program, verb->name) ? "" : " ",
		str_eq(program, verb->name) ? "" : verb->name, verb->operands ? " " : "",
		verb->operands ? verb->operands : "", verb->help ? verb->help : "");
	print_options(out, verb->groups | GROUP_COMMON);
}
