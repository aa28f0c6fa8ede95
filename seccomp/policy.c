/* SPDX-License-Identifier: MIT */
#include "seccomp/policy.h"

#include "lib/diag.h"
#include "lib/parse.h"
#include "seccomp/groups.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>

#define MAX_LINES 256
#define MAX_ERRNO 4095 /* kernel: MAX_ERRNO */

/* The architectures whose programs this kernel may run, the native one first. */
static const uint32_t local_archs[] = {
#if defined(__x86_64__)
	SCMP_ARCH_X86_64,
	SCMP_ARCH_X86,
	SCMP_ARCH_X32,
#elif defined(__aarch64__)
	SCMP_ARCH_AARCH64,
#else
#error "add the architecture"
#endif
};

#define X32_BIT 0x40000000U

/* systemd.exec(5) SystemCallArchitectures=; those without an own table here just are never met. */
static const struct {
	const char *name;
	uint32_t arch;
} arch_names[] = {
#define ARCHITECTURE(name, arch) { (name), (arch) },
#include "lib/filter_words.def"
#undef ARCHITECTURE
};

struct setting_line {
	const char *key;
	char *value;
};

struct reader {
	struct policy *policy;
	struct strbuf *notes;
	struct setting_line lines[MAX_LINES];
	unsigned int n;
	uint32_t deny; /* action for what SystemCallFilter= does not want */
	bool listed;   /* SystemCallArchitectures= is there */
	/* of the list that is being read */
	struct arch_policy *arch;
	bool allow_list, inverted;
	uint32_t action; /* of the word */
	bool known;	 /* some architecture has the call */
	struct families families;
};

static int refuse(struct reader *r, const char *key, const char *word, const char *what)
{
	strbuf_printf(r->notes, "%s: \"%.60s\" %s", key, word, what);
	return -EINVAL;
}

/* -- calls by name -------------------------------------------------------------------------- */

/*
 * libseccomp answers with a made-up negative number for what 32-bit x86 multiplexes (socket, ipc);
 * the real ones, which newer programs call, have to be looked for.
 */
static int call_number(const struct arch_policy *a, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(a->arch, name);

	if (nr == __NR_SCMP_ERROR)
		return -1;
	if (nr >= 0)
		return (uint32_t)nr - a->offset < POLICY_CALLS ? nr - (int)a->offset : -1;
	for (nr = 0; a->arch == SCMP_ARCH_X86 && nr < POLICY_CALLS; nr++) {
		char *other = seccomp_syscall_resolve_num_arch(a->arch, nr);
		bool same = other && str_eq(other, name);

		free(other);
		if (same)
			return nr;
	}
	return -1;
}

struct call_rule *policy_call(struct arch_policy *a, const char *name)
{
	int nr = call_number(a, name);

	return nr >= 0 && (unsigned int)nr < a->n_calls ? &a->calls[nr] : NULL;
}

/* seccomp(2): the smaller the action, the stricter; it counts from kill-process, which is negative. */
static bool stricter(uint32_t one, uint32_t other)
{
	return (int32_t)(one & SECCOMP_RET_ACTION_FULL) <
	       (int32_t)(other & SECCOMP_RET_ACTION_FULL);
}

void policy_deny(struct arch_policy *a, const char *name, uint32_t action)
{
	struct call_rule *rule = policy_call(a, name);

	if (rule && stricter(action, rule->action))
		rule->action = action;
}

int policy_test(struct arch_policy *a, const char *name, const struct arg_test *tests, size_t n)
{
	struct call_rule *rule = policy_call(a, name);

	if (!rule)
		return 0;
	if (a->n_tests + rule->n + n > POLICY_TESTS)
		return -E2BIG;
	/* What the call has already moves to the end, to stay in one piece. */
	if (rule->first + rule->n != a->n_tests) {
		memcpy(&a->tests[a->n_tests], &a->tests[rule->first],
		       rule->n * sizeof(a->tests[0]));
		rule->first = (uint16_t)a->n_tests;
		a->n_tests += rule->n;
	}
	memcpy(&a->tests[a->n_tests], tests, n * sizeof(tests[0]));
	rule->n = (uint16_t)(rule->n + n);
	a->n_tests += (unsigned int)n;
	return 0;
}

static int find_last(void *arg, const char *call)
{
	struct arch_policy *a = arg;
	int nr = call_number(a, call);

	if (nr >= (int)a->n_calls)
		a->n_calls = (unsigned int)nr + 1;
	return 0;
}

/* Numbers from 0 up to the highest that any group names: above are calls newer than this policy. */
static void count_calls(struct arch_policy *a)
{
	/* @known has what came after: a library that tries a call of those is to hear ENOSYS, and goes on. */
	for (size_t i = 0; group_at(i); i++)
		if (!str_eq(group_at(i)->name, "@known"))
			group_each(group_at(i)->name, find_last, a);
}

/* -- lists of calls ------------------------------------------------------------------------- */

static int errno_action(const char *word, uint32_t *action)
{
	uint64_t number;

	if (str_eq(word, "kill")) {
		*action = SECCOMP_RET_KILL_PROCESS;
		return 0;
	}
	for (int err = 1; err < 200; err++) {
		if (diag_errno_name(err) && str_eq(diag_errno_name(err), word)) {
			*action = SECCOMP_RET_ERRNO | (uint32_t)err;
			return 0;
		}
	}
	if (parse_u64(word, 0, MAX_ERRNO, &number) < 0)
		return -EINVAL;
	*action = SECCOMP_RET_ERRNO | (uint32_t)number;
	return 0;
}

/* 32-bit x86: the old way to reach these calls. Only lists of what is denied need them. */
static const struct {
	const char *name, *via;
	uint32_t number;
} multiplexed[] = {
	{ "socket", "socketcall", 1 },
	{ "bind", "socketcall", 2 },
	{ "connect", "socketcall", 3 },
	{ "listen", "socketcall", 4 },
	{ "accept", "socketcall", 5 },
	{ "getsockname", "socketcall", 6 },
	{ "getpeername", "socketcall", 7 },
	{ "socketpair", "socketcall", 8 },
	{ "send", "socketcall", 9 },
	{ "recv", "socketcall", 10 },
	{ "sendto", "socketcall", 11 },
	{ "recvfrom", "socketcall", 12 },
	{ "shutdown", "socketcall", 13 },
	{ "setsockopt", "socketcall", 14 },
	{ "getsockopt", "socketcall", 15 },
	{ "sendmsg", "socketcall", 16 },
	{ "recvmsg", "socketcall", 17 },
	{ "accept4", "socketcall", 18 },
	{ "recvmmsg", "socketcall", 19 },
	{ "sendmmsg", "socketcall", 20 },
	{ "semop", "ipc", 1 },
	{ "semget", "ipc", 2 },
	{ "semctl", "ipc", 3 },
	{ "semtimedop", "ipc", 4 },
	{ "msgsnd", "ipc", 11 },
	{ "msgrcv", "ipc", 12 },
	{ "msgget", "ipc", 13 },
	{ "msgctl", "ipc", 14 },
	{ "shmat", "ipc", 21 },
	{ "shmdt", "ipc", 22 },
	{ "shmget", "ipc", 23 },
	{ "shmctl", "ipc", 24 },
};

static int deny_multiplexed(struct arch_policy *a, const char *call, uint32_t action)
{
	for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++) {
		const struct arg_test test = { .op = TEST_EQUAL,
					       .value = multiplexed[i].number,
					       .action = action };

		if (str_eq(multiplexed[i].name, call))
			return policy_test(a, multiplexed[i].via, &test, 1);
	}
	return 0;
}

static int take_call(void *arg, const char *call)
{
	struct reader *r = arg;
	struct call_rule *rule = policy_call(r->arch, call);
	bool denies = r->action != SECCOMP_RET_ALLOW && r->action != SECCOMP_RET_LOG;

	if (seccomp_syscall_resolve_name(call) != __NR_SCMP_ERROR || rule)
		r->known = true;
	if (rule)
		rule->action = r->action;
	if (denies && !r->allow_list && r->arch->arch == SCMP_ARCH_X86)
		return deny_multiplexed(r->arch, call, r->action);
	return 0;
}

static int take_word(struct reader *r, const char *key, char *word)
{
	char *colon = strchr(word, ':');
	int err;

	if (colon)
		*colon = '\0';
	r->action = r->inverted ? r->deny : SECCOMP_RET_ALLOW;
	if (colon && errno_action(colon + 1, &r->action) < 0)
		return refuse(r, key, colon + 1, "is no error number");
	r->known = word[0] == '@';
	err = group_each(word, take_call, r);
	if (err == -ESRCH)
		return refuse(r, key, word, "is no group of system calls");
	/* Told once, not per architecture. */
	if (!r->known && r->arch == &r->policy->archs[0])
		strbuf_printf(r->notes, "%s%s: no system call is called \"%.40s\"",
			      r->notes->len ? "; " : "", key, word);
	if (colon)
		*colon = ':';
	return err;
}

static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t");
	size_t n = strcspn(word, " \t");

	*at = word + n + (word[n] != '\0');
	word[n] = '\0';
	return n ? word : NULL;
}

static int take_line(struct reader *r, const char *key, const char *value,
		     int (*take)(struct reader *, const char *, char *))
{
	char copy[8192], *at = copy, *word;
	int err = 0;

	if (!str_copy(copy, sizeof(copy), value))
		return -E2BIG;
	r->inverted = copy[0] == '~';
	at += r->inverted;
	while (err == 0 && (word = next_word(&at)))
		err = take(r, key, word);
	return err;
}

/*
 * systemd.exec(5) SystemCallFilter=: the first line decides whether it is a list of what is allowed
 * (then @default is in it) or of what is denied; lines of the other sense take out of it.
 */
static int read_filter(struct reader *r)
{
	struct arch_policy *a = r->arch;
	bool first = true;

	a->beyond = SECCOMP_RET_ALLOW;
	for (unsigned int i = 0; i < r->n; i++) {
		int err;

		if (!str_eq(r->lines[i].key, "SystemCallFilter"))
			continue;
		if (first) {
			r->allow_list = r->lines[i].value[0] != '~';
			r->action = SECCOMP_RET_ALLOW;
			for (unsigned int nr = 0; r->allow_list && nr < a->n_calls; nr++)
				a->calls[nr].action = r->deny;
			if (r->allow_list) {
				group_each("@default", take_call, r);
				/* Libraries know what to do without a call that is not there yet. */
				a->beyond = SECCOMP_RET_ERRNO | ENOSYS;
			}
		}
		first = false;
		err = take_line(r, r->lines[i].key, r->lines[i].value, take_word);
		if (err < 0)
			return err;
	}
	return 0;
}

static int log_call(void *arg, const char *call)
{
	struct reader *r = arg;
	struct call_rule *rule = policy_call(r->arch, call);

	if (!rule)
		return 0;
	if (rule->action == SECCOMP_RET_ALLOW && !r->inverted)
		rule->action = SECCOMP_RET_LOG;
	else if (rule->action == SECCOMP_RET_LOG && r->inverted)
		rule->action = SECCOMP_RET_ALLOW;
	return 0;
}

static int log_word(struct reader *r, const char *key, char *word)
{
	int err = group_each(word, log_call, r);

	return err == -ESRCH ? refuse(r, key, word, "is no group of system calls") : err;
}

/* SystemCallLog=: a first line with "~" logs everything but these. */
static int read_log(struct reader *r)
{
	bool first = true;

	for (unsigned int i = 0; i < r->n; i++) {
		if (!str_eq(r->lines[i].key, "SystemCallLog"))
			continue;
		for (unsigned int nr = 0;
		     first && r->lines[i].value[0] == '~' && nr < r->arch->n_calls; nr++) {
			if (r->arch->calls[nr].action == SECCOMP_RET_ALLOW)
				r->arch->calls[nr].action = SECCOMP_RET_LOG;
		}
		first = false;
		int err = take_line(r, r->lines[i].key, r->lines[i].value, log_word);

		if (err < 0)
			return err;
	}
	return 0;
}

static int take_family(struct reader *r, const char *key, char *word)
{
	if (str_eq(word, "none"))
		return 0;
	if (families_change(&r->families, word, r->inverted != r->families.allow_list) < 0)
		return refuse(r, key, word, "is no address family");
	return 0;
}

/* -- architectures -------------------------------------------------------------------------- */

static void add_arch(struct policy *p, uint32_t arch)
{
	for (unsigned int i = 0; i < p->n_archs; i++) {
		if (p->archs[i].arch == arch)
			return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(local_archs); i++) {
		if (local_archs[i] != arch || p->n_archs == POLICY_ARCHS)
			continue;
		struct arch_policy *a = &p->archs[p->n_archs++];

		a->arch = arch;
		a->offset = arch == SCMP_ARCH_X32 ? X32_BIT : 0;
		count_calls(a);
		for (unsigned int nr = 0; nr < POLICY_CALLS; nr++)
			a->calls[nr].action = SECCOMP_RET_ALLOW;
	}
}

static int take_arch(struct reader *r, const char *key, char *word)
{
	if (str_eq(word, "native"))
		return 0; /* always in */
	for (size_t i = 0; i < ARRAY_SIZE(arch_names); i++) {
		if (!str_eq(arch_names[i].name, word))
			continue;
		add_arch(r->policy, arch_names[i].arch);
		return 0;
	}
	return refuse(r, key, word, "is no architecture");
}

static int read_archs(struct reader *r)
{
	struct policy *p = r->policy;
	int err = 0;

	add_arch(p, local_archs[0]);
	for (unsigned int i = 0; i < r->n && err == 0; i++) {
		if (!str_eq(r->lines[i].key, "SystemCallArchitectures"))
			continue;
		r->listed = true;
		err = take_line(r, r->lines[i].key, r->lines[i].value, take_arch);
	}
	p->foreign = SECCOMP_RET_KILL_PROCESS;
	p->x32 = r->listed ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | ENOSYS;
	/* x32 only where somebody asks for it: a third table for what hardly a kernel has switched on. */
	for (size_t i = 1; i < ARRAY_SIZE(local_archs) && !r->listed; i++) {
		if (local_archs[i] != SCMP_ARCH_X32)
			add_arch(p, local_archs[i]);
	}
	return err;
}

/* -- all of it ------------------------------------------------------------------------------ */

static int split(struct reader *r, char *text)
{
	while (*text) {
		char *end = text + strcspn(text, "\n");
		char *equals = memchr(text, '=', (size_t)(end - text));
		char *next = *end ? end + 1 : end;

		if (!equals || r->n == MAX_LINES)
			return -E2BIG;
		*end = *equals = '\0';
		r->lines[r->n].key = text;
		r->lines[r->n++].value = equals + 1;
		text = next;
	}
	return 0;
}

static bool is_list(const char *key)
{
	return str_eq(key, "SystemCallFilter") || str_eq(key, "SystemCallLog") ||
	       str_eq(key, "SystemCallArchitectures") || str_eq(key, "SystemCallErrorNumber") ||
	       str_eq(key, "RestrictAddressFamilies");
}

/* The first line decides, as with SystemCallFilter=; "none" is a list of nothing. */
static int read_families(struct reader *r)
{
	bool any = false;

	r->families = (struct families){ .bits = 0 };
	for (unsigned int i = 0; i < r->n; i++) {
		if (!str_eq(r->lines[i].key, "RestrictAddressFamilies"))
			continue;
		if (!any)
			r->families.allow_list = r->lines[i].value[0] != '~';
		any = true;
		int err = take_line(r, r->lines[i].key, r->lines[i].value, take_family);

		if (err < 0)
			return err;
	}
	return any ? restrict_families(r->arch, &r->families) : 0;
}

static int make_arch(struct reader *r)
{
	int err = read_filter(r);

	if (err == 0)
		err = read_families(r);
	for (unsigned int i = 0; i < r->n && err == 0; i++) {
		if (is_list(r->lines[i].key))
			continue;
		err = restrict_apply(r->arch, r->lines[i].key, r->lines[i].value);
		if (err == -ENOENT)
			err = refuse(r, r->lines[i].key, "", "is not carried out by a filter");
	}
	return err < 0 ? err : read_log(r);
}

int policy_make(struct policy *p, char *text, struct strbuf *notes)
{
	static struct reader reader;
	struct reader *r = &reader;
	int err;

	memset(p, 0, sizeof(*p));
	*r = (struct reader){ .policy = p, .notes = notes, .deny = SECCOMP_RET_KILL_PROCESS };
	err = split(r, text);
	for (unsigned int i = 0; i < r->n && err == 0; i++) {
		if (!str_eq(r->lines[i].key, "SystemCallErrorNumber"))
			continue;
		err = errno_action(r->lines[i].value, &r->deny);
		if (err < 0)
			return refuse(r, r->lines[i].key, r->lines[i].value, "is no error number");
	}
	if (err == 0)
		err = read_archs(r);
	for (unsigned int i = 0; i < p->n_archs && err == 0; i++) {
		r->arch = &p->archs[i];
		err = make_arch(r);
	}
	p->empty = r->n == 0;
	return err;
}
