/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "ctl/verbs.h"

#include <fcntl.h>

#define UNITS	"/etc/berth/units/"
#define FOREIGN "/usr/lib/systemd/system/"
#define SERVICE "[Service]\nExecStart=/bin/true\n"

static char output[8192];

/* main.c has the program's own, which this test does not link. */
const char *full_unit_name(const char *name)
{
	return name;
}

/* Runs the verb with its messages and its summary in @output, without the root in their paths. */
static int verify(const struct tree *t, struct args *args)
{
	int out = dup(1), err = dup(2),
	    fd = open(tree_path(t, "/output"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	size_t n_root = strlen(t->root);
	int status;
	ssize_t n;

	assert_true(fd >= 0);
	fflush(stdout);
	dup2(fd, 1);
	dup2(fd, 2);
	status = verb_verify(args);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	n = pread(fd, output, sizeof(output) - 1, 0);
	output[n < 0 ? 0 : n] = '\0';
	close(out);
	close(err);
	close(fd);
	for (char *at; (at = strstr(output, t->root));)
		memmove(at, at + n_root, strlen(at + n_root) + 1);
	return status;
}

static int verify_root(const struct tree *t)
{
	struct args args = { .root = t->root };

	return verify(t, &args);
}

static int verify_file(const struct tree *t, const char *path)
{
	char full[512];
	char *operands[] = { full, NULL };
	struct args args = { .operands = operands, .n_operands = 1 };

	str_copy(full, sizeof(full), tree_path(t, path));
	return verify(t, &args);
}

static void test_good(void **state)
{
	struct tree *t = *state;

	assert_int_equal(verify_root(t), 0);
	assert_string_equal(output, "0 units, 0 of them refused; 0 errors, 0 warnings\n");
	tree_file(t, UNITS "a.service", "[Unit]\nRequires=b@x.service\nWants=m.service\n" SERVICE);
	tree_file(t, UNITS "b@.service", SERVICE);
	tree_link(t, UNITS "m.service", "/dev/null");
	tree_link(t, UNITS "w.service", "a.service");
	tree_file(t, "/etc/berth/system.conf", "[Manager]\nDefaultTasksMax=10\n");
	assert_int_equal(verify_root(t), 0);
	assert_string_equal(output, "3 units, 0 of them refused; 0 errors, 0 warnings\n");
}

static void test_bad_settings(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE "MemoryMx=1\nMemoryMax=lots\n");
	tree_file(t, UNITS "t@.service", SERVICE "Nonsense=%i\n");
	tree_file(t, FOREIGN "f.service", SERVICE "Nonsense=1\n");
	tree_link(t, UNITS "multi-user.target.wants/t@1.service", "../t@.service");
	tree_file(t, "/etc/berth/system.conf", "[Manager]\nDefaultTasksMux=10\n");
	tree_file(t, "/etc/berth/network/x.network", "[Match]\nNome=eth0\n");
	assert_int_equal(verify_root(t), 1);
	/* sorted by place, a template's mistake told once for all instances */
	assert_string_equal(
		output,
		"/etc/berth/network/x.network:2: error: Nome: unknown key; did you mean Name=?\n"
		"/etc/berth/system.conf:2: error: DefaultTasksMux: unknown key; did you mean "
		"DefaultTasksMax=?\n" UNITS
		"a.service:3: error: MemoryMx: unknown key; did you mean MemoryMax=?\n" UNITS
		"a.service:4: error: MemoryMax: not a size: \"lots\"\n" UNITS
		"t@.service:3: error: Nonsense: unknown key in section [Service]\n" FOREIGN
		"f.service:3: warning: Nonsense: unknown key in section [Service]\n"
		"4 units, 3 of them refused; 5 errors, 1 warnings\n");
}

static void test_references(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service",
		  "[Unit]\nRequires=b.service\nRequires=none.service\nWants=neither.service \\\n"
		  " nor.service\nAfter=never.service\n" SERVICE);
	tree_file(t, UNITS "b.service", "[Unit]\nRequires=m.service\n" SERVICE);
	tree_link(t, UNITS "m.service", "/dev/null");
	tree_file(t, FOREIGN "f.service", "[Unit]\nRequires=g.service\nWants=h.service\n" SERVICE);
	tree_link(t, UNITS "multi-user.target.wants/gone.service", "../gone.service");
	assert_int_equal(verify_root(t), 1);
	assert_string_equal(output, UNITS
			    "a.service:3: error: Requires: none.service does not exist\n" UNITS
			    "a.service:4: warning: Wants: neither.service does not exist\n" UNITS
			    "a.service:4: warning: Wants: nor.service does not exist\n" UNITS
			    "b.service:2: error: Requires: m.service is masked\n" FOREIGN
			    "f.service:2: warning: Requires: g.service does not exist\n"
			    "multi-user.target.wants/gone.service: warning: a link for a unit that "
			    "does not exist\n"
			    "3 units, 0 of them refused; 2 errors, 4 warnings\n");
}

/* A socket, timer or path without the unit that it is there for. */
static void test_triggered(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.socket", "[Socket]\nListenStream=/run/a\n");
	tree_file(t, UNITS "b.socket", "[Socket]\nListenStream=/run/b\nAccept=yes\n");
	tree_file(t, UNITS "b@.service", SERVICE);
	tree_file(t, FOREIGN "c.socket", "[Socket]\nListenStream=/run/c\nAccept=yes\n");
	assert_int_equal(verify_root(t), 1);
	assert_string_equal(output, UNITS
			    "a.socket: error: starts a.service, which does not exist\n" FOREIGN
			    "c.socket: warning: starts c@0.service, which does not exist\n"
			    "5 units, 0 of them refused; 1 errors, 1 warnings\n");
}

static void test_install_names(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service",
		  SERVICE
		  "[Install]\nWantedBy=multi-user.target\nWantedBy=dev-sda.device\nAlso=b\n");
	tree_file(t, UNITS "t@.service", SERVICE "[Install]\nWantedBy=on@%i.target\n");
	tree_file(t, FOREIGN "f.service", SERVICE "[Install]\nAlias=x.target.wants/f.service\n");
	assert_int_equal(verify_root(t), 1);
	assert_string_equal(output, UNITS
			    "a.service:6: error: Also: \"b\" is not the name of a unit\n" FOREIGN
			    "f.service:4: warning: Alias: \"x.target.wants/f.service\" is not the "
			    "name of a unit\n"
			    "3 units, 0 of them refused; 1 errors, 1 warnings\n");
}

static void test_cycle(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", "[Unit]\nAfter=b.service\n" SERVICE);
	tree_file(t, UNITS "b.service", "[Unit]\nAfter=a.service\n" SERVICE);
	assert_int_equal(verify_root(t), 1);
	assert_non_null(strstr(output, "error: ordering cycle"));
}

/* Files on their own see each other and the folder they are in, not the build host's units. */
static void test_files(void **state)
{
	struct tree *t = *state;

	tree_file(t, "/one/a.service", "[Unit]\nRequires=b.service\n" SERVICE);
	tree_file(t, "/one/b.service", SERVICE);
	tree_file(t, "/one/broken.service", SERVICE "Nonsense=1\n");
	tree_file(t, "/one/t@.service", SERVICE);
	tree_file(t, "/one/notes.txt", "");
	tree_file(t, "/one/lost.service", "[Unit]\nRequires=systemd-journald.service\n" SERVICE);
	tree_file(t, "/x/systemd/system/f.service", SERVICE "Nonsense=1\n");
	assert_int_equal(verify_file(t, "/one/a.service"), 0);
	assert_string_equal(output, "2 units, 0 of them refused; 0 errors, 0 warnings\n");
	assert_int_equal(verify_file(t, "/one/t@.service"), 0);
	assert_int_equal(verify_file(t, "/one/broken.service"), 1);
	assert_non_null(strstr(output, "/one/broken.service:3: error: Nonsense: "));
	assert_int_equal(verify_file(t, "/one/lost.service"), 1);
	assert_int_equal(verify_file(t, "/one/none.service"), 1);
	assert_non_null(strstr(output, "/one/none.service: error: No such file or directory"));
	assert_int_equal(verify_file(t, "/one/notes.txt"), 1);
	assert_int_equal(verify_file(t, "/x/systemd/system/f.service"), 0);
	assert_non_null(strstr(output, "f.service:3: warning: Nonsense: "));
}

static void test_json(void **state)
{
	struct tree *t = *state;
	struct args args = { .root = t->root, .json = true };

	tree_file(t, UNITS "a.service", SERVICE "Nonsense=1\n");
	assert_int_equal(verify(t, &args), 1);
	assert_string_equal(output,
			    "{\"messages\":[{\"file\":\"" UNITS
			    "a.service\",\"line\":3,\"level\":\"error\","
			    "\"key\":\"Nonsense\",\"text\":\"unknown key in section [Service]\"}],"
			    "\"units\":1,\"refused\":1,\"errors\":1,\"warnings\":0}\n");
}

/* What cannot be read is told with its path: whatever it would have said is missed. */
static void test_unreadable_directories(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "b.service", SERVICE);
	tree_link(t, UNITS "a.service.wants", "a.service.wants");
	tree_file(t, UNITS "c.service", SERVICE);
	tree_file(t, UNITS "c.service.requires", "a file");
	tree_file(t, UNITS "b.service.d", "");
	tree_file(t, "/run/berth/units", "a file");
	tree_link(t, "/etc/fstab", "fstab");
	assert_int_equal(verify_root(t), 1);
	assert_string_equal(output, UNITS "a.service.wants: error: Symbolic link loop\n" UNITS
					  "b.service.d: error: Not a directory\n" UNITS
					  "c.service.requires: error: Not a directory\n"
					  "/etc/fstab: error: Symbolic link loop\n"
					  "/run/berth/units/: error: Not a directory\n"
					  "3 units, 1 of them refused; 5 errors, 0 warnings\n");
}

/* Lists that become system call filters: found when they are read, not when the service starts. */
static void test_filters(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service",
		  SERVICE "SystemCallFilter=@system-service @clok\n"
			  "SystemCallFilter=~ptrace:EPERMM\n"
			  "RestrictAddressFamilies=AF_UNIX AF_INTE\n"
			  "SystemCallArchitectures=native x68\n"
			  "SystemCallErrorNumber=EPREM\n");
	tree_file(t, UNITS "b.service",
		  SERVICE "SystemCallFilter=~@clock ptrace:EPERM mount:kill \\\n  reed\n"
			  "SystemCallFilter=cachestat\nSystemCallLog=@known\n"
			  "RestrictAddressFamilies=none\nSystemCallErrorNumber=kill\n"
			  "SystemCallArchitectures=native\n");
	assert_int_equal(verify_root(t), 1);
	assert_string_equal(
		output, UNITS
		"a.service:3: error: SystemCallFilter: \"@clok\" is no group of system "
		"calls\n" UNITS "a.service:4: error: SystemCallFilter: \"ptrace\" has no error "
		"number behind its colon\n" UNITS
		"a.service:5: error: RestrictAddressFamilies: \"AF_INTE\" is no address "
		"family\n" UNITS
		"a.service:6: error: SystemCallArchitectures: \"x68\" is no architecture\n" UNITS
		"a.service:7: error: SystemCallErrorNumber: is no error number\n" UNITS
		"b.service:3: warning: SystemCallFilter: no system call is called \"reed\"\n"
		"2 units, 1 of them refused; 5 errors, 1 warnings\n");
}

static void test_no_root(void **state)
{
	struct tree *t = *state;
	struct args args = { .root = "/nowhere/at/all" };

	assert_int_equal(verify(t, &args), 1);
	assert_string_equal(output, "/nowhere/at/all: not a directory\n");
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_good),
		TREE_TEST(test_bad_settings),
		TREE_TEST(test_triggered),
		TREE_TEST(test_references),
		TREE_TEST(test_install_names),
		TREE_TEST(test_cycle),
		TREE_TEST(test_files),
		TREE_TEST(test_json),
		TREE_TEST(test_unreadable_directories),
		TREE_TEST(test_filters),
		TREE_TEST(test_no_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
