/* SPDX-License-Identifier: MIT */
/* Directives that are filters of their own making: what each looks at is in systemd.exec(5). */
#include "seccomp/policy.h"

#include "lib/parse.h"
#include "seccomp/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ANSWER(err)   (SECCOMP_RET_ERRNO | (err))
#define NOT_PERMITTED ANSWER(EPERM)
/* Arguments behind a pointer cannot be looked at: libraries fall back to calls where they can be. */
#define NOT_THERE ANSWER(ENOSYS)

static int deny_call(void *arg, const char *call)
{
	policy_deny(arg, call, NOT_PERMITTED);
	return 0;
}

static int deny_group(struct arch_policy *a, const char *group)
{
	return group_each(group, deny_call, a);
}

static int test_one(struct arch_policy *a, const char *call, unsigned int arg, enum test_op op,
		    uint32_t value)
{
	const struct arg_test test = {
		.arg = (uint8_t)arg, .op = (uint8_t)op, .value = value, .action = NOT_PERMITTED
	};

	return policy_test(a, call, &test, 1);
}

/* -- one function per directive ------------------------------------------------------------- */

static int deny_write_execute(struct arch_policy *a, const char *value)
{
	int r = test_one(a, "mmap", 2, TEST_ALL, PROT_WRITE | PROT_EXEC);

	(void)value;
	if (r == 0)
		r = test_one(a, "mmap2", 2, TEST_ALL, PROT_WRITE | PROT_EXEC);
	if (r == 0)
		r = test_one(a, "mprotect", 2, TEST_ANY, PROT_EXEC);
	if (r == 0)
		r = test_one(a, "pkey_mprotect", 2, TEST_ANY, PROT_EXEC);
	if (r == 0)
		r = test_one(a, "shmat", 2, TEST_ANY, SHM_EXEC);
	/* The old mmap of 32-bit x86 takes a pointer to its arguments; ipc has its flags in another place. */
	if (a->arch == SCMP_ARCH_X86) {
		const struct arg_test shmat[] = {
			{ .op = TEST_EQUAL, .value = 21, .and_next = true },
			{ .arg = 2, .op = TEST_ANY, .value = SHM_EXEC, .action = NOT_PERMITTED },
		};

		policy_deny(a, "mmap", NOT_THERE);
		if (r == 0)
			r = policy_test(a, "ipc", shmat, ARRAY_SIZE(shmat));
	}
	return r;
}

static int restrict_realtime(struct arch_policy *a, const char *value)
{
	static const struct arg_test tests[] = {
		{ .arg = 1, .op = TEST_KEEP, .value = SCHED_OTHER },
		{ .arg = 1, .op = TEST_KEEP, .value = SCHED_BATCH },
		{ .arg = 1, .op = TEST_KEEP, .value = SCHED_IDLE },
		{ .op = TEST_ALWAYS, .action = NOT_PERMITTED },
	};

	(void)value;
	/* The policy is behind a pointer. systemd 252 leaves this way open. */
	policy_deny(a, "sched_setattr", NOT_PERMITTED);
	return policy_test(a, "sched_setscheduler", tests, ARRAY_SIZE(tests));
}

/* Calls that make or change a file, and where their mode is. */
static const struct {
	const char *name;
	uint8_t mode, flags; /* arguments; flags 0: it always makes one */
} file_makers[] = {
	{ "chmod", 1, 0 }, { "fchmod", 1, 0 },	{ "fchmodat", 2, 0 }, { "fchmodat2", 2, 0 },
	{ "mkdir", 1, 0 }, { "mkdirat", 2, 0 }, { "mknod", 1, 0 },    { "mknodat", 2, 0 },
	{ "creat", 1, 0 }, { "open", 2, 1 },	{ "openat", 3, 2 },
};

static int restrict_setid(struct arch_policy *a, const char *value)
{
	int r = 0;

	(void)value;
	for (size_t i = 0; i < ARRAY_SIZE(file_makers) && r == 0; i++) {
		const struct arg_test tests[] = {
			{ .arg = file_makers[i].flags,
			  .op = TEST_ANY,
			  .value = O_CREAT | (O_TMPFILE & ~O_DIRECTORY),
			  .and_next = true },
			{ .arg = file_makers[i].mode,
			  .op = TEST_ANY,
			  .value = S_ISUID | S_ISGID,
			  .action = NOT_PERMITTED },
		};
		bool conditional = file_makers[i].flags != 0;

		r = policy_test(a, file_makers[i].name, conditional ? tests : tests + 1,
				conditional ? 2 : 1);
	}
	policy_deny(a, "openat2", NOT_THERE);
	return r;
}

static const struct {
	const char *name;
	uint32_t flag;
} namespaces[] = {
	{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "net", CLONE_NEWNET },
	{ "mnt", CLONE_NEWNS },	       { "pid", CLONE_NEWPID }, { "user", CLONE_NEWUSER },
	{ "uts", CLONE_NEWUTS },
};

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n) {
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

/* @value: the kinds that may still be made, "yes": none. */
static int restrict_namespaces(struct arch_policy *a, const char *value)
{
	uint32_t denied = 0;
	bool all = true;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (has_word(value, namespaces[i].name))
			all = false;
		else
			denied |= namespaces[i].flag;
	}
	if (denied == 0)
		return 0;
	policy_deny(a, "clone3", NOT_THERE);
	r = test_one(a, "clone", 0, TEST_ANY, denied);
	/* Time namespaces have no word, and in clone(2) their bit is part of the signal's number. */
	if (r == 0)
		r = test_one(a, "unshare", 0, TEST_ANY, all ? denied | CLONE_NEWTIME : denied);
	if (all) {
		policy_deny(a, "setns", NOT_PERMITTED);
		return r;
	}
	/* 0 lets the descriptor decide, which cannot be seen. */
	if (r == 0)
		r = test_one(a, "setns", 1, TEST_EQUAL, 0);
	return r < 0 ? r : test_one(a, "setns", 1, TEST_ANY, denied);
}

/* @value: the number of the one that may be set. */
static int lock_personality(struct arch_policy *a, const char *value)
{
	uint64_t number;

	if (parse_u64(value, 0, UINT32_MAX, &number) < 0)
		return -EINVAL;
	return test_one(a, "personality", 0, TEST_OTHER, (uint32_t)number);
}

static int protect_clock(struct arch_policy *a, const char *value)
{
	(void)value;
	return deny_group(a, "@clock");
}

static int protect_modules(struct arch_policy *a, const char *value)
{
	(void)value;
	return deny_group(a, "@module");
}

static int private_devices(struct arch_policy *a, const char *value)
{
	(void)value;
	return deny_group(a, "@raw-io");
}

static int protect_logs(struct arch_policy *a, const char *value)
{
	(void)value;
	policy_deny(a, "syslog", NOT_PERMITTED);
	return 0;
}

static int protect_tunables(struct arch_policy *a, const char *value)
{
	(void)value;
	policy_deny(a, "_sysctl", NOT_PERMITTED);
	return 0;
}

static int protect_hostname(struct arch_policy *a, const char *value)
{
	(void)value;
	policy_deny(a, "sethostname", NOT_PERMITTED);
	policy_deny(a, "setdomainname", NOT_PERMITTED);
	return 0;
}

static const struct {
	const char *key;
	int (*apply)(struct arch_policy *a, const char *value);
} directives[] = {
	{ "MemoryDenyWriteExecute", deny_write_execute },
	{ "RestrictRealtime", restrict_realtime },
	{ "RestrictSUIDSGID", restrict_setid },
	{ "RestrictNamespaces", restrict_namespaces },
	{ "LockPersonality", lock_personality },
	{ "ProtectClock", protect_clock },
	{ "ProtectKernelModules", protect_modules },
	{ "ProtectKernelLogs", protect_logs },
	{ "ProtectKernelTunables", protect_tunables },
	{ "ProtectHostname", protect_hostname },
	{ "PrivateDevices", private_devices },
};

int restrict_apply(struct arch_policy *a, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (str_eq(directives[i].key, key))
			return directives[i].apply(a, value);
	}
	return -ENOENT;
}

/* -- address families ----------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t family;
} families[] = {
#define FAMILY(name) { #name, name },
#include "lib/filter_words.def"
#undef FAMILY
};

int families_change(struct families *set, const char *word, bool in)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		uint64_t bit = (uint64_t)1 << families[i].family;

		if (!str_eq(families[i].name, word))
			continue;
		set->bits = in ? set->bits | bit : set->bits & ~bit;
		return 0;
	}
	return -EINVAL;
}

int restrict_families(struct arch_policy *a, const struct families *set)
{
	struct arg_test tests[65];
	size_t n = 0;

	for (unsigned int family = 0; family < 64; family++) {
		if (!(set->bits >> family & 1))
			continue;
		tests[n++] = (struct arg_test){ .op = set->allow_list ? TEST_KEEP : TEST_EQUAL,
						.value = family,
						.action = ANSWER(EAFNOSUPPORT) };
	}
	if (set->allow_list)
		tests[n++] = (struct arg_test){ .op = TEST_ALWAYS, .action = ANSWER(EAFNOSUPPORT) };
	/* 32-bit x86 has another door, whose arguments are behind a pointer; systemd leaves it open. */
	policy_deny(a, "socketcall", NOT_THERE);
	return policy_test(a, "socket", tests, n);
}
