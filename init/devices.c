/* SPDX-License-Identifier: MIT */
#include "init/devices.h"

#include "cgroupfs/devices.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/list.h"
#include "lib/parse.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "units/value_stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MAX_RULES 256
/* Programs that nobody uses are kept for the next start of those who did, up to so many. */
#define SPARE_SETS 8

/* A program in the kernel, and the rules that it is found again by. */
struct device_set {
	struct list link;
	uint32_t users;
	int program;
	size_t n;
	struct device_rule rules[];
};

struct rules {
	struct device_rule v[MAX_RULES];
	size_t n;
};

static struct list sets = LIST_INIT(sets);

/* systemd.resource-control(5) DevicePolicy=closed: pseudo devices, and terminals of one's own. */
static const struct device_rule standard_rules[] = {
	{ .access = DEVICE_ALL, .major = 1, .minor = 3 }, /* null */
	{ .access = DEVICE_ALL, .major = 1, .minor = 5 }, /* zero */
	{ .access = DEVICE_ALL, .major = 1, .minor = 7 }, /* full */
	{ .access = DEVICE_ALL, .major = 1, .minor = 8 }, /* random */
	{ .access = DEVICE_ALL, .major = 1, .minor = 9 }, /* urandom */
	{ .access = DEVICE_ALL, .major = 5, .minor = 0 }, /* tty */
	{ .access = DEVICE_ALL, .major = 5, .minor = 2 }, /* ptmx */
	/* the eight majors of pts */
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 136, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 137, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 138, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 139, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 140, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 141, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 142, .any_minor = true },
	{ .access = DEVICE_READ | DEVICE_WRITE, .major = 143, .any_minor = true },
};

static int add(struct rules *r, const struct device_rule *rule)
{
	if (r->n == MAX_RULES)
		return -E2BIG;
	r->v[r->n++] = *rule;
	return 0;
}

/* "rwm" in any order. */
static int parse_access(const char *text, uint8_t *access)
{
	*access = 0;
	for (; *text; text++) {
		if (*text != 'r' && *text != 'w' && *text != 'm')
			return -EINVAL;
		*access |= *text == 'r' ? DEVICE_READ : *text == 'w' ? DEVICE_WRITE : DEVICE_MKNOD;
	}
	return *access ? 0 : -EINVAL;
}

/*
 * char-NAME and block-NAME: drivers' majors by their names in /proc/devices, or the number itself.
 * A driver that is not there has no devices to allow.
 */
static int add_class(struct rules *r, const char *pattern, struct device_rule rule)
{
	static LARGE_STATIC char text[8192];
	uint64_t number;
	bool in_block = false;

	rule.any_minor = true;
	if (str_eq(pattern, "*")) {
		rule.any_major = true;
		return add(r, &rule);
	}
	if (parse_u64(pattern, 0, UINT32_MAX, &number) == 0) {
		rule.major = (uint32_t)number;
		return add(r, &rule);
	}
	ssize_t n = fd_read_file_at(AT_FDCWD, "/proc/devices", text, sizeof(text));

	if (n < 0)
		return (int)n;
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		in_block |= str_eq(line, "Block devices:");
		char *name;
		unsigned long major = strtoul(line, &name, 10);

		if (*name != ' ' || in_block != rule.block || fnmatch(pattern, name + 1, 0) != 0)
			continue;
		rule.major = (uint32_t)major;
		int err = add(r, &rule);

		if (err < 0)
			return err;
	}
	return 0;
}

static int parse_numbers(const char *text, struct device_rule *rule)
{
	char *end;

	if (strspn(text, "0123456789:") != strlen(text))
		return -EINVAL;
	rule->major = (uint32_t)strtoul(text, &end, 10);
	if (end == text || *end != ':')
		return -EINVAL;
	text = end + 1;
	rule->minor = (uint32_t)strtoul(text, &end, 10);
	return end == text || *end ? -EINVAL : 0;
}

/*
 * /dev is the kernel's own file system: looking there waits for no disk, and a link that leads out of it
 * is not followed. A node may come later.
 */
static int add_node(struct rules *r, const char *path, struct device_rule rule)
{
	struct stat st;

	if (!str_starts(path, "/dev/") || strstr(path, "/../"))
		return -EINVAL;
	/* /dev/char/MAJOR:MINOR and /dev/block/...: by number, whether there is a node or not. */
	if (str_starts(path, "/dev/char/") || str_starts(path, "/dev/block/")) {
		rule.block = path[5] == 'b';
		return parse_numbers(strrchr(path, '/') + 1, &rule) < 0 ? -EINVAL : add(r, &rule);
	}
	autoclose int dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int node =
		sys_openat2(dev, path + strlen("/dev/"), O_PATH | O_CLOEXEC, 0, RESOLVE_BENEATH);

	if (node < 0)
		return node == -ENOENT ? 0 : node;
	if (fstat(node, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return -ENODEV;
	rule.block = S_ISBLK(st.st_mode);
	rule.major = major(st.st_rdev);
	rule.minor = minor(st.st_rdev);
	return add(r, &rule);
}

/* DeviceAllow=: "DEVICE [ACCESS]" */
static int add_line(struct rules *r, const char *line)
{
	struct device_rule rule = { .access = DEVICE_ALL };
	char name[256], *access;

	if (!str_copy(name, sizeof(name), line))
		return -ENAMETOOLONG;
	access = name + strcspn(name, " \t");
	if (*access)
		*access++ = '\0';
	access += strspn(access, " \t");
	if (*access && parse_access(access, &rule.access) < 0)
		return -EINVAL;
	rule.block = str_starts(name, "block-");
	if (rule.block || str_starts(name, "char-"))
		return add_class(r, strchr(name, '-') + 1, rule);
	return add_node(r, name, rule);
}

static int bad_line(struct diag *diag, const struct unit *u, const char *line, int err)
{
	plan_place(diag, u, K_DeviceAllow);
	if (err == -EINVAL)
		return diag_set(diag, DIAG_ERROR, EINVAL,
				"\"%s\" is not of the form /dev/NODE, /dev/char/MAJOR:MINOR, "
				"/dev/block/MAJOR:MINOR, char-NAME or block-NAME, then r, w, m",
				line);
	return diag_set(diag, DIAG_ERROR, -err, "%s", line);
}

/* What other directives need: the clock may be read, a terminal be used, an image be mounted. */
static int add_implied(struct rules *r, const struct unit *u)
{
	static const char *const image[] = { "/dev/loop-control rw", "block-loop rwm",
					     "/dev/mapper/control rw", "block-device-mapper rwm" };
	struct terminal terminal;
	struct stdio v[3];
	char line[300] = "";
	struct strbuf b = STRBUF_INIT(line);
	int err = 0;

	unit_stdio(u, v);
	/* A private /dev shows no clock. */
	if (unit_bool(u, K_ProtectClock) && !unit_bool(u, K_PrivateDevices))
		err = add_line(r, "char-rtc r");
	if (err == 0 && (std_is_terminal(v[0].kind) || std_is_terminal(v[1].kind) ||
			 std_is_terminal(v[2].kind) || plan_terminal(u, &terminal))) {
		strbuf_put(&b, unit_tty_path(u));
		strbuf_put(&b, " rw");
		err = add_line(r, line);
	}
	bool images = unit_str(u, K_RootImage) || unit_list(u, K_MountImages)->n > 0 ||
		      unit_list(u, K_ExtensionImages)->n > 0;

	for (size_t i = 0; i < ARRAY_SIZE(image) && err == 0 && images; i++)
		err = add_line(r, image[i]);
	return err;
}

/* 1: nothing is limited; 0: @r holds what is allowed; -errno with @diag. */
static int collect(struct rules *r, const struct unit *u, struct diag *diag)
{
	const struct strings *lines = unit_list(u, K_DeviceAllow);
	enum device_policy policy = (enum device_policy)unit_u64(u, K_DevicePolicy);
	bool limited =
		lines->n > 0 || unit_bool(u, K_PrivateDevices) || unit_bool(u, K_ProtectClock);
	int err = 0;

	r->n = 0;
	if (policy == DEVICES_AUTO && !limited)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(standard_rules) && policy != DEVICES_STRICT; i++)
		add(r, &standard_rules[i]);
	for (uint32_t i = 0; i < lines->n; i++) {
		err = add_line(r, lines->v[i]);
		if (err < 0)
			return bad_line(diag, u, lines->v[i], err);
	}
	err = add_implied(r, u);
	return err < 0 ? bad_line(diag, u, "implied devices", err) : 0;
}

/* -- programs that are kept ----------------------------------------------------------------- */

static void drop_spares(void)
{
	struct list *pos, *tmp;
	unsigned int spare = 0;

	list_for_each (pos, &sets)
		spare += list_entry(pos, struct device_set, link)->users == 0;
	list_for_each_safe (pos, tmp, &sets) {
		struct device_set *set = list_entry(pos, struct device_set, link);

		if (spare <= SPARE_SETS)
			return;
		if (set->users > 0)
			continue;
		list_remove(&set->link);
		close(set->program);
		pool_free(set, sizeof(*set) + set->n * sizeof(set->rules[0]));
		spare--;
	}
}

static int find_or_load(const struct rules *r, struct device_set **out)
{
	size_t size = r->n * sizeof(r->v[0]);
	struct device_set *set;
	struct list *pos;

	list_for_each (pos, &sets) {
		set = list_entry(pos, struct device_set, link);
		if (set->n == r->n && memcmp(set->rules, r->v, size) == 0) {
			*out = set;
			return 0;
		}
	}
	drop_spares();
	set = pool_alloc(sizeof(*set) + size);
	if (!set)
		return -ENOMEM;
	set->n = r->n;
	memcpy(set->rules, r->v, size);
	set->program = devices_load(r->v, r->n);
	if (set->program >= 0)
		set->program = spawn_lift_fd(set->program);
	if (set->program < 0) {
		int err = set->program;

		pool_free(set, sizeof(*set) + size);
		return err;
	}
	list_append(&sets, &set->link);
	*out = set;
	return 0;
}

int devices_apply(struct service *s, int cgroup, bool fresh, struct diag *diag)
{
	static struct rules *rules; /* in memory that no child copies pages of */
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct device_set *set = NULL;
	int r;

	if (!rules)
		rules = pool_alloc(sizeof(*rules));
	if (!rules)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "device rules");
	r = collect(rules, u, diag);
	if (r < 0)
		return r;
	r = r > 0 ? 0 : find_or_load(rules, &set);
	if (fresh && s->devices) {
		s->devices->users--;
		s->devices = NULL;
	}
	if (r == 0 && set != s->devices)
		r = devices_attach(cgroup, set ? set->program : -1,
				   s->devices ? s->devices->program : -1);
	if (r < 0) {
		plan_place(diag, u,
			   unit_setting(u, K_DeviceAllow) ? K_DeviceAllow : K_DevicePolicy);
		return diag_set(diag, DIAG_ERROR, -r, "device program (CONFIG_CGROUP_BPF)");
	}
	if (set == s->devices)
		return 0;
	if (s->devices)
		s->devices->users--;
	if (set)
		set->users++;
	s->devices = set;
	return 0;
}
