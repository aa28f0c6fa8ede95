/* SPDX-License-Identifier: MIT */
#include "cgroupfs/devices.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The longest rule, and what stands before and behind all of them. */
#define RULE_LENGTH  8
#define FRAME_LENGTH 8

struct writer {
	struct bpf_insn *code;
	size_t n;
};

static void put(struct writer *w, unsigned int code, unsigned int dst, unsigned int src, int off,
		uint32_t imm)
{
	w->code[w->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = dst & 15,
		.src_reg = src & 15,
		.off = (int16_t)off,
		.imm = (int32_t)imm,
	};
}

static void load_field(struct writer *w, unsigned int reg, size_t offset)
{
	put(w, BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_1, (int)offset, 0);
}

/* Type in register 2, access in 3, major in 4, minor in 5; 1 is the context, then free. */
static void put_head(struct writer *w)
{
	load_field(w, BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	put(w, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	put(w, BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	put(w, BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	load_field(w, BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major));
	load_field(w, BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

/* Each mismatch jumps behind the rule: the offsets are put in when its length is known. */
static void put_rule(struct writer *w, const struct device_rule *rule)
{
	size_t first = w->n;
	const unsigned int differs = BPF_JMP | BPF_JNE | BPF_K;

	put(w, differs, BPF_REG_2, 0, 0, rule->block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (rule->access != DEVICE_ALL) {
		put(w, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
		put(w, BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, (uint32_t)~rule->access);
		put(w, differs, BPF_REG_1, 0, 0, 0);
	}
	if (!rule->any_major)
		put(w, differs, BPF_REG_4, 0, 0, rule->major);
	if (!rule->any_minor)
		put(w, differs, BPF_REG_5, 0, 0, rule->minor);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
	put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (size_t i = first; i < w->n; i++) {
		if (w->code[i].code == differs)
			w->code[i].off = (int16_t)(w->n - i - 1);
	}
}

static int bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

int devices_load(const struct device_rule *rules, size_t n)
{
	struct writer w = { .code = calloc(n * RULE_LENGTH + FRAME_LENGTH, sizeof(*w.code)) };
	union bpf_attr attr;
	int fd;

	if (!w.code)
		return -ENOMEM;
	put_head(&w);
	for (size_t i = 0; i < n; i++)
		put_rule(&w, &rules[i]);
	put(&w, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	put(&w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)w.code;
	attr.insn_cnt = (uint32_t)w.n;
	attr.license = (uint64_t)(uintptr_t) "MIT";
	memcpy(attr.prog_name, "berth_devices", sizeof("berth_devices"));
	/* The kernel opens it close-on-exec. */
	fd = bpf(BPF_PROG_LOAD, &attr);
	free(w.code);
	return fd;
}

int devices_attach(int cgroup, int program, int old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_type = BPF_CGROUP_DEVICE;
	if (program < 0) {
		attr.attach_bpf_fd = (uint32_t)old;
		return bpf(BPF_PROG_DETACH, &attr);
	}
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_flags = BPF_F_ALLOW_MULTI | (old >= 0 ? BPF_F_REPLACE : 0);
	attr.replace_bpf_fd = old >= 0 ? (uint32_t)old : 0;
	return bpf(BPF_PROG_ATTACH, &attr);
}
