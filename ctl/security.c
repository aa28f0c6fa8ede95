/* SPDX-License-Identifier: MIT */
#include "ctl/security.h"

#include "lib/str.h"
#include "seccomp/groups.h"

#include <linux/capability.h>

#define CAP(cap) (1ULL << CAP_##cap)

/* Out of a question's range: it does not apply. */
#define NOT_ASKED 100

struct question {
	const char *name;
	uint16_t weight;
	uint8_t range, flags;
	unsigned int (*ask)(const struct unit *u, const struct question *q);
	uint64_t arg;	  /* a key, or capabilities */
	const char *word; /* what is looked for in a list */
	const char *bad;  /* what it may do otherwise */
};

/* --- what is asked ------------------------------------------------------------------------ */

/* Root, by name or number, and not made somebody else by DynamicUser=. */
static bool is_root(const struct unit *u)
{
	const char *user = unit_str(u, K_User);

	return !unit_bool(u, K_DynamicUser) &&
	       (!user || !*user || str_eq(user, "root") || str_eq(user, "0"));
}

static unsigned int ask_user(const struct unit *u, const struct question *q)
{
	const char *user = unit_str(u, K_User);

	(void)q;
	if (is_root(u))
		return 10;
	/* An account that others have, too */
	return !unit_bool(u, K_DynamicUser) && str_eq(user, "nobody") ? 9 : 0;
}

static unsigned int ask_groups(const struct unit *u, const struct question *q)
{
	(void)q;
	return is_root(u) ? NOT_ASKED : unit_list(u, K_SupplementaryGroups)->n > 0;
}

static unsigned int ask_remove_ipc(const struct unit *u, const struct question *q)
{
	(void)q;
	return is_root(u) ? NOT_ASKED : !unit_bool(u, K_RemoveIPC);
}

static unsigned int ask_bool(const struct unit *u, const struct question *q)
{
	return !unit_bool(u, (enum key)q->arg);
}

static unsigned int ask_not(const struct unit *u, const struct question *q)
{
	return unit_bool(u, (enum key)q->arg);
}

static bool isolated(const struct unit *u)
{
	return unit_u64(u, K_Isolation) != ISOLATION_NONE;
}

/* A berth has a network namespace of its own, with a veth pair or (PrivateNetwork=) without. */
static unsigned int ask_network(const struct unit *u, const struct question *q)
{
	(void)q;
	return !unit_bool(u, K_PrivateNetwork) &&
	       (!isolated(u) || unit_setting(u, K_PrivateNetwork));
}

/* Anything that is mounted for the unit alone implies it. */
static unsigned int ask_mounts(const struct unit *u, const struct question *q)
{
	(void)q;
	return !unit_bool(u, K_PrivateMounts) && !unit_bool(u, K_PrivateDevices) &&
	       !unit_bool(u, K_PrivateTmp) && !unit_bool(u, K_ProtectControlGroups) &&
	       !unit_bool(u, K_ProtectKernelTunables) && !unit_bool(u, K_ProtectKernelModules) &&
	       unit_u64(u, K_ProtectHome) == PROTECT_HOME_NO &&
	       unit_u64(u, K_ProtectSystem) == PROTECT_SYSTEM_NO && !unit_str(u, K_RootImage);
}

static unsigned int ask_home(const struct unit *u, const struct question *q)
{
	static const unsigned int bad[] = { [PROTECT_HOME_NO] = 10,
					    [PROTECT_HOME_YES] = 0,
					    [PROTECT_HOME_READ_ONLY] = 5,
					    [PROTECT_HOME_TMPFS] = 1 };

	(void)q;
	return bad[unit_u64(u, K_ProtectHome)];
}

static unsigned int ask_system(const struct unit *u, const struct question *q)
{
	static const unsigned int bad[] = { [PROTECT_SYSTEM_NO] = 10,
					    [PROTECT_SYSTEM_YES] = 5,
					    [PROTECT_SYSTEM_FULL] = 3,
					    [PROTECT_SYSTEM_STRICT] = 0 };

	(void)q;
	return bad[unit_u64(u, K_ProtectSystem)];
}

static unsigned int ask_root_directory(const struct unit *u, const struct question *q)
{
	const char *directory = unit_str(u, K_RootDirectory), *image = unit_str(u, K_RootImage);

	(void)q;
	return (!directory || str_eq(directory, "/")) && !image && !unit_str(u, K_Rootfs);
}

/* What other settings take out of the set as well. */
static uint64_t capabilities(const struct unit *u)
{
	uint64_t set = unit_u64(u, K_CapabilityBoundingSet);

	if (unit_bool(u, K_ProtectKernelModules))
		set &= ~CAP(SYS_MODULE);
	if (unit_bool(u, K_ProtectKernelLogs))
		set &= ~CAP(SYSLOG);
	if (unit_bool(u, K_ProtectClock))
		set &= ~(CAP(SYS_TIME) | CAP(WAKE_ALARM));
	if (unit_bool(u, K_PrivateDevices))
		set &= ~(CAP(MKNOD) | CAP(SYS_RAWIO));
	return set;
}

static unsigned int ask_capability(const struct unit *u, const struct question *q)
{
	return (capabilities(u) & q->arg) != 0;
}

static unsigned int ask_ambient(const struct unit *u, const struct question *q)
{
	(void)q;
	return unit_u64(u, K_AmbientCapabilities) != 0;
}

static unsigned int ask_umask(const struct unit *u, const struct question *q)
{
	uint64_t mask = unit_u64(u, K_UMask);

	(void)q;
	if (!(mask & 0002))
		return 10;
	if (!(mask & 0004))
		return 5;
	if (!(mask & 0020))
		return 2;
	return mask & 0040 ? 0 : 1;
}

/* Any other word than the one that is best. */
static bool says(const struct unit *u, enum key key, const char *word)
{
	const char *name = enum_name_of(key_info(key)->names, (int)unit_u64(u, key));

	return name && str_eq(name, word);
}

static unsigned int ask_keyring(const struct unit *u, const struct question *q)
{
	(void)q;
	return !says(u, K_KeyringMode, "private");
}

static unsigned int ask_proc(const struct unit *u, const struct question *q)
{
	(void)q;
	/* Others' processes are in another PID namespace, not merely hidden. */
	if (isolated(u) || says(u, K_ProtectProc, "invisible") ||
	    says(u, K_ProtectProc, "ptraceable"))
		return 0;
	return says(u, K_ProtectProc, "noaccess") ? 1 : 3;
}

static unsigned int ask_proc_subset(const struct unit *u, const struct question *q)
{
	(void)q;
	return !says(u, K_ProcSubset, "pid");
}

static unsigned int ask_notify(const struct unit *u, const struct question *q)
{
	(void)q;
	return u->type == UNIT_SERVICE && unit_u64(u, K_NotifyAccess) == NOTIFY_ALL;
}

/* The set's bits are the values of the names. */
static unsigned int ask_namespaces(const struct unit *u, const struct question *q)
{
	const struct enum_name *name = enum_by_name(key_info(K_RestrictNamespaces)->names, q->word);

	return name && (unit_u64(u, K_RestrictNamespaces) >> name->value & 1);
}

/* --- lists -------------------------------------------------------------------------------- */

struct word {
	const char *text;
	bool removed; /* it stands in a line that begins with "~" */
};

/* Calls @fn for each word of a list whose first line says, by "~", whether it allows or denies. */
static void each_word(const struct strings *list, void (*fn)(void *arg, const struct word *word),
		      void *arg)
{
	char line[1024], *rest, *text;

	for (uint32_t i = 0; i < list->n; i++) {
		bool removed = list->v[i][0] == '~';

		str_copy(line, sizeof(line), list->v[i] + removed);
		for (rest = line; (text = strsep(&rest, " \t"));) {
			char *colon = strchr(text, ':'); /* "mount:EPERM" */

			if (colon)
				*colon = '\0';
			if (*text)
				fn(arg, &(struct word){ text, removed });
		}
	}
}

static bool denies(const struct strings *list)
{
	return list->n > 0 && list->v[0][0] == '~';
}

struct family {
	const char *
		names; /* a blank before and behind each; NULL: all that have no question of their own */
	bool is_listed;
};

#define OWN_FAMILIES " AF_INET AF_INET6 AF_UNIX AF_NETLINK AF_PACKET "

static bool among(const char *names, const char *word)
{
	size_t n = strlen(word);
	const char *at = names;

	while ((at = strstr(at, word))) {
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
		at += n;
	}
	return false;
}

static void look_at_family(void *arg, const struct word *word)
{
	struct family *f = arg;

	if (f->names ? among(f->names, word->text) : !among(OWN_FAMILIES, word->text))
		f->is_listed = true;
}

static unsigned int ask_families(const struct unit *u, const struct question *q)
{
	const struct strings *list = unit_list(u, K_RestrictAddressFamilies);
	struct family f = { .names = q->word };

	if (list->n == 0)
		return 1;
	each_word(list, look_at_family, &f);
	return denies(list) ? !f.is_listed : f.is_listed;
}

static unsigned int ask_architectures(const struct unit *u, const struct question *q)
{
	const struct strings *list = unit_list(u, K_SystemCallArchitectures);

	(void)q;
	if (list->n == 0)
		return 10;
	return list->n == 1 && str_eq(list->v[0], "native") ? 0 : 8;
}

/* Whether one call is in the list, as its last mention says. */
struct lookup {
	const char *call;
	bool denies; /* the list as a whole */
	bool is_listed;
	bool hit; /* of group_each() */
};

static int compare_call(void *arg, const char *call)
{
	struct lookup *l = arg;

	l->hit |= str_eq(call, l->call);
	return l->hit;
}

static void look_up(void *arg, const struct word *word)
{
	struct lookup *l = arg;

	l->hit = false;
	group_each(word->text, compare_call, l);
	/* In a list that denies, "~" puts in; in one that allows, it takes out. */
	if (l->hit)
		l->is_listed = word->removed == l->denies;
}

struct filter {
	const struct strings *list;
	bool allowed; /* one of the group's calls can be made */
};

static int try_call(void *arg, const char *call)
{
	struct filter *f = arg;
	struct lookup l = { .call = call, .denies = denies(f->list) };

	each_word(f->list, look_up, &l);
	f->allowed |= l.denies ? !l.is_listed : l.is_listed;
	return f->allowed;
}

/*
 * The call numbers of this machine are not asked, unlike in systemd: names that the architecture
 * does not have can neither be allowed nor do harm, but they can be listed.
 */
static unsigned int ask_calls(const struct unit *u, const struct question *q)
{
	struct filter f = { .list = unit_list(u, K_SystemCallFilter) };

	if (f.list->n == 0)
		return 10;
	group_each(q->word, try_call, &f);
	if (!f.allowed)
		return 0;
	return denies(f.list) ? 10 : 9;
}

/* All is denied, and what is let in again: others, the machine itself, nobody. */
static unsigned int ask_addresses(const struct unit *u, const struct question *q)
{
	const struct strings *deny = unit_list(u, K_IPAddressDeny);
	const struct strings *allow = unit_list(u, K_IPAddressAllow);
	bool all = false, local = false;

	(void)q;
	for (uint32_t i = 0; i < deny->n; i++)
		all |= str_eq(deny->v[i], "any");
	if (!all)
		return 10;
	for (uint32_t i = 0; i < allow->n; i++) {
		if (!str_eq(allow->v[i], "localhost"))
			return 5;
		local = true;
	}
	return local ? 2 : 0;
}

static unsigned int ask_devices(const struct unit *u, const struct question *q)
{
	(void)q;
	if (!says(u, K_DevicePolicy, "strict") && !says(u, K_DevicePolicy, "closed") &&
	    !unit_bool(u, K_PrivateDevices))
		return 10;
	return unit_list(u, K_DeviceAllow)->n > 0 ? 5 : 0;
}

/* --- the questions ------------------------------------------------------------------------ */

/* Units of the early boot are not asked what needs file systems that are not there yet. */
#define LATE 1

static const struct question questions[] = {
#define Q(name, weight, range, flags, ask, arg, bad)                                               \
	{ name, weight, range, flags, ask, arg, NULL, bad },
#define Q_LIST(name, weight, range, ask, word, bad) { name, weight, range, 0, ask, 0, word, bad },
#include "ctl/security.def"
#undef Q
#undef Q_LIST
};

bool security_find(const struct unit *u, unsigned int i, struct security_finding *out)
{
	const struct question *q = &questions[i];
	unsigned int bad;

	if (i >= ARRAY_SIZE(questions))
		return false;
	bad = (q->flags & LATE) && !unit_bool(u, K_DefaultDependencies) ? NOT_ASKED : q->ask(u, q);
	*out = (struct security_finding){
		.name = q->name,
		.text = q->bad,
		.weight = q->weight,
		.range = q->range,
		.asked = bad != NOT_ASKED,
		.bad = bad == NOT_ASKED ? 0 : bad,
	};
	return true;
}

unsigned int security_exposure(const struct unit *u)
{
	struct security_finding f;
	unsigned int sum = 0, weights = 0;

	for (unsigned int i = 0; security_find(u, i, &f); i++) {
		if (!f.asked)
			continue;
		sum += (f.bad * f.weight + f.range - 1) / f.range;
		weights += f.weight;
	}
	return weights ? (sum * 100 + weights - 1) / weights : 0;
}

const char *security_word(unsigned int exposure)
{
	static const struct {
		unsigned int from;
		const char *word;
	} words[] = { { 100, "DANGEROUS" }, { 90, "UNSAFE" }, { 75, "EXPOSED" }, { 50, "MEDIUM" },
		      { 10, "OK" },	    { 1, "SAFE" },    { 0, "PERFECT" } };
	size_t i = 0;

	while (exposure < words[i].from)
		i++;
	return words[i].word;
}
