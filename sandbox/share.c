/* SPDX-License-Identifier: MIT */
#include "sandbox/share.h"

#include "lib/sys.h"
#include "sandbox/child.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

/* musl's thread block is known well enough on these; a sanitizer keeps its own state per thread. */
#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__GLIBC__)
#define CAN_SHARE 1
#else
#define CAN_SHARE 0
#endif

/*
 * Beside what needs a memory of its own for long (the stub, what the stub's kind of child does),
 * these are properties of the memory, which one of several sharing it would set for all:
 *  - oom_score_adj: the kernel writes it to all processes with the same memory;
 *  - the core dump filter among the attributes; besides, a child of a policy that gives it little of
 *    the processor is held back like one of a slow cgroup;
 *  - a change of ids or capabilities takes away "dumpable", by which others may look into the memory;
 *  - the time namespace: entering one gives the memory another page of clocks.
 * what is opened may keep the child for ever, and with it the room;
 * and this would make PID 1 wait: a child that is held back (slow_cgroup) may hold it back while it
 * has the lock of the address space.
 */
bool share_allowed(const struct spawn_plan *p)
{
	return CAN_SHARE && p->stub == STUB_NONE && p->namespaces == 0 && p->join_pidfd < 0 &&
	       p->netns < 0 && p->idle < 0 && !p->netns_path && !p->ipcns_path &&
	       p->pod_namespaces == 0 && p->n_mounts == 0 && p->n_directories == 0 &&
	       p->n_tunables == 0 && !p->network && !p->root && !p->set_oom_score_adj &&
	       !p->set_user && !p->slow_cgroup && !p->work && !p->openings && !p->credentials &&
	       !p->drop_capabilities && p->ambient == 0 && !p->attributes &&
	       p->monotonic_offset == 0 && p->boottime_offset == 0 && !p->landlock && !p->filter &&
	       p->users == USERS_HOST;
}

#if CAN_SHARE

/* errno and whatever else is the thread's; the pointer leads to the middle. */
static char *copy_thread_block(struct share_room *room)
{
	char *ours = __builtin_thread_pointer();
	char *theirs = room->thread + SHARE_THREAD;

	memcpy(room->thread, ours - SHARE_THREAD, sizeof(room->thread));
#if defined(__x86_64__)
	memcpy(theirs, &theirs, sizeof(theirs)); /* %fs:0 holds its own address */
#endif
	return theirs;
}

static bool errno_is_in_block(void)
{
	const char *ours = __builtin_thread_pointer();
	const char *at = (const char *)&errno;

	return at >= ours - SHARE_THREAD && at < ours + SHARE_THREAD;
}

__attribute__((noreturn)) static void run(struct share_room *room)
{
	child_run(room->plan, room->report);
}

/* The child must not return into the parent's frames: it starts in run(), on its own stack. */
static long clone_to(struct clone_args *args, struct share_room *room)
{
	void (*const entry)(struct share_room *) = run;
#if defined(__x86_64__)
	register long result __asm__("rax") = SYS_clone3;
	register struct share_room *arg __asm__("r12") = room;

	__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\t"
			 "mov %%r12, %%rdi\n\tcall *%%rbx\n\t1:"
			 : "+r"(result)
			 : "D"(args), "S"(sizeof(*args)), "b"(entry), "r"(arg)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long result __asm__("x0") = (long)args;
	register long size __asm__("x1") = sizeof(*args);
	register long call __asm__("x8") = SYS_clone3;
	register void (*start)(struct share_room *) __asm__("x20") = entry;
	register struct share_room *arg __asm__("x21") = room;

	__asm__ volatile("svc 0\n\tcbnz x0, 1f\n\tmov x29, xzr\n\tmov x0, x21\n\tblr x20\n\t1:"
			 : "+r"(result)
			 : "r"(size), "r"(call), "r"(start), "r"(arg)
			 : "memory");
	return result;
#endif
}

pid_t share_clone(struct share_room *room, struct clone_args *args, struct spawn_plan *plan,
		  int report)
{
	if (!errno_is_in_block())
		return -EOPNOTSUPP;
	room->plan = plan;
	room->report = report;
	args->flags |= CLONE_VM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	args->parent_tid = args->child_tid = (uint64_t)(uintptr_t)&room->tid;
	args->tls = (uint64_t)(uintptr_t)copy_thread_block(room);
	args->stack = (uint64_t)(uintptr_t)room->stack;
	args->stack_size = sizeof(room->stack);
	return (pid_t)clone_to(args, room);
}

#else

pid_t share_clone(struct share_room *room, struct clone_args *args, struct spawn_plan *plan,
		  int report)
{
	(void)room, (void)args, (void)plan, (void)report;
	return -EOPNOTSUPP;
}

#endif
