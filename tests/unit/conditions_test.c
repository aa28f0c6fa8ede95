/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "unit_tree.h"

#include <errno.h>
#include <sys/utsname.h>

#define UNITS "/etc/berth/units/"

static struct condition_facts facts(const struct tree *t)
{
	return (struct condition_facts){
		.root = t->root,
		.uts = { .release = "6.1.0-18-amd64",
			 .machine = "x86_64",
			 .nodename = "Gateway1.example" },
		.cpus = 4,
		.memory = (uint64_t)1 << 30,
	};
}

/* A unit with @text in [Unit]; whether its conditions (assertions) hold. */
static bool holds_in(struct tree *t, const struct condition_facts *f, bool assertions,
		     const char *text)
{
	struct condition_unmet unmet = { NULL, NULL, 0 };
	char whole[1024], path[128], name[32];
	static int count;
	bool hold;

	snprintf(name, sizeof(name), "c%d.target", count++);
	snprintf(path, sizeof(path), UNITS "%s", name);
	snprintf(whole, sizeof(whole), "[Unit]\n%s\n", text);
	tree_file(t, path, whole);
	struct unit *u = tree_load(t, name);

	if (u->load_state != LOAD_LOADED)
		print_message("%s\n", u->load_error);
	assert_int_equal(u->load_state, LOAD_LOADED);
	hold = conditions_hold(f, u, assertions, &unmet);
	assert_true(hold == (unmet.setting == NULL));
	assert_true(hold == (unmet.value == NULL));
	return hold;
}

static bool holds(struct tree *t, const char *text)
{
	struct condition_facts f = facts(t);

	return holds_in(t, &f, false, text);
}

static void test_host(void **state)
{
	struct tree *t = *state;

	assert_true(holds(t, "ConditionMemoryPressure=0%%")); /* a kernel without */
	tree_file(t, "/proc/pressure/memory",
		  "some avg10=50.00 avg60=40.00 avg300=30.00 total=1\n"
		  "full avg10=5.50 avg60=4.00 avg300=3.00 total=1\n");
	tree_file(t, "/proc/pressure/cpu", "some avg10=50.00 avg60=40.00 avg300=30.00 total=1\n");
	tree_file(t, "/sys/fs/cgroup/a.slice/a-b.slice/io.pressure",
		  "full avg10=9.00 avg60=8.00 avg300=7.00 total=1\n");
	assert_true(holds(t, "ConditionMemoryPressure=3%%"));
	assert_false(holds(t, "ConditionMemoryPressure=2.9%%"));
	assert_true(holds(t, "ConditionMemoryPressure=5.5%%/10sec"));
	assert_false(holds(t, "ConditionMemoryPressure=5%%/10sec"));
	assert_true(holds(t, "ConditionCPUPressure=40%%/1min"));
	assert_false(holds(t, "ConditionCPUPressure=39%%/1min"));
	assert_true(holds(t, "ConditionIOPressure=a-b.slice:7%%"));
	assert_false(holds(t, "ConditionIOPressure=a-b.slice:6%%/5min"));
	assert_false(holds(t, "ConditionMemoryPressure=100%%/1h"));
	assert_false(holds(t, "ConditionMemoryPressure=a.service:100%%"));
	tree_file(t, "/proc/cpuinfo", "processor : 0\nflags\t\t: fpu pni avx2\nbugs : x\n");
	assert_true(holds(t, "ConditionCPUFeature=AVX2"));
	assert_true(holds(t, "ConditionCPUFeature=sse3"));
	assert_true(holds(t, "ConditionCPUFeature=fpu"));
	assert_false(holds(t, "ConditionCPUFeature=avx"));
	tree_file(t, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nID=last\n");
	assert_true(holds(t, "ConditionOSRelease=VERSION_ID>=11.9 ID=last"));
	assert_false(holds(t, "ConditionOSRelease=VERSION_ID>=11.9 ID=debian"));
	assert_true(holds(t, "ConditionOSRelease=VARIANT="));
	assert_false(holds(t, "ConditionOSRelease=version=1"));
	tree_file(t, "/sys/class/dmi/id/bios_version", "1.10\n");
	assert_true(holds(t, "ConditionFirmware=smbios-field(bios_version >= 1.9)"));
	assert_false(holds(t, "ConditionFirmware=smbios-field(bios_version $= 2*)"));
	assert_false(holds(t, "ConditionFirmware=smbios-field(../x = 1)"));
	assert_false(holds(t, "ConditionFirmware=bios"));
}

static void test_paths(void **state)
{
	struct tree *t = *state;

	tree_file(t, "/d/full", "x");
	tree_file(t, "/d/void", "");
	tree_file(t, "/d/tool", "#!");
	assert_int_equal(chmod(tree_path(t, "/d/tool"), 0755), 0);
	tree_link(t, "/d/link", "full");
	tree_link(t, "/d/gone", "nothing");
	assert_int_equal(mkdir(tree_path(t, "/d/empty"), 0755), 0);

	assert_true(holds(t, "ConditionPathExists=/d/full"));
	assert_true(holds(t, "ConditionPathExists=//d/./link"));
	assert_false(holds(t, "ConditionPathExists=/d/gone"));
	assert_false(holds(t, "ConditionPathExists=!/d/full"));
	assert_true(holds(t, "ConditionPathExists=! /d/gone"));
	assert_true(holds(t, "ConditionPathExistsGlob=/d/fu*"));
	assert_false(holds(t, "ConditionPathExistsGlob=/d/fu?"));
	assert_true(holds(t, "ConditionPathIsDirectory=/d"));
	assert_false(holds(t, "ConditionPathIsDirectory=/d/full"));
	assert_true(holds(t, "ConditionPathIsSymbolicLink=/d/gone"));
	assert_false(holds(t, "ConditionPathIsSymbolicLink=/d/full"));
	assert_true(holds(t, "ConditionPathIsReadWrite=/d"));
	assert_false(holds(t, "ConditionPathIsReadWrite=/d/gone"));
	assert_false(holds(t, "ConditionPathIsMountPoint=/d"));
	assert_true(holds(t, "ConditionDirectoryNotEmpty=/d"));
	assert_false(holds(t, "ConditionDirectoryNotEmpty=/d/empty"));
	assert_false(holds(t, "ConditionDirectoryNotEmpty=/d/full"));
	assert_true(holds(t, "ConditionFileNotEmpty=/d/full"));
	assert_false(holds(t, "ConditionFileNotEmpty=/d/void"));
	assert_false(holds(t, "ConditionFileNotEmpty=/d"));
	assert_true(holds(t, "ConditionFileIsExecutable=/d/tool"));
	assert_false(holds(t, "ConditionFileIsExecutable=/d/full"));
	assert_false(holds(t, "ConditionFileIsExecutable=/d"));
	assert_true(holds(t, "ConditionNeedsUpdate=!/etc"));
	assert_false(holds(t, "ConditionNeedsUpdate=/etc"));
}

static void test_real_mount_points(void **state)
{
	struct condition_facts f = facts(*state);

	f.root = "";
	assert_int_equal(condition_path_is_mount_point(&f, "/proc"), 1);
	assert_int_equal(condition_path_is_mount_point(&f, "/proc/1"), 0);
}

static void test_combinations(void **state)
{
	struct tree *t = *state;

	tree_file(t, "/yes", "");
	/* Without |: all. With |: one of them, and all the others. */
	assert_false(holds(t, "ConditionPathExists=/yes\nConditionPathExists=/no"));
	assert_false(holds(t, "ConditionPathExists=/no\nConditionPathExists=/yes"));
	assert_true(holds(t, "ConditionPathExists=|/no\nConditionPathIsDirectory=|!/no"));
	assert_true(holds(t, "ConditionPathExists=|/yes\nConditionPathExists=|/no"));
	assert_false(holds(t, "ConditionPathExists=|/no\nConditionPathIsDirectory=|/no"));
	assert_false(holds(t, "ConditionPathExists=|/yes\nConditionFileNotEmpty=/yes"));
	/* Empty: all kinds are taken back, assertions are not conditions. */
	assert_true(holds(t, "ConditionPathExists=/no\nConditionUser=nobody\nConditionHost="));
	assert_false(holds(t, "ConditionPathExists=/no\nAssertPathExists="));
	assert_true(holds(t, "AssertPathExists=/no"));
	struct condition_facts f = facts(t);

	assert_false(holds_in(t, &f, true, "AssertPathExists=/no"));
	assert_false(holds_in(t, &f, true, "AssertPathExists=/no\nConditionPathExists="));
	assert_true(holds_in(t, &f, true, "AssertPathExists=/no\nAssertUser="));
	/* What cannot be told does not hold, nor does its contrary. */
	assert_false(holds(t, "ConditionCapability=CAP_NONSENSE"));
	assert_false(holds(t, "ConditionCapability=!CAP_NONSENSE"));
}

static void test_bad_values(void **state)
{
	static const char *const bad[][2] = {
		{ "ConditionPathExists=x", "is not an absolute path" },
		{ "ConditionPathExists=/a/../b", "\"..\" part" },
		{ "ConditionPathExists=!|/a", "| has to stand before !" },
		{ "ConditionUser=!", "nothing to look for" },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[128], path[64], name[32];

		snprintf(text, sizeof(text), "[Unit]\n%s\n", bad[i][0]);
		snprintf(name, sizeof(name), "bad%zu.target", i);
		snprintf(path, sizeof(path), UNITS "%s", name);
		tree_file(t, path, text);
		struct unit *u = tree_load(t, name);

		assert_int_equal(u->load_state, LOAD_BAD_SETTING);
		assert_non_null(strstr(u->load_error, bad[i][1]));
		assert_non_null(strstr(u->load_error, ".target:2: "));
	}
}

static void test_unmet_is_named(void **state)
{
	struct tree *t = *state;
	struct condition_facts f = facts(t);
	struct condition_unmet unmet = { NULL, NULL, 0 };

	tree_file(t, UNITS "u.target",
		  "[Unit]\nConditionUser=root\n\nConditionPathExists=!/nothing\n"
		  "ConditionPathExists=|/one\nConditionHost=|other\n");
	assert_false(conditions_hold(&f, tree_load(t, "u.target"), false, &unmet));
	assert_int_equal(unmet.setting->key, K_ConditionPathExists);
	assert_string_equal(unmet.value, "|/one");
	assert_int_equal(unmet.err, 0);
}

static void test_kernel(void **state)
{
	struct tree *t = *state;

	tree_file(t, "/proc/cmdline", "console=ttyS0 quiet \"a b=c d\" ro\n");
	assert_true(holds(t, "ConditionKernelCommandLine=quiet"));
	assert_true(holds(t, "ConditionKernelCommandLine=console"));
	assert_true(holds(t, "ConditionKernelCommandLine=console=ttyS0"));
	assert_true(holds(t, "ConditionKernelCommandLine=a b"));
	assert_false(holds(t, "ConditionKernelCommandLine=console=ttyS"));
	assert_false(holds(t, "ConditionKernelCommandLine=qui"));
	assert_true(holds(t, "ConditionKernelVersion=6.*"));
	assert_false(holds(t, "ConditionKernelVersion=5.*"));
	assert_true(holds(t, "ConditionKernelVersion=>= 5.14"));
	assert_true(holds(t, "ConditionKernelVersion=>5.14 <6.2"));
	assert_false(holds(t, "ConditionKernelVersion=>5.14 <6.1"));
	assert_true(holds(t, "ConditionKernelVersion=>=6.1"));
	assert_false(holds(t, "ConditionKernelVersion=<=6.1~rc1"));
	assert_true(holds(t, "ConditionKernelVersion=<6.10"));
	assert_true(holds(t, "ConditionKernelVersion==6.1.0-18-amd64"));
	assert_false(holds(t, "ConditionKernelVersion=!=6.1.0-18-amd64"));
	assert_true(holds(t, "ConditionKernelVersion=!!=6.1.0-18-amd64"));
	assert_true(holds(t, "ConditionArchitecture=x86-64"));
	assert_true(holds(t, "ConditionArchitecture=native"));
	assert_false(holds(t, "ConditionArchitecture=arm64"));
}

static void test_machine(void **state)
{
	struct tree *t = *state;

	assert_true(holds(t, "ConditionMemory=1G"));
	assert_true(holds(t, "ConditionMemory=< 1025M"));
	assert_false(holds(t, "ConditionMemory=>1G"));
	assert_true(holds(t, "ConditionCPUs=4"));
	assert_true(holds(t, "ConditionCPUs=!=3"));
	assert_false(holds(t, "ConditionCPUs=>= 5"));
	assert_true(holds(t, "ConditionHost=gateway*"));
	assert_false(holds(t, "ConditionHost=gateway"));
	tree_file(t, "/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	assert_true(holds(t, "ConditionHost=0123456789ABCDEF0123456789abcdef"));
	assert_false(holds(t, "ConditionHost=0123456789ABCDEF0123456789abcdee"));
	assert_true(holds(t, "ConditionFirstBoot=no"));
	tree_file(t, "/etc/machine-id", "");
	assert_true(holds(t, "ConditionFirstBoot=yes"));
	assert_true(holds(t, "ConditionACPower=yes"));
	tree_file(t, "/sys/class/power_supply/AC/type", "Mains\n");
	tree_file(t, "/sys/class/power_supply/AC/online", "0\n");
	assert_true(holds(t, "ConditionACPower=no"));
	tree_file(t, "/sys/class/power_supply/AC/online", "1\n");
	assert_true(holds(t, "ConditionACPower=true"));
}

static void test_virtualization(void **state)
{
	struct tree *t = *state;
	struct condition_facts f = facts(t);

	assert_true(holds_in(t, &f, false, "ConditionVirtualization=no"));
	assert_false(holds_in(t, &f, false, "ConditionVirtualization=vm"));
	strcpy(f.hypervisor, "TCGTCGTCGTCG");
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=qemu"));
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=vm"));
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=yes"));
	assert_false(holds_in(t, &f, false, "ConditionVirtualization=kvm"));
	assert_false(holds_in(t, &f, false, "ConditionVirtualization=container"));
	strcpy(f.hypervisor, "KVMKVMKVM");
	tree_file(t, "/sys/class/dmi/id/product_name", "KVM Virtual Machine\n");
	tree_file(t, "/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=kvm"));
	f.container = "lxc";
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=lxc"));
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=container"));
	assert_false(holds_in(t, &f, false, "ConditionVirtualization=vm"));
	tree_file(t, "/proc/self/uid_map", "         0          0 4294967295\n");
	assert_false(holds_in(t, &f, false, "ConditionVirtualization=private-users"));
	tree_file(t, "/proc/self/uid_map", "         0     100000      65536\n");
	assert_true(holds_in(t, &f, false, "ConditionVirtualization=private-users"));
}

static void test_system(void **state)
{
	struct tree *t = *state;

	tree_file(t, "/proc/self/status", "Name:\tx\nCapBnd:\t0000000000001001\nSeccomp:\t0\n");
	assert_true(holds(t, "ConditionCapability=CAP_NET_ADMIN"));
	assert_true(holds(t, "ConditionCapability=cap_chown"));
	assert_false(holds(t, "ConditionCapability=CAP_SYS_ADMIN"));
	tree_file(t, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory\n");
	assert_true(holds(t, "ConditionControlGroupController=cpu memory"));
	assert_false(holds(t, "ConditionControlGroupController=cpu pids"));
	assert_true(holds(t, "ConditionControlGroupController=v2"));
	assert_false(holds(t, "ConditionControlGroupController=v1"));
	assert_true(holds(t, "ConditionUser=root"));
	assert_false(holds(t, "ConditionUser=daemon"));
	assert_true(holds(t, "ConditionGroup=0"));
	assert_false(holds(t, "ConditionGroup=adm"));
	setenv("CONDITION_TEST", "a=b", 1);
	assert_true(holds(t, "ConditionEnvironment=CONDITION_TEST"));
	assert_true(holds(t, "ConditionEnvironment=CONDITION_TEST=a=b"));
	assert_false(holds(t, "ConditionEnvironment=CONDITION_TEST=a"));
	assert_false(holds(t, "ConditionEnvironment=CONDITION"));
	assert_false(holds(t, "ConditionSecurity=apparmor"));
	tree_file(t, "/sys/module/apparmor/parameters/enabled", "Y\n");
	assert_true(holds(t, "ConditionSecurity=apparmor"));
	assert_false(holds(t, "ConditionSecurity=selinux"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_host, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_paths, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_real_mount_points, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_combinations, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_bad_values, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_unmet_is_named, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_kernel, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_machine, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_virtualization, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_system, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
