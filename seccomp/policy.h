/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SECCOMP_POLICY_H
#define BERTH_SECCOMP_POLICY_H

#include "lib/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What becomes of every system call, as a table per architecture: settings (text) -> policy ->
 * program. systemd loads one filter per directive and architecture, and the kernel takes the
 * strictest answer of all of them; here the answers are put together before, in the same order of
 * precedence, so that one program is installed and run. All of it is pure.
 */

/* Highest number + 1 that a table has room for; arm's private calls (0x0f0000 on) are not covered. */
#define POLICY_CALLS 512
#define POLICY_TESTS 256
#define POLICY_ARCHS 3

/* A look at the low half of an argument: the kernel takes no more of those that are looked at. */
enum test_op {
	TEST_ANY,    /* some bits of value are set */
	TEST_ALL,    /* all bits of value are set */
	TEST_EQUAL,  /* is value */
	TEST_OTHER,  /* is not value */
	TEST_ABOVE,  /* is above value, unsigned */
	TEST_KEEP,   /* is value: the call's own action, no further tests */
	TEST_ALWAYS, /* what came so far is followed by the action */
};

struct arg_test {
	uint8_t arg;
	uint8_t op;    /* enum test_op */
	bool and_next; /* counts only if the following one holds, too */
	uint32_t value;
	uint32_t action; /* SECCOMP_RET_* with data */
};

/* Tests of a call in order, the first that holds decides; none: action. */
struct call_rule {
	uint32_t action;
	uint16_t first, n; /* in arch_policy.tests */
};

struct arch_policy {
	uint32_t arch;	 /* SCMP_ARCH_*, which is AUDIT_ARCH_* but for x32 */
	uint32_t offset; /* of the numbers: x32's bit */
	uint32_t beyond; /* action for numbers above those that are known */
	unsigned int n_calls;
	struct call_rule calls[POLICY_CALLS];
	struct arg_test tests[POLICY_TESTS];
	unsigned int n_tests;
};

struct policy {
	struct arch_policy archs[POLICY_ARCHS];
	unsigned int n_archs;
	uint32_t foreign; /* action for other architectures */
	uint32_t x32;	  /* action for x32 numbers where there is no table for them */
	bool empty;	  /* every call is allowed: no program is needed */
};

/*
 * Reads "KEY=VALUE" lines, the directives of systemd.exec(5) in the order of the unit, and makes the
 * tables. 0, -EINVAL with the reason ("KEY: ...") in @notes, -E2BIG. After success @notes has
 * what was odd, but tolerated. @text is modified.
 */
int policy_make(struct policy *p, char *text, struct strbuf *notes);

/* -- for restrict.c ------------------------------------------------------------------------- */

/* The rule of the call @name, NULL where the architecture has none of that name. */
struct call_rule *policy_call(struct arch_policy *a, const char *name);
/* The strictest of what is there and @action. */
void policy_deny(struct arch_policy *a, const char *name, uint32_t action);
/* Adds tests; -E2BIG. Not needed for a call that is denied as a whole. */
int policy_test(struct arch_policy *a, const char *name, const struct arg_test *tests, size_t n);

/* RestrictAddressFamilies=: those that are named. */
struct families {
	uint64_t bits; /* AF_* below 64 */
	bool allow_list;
};

/* Puts the family @word in, or takes it out; -EINVAL for an unknown one. */
int families_change(struct families *set, const char *word, bool in);
int restrict_families(struct arch_policy *a, const struct families *set);

/* Carries out everything but the lists of calls: @key is the directive. 0, -EINVAL, -E2BIG, -ENOENT: unknown key. */
int restrict_apply(struct arch_policy *a, const char *key, const char *value);

#endif
