/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_TRIM_H
#define BERTH_LIB_TRIM_H

/*
 * A process that waits needs none of its program: of the 300 kB that starting and stopping touch, it
 * keeps one page. What comes next brings back what it needs, 64 kB a fault, in a few microseconds.
 *
 * Only where the program's file is in memory itself (initramfs, tmpfs): its pages cannot go away.
 * From a disk the pages would be gone under pressure, and PID 1 would wait for the disk.
 */

/* Looks where the program came from. Before it, and where it may not, trim_syscall() just calls. */
void trim_init(void);

/*
 * The system call @number with its arguments, after the program's text and what lies below the
 * caller on the stack have been given back. The kernel's return value: >= 0 or -errno.
 */
long trim_syscall(long number, const long args[6]);

#endif
