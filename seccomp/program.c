/* SPDX-License-Identifier: MIT */
#include "seccomp/program.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>

/*
 * Jumps only lead forward, so the program is written from its end: what a jump leads to is there
 * already, and its place is a number that stays right. 0 is no place.
 */
#define NEAR	240 /* how far a conditional jump may lead, less what is put between */
#define RETURNS 8

struct writer {
	struct program *p;
	bool full;
	/* Answers that were written lately: another jump to one is cheaper than a copy */
	struct {
		uint32_t action;
		unsigned int at;
	} returns[RETURNS];
	unsigned int next_return;
};

struct segment {
	uint32_t start;
	uint32_t action;
	const struct call_rule *rule; /* NULL: no tests, every number is answered by action */
};

static unsigned int put(struct writer *w, uint16_t code, unsigned int jt, unsigned int jf,
			uint32_t k)
{
	struct program *p = w->p;

	if (p->first == 0) {
		w->full = true;
		return 0;
	}
	p->first--;
	p->code[p->first] = (struct sock_filter){
		.code = code,
		.jt = (uint8_t)(jt ? jt - p->first - 1 : 0),
		.jf = (uint8_t)(jf ? jf - p->first - 1 : 0),
		.k = k,
	};
	return p->first;
}

/* A place within reach that leads to @target. */
static unsigned int near(struct writer *w, unsigned int target)
{
	if (target - w->p->first <= NEAR)
		return target;
	return put(w, BPF_JMP | BPF_JA, 0, 0, target - w->p->first);
}

static unsigned int branch(struct writer *w, uint16_t op, uint32_t k, unsigned int yes,
			   unsigned int no)
{
	yes = near(w, yes);
	no = near(w, no);
	return put(w, BPF_JMP | BPF_K | op, yes, no, k);
}

static unsigned int answer(struct writer *w, uint32_t action)
{
	for (unsigned int i = 0; i < RETURNS; i++) {
		if (w->returns[i].at && w->returns[i].action == action &&
		    w->returns[i].at - w->p->first <= NEAR)
			return w->returns[i].at;
	}
	unsigned int at = put(w, BPF_RET | BPF_K, 0, 0, action);

	w->returns[w->next_return].action = action;
	w->returns[w->next_return].at = at;
	w->next_return = (w->next_return + 1) % RETURNS;
	return at;
}

static unsigned int load(struct writer *w, size_t offset)
{
	return put(w, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static unsigned int one_test(struct writer *w, const struct arg_test *t, unsigned int yes,
			     unsigned int no)
{
	switch ((enum test_op)t->op) {
	case TEST_ANY: return branch(w, BPF_JSET, t->value, yes, no);
	case TEST_ALL:
		branch(w, BPF_JEQ, t->value, yes, no);
		return put(w, BPF_ALU | BPF_AND | BPF_K, 0, 0, t->value);
	case TEST_KEEP:
	case TEST_EQUAL: return branch(w, BPF_JEQ, t->value, yes, no);
	case TEST_OTHER: return branch(w, BPF_JEQ, t->value, no, yes);
	case TEST_ABOVE: return branch(w, BPF_JGT, t->value, yes, no);
	case TEST_ALWAYS: break;
	}
	return yes;
}

/* The argument is in the accumulator already: the test before has left it there, and only it leads here. */
static bool is_loaded(const struct arg_test *tests, unsigned int i)
{
	return i > 0 && tests[i].arg == tests[i - 1].arg && tests[i - 1].op != TEST_ALL &&
	       !tests[i - 1].and_next && (i < 2 || !tests[i - 2].and_next);
}

static unsigned int put_tests(struct writer *w, const struct arch_policy *a,
			      const struct call_rule *rule)
{
	const struct arg_test *tests = &a->tests[rule->first];
	/* Where the first of a chain leads that does not hold, and where the test behind begins. */
	unsigned int after = answer(w, rule->action), next = after;

	for (unsigned int i = rule->n; i-- > 0;) {
		const struct arg_test *t = &tests[i];
		unsigned int yes;

		if (!t->and_next)
			after = next;
		if (t->and_next)
			yes = next;
		else
			yes = answer(w, t->op == TEST_KEEP ? rule->action : t->action);
		next = one_test(w, t, yes, after);
		/* Little-endian: the low half comes first. */
		if (t->op != TEST_ALWAYS && !is_loaded(tests, i))
			next = load(w, offsetof(struct seccomp_data, args) + 8u * t->arg);
	}
	return next;
}

static unsigned int put_tree(struct writer *w, const struct arch_policy *a, const struct segment *s,
			     unsigned int n)
{
	unsigned int middle = n / 2, high, low;

	if (n == 1)
		return s->rule ? put_tests(w, a, s->rule) : answer(w, s->action);
	high = put_tree(w, a, s + middle, n - middle);
	low = put_tree(w, a, s, middle);
	return branch(w, BPF_JGE, s[middle].start, high, low);
}

static bool is_allowed(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* Tests only take away from what is allowed: where the call as a whole is denied they have no say. */
static unsigned int find_segments(const struct arch_policy *a, struct segment *s)
{
	unsigned int n = 0;

	for (unsigned int nr = 0; nr <= a->n_calls; nr++) {
		const struct call_rule *rule = nr < a->n_calls ? &a->calls[nr] : NULL;
		struct segment one = { .start = nr + a->offset,
				       .action = rule ? rule->action : a->beyond };

		if (rule && rule->n > 0 && is_allowed(rule->action))
			one.rule = rule;
		if (n > 0 && !one.rule && !s[n - 1].rule && s[n - 1].action == one.action)
			continue;
		s[n++] = one;
	}
	return n;
}

static unsigned int put_arch(struct writer *w, const struct policy *policy, unsigned int which)
{
	static struct segment segments[POLICY_CALLS + 1];
	const struct arch_policy *a = &policy->archs[which];
	unsigned int tree = put_tree(w, a, segments, find_segments(a, segments));

	if (a->arch == SCMP_ARCH_X86_64) {
		unsigned int x32 = 0;

		for (unsigned int i = 0; i < policy->n_archs; i++) {
			if (policy->archs[i].arch == SCMP_ARCH_X32)
				x32 = put_tree(w, &policy->archs[i], segments,
					       find_segments(&policy->archs[i], segments));
		}
		if (!x32)
			x32 = answer(w, policy->x32);
		tree = branch(w, BPF_JGE, 0x40000000, x32, tree);
	}
	/* What is loaded is looked at next: a lone answer may stand elsewhere. */
	if (tree != w->p->first)
		put(w, BPF_JMP | BPF_JA, 0, 0, tree - w->p->first);
	return load(w, offsetof(struct seccomp_data, nr));
}

int program_make(struct program *p, const struct policy *policy)
{
	struct writer w = { .p = p };
	unsigned int trees[POLICY_ARCHS] = { 0 }, next;

	p->first = FILTER_MAX_INSTRUCTIONS;
	/* The native one comes first, and is written last. */
	for (unsigned int i = policy->n_archs; i-- > 0;) {
		if (policy->archs[i].arch != SCMP_ARCH_X32)
			trees[i] = put_arch(&w, policy, i);
	}
	next = answer(&w, policy->foreign);
	for (unsigned int i = policy->n_archs; i-- > 0;) {
		if (policy->archs[i].arch != SCMP_ARCH_X32)
			next = branch(&w, BPF_JEQ, policy->archs[i].arch, trees[i], next);
	}
	load(&w, offsetof(struct seccomp_data, arch));
	return w.full ? -E2BIG : 0;
}
