/* SPDX-License-Identifier: MIT */
#include "lib/trim.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#define PAGE ((uintptr_t)4096)
/* Below a frame's address there is still the frame; far below it nothing was ever in use. */
#define FRAME ((uintptr_t)512)
#define DEPTH ((uintptr_t)128 * 1024)

static uintptr_t text, text_size; /* whole pages; size 0: nothing is given back */

#if defined(__x86_64__)
#define CAN_TRIM 1
__attribute__((always_inline)) static inline long raw(long number, long a, long b, long c,
						      const long *rest)
{
	register long r10 __asm__("r10") = rest[0];
	register long r8 __asm__("r8") = rest[1];
	register long r9 __asm__("r9") = rest[2];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
#define CAN_TRIM 1
__attribute__((always_inline)) static inline long raw(long number, long a, long b, long c,
						      const long *rest)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = rest[0];
	register long x4 __asm__("x4") = rest[1];
	register long x5 __asm__("x5") = rest[2];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#define CAN_TRIM 0
static long raw(long number, long a, long b, long c, const long *rest)
{
	long r = syscall(number, a, b, c, rest[0], rest[1], rest[2]);

	return r < 0 ? -errno : r;
}
#endif

/*
 * From the first of these calls to the last nothing outside of this function may run: each other page
 * of text would come back at once, with the 64 kB around it. It is aligned to more than its size, so that
 * it lies in one page.
 */
__attribute__((noinline, aligned(256))) long trim_syscall(long number, const long args[6])
{
	const uintptr_t unused = ((uintptr_t)__builtin_frame_address(0) - FRAME) & ~(PAGE - 1);

	if (CAN_TRIM && text_size) {
		raw(SYS_madvise, (long)(unused - DEPTH), (long)DEPTH, MADV_DONTNEED, args + 3);
		raw(SYS_madvise, (long)text, (long)text_size, MADV_DONTNEED, args + 3);
	}
	return raw(number, args[0], args[1], args[2], args + 3);
}

static int is_in_memory(void)
{
	struct statfs fs;

	return statfs("/proc/self/exe", &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

void trim_init(void)
{
	const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);

	if (!headers || !is_in_memory())
		return;
	for (unsigned long i = 0; i < n; i++) {
		const ElfW(Phdr) *h = &headers[i];

		if (h->p_type != PT_LOAD || !(h->p_flags & PF_X))
			continue;
		text = h->p_vaddr & ~(PAGE - 1);
		text_size = ((h->p_vaddr + h->p_memsz + PAGE - 1) & ~(PAGE - 1)) - text;
	}
	/*
	 * A fault maps what is around as far as the mapping goes: this one page becomes a mapping of its
	 * own, by an advice that says nothing about a single page.
	 */
	if (text_size)
		madvise((void *)((uintptr_t)trim_syscall & ~(PAGE - 1)), PAGE, MADV_RANDOM);
}
