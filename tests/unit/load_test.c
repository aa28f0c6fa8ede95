/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "units/load.h"

#define UNITS	"/etc/berth/units/"
#define FOREIGN "/usr/lib/systemd/system/"
#define SERVICE "[Service]\nExecStart=/bin/true\n"

static void test_settings(void **state)
{
	struct tree *t = *state;
	const struct unit *u;

	tree_file(t, UNITS "web.service",
		  "[Unit]\nDescription=The web\n[Service]\nExecStart=/bin/web -x\nRestart=always\n"
		  "[Install]\nWantedBy=multi-user.target\n");
	u = tree_load(t, "web.service");
	assert_int_equal(u->load_state, LOAD_LOADED);
	assert_int_equal(t->n_told, 0);
	assert_string_equal(unit_str(u, K_Description), "The web");
	assert_int_equal(unit_u64(u, K_Restart), RESTART_ALWAYS);
	assert_int_equal(unit_commands(u, K_ExecStart)->n, 1);
	assert_string_equal(unit_commands(u, K_ExecStart)->v[0].argv[1], "-x");
	assert_ptr_equal(unit_commands(u, K_ExecStart)->v[0].argv[0],
			 unit_commands(u, K_ExecStart)->v[0].path);
	assert_string_equal(unit_list(u, K_WantedBy)->v[0], "multi-user.target");
	assert_int_equal(unit_setting(u, K_Restart)->line, 5);
	assert_int_equal(unit_list(u, K_After)->n, 0);
	assert_int_equal(unit_commands(u, K_ExecStop)->n, 0);
	assert_null(unit_str(u, K_User));
	assert_non_null(strstr(u->path, UNITS "web.service"));
	assert_false(u->foreign);
}

static void test_defaults(void **state)
{
	struct tree *t = *state;
	const struct unit *u;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "stop.service", "[Service]\nExecStop=/bin/true\nRemainAfterExit=yes\n");
	tree_file(t, UNITS "n.service", SERVICE "Type=notify\n");
	u = tree_load(t, "a.service");
	assert_int_equal(unit_u64(u, K_Type), TYPE_SIMPLE);
	assert_int_equal(unit_u64(u, K_TimeoutStartSec), 90 * USEC_PER_SEC);
	assert_int_equal(unit_u64(u, K_Isolation), ISOLATION_STANDARD);
	assert_true(unit_bool(u, K_DefaultDependencies));
	assert_int_equal(unit_u64(u, K_NotifyAccess), NOTIFY_NONE);
	u = tree_load(t, "stop.service");
	assert_int_equal(unit_u64(u, K_Type), TYPE_ONESHOT);
	assert_true(unit_u64(u, K_TimeoutStartSec) == USEC_INFINITY);
	assert_int_equal(unit_u64(tree_load(t, "n.service"), K_NotifyAccess), NOTIFY_MAIN);
}

static void bad_unit(struct tree *t, const char *text, const char *why)
{
	static int count;
	char name[32], path[64];
	struct unit *u;

	snprintf(name, sizeof(name), "bad%d.service", count++);
	snprintf(path, sizeof(path), UNITS "%s", name);
	tree_file(t, path, text);
	u = tree_load(t, name);
	assert_int_equal(u->load_state, LOAD_BAD_SETTING);
	if (!strstr(u->load_error, why))
		print_message("\"%s\" lacks \"%s\"\n", u->load_error, why);
	assert_non_null(strstr(u->load_error, why));
	assert_non_null(strstr(u->load_error, name));
}

static void test_bad_settings(void **state)
{
	struct tree *t = *state;

	bad_unit(t, SERVICE "Restrat=always\n",
		 ":3: error: Restrat: unknown key; did you mean Restart=?");
	bad_unit(t, SERVICE "After=a.service\n", ":3: error: After: belongs into section [Unit]");
	bad_unit(t, SERVICE "Restart=ofen\n", ":3: error: Restart: must be one of no ");
	bad_unit(t, SERVICE "MemoryMax=1x\n", "MemoryMax: not a size: \"1x\"");
	bad_unit(t, SERVICE "MemoryMax=4K\n", "below 1M");
	bad_unit(t, SERVICE "MemoryMax=8M\nMemoryHigh=9M\n", "MemoryHigh: is above MemoryMax=");
	bad_unit(t, SERVICE "ExecStart=/bin/false\n", "only Type=oneshot can have more than one");
	bad_unit(t, "[Service]\nType=simple\n", "needs ExecStart=");
	bad_unit(t, "[Unit]\nDescription=x\n", "needs ExecStart=");
	bad_unit(t, "[Service]\nExecStart=/bin/a \"b\n", "unbalanced quotes");
	bad_unit(t, SERVICE "AppArmorProfile=x\n", "AppArmorProfile: not carried out");
	bad_unit(t, SERVICE "Type=dbus\n", "Type: dbus needs BusName=");
	bad_unit(t, SERVICE "BusName=org.x'y\n", "BusName: is no bus name");
	bad_unit(t, SERVICE "NotifyFD=3\n", "NotifyFD: needs Type=notify");
	bad_unit(t, SERVICE "[Servce]\nA=1\n", "unknown section [Servce]");
	bad_unit(t, SERVICE "[Socket]\nListenStream=1\n", "[Socket] does not belong");
	bad_unit(t, SERVICE "nonsense\n", ":3: error: no \"=\" in the line");
	bad_unit(t, SERVICE "Type=oneshot\nRestart=always\n", "make no sense for Type=oneshot");
	bad_unit(t, SERVICE "[Unit]\nAfter=x\n", "\"x\" is no unit name");
	bad_unit(t, SERVICE "User=a:b\n", "is no user");
	bad_unit(t, SERVICE "[Unit]\nOnFailure=a.service b.service\nOnFailureJobMode=isolate\n",
		 ":5: error: OnFailureJobMode: isolate is for one unit in OnFailure=");
	bad_unit(t, SERVICE "FailureAction=kexec\n", "\"kexec\" is not carried out");
	bad_unit(t, SERVICE "HealthCmd=/bin/a\nHealthCmd=/bin/b\n", "only one command can be");
	bad_unit(t, SERVICE "HealthRetries=2\n", "has no effect without HealthCmd=");
	bad_unit(t, SERVICE "HealthCmd=/bin/a\nHealthInterval=0\n", "must be more than 0");
	bad_unit(t, SERVICE "MemoryMax=8M\nMemoryRestartAt=9M\n", "would never be reached");
	bad_unit(t, SERVICE "RestartOOMSec=9\nRestartOOMMaxDelaySec=8\n",
		 "is below RestartOOMSec=");
	bad_unit(t, SERVICE "[Container]\nPublishPort=x\n", "[[IP:]HOST:]CONTAINER");
}

static void test_tolerated(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	/* X- is the users' own; a refused key that asks for nothing is harmless. */
	tree_file(t, UNITS "x.service",
		  SERVICE "X-Mine=1\nPrivateUsers=no\nStateDirectoryMode=755\n[X-Mine]\nA=1\n"
			  "[Unit]\nDocumentation=man:x(8)\n");
	u = tree_load(t, "x.service");
	assert_int_equal(u->load_state, LOAD_LOADED);
	assert_int_equal(t->n_told, 0);
}

static void test_foreign(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	tree_file(t, FOREIGN "f.service",
		  "[Unit]\nAfter=sda.device x.service\nConditionCredential=x\n" SERVICE
		  "Restart=sometimes\nRestart=on-failure\nRestart=often\nUnknown=1\n");
	u = tree_load(t, "f.service");
	assert_int_equal(u->load_state, LOAD_LOADED);
	assert_true(u->foreign);
	assert_int_equal(t->n_errors, 0);
	assert_true(tree_told(t, "f.service:8: warning: Restart: must be one of"));
	assert_true(tree_told(t, "warning: Unknown: unknown key"));
	assert_true(tree_told(t, "warning: After: \"sda.device\" is of a unit type"));
	assert_true(tree_told(t, "warning: ConditionCredential: not carried out"));
	assert_int_equal(unit_u64(u, K_Restart), RESTART_ON_FAILURE);
	assert_int_equal(unit_u64(u, K_Isolation), ISOLATION_NONE);
	assert_non_null(tree_edge(t, "f.service", DEP_AFTER, "x.service"));
}

static void test_foreign_protection(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	/* What protects is carried out or the service does not start... */
	tree_file(t, FOREIGN "p.service", SERVICE "SELinuxContext=strict\n");
	u = tree_load(t, "p.service");
	assert_int_equal(u->load_state, LOAD_BAD_SETTING);
	assert_non_null(strstr(u->load_error, "p.service:3: error: SELinuxContext"));
	/* ...until a drop-in says otherwise. */
	tree_file(t, FOREIGN "q.service",
		  SERVICE "SELinuxContext=strict\nRestrictFileSystems=ext4\n");
	tree_file(t, UNITS "q.service.d/allow.conf",
		  "[Service]\nSELinuxContext=\nRestrictFileSystems=\n");
	u = tree_load(t, "q.service");
	assert_int_equal(u->load_state, LOAD_LOADED);
	/* A drop-in of the appliance's own is held to its own rules. */
	tree_file(t, FOREIGN "r.service", SERVICE);
	tree_file(t, UNITS "r.service.d/bad.conf", "[Service]\nUnknown=1\n");
	u = tree_load(t, "r.service");
	assert_int_equal(u->load_state, LOAD_BAD_SETTING);
}

static void test_foreign_command(void **state)
{
	struct tree *t = *state;

	tree_file(t, FOREIGN "a.service", "[Service]\nExecStart=/bin/a \"\n");
	tree_file(t, FOREIGN "b.service", SERVICE "ExecStop=-/bin/a \"\n");
	assert_int_equal(tree_load(t, "a.service")->load_state, LOAD_BAD_SETTING);
	assert_int_equal(tree_load(t, "b.service")->load_state, LOAD_LOADED);
}

static void test_precedence(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", "[Unit]\nDescription=etc\n" SERVICE);
	tree_file(t, "/run/berth/units/a.service", "[Unit]\nDescription=run\n" SERVICE);
	tree_file(t, FOREIGN "a.service", "[Unit]\nDescription=foreign\n" SERVICE);
	tree_file(t, "/usr/lib/berth/units/b.service", "[Unit]\nDescription=usr\n" SERVICE);
	tree_file(t, "/etc/systemd/system/b.service", "[Unit]\nDescription=foreign\n" SERVICE);
	assert_string_equal(unit_str(tree_load(t, "a.service"), K_Description), "etc");
	assert_string_equal(unit_str(tree_load(t, "b.service"), K_Description), "usr");
}

static void test_dropins(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	tree_file(t, UNITS "foo-bar@.service",
		  "[Unit]\nDescription=0\n" SERVICE "Environment=L=main\n");
	tree_file(t, FOREIGN "foo-bar@x.service.d/50.conf",
		  "[Service]\nEnvironment=A=usr-instance\n");
	tree_file(t, UNITS "foo-bar@x.service.d/50.conf",
		  "[Service]\nEnvironment=A=instance L=50\n");
	tree_file(t, UNITS "foo-bar@.service.d/40.conf",
		  "[Service]\nEnvironment=B=template L=40\n");
	tree_file(t, UNITS "foo-.service.d/60.conf", "[Service]\nEnvironment=C=prefix L=60\n");
	tree_file(t, UNITS "service.d/45.conf", "[Service]\nEnvironment=D=type L=45\n");
	/* the same file name in a less specific place does not count */
	tree_file(t, UNITS "service.d/50.conf", "[Service]\nEnvironment=E=hidden\n");
	tree_file(t, UNITS "service.d/70.other", "[Service]\nEnvironment=F=other\n");
	tree_file(t, UNITS "foo-bar@y.service.d/99.conf", "[Service]\nEnvironment=G=foreign\n");
	tree_link(t, UNITS "service.d/80.conf", "/dev/null");
	u = tree_load(t, "foo-bar@x.service");
	assert_int_equal(u->load_state, LOAD_LOADED);
	assert_int_equal(unit_list(u, K_Environment)->n, 5);
	assert_string_equal(unit_list(u, K_Environment)->v[0], "L=60");
	assert_string_equal(unit_list(u, K_Environment)->v[1], "B=template");
	assert_string_equal(unit_list(u, K_Environment)->v[2], "D=type");
	assert_string_equal(unit_list(u, K_Environment)->v[3], "A=instance");
	assert_string_equal(unit_list(u, K_Environment)->v[4], "C=prefix");
	assert_int_equal(u->files.n, 5);
	assert_int_equal(unit_setting(u, K_Environment)->source, SOURCE_DROPIN);
	assert_int_equal(unit_setting(u, K_Description)->source, SOURCE_FILE);
}

static void test_dropin_resets(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	tree_file(t, UNITS "a.service", SERVICE "MemoryMax=8M\n");
	tree_file(t, UNITS "a.service.d/x.conf",
		  "[Service]\nExecStart=\nExecStart=/bin/other\nMemoryMax=\n");
	u = tree_load(t, "a.service");
	assert_int_equal(unit_commands(u, K_ExecStart)->n, 1);
	assert_string_equal(unit_commands(u, K_ExecStart)->v[0].path, "/bin/other");
	assert_true(unit_u64(u, K_MemoryMax) == VALUE_INFINITY);
	assert_null(unit_setting(u, K_MemoryMax));
}

static void test_timeout_sec(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	tree_file(t, UNITS "a.service",
		  SERVICE "TimeoutStartSec=1\nTimeoutSec=5\nTimeoutStopSec=7\n");
	u = tree_load(t, "a.service");
	assert_int_equal(unit_u64(u, K_TimeoutStartSec), 5 * USEC_PER_SEC);
	assert_int_equal(unit_u64(u, K_TimeoutStopSec), 7 * USEC_PER_SEC);
}

static void test_templates(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	tree_file(t, UNITS "t@.service", "[Unit]\nDescription=%p %i %I\n" SERVICE);
	tree_file(t, UNITS "t@own.service", "[Unit]\nDescription=own\n" SERVICE);
	tree_link(t, UNITS "t@linked.service", "t@.service");
	u = tree_load(t, "t@a-b.service");
	assert_string_equal(u->id, "t@a-b.service");
	assert_string_equal(unit_str(u, K_Description), "t a-b a/b");
	assert_string_equal(unit_str(tree_load(t, "t@own.service"), K_Description), "own");
	u = tree_load(t, "t@linked.service");
	assert_string_equal(u->id, "t@linked.service");
	assert_string_equal(unit_str(u, K_Description), "t linked linked");
	assert_int_equal(unit_set_load(t->set, "t@.service"), -EINVAL);
}

static unsigned int count_aliases(const struct tree *t, const struct unit *u)
{
	unsigned int n = 0;
	uint32_t at = 0;

	while (unit_set_next_alias(t->set, u->index, &at))
		n++;
	return n;
}

static void test_aliases(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	tree_file(t, FOREIGN "real.service", SERVICE);
	tree_link(t, "/etc/systemd/system/alias.service", FOREIGN "real.service");
	tree_link(t, "/etc/systemd/system/second.service", "alias.service");
	tree_link(t, UNITS "default.target", "my.target");
	tree_file(t, UNITS "my.target", "[Unit]\nDescription=mine\n");
	u = tree_load(t, "second.service");
	assert_string_equal(u->id, "real.service");
	assert_int_equal(count_aliases(t, u), 1);
	assert_ptr_equal(tree_load(t, "alias.service"), u);
	assert_int_equal(count_aliases(t, u), 2);
	assert_ptr_equal(tree_load(t, "real.service"), u);
	assert_int_equal(unit_set_find(t->set, "alias.service"), (int)u->index);
	assert_string_equal(tree_load(t, "default.target")->id, "my.target");
}

static void test_alias_loop(void **state)
{
	struct tree *t = *state;

	tree_link(t, UNITS "a.service", "b.service");
	tree_link(t, UNITS "b.service", "a.service");
	assert_int_equal(tree_load(t, "a.service")->load_state, LOAD_ERROR);
	assert_true(tree_told(t, "a.service"));
}

static void test_masked(void **state)
{
	struct tree *t = *state;

	tree_link(t, UNITS "a.service", "/dev/null");
	tree_file(t, FOREIGN "a.service", SERVICE);
	tree_file(t, UNITS "b.service", "");
	assert_int_equal(tree_load(t, "a.service")->load_state, LOAD_MASKED);
	assert_int_equal(tree_load(t, "b.service")->load_state, LOAD_MASKED);
	assert_int_equal(t->n_told, 0);
}

static void test_odd_files(void **state)
{
	struct tree *t = *state;
	struct unit *u;

	assert_int_equal(mkdir(tree_path(t, UNITS "dir.service"), 0755), 0);
	assert_int_equal(mkfifo(tree_path(t, UNITS "fifo.service"), 0644), 0);
	tree_link(t, UNITS "dev.service", "/dev/zero");
	tree_link(t, UNITS "gone.service", "/nowhere");
	tree_file(t, UNITS "nul.service", "");
	tree_bytes(t, UNITS "nul.service", SERVICE "User=\0\n", sizeof(SERVICE "User=\0\n") - 1);
	tree_file(t, UNITS "broken.service", SERVICE "[Broken\n");
	assert_int_equal(tree_load(t, "dir.service")->load_state, LOAD_ERROR);
	u = tree_load(t, "fifo.service");
	assert_int_equal(u->load_state, LOAD_ERROR);
	assert_non_null(strstr(u->load_error, "not a regular file"));
	assert_int_equal(tree_load(t, "dev.service")->load_state, LOAD_ERROR);
	assert_int_equal(tree_load(t, "gone.service")->load_state, LOAD_ERROR);
	u = tree_load(t, "nul.service");
	assert_int_equal(u->load_state, LOAD_ERROR);
	assert_non_null(strstr(u->load_error, "nul.service:3: error: NUL byte"));
	assert_int_equal(tree_load(t, "broken.service")->load_state, LOAD_ERROR);
	assert_int_equal(tree_load(t, "missing.service")->load_state, LOAD_NOT_FOUND);
	assert_int_equal(unit_set_load(t->set, "no name"), -EINVAL);
	assert_int_equal(unit_set_load(t->set, "../../x.service"), -EINVAL);
}

static void test_large(void **state)
{
	struct tree *t = *state;
	size_t n = 10 << 20;
	char *text = malloc(n);
	struct unit *u;

	assert_non_null(text);
	memset(text, 'x', n);
	tree_bytes(t, UNITS "large.service", text, n);
	free(text);
	u = tree_load(t, "large.service");
	assert_int_equal(u->load_state, LOAD_ERROR);
	assert_non_null(strstr(u->load_error, "larger than 1 MiB"));
}

/* A file within its megabyte that asks for more than anybody can mean. */
static void test_many(void **state)
{
	static const char *const lines[] = { "Wants=u%u.target\n", "Environment=V%u=\n",
					     "ExecStartPre=/bin/p%u\n", "ReadOnlyPaths=/p%u\n" };
	static const char *const told[] = {
		"many0.service:4100: error: Wants: more than 4096 entries",
		"many1.service:4099: error: Environment: more than 4096 variables",
		"many2.service:4099: error: ExecStartPre: more than 4096 entries",
		"many3.service:4099: error: ReadOnlyPaths: more than 4096 entries",
	};
	struct tree *t = *state;

	for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
		size_t size = 1 << 20, n = 0;
		char *text = malloc(size), name[32], path[64];

		assert_non_null(text);
		n = (size_t)snprintf(text, size, SERVICE "%s", k == 0 ? "[Unit]\n" : "");
		for (unsigned int i = 0; i < 20000; i++) {
			/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) from the table above */
			n += (size_t)snprintf(text + n, size - n, lines[k], i);
		}
		snprintf(name, sizeof(name), "many%zu.service", k);
		snprintf(path, sizeof(path), UNITS "%s", name);
		tree_bytes(t, path, text, n);
		free(text);
		t->n_told = 0;
		assert_int_equal(tree_load(t, name)->load_state, LOAD_BAD_SETTING);
		assert_true(tree_told(t, told[k]));
		assert_in_range(t->n_told, 1, 51);
	}
}

/* The root cgroup has no such files: what is written for it holds nowhere. */
static void test_root_slice(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "slice.d/all.conf", "[Slice]\nTasksMax=1000\n");
	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "-.slice.d/fine.conf", "[Unit]\nDescription=x\n");
	tree_load(t, "a.service");
	assert_int_equal(t->n_told, 0);
	assert_int_equal(tree_load(t, "-.slice")->load_state, LOAD_LOADED);
}

static void test_root_slice_limits(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "-.slice.d/limit.conf", "[Slice]\nMemoryMax=1G\n");
	tree_file(t, FOREIGN "-.slice.d/weight.conf", "[Slice]\nCPUWeight=50\n");
	tree_file(t, UNITS "a.service", SERVICE);
	/* Not asked for by name: whoever starts anything is told. */
	assert_int_equal(tree_load(t, "a.service")->load_state, LOAD_LOADED);
	assert_true(tree_told(t, "-.slice.d/limit.conf:2: error: MemoryMax: nothing can limit"));
	assert_true(tree_told(t, "-.slice.d/weight.conf:2: warning: CPUWeight: nothing can"));
	assert_int_equal(tree_load(t, "-.slice")->load_state, LOAD_BAD_SETTING);
}

/* A link to itself, in each place where a drop-in is looked for. */
static void test_dropin_loops(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "b.service", SERVICE);
	tree_file(t, UNITS "c.service", SERVICE);
	tree_link(t, UNITS "a.service.d", "a.service.d");
	tree_file(t, UNITS "b.service.d/fine.conf", "[Service]\n");
	tree_link(t, UNITS "b.service.d/self.conf", "self.conf");
	tree_link(t, UNITS "c.service.d", ".");
	assert_int_equal(tree_load(t, "a.service")->load_state, LOAD_ERROR);
	assert_true(tree_told(t, "a.service.d: error: Symbolic link loop"));
	assert_int_equal(tree_load(t, "b.service")->load_state, LOAD_ERROR);
	assert_true(tree_told(t, "b.service.d/self.conf: error: Symbolic link loop"));
	assert_int_equal(tree_load(t, "c.service")->load_state, LOAD_LOADED);
}

static void test_invalid_utf8(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE "User=\xff\n");
	tree_file(t, FOREIGN "b.service", SERVICE "User=\xff\n");
	assert_int_equal(tree_load(t, "a.service")->load_state, LOAD_BAD_SETTING);
	assert_true(tree_told(t, "a.service:3: error: invalid UTF-8"));
	assert_int_equal(tree_load(t, "b.service")->load_state, LOAD_LOADED);
	assert_true(tree_told(t, "b.service:3: warning: invalid UTF-8"));
}

static void test_manager_settings(void **state)
{
	struct tree *t = *state;
	struct unit *conf, *broken;
	const struct unit *u;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "b.service", SERVICE "TasksMax=7\n");
	tree_file(t, FOREIGN "f.service", SERVICE);
	tree_file(t, "/etc/berth/system.conf",
		  "[Manager]\nDefaultIsolation=none\nDefaultTasksMax=99\nBridgeAddress=10.1.0.1/"
		  "24\n");
	assert_int_equal(settings_load_file(tree_path(t, "/etc/berth/system.conf"), SECTION_MANAGER,
					    &t->sink, NULL, &conf),
			 0);
	assert_true(unit_u64(conf, K_BridgeAddress) == ((uint64_t)0x0a010001 << 8 | 24));
	assert_int_equal(unit_u64(conf, K_DefaultTimeoutStopSec), 90 * USEC_PER_SEC);
	units_set_manager(conf);
	u = tree_load(t, "a.service");
	assert_int_equal(unit_u64(u, K_Isolation), ISOLATION_NONE);
	assert_int_equal(unit_u64(u, K_TasksMax), 99);
	assert_int_equal(unit_u64(tree_load(t, "b.service"), K_TasksMax), 7);
	assert_int_equal(unit_u64(tree_load(t, "f.service"), K_Isolation), ISOLATION_NONE);
	units_set_manager(NULL);
	unit_free(conf);
	tree_file(t, "/etc/berth/system.conf", "[Manager]\nDefaultIsolaton=full\n");
	assert_int_equal(settings_load_file(tree_path(t, "/etc/berth/system.conf"), SECTION_MANAGER,
					    &t->sink, NULL, &broken),
			 -EBADMSG);
	assert_null(broken);
	assert_true(tree_told(t, "system.conf:2: error: DefaultIsolaton: unknown key; did you mean "
				 "DefaultIsolation=?"));
	assert_int_equal(settings_load_file("/nowhere", SECTION_MANAGER, &t->sink, NULL, &broken),
			 -ENOENT);
}

static void test_network_file(void **state)
{
	struct tree *t = *state;
	struct unit *net;

	tree_file(t, "/etc/berth/network/eth.network",
		  "[Match]\nName=en* eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n");
	assert_int_equal(settings_load_file(tree_path(t, "/etc/berth/network/eth.network"),
					    SECTION_MATCH | SECTION_NETWORK, &t->sink, NULL, &net),
			 0);
	assert_int_equal(unit_list(net, K_MatchName)->n, 2);
	assert_string_equal(unit_list(net, K_Address)->v[0], "10.0.2.15/24");
	assert_int_equal(unit_u64(net, K_Gateway), 0x0a000202);
	unit_free(net);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_settings),
		TREE_TEST(test_defaults),
		TREE_TEST(test_bad_settings),
		TREE_TEST(test_tolerated),
		TREE_TEST(test_foreign),
		TREE_TEST(test_foreign_protection),
		TREE_TEST(test_foreign_command),
		TREE_TEST(test_precedence),
		TREE_TEST(test_dropins),
		TREE_TEST(test_dropin_resets),
		TREE_TEST(test_timeout_sec),
		TREE_TEST(test_templates),
		TREE_TEST(test_aliases),
		TREE_TEST(test_alias_loop),
		TREE_TEST(test_masked),
		TREE_TEST(test_odd_files),
		TREE_TEST(test_large),
		TREE_TEST(test_many),
		TREE_TEST(test_root_slice),
		TREE_TEST(test_root_slice_limits),
		TREE_TEST(test_dropin_loops),
		TREE_TEST(test_invalid_utf8),
		TREE_TEST(test_manager_settings),
		TREE_TEST(test_network_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
