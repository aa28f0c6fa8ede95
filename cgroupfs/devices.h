/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_DEVICES_H
#define BERTH_CGROUPFS_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which device nodes the processes of a cgroup may open and make. Version 2 has no files for that
 * but a program that the kernel asks each time (PITFALLS 79; bpf(2), CONFIG_CGROUP_BPF).
 */
enum device_access {
	DEVICE_MKNOD = 1 << 0, /* the kernel's BPF_DEVCG_ACC_* */
	DEVICE_READ = 1 << 1,
	DEVICE_WRITE = 1 << 2,
	DEVICE_ALL = 7,
};

struct device_rule {
	bool block; /* else a character device */
	bool any_minor, any_major;
	uint8_t access; /* enum device_access bits */
	uint32_t major, minor;
};

/* A program that allows what one of @rules does and nothing else: a descriptor, or -errno. */
int devices_load(const struct device_rule *rules, size_t n);

/*
 * Attaches @program (-1: none) to the cgroup in place of @old (-1: none). Programs further up are
 * asked, too. 0 or -errno.
 */
int devices_attach(int cgroup, int program, int old);

#endif
