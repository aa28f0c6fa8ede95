/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <stddef.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

/*
 * A system call filter of the length and shape of the one that berth-seccomp makes for the standard
 * profile (x86-64: 131 instructions): a balanced tree over call numbers, and below some of its
 * leaves a look at an argument. That is what installing it costs by: the kernel checks, translates
 * and compiles each instruction, then walks the tree for each call number to learn which are always
 * allowed. It is made once, and it denies nothing of its own architecture, so that the bounds may be
 * any: ALLOW with data is allowed, but not "always" (6.1: seccomp_is_const_allow()), as are the
 * calls that berth's denies.
 */
#define LENGTH	    131
#define SEGMENTS    86 /* all answered alike within */
#define CALLS_EACH  5
#define TESTED_EACH 5 /* every fifth segment looks at an argument: 17 of them */
#define MOST_TESTS  4 /* the first of these looks so many times, as is done for personality(2) */

#define DENIED (SECCOMP_RET_ALLOW | 1)

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "the filter is not written for this processor"
#endif

static struct sock_filter code[LENGTH];
/* Written from the end: jumps lead forward, to what is there already. All of it is within reach. */
static unsigned int first = LENGTH;
static unsigned int allowed, denied;

static unsigned int put(unsigned int op, unsigned int yes, unsigned int no, uint32_t k)
{
	first--;
	code[first] = (struct sock_filter){
		.code = (uint16_t)op,
		.jt = (uint8_t)(yes ? yes - first - 1 : 0),
		.jf = (uint8_t)(no ? no - first - 1 : 0),
		.k = k,
	};
	return first;
}

static unsigned int answer(uint32_t action)
{
	return put(BPF_RET | BPF_K, 0, 0, action);
}

static unsigned int branch(unsigned int op, uint32_t k, unsigned int yes, unsigned int no)
{
	return put(BPF_JMP | BPF_K | op, yes, no, k);
}

static unsigned int load(size_t offset)
{
	return put(BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static unsigned int put_tests(unsigned int n)
{
	unsigned int next = allowed;

	for (unsigned int i = 0; i < n; i++)
		next = branch(BPF_JSET, 0xc00, denied, next);
	return load(offsetof(struct seccomp_data, args[2]));
}

static unsigned int put_tree(unsigned int segment, unsigned int n)
{
	unsigned int middle = n / 2;

	if (n == 1 && segment % TESTED_EACH == TESTED_EACH - 1)
		return put_tests(segment == TESTED_EACH - 1 ? MOST_TESTS : 1);
	if (n == 1)
		return segment % 2 ? denied : allowed;

	unsigned int high = put_tree(segment + middle, n - middle);
	unsigned int low = put_tree(segment, middle);

	return branch(BPF_JGE, (segment + middle) * CALLS_EACH, high, low);
}

void filter_prepare(void)
{
	unsigned int foreign = answer(SECCOMP_RET_KILL_PROCESS);
	unsigned int other_calls = answer(SECCOMP_RET_KILL_PROCESS);

	answer(SECCOMP_RET_KILL_PROCESS);
	denied = answer(DENIED);
	allowed = answer(SECCOMP_RET_ALLOW);
	/* x32 has its numbers above this bit, and the same architecture. */
	branch(BPF_JGE, 0x40000000, other_calls, put_tree(0, SEGMENTS));
	branch(BPF_JEQ, NATIVE, load(offsetof(struct seccomp_data, nr)), foreign);
	load(offsetof(struct seccomp_data, arch));
	if (first != 0)
		die("the filter's length");
}

void filter_install(void)
{
	const struct sock_fprog program = { .len = LENGTH, .filter = code };

	must("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}
