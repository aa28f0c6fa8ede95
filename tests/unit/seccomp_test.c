/* SPDX-License-Identifier: MIT */
/* Settings to programs: each program is run, by an interpreter in here, beside the table that it was made from. */
#include "seccomp/groups.h"
#include "seccomp/program.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <cmocka.h>

#define ALLOW	 SECCOMP_RET_ALLOW
#define KILL	 SECCOMP_RET_KILL_PROCESS
#define ERR(err) (SECCOMP_RET_ERRNO | (err))

static struct policy policy;
static struct program program;
static char notes_text[1024];

static int make(const char *text)
{
	struct strbuf notes = STRBUF_INIT(notes_text);
	char copy[8192];
	int r;

	notes_text[0] = '\0';
	assert_true(str_copy(copy, sizeof(copy), text));
	r = policy_make(&policy, copy, &notes);
	return r == 0 ? program_make(&program, &policy) : r;
}

/* The kernel's classic BPF, as far as programs for seccomp(2) use it. */
static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned int pc = program.first;;) {
		const struct sock_filter *f = &program.code[pc++];
		bool yes;

		assert_in_range(pc, program.first, FILTER_MAX_INSTRUCTIONS);
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K: a &= f->k; continue;
		case BPF_JMP | BPF_JA: pc += f->k; continue;
		case BPF_RET | BPF_K: return f->k;
		case BPF_JMP | BPF_K | BPF_JEQ: yes = a == f->k; break;
		case BPF_JMP | BPF_K | BPF_JGE: yes = a >= f->k; break;
		case BPF_JMP | BPF_K | BPF_JGT: yes = a > f->k; break;
		case BPF_JMP | BPF_K | BPF_JSET: yes = a & f->k; break;
		default: fail_msg("instruction %#x", f->code); return 0;
		}
		pc += yes ? f->jt : f->jf;
	}
}

static bool holds(const struct arg_test *t, const struct seccomp_data *data)
{
	uint32_t arg = (uint32_t)data->args[t->arg];

	switch ((enum test_op)t->op) {
	case TEST_ANY: return arg & t->value;
	case TEST_ALL: return (arg & t->value) == t->value;
	case TEST_KEEP:
	case TEST_EQUAL: return arg == t->value;
	case TEST_OTHER: return arg != t->value;
	case TEST_ABOVE: return arg > t->value;
	case TEST_ALWAYS: return true;
	}
	return false;
}

static uint32_t decide_call(const struct arch_policy *a, const struct seccomp_data *data)
{
	uint32_t nr = (uint32_t)data->nr - a->offset;
	const struct call_rule *rule = nr < a->n_calls ? &a->calls[nr] : NULL;

	if (!rule)
		return a->beyond;
	if (rule->action != SECCOMP_RET_ALLOW && rule->action != SECCOMP_RET_LOG)
		return rule->action;
	for (unsigned int i = 0; i < rule->n; i++) {
		const struct arg_test *t = &a->tests[rule->first + i];
		bool all = holds(t, data);

		while (t->and_next) {
			t = &a->tests[rule->first + ++i];
			all = all && holds(t, data);
		}
		if (all)
			return t->op == TEST_KEEP ? rule->action : t->action;
	}
	return rule->action;
}

static uint32_t decide(const struct seccomp_data *data)
{
	bool x32 = data->arch == SCMP_ARCH_X86_64 && (uint32_t)data->nr >= 0x40000000;

	for (unsigned int i = 0; i < policy.n_archs; i++) {
		const struct arch_policy *a = &policy.archs[i];

		if (x32 ? a->arch == SCMP_ARCH_X32 : a->arch == data->arch)
			return decide_call(a, data);
	}
	return x32 ? policy.x32 : policy.foreign;
}

/* Program and table agree on every number, with arguments that make tests go either way. */
static void agree(void)
{
	static const uint32_t archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_ARM };
	static const uint64_t values[] = {
		0,
		1,
		2,
		3,
		4,
		5,
		6,
		7,
		8,
		10,
		16,
		38,
		0x40,
		0100,
		0102,
		04755,
		02000,
		0x20000,
		0x10000000,
		0x7c020000,
		0x80000000,
		0xffffffff,
		0xffffffff00000000,
		0x100000001,
	};

	for (size_t i = 0; i < 3; i++) {
		for (unsigned int nr = 0; nr < 600; nr++) {
			for (size_t v = 0; v < ARRAY_SIZE(values) * 3; v++) {
				struct seccomp_data data = { .arch = archs[i], .nr = (int)nr };

				for (size_t k = 0; k < 6; k++)
					data.args[k] = values[(v + k * (v / ARRAY_SIZE(values))) %
							      ARRAY_SIZE(values)];
				assert_int_equal(run(&data), decide(&data));
				data.nr |= 0x40000000;
				assert_int_equal(run(&data), decide(&data));
			}
		}
	}
}

static uint32_t ask(uint32_t arch, const char *name, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = { .arch = arch,
				     .nr = seccomp_syscall_resolve_name_arch(arch, name),
				     .args = { a0, a1, a2 } };

	assert_int_not_equal(data.nr, __NR_SCMP_ERROR);
	return run(&data);
}

static uint32_t native(const char *name)
{
	return ask(SCMP_ARCH_X86_64, name, 0, 0, 0);
}

static void test_groups(void **state)
{
	static const struct {
		const char *name;
		size_t n; /* members in systemd 252.38 */
	} expected[] = {
		{ "@default", 63 },    { "@aio", 10 },
		{ "@basic-io", 17 },   { "@chown", 7 },
		{ "@clock", 6 },       { "@cpu-emulation", 5 },
		{ "@debug", 7 },       { "@file-system", 77 },
		{ "@io-event", 17 },   { "@ipc", 28 },
		{ "@keyring", 3 },     { "@known", 101 }, /* there one by one, here by group */
		{ "@memlock", 5 },     { "@module", 3 },
		{ "@mount", 12 },      { "@network-io", 22 },
		{ "@obsolete", 27 },   { "@pkey", 3 },
		{ "@privileged", 31 }, { "@process", 22 },
		{ "@raw-io", 7 },      { "@reboot", 3 },
		{ "@resources", 13 },  { "@setuid", 14 },
		{ "@signal", 14 },     { "@swap", 2 },
		{ "@sync", 7 },	       { "@system-service", 61 },
		{ "@timer", 16 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct call_group *g = group_by_name(expected[i].name);
		size_t n = 1;

		assert_non_null(g);
		for (const char *s = g->members; *s; s++)
			n += *s == ' ';
		assert_int_equal(n, expected[i].n);
		assert_string_equal(group_at(i)->name, expected[i].name);
	}
	assert_null(group_at(ARRAY_SIZE(expected)));
	assert_null(group_by_name("@unknown"));
}

/* A group of groups is in no other: group_each() goes down one level. */
static int is_name(void *arg, const char *call)
{
	(void)arg;
	assert_true(call[0] != '@' && call[0] != '\0');
	return 0;
}

static void test_groups_expand(void **state)
{
	(void)state;
	for (size_t i = 0; group_at(i); i++)
		assert_int_equal(group_each(group_at(i)->name, is_name, NULL), 0);
	assert_int_equal(group_each("@none", is_name, NULL), -ESRCH);
}

static void test_allow_list(void **state)
{
	(void)state;
	assert_int_equal(
		make("SystemCallFilter=@mount read:EACCES write\nSystemCallFilter=~umount2\n"), 0);
	assert_int_equal(native("mount"), ALLOW);
	assert_int_equal(native("umount2"), KILL);
	assert_int_equal(native("read"), ERR(EACCES));
	assert_int_equal(native("write"), ALLOW);
	assert_int_equal(native("execve"), ALLOW); /* @default */
	assert_int_equal(native("reboot"), KILL);
	/* newer than the policy */
	struct seccomp_data data = { .arch = SCMP_ARCH_X86_64, .nr = 470 };

	assert_int_equal(run(&data), ERR(ENOSYS));
	agree();
	assert_int_equal(make("SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM\n"),
			 0);
	assert_int_equal(native("reboot"), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86, "reboot", 0, 0, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86, "read", 0, 0, 0), ALLOW);
	agree();
}

static void test_deny_list(void **state)
{
	(void)state;
	assert_int_equal(
		make("SystemCallFilter=~@mount socket:EAFNOSUPPORT\nSystemCallFilter=mount\n"
		     "SystemCallFilter=~getpid:kill\n"),
		0);
	assert_int_equal(native("mount"), ALLOW);
	assert_int_equal(native("umount2"), KILL);
	assert_int_equal(native("socket"), ERR(EAFNOSUPPORT));
	assert_int_equal(native("getpid"), KILL);
	assert_int_equal(native("read"), ALLOW);
	/* the real number, and the door that all socket calls once went through */
	struct seccomp_data data = { .arch = SCMP_ARCH_X86, .nr = 359 };

	assert_int_equal(run(&data), ERR(EAFNOSUPPORT));
	data.nr = 102;
	data.args[0] = 1;
	assert_int_equal(run(&data), ERR(EAFNOSUPPORT));
	data.args[0] = 2;
	assert_int_equal(run(&data), ALLOW);
	agree();
}

static void test_bad_lists(void **state)
{
	(void)state;
	assert_int_equal(make("SystemCallFilter=@nothing\n"), -EINVAL);
	assert_non_null(strstr(notes_text, "SystemCallFilter: \"@nothing\""));
	assert_int_equal(make("SystemCallFilter=read:EWHAT\n"), -EINVAL);
	assert_int_equal(make("SystemCallErrorNumber=EWHAT\n"), -EINVAL);
	assert_int_equal(make("SystemCallArchitectures=pdp11\n"), -EINVAL);
	assert_int_equal(make("RestrictAddressFamilies=AF_PIGEON\n"), -EINVAL);
	assert_int_equal(make("Sandbox=yes\n"), -EINVAL);
	/* as systemd: ignored, but told; another architecture's is nothing to tell */
	assert_int_equal(make("SystemCallFilter=read raed osf_mount\n"), 0);
	assert_non_null(strstr(notes_text, "raed"));
	assert_int_equal(make("SystemCallFilter=read umount riscv_flush_icache\n"), 0);
	assert_string_equal(notes_text, "");
}

static void test_architectures(void **state)
{
	struct seccomp_data x32 = { .arch = SCMP_ARCH_X86_64, .nr = 0x40000000 };
	struct seccomp_data arm = { .arch = SCMP_ARCH_ARM };

	(void)state;
	assert_int_equal(make("SystemCallArchitectures=native\n"), 0);
	assert_int_equal(native("read"), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86, "read", 0, 0, 0), KILL);
	assert_int_equal(run(&x32), KILL);
	agree();
	assert_int_equal(make("SystemCallArchitectures=x86 x32\nSystemCallFilter=~read\n"), 0);
	assert_int_equal(ask(SCMP_ARCH_X86, "read", 0, 0, 0), KILL);
	assert_int_equal(ask(SCMP_ARCH_X86, "write", 0, 0, 0), ALLOW);
	assert_int_equal(run(&x32), KILL);
	x32.nr++;
	assert_int_equal(run(&x32), ALLOW);
	agree();
	assert_int_equal(make("SystemCallFilter=~mount\n"), 0);
	assert_int_equal(run(&x32), ERR(ENOSYS));
	assert_int_equal(run(&arm), KILL);
	agree();
}

static void test_restrictions(void **state)
{
	(void)state;
	assert_int_equal(
		make("MemoryDenyWriteExecute=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\n"
		     "RestrictNamespaces=net mnt\nLockPersonality=8\nProtectHostname=yes\n"
		     "RestrictAddressFamilies=AF_UNIX AF_INET\nRestrictAddressFamilies=~AF_INET\n"
		     "ProtectClock=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\n"
		     "PrivateDevices=yes\nSystemCallLog=getpid\n"),
		0);
	agree();
	assert_int_equal(ask(SCMP_ARCH_X86_64, "mmap", 0, 0, 6), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "mmap", 0, 0, 5), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "mprotect", 0, 0, 5), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "sched_setscheduler", 0, SCHED_FIFO, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "sched_setscheduler", 0, SCHED_BATCH, 0), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "chmod", 0, 04755, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "chmod", 0, 0755, 0), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "open", 0, 0101, 02755), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "open", 0, 0, 02755), ALLOW);
	assert_int_equal(native("openat2"), ERR(ENOSYS));
	assert_int_equal(native("clone3"), ERR(ENOSYS));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "clone", CLONE_NEWUSER | 17, 0, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "clone", CLONE_NEWNET | 17, 0, 0), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "unshare", CLONE_NEWPID, 0, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "setns", 3, 0, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "setns", 3, CLONE_NEWNET, 0), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "personality", 8, 0, 0), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "personality", 0, 0, 0), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "socket", AF_UNIX, 0, 0), ALLOW);
	assert_int_equal(ask(SCMP_ARCH_X86_64, "socket", AF_INET, 0, 0), ERR(EAFNOSUPPORT));
	assert_int_equal(native("sethostname"), ERR(EPERM));
	assert_int_equal(native("adjtimex"), ERR(EPERM));
	assert_int_equal(native("init_module"), ERR(EPERM));
	assert_int_equal(native("syslog"), ERR(EPERM));
	assert_int_equal(native("iopl"), ERR(EPERM));
	assert_int_equal(native("getpid"), SECCOMP_RET_LOG);
}

static void test_strictest_answer(void **state)
{
	(void)state;
	assert_int_equal(make("RestrictAddressFamilies=none\nSystemCallFilter=~socket syslog\n"
			      "ProtectKernelLogs=yes\n"),
			 0);
	assert_int_equal(native("syslog"), KILL);
	assert_int_equal(native("socket"), KILL);
	assert_int_equal(make("RestrictAddressFamilies=none\n"), 0);
	assert_int_equal(native("socket"), ERR(EAFNOSUPPORT));
	assert_int_equal(make("RestrictNamespaces=yes\n"), 0);
	assert_int_equal(native("setns"), ERR(EPERM));
	assert_int_equal(ask(SCMP_ARCH_X86_64, "clone", 17, 0, 0), ALLOW);
}

/* What the kernel does with a program at each start grows with it (program.h). */
static void test_size(void **state)
{
	(void)state;
	assert_int_equal(make("SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM\n"
			      "SystemCallArchitectures=native\n"),
			 0);
	print_message("@system-service, native: %u instructions\n", program_length(&program));
	assert_in_range(program_length(&program), 1, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),	     cmocka_unit_test(test_groups_expand),
		cmocka_unit_test(test_allow_list),   cmocka_unit_test(test_deny_list),
		cmocka_unit_test(test_bad_lists),    cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_restrictions), cmocka_unit_test(test_strictest_answer),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
