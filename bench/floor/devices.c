/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <stddef.h>
#include <string.h>
#include <linux/bpf.h>

/*
 * DevicePolicy=closed as a program: one in the kernel for all services, since loading one takes
 * longer than the rest of a start; attaching it to a cgroup is one call.
 */
static const struct {
	uint16_t major;
	int16_t minor; /* -1: any, and no mknod(2) */
} allowed[] = {
	{ 1, 3 },    { 1, 5 },	  { 1, 7 },    { 1, 8 },    { 1, 9 },
	{ 5, 0 },    { 5, 2 },	  { 136, -1 }, { 137, -1 }, { 138, -1 },
	{ 139, -1 }, { 140, -1 }, { 141, -1 }, { 142, -1 }, { 143, -1 },
};

static struct bpf_insn code[128];
static uint32_t length;
static int program = -1;

static void put(unsigned int op, unsigned int dst, unsigned int src, int off, uint32_t imm)
{
	code[length++] = (struct bpf_insn){
		.code = (uint8_t)op,
		.dst_reg = dst & 15,
		.src_reg = src & 15,
		.off = (int16_t)off,
		.imm = (int32_t)imm,
	};
}

/* Type in register 2, access in 3, major in 4, minor in 5. A mismatch jumps behind the rule. */
static void put_rule(uint32_t major, int minor)
{
	const unsigned int differs = BPF_JMP | BPF_JNE | BPF_K;
	int left = minor < 0 ? 7 : 5;

	put(differs, BPF_REG_2, 0, --left, BPF_DEVCG_DEV_CHAR);
	if (minor < 0) {
		put(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
		put(BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0,
		    ~(uint32_t)(BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE));
		left -= 2;
		put(differs, BPF_REG_1, 0, --left, 0);
	}
	put(differs, BPF_REG_4, 0, --left, major);
	if (minor >= 0)
		put(differs, BPF_REG_5, 0, --left, (uint32_t)minor);
	put(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void load_field(unsigned int reg, size_t offset)
{
	put(BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_1, (int)offset, 0);
}

void devices_prepare(void)
{
	union bpf_attr attr;

	load_field(BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	put(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
	put(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
	load_field(BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major));
	load_field(BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (unsigned int i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		put_rule(allowed[i].major, allowed[i].minor);
	put(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.insn_cnt = length;
	attr.license = (uint64_t)(uintptr_t) "MIT";
	program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	must("device program", program);
}

void devices_attach(int cgroup)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	must("device program", syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)));
}
