/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "units/install_state.h"
#include "units/preset.h"

#define UNITS	"/etc/berth/units/"
#define FOREIGN "/usr/lib/systemd/system/"
#define SERVICE "[Service]\nExecStart=/bin/true\n"

/* One visit to the tree's files; what it changes and says goes into a log of lines. */
struct visit {
	struct install install;
	struct diag_sink sink;
	char log[4096];
};

static void on_diag(struct diag_sink *sink, const struct diag *diag)
{
	struct visit *v = (struct visit *)((char *)sink - offsetof(struct visit, sink));
	size_t n = strlen(v->log);

	snprintf(v->log + n, sizeof(v->log) - n, "%s: %s\n",
		 diag->level == DIAG_ERROR ? "error" : "note", diag->text);
}

static void on_change(struct install *in, const char *path, const char *target)
{
	struct visit *v = (struct visit *)in;
	size_t n = strlen(v->log);

	snprintf(v->log + n, sizeof(v->log) - n, "%s %s\n", path, target ? target : "gone");
}

static struct visit *visit(const struct tree *t)
{
	static struct visit v;

	v = (struct visit){ .sink = { on_diag } };
	v.install.root = t->root;
	v.install.sink = &v.sink;
	v.install.changed = on_change;
	return &v;
}

typedef int install_fn(struct install *in, const char *name);

static int act_as(struct visit *v, install_fn *fn, const char *name)
{
	int r;

	assert_int_equal(install_open(&v->install), 0);
	r = fn(&v->install, name);
	install_close(&v->install);
	return r;
}

static int act(const struct tree *t, install_fn *fn, const char *name)
{
	return act_as(visit(t), fn, name);
}

static const char *state(const struct tree *t, const char *name)
{
	struct visit *v = visit(t);
	enum install_state s;

	assert_int_equal(install_open(&v->install), 0);
	s = install_state(&v->install, name);
	install_close(&v->install);
	return install_state_name(s);
}

static bool is_there(const struct tree *t, const char *path)
{
	struct stat st;

	return lstat(tree_path(t, path), &st) == 0;
}

static const char *target_of(const struct tree *t, const char *path)
{
	static char target[256];
	ssize_t n = readlink(tree_path(t, path), target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = '\0';
	return target;
}

static void test_enable_and_disable(void **state_)
{
	struct tree *t = *state_;

	tree_file(t, UNITS "a.service",
		  SERVICE
		  "[Install]\nWantedBy=multi-user.target\nAlias=w.service\nAlso=b.service\n");
	tree_file(t, FOREIGN "b.service",
		  SERVICE "[Install]\nRequiredBy=x.target\nWantedBy=dev-sda.device\n");
	assert_string_equal(state(t, "a.service"), "disabled");
	assert_int_equal(act(t, install_enable, "a.service"), 0);
	assert_string_equal(target_of(t, UNITS "multi-user.target.wants/a.service"),
			    UNITS "a.service");
	assert_string_equal(target_of(t, UNITS "w.service"), UNITS "a.service");
	/* foreign units are enabled where berth's own are */
	assert_string_equal(target_of(t, UNITS "x.target.requires/b.service"), FOREIGN "b.service");
	assert_string_equal(target_of(t, UNITS "dev-sda.device.wants/b.service"),
			    FOREIGN "b.service");
	assert_string_equal(state(t, "a.service"), "enabled");
	assert_string_equal(state(t, "b.service"), "enabled");
	assert_string_equal(state(t, "w.service"), "alias");
	/* again: nothing to change */
	assert_int_equal(act(t, install_enable, "a.service"), 0);
	assert_string_equal(visit(t)->log, "");
	tree_load(t, "multi-user.target");
	assert_non_null(tree_edge(t, "multi-user.target", DEP_WANTS, "a.service"));

	assert_int_equal(act(t, install_disable, "w.service"), 0);
	assert_false(is_there(t, UNITS "multi-user.target.wants"));
	assert_false(is_there(t, UNITS "w.service"));
	assert_false(is_there(t, UNITS "x.target.requires"));
	assert_true(is_there(t, UNITS "a.service"));
	assert_string_equal(state(t, "b.service"), "disabled");
}

static void test_templates(void **state_)
{
	struct tree *t = *state_;

	tree_file(t, UNITS "t@.service",
		  SERVICE "[Install]\nDefaultInstance=one\nWantedBy=on@%i.target\n");
	tree_file(t, UNITS "none@.service", SERVICE "[Install]\nWantedBy=multi-user.target\n");
	assert_int_equal(act(t, install_enable, "t@.service"), 0);
	assert_int_equal(act(t, install_enable, "t@two.service"), 0);
	assert_string_equal(target_of(t, UNITS "on@one.target.wants/t@one.service"),
			    UNITS "t@.service");
	assert_string_equal(target_of(t, UNITS "on@two.target.wants/t@two.service"),
			    UNITS "t@.service");
	assert_string_equal(state(t, "t@.service"), "enabled");
	assert_string_equal(state(t, "t@two.service"), "enabled");
	assert_string_equal(state(t, "t@three.service"), "disabled");
	assert_int_equal(act(t, install_disable, "t@one.service"), 0);
	assert_false(is_there(t, UNITS "on@one.target.wants/t@one.service"));
	assert_true(is_there(t, UNITS "on@two.target.wants/t@two.service"));
	assert_string_equal(state(t, "t@.service"), "disabled");
	/* the template takes its instances along */
	assert_int_equal(act(t, install_disable, "t@.service"), 0);
	assert_false(is_there(t, UNITS "on@two.target.wants/t@two.service"));
	/* nothing to enable without an instance */
	assert_int_equal(act(t, install_enable, "none@.service"), 0);
	assert_false(is_there(t, UNITS "multi-user.target.wants"));
}

static void test_mask(void **state_)
{
	struct tree *t = *state_;
	struct visit *v;

	tree_file(t, UNITS "own.service", SERVICE);
	tree_file(t, FOREIGN "b.service", SERVICE "[Install]\nWantedBy=multi-user.target\n");
	tree_link(t, FOREIGN "shipped.service", "/dev/null");
	assert_int_equal(act(t, install_mask, "b.service"), 0);
	assert_string_equal(target_of(t, UNITS "b.service"), "/dev/null");
	assert_string_equal(state(t, "b.service"), "masked");
	assert_int_equal(tree_load(t, "b.service")->load_state, LOAD_MASKED);
	assert_int_equal(act(t, install_enable, "b.service"), -ERFKILL);
	/* disabling is not unmasking */
	act(t, install_disable, "b.service");
	assert_string_equal(state(t, "b.service"), "masked");
	assert_int_equal(act(t, install_unmask, "b.service"), 0);
	assert_string_equal(state(t, "b.service"), "disabled");
	/* a file is in the way, and stays */
	assert_int_equal(act(t, install_mask, "own.service"), -EEXIST);
	assert_string_equal(state(t, "own.service"), "static");
	assert_string_equal(state(t, "shipped.service"), "masked");
	assert_int_equal(act(t, install_unmask, "shipped.service"), -EPERM);
	v = visit(t);
	v->install.runtime = true;
	assert_int_equal(act_as(v, install_mask, "b.service"), 0);
	assert_string_equal(state(t, "b.service"), "masked-runtime");
	v = visit(t);
	assert_int_equal(act_as(v, install_mask, "none.service"), 0);
	assert_non_null(strstr(v->log, "does not exist"));
}

static void test_refused(void **state_)
{
	struct tree *t = *state_;
	struct visit *v;

	assert_int_equal(act(t, install_enable, "none.service"), -ENOENT);
	assert_int_equal(act(t, install_disable, "none.service"), -ENOENT);
	assert_int_equal(act(t, install_mask, "../x.service"), -EINVAL);
	assert_string_equal(state(t, "none.service"), "not-found");
	tree_file(t, UNITS "bad.service", SERVICE "[Install]\nWantedBy=../../etc\n");
	assert_int_equal(act(t, install_enable, "bad.service"), -EINVAL);
	tree_file(t, UNITS "spec.service", SERVICE "[Install]\nWantedBy=%q.target\n");
	assert_int_equal(act(t, install_enable, "spec.service"), -EBADMSG);
	tree_file(t, UNITS "type.service", SERVICE "[Install]\nAlias=type.target\n");
	assert_int_equal(act(t, install_enable, "type.service"), -EINVAL);
	tree_file(t, UNITS "taken.service", SERVICE "[Install]\nAlias=other.service\n");
	tree_link(t, UNITS "other.service", "/elsewhere/that.service");
	assert_int_equal(act(t, install_enable, "taken.service"), -EEXIST);
	v = visit(t);
	v->install.force = true;
	assert_int_equal(act_as(v, install_enable, "taken.service"), 0);
	assert_string_equal(target_of(t, UNITS "other.service"), UNITS "taken.service");
	/* a unit that cannot be started can be enabled: whoever mends it does not want to do it again */
	tree_file(t, UNITS "wrong.service",
		  "[Service]\nNonsense=1\n[Install]\nWantedBy=multi-user.target\n");
	assert_int_equal(act(t, install_enable, "wrong.service"), 0);
}

/* A link in an image must not lead the build host's files to be written. */
static void test_stays_in_root(void **state_)
{
	struct tree *t = *state_;
	char outside[128];

	tree_file(t, FOREIGN "b.service", SERVICE "[Install]\nWantedBy=multi-user.target\n");
	tree_file(t, "/outside/keep", "");
	snprintf(outside, sizeof(outside), "%s/outside", t->root);
	tree_link(t, "/etc/berth", outside);
	assert_true(act(t, install_enable, "b.service") < 0);
	assert_false(is_there(t, "/outside/units"));
}

static void test_gone(void **state_)
{
	struct tree *t = *state_;

	/* the package was removed, its links were not */
	tree_link(t, "/etc/systemd/system/multi-user.target.wants/old.service",
		  FOREIGN "old.service");
	tree_file(t, FOREIGN "b.service", SERVICE "[Install]\nWantedBy=multi-user.target\n");
	tree_link(t, "/etc/systemd/system/multi-user.target.wants/b.service", FOREIGN "b.service");
	assert_string_equal(state(t, "b.service"), "enabled");
	assert_int_equal(act(t, install_disable, "old.service"), 0);
	assert_int_equal(act(t, install_disable, "b.service"), 0);
	assert_false(is_there(t, "/etc/systemd/system/multi-user.target.wants"));
	/* links by an alias go with the alias, whichever is found first */
	tree_link(t, UNITS "w.service", FOREIGN "b.service");
	for (int i = 0; i < 9; i++) {
		char link[64];

		snprintf(link, sizeof(link), UNITS "%d.target.wants/w.service", i);
		tree_link(t, link, "../w.service");
	}
	assert_int_equal(act(t, install_disable, "b.service"), 0);
	assert_false(is_there(t, UNITS "0.target.wants"));
	assert_false(is_there(t, UNITS "8.target.wants"));
}

static char preset_of(const struct presets *p, const char *name)
{
	const struct preset_rule *rule = presets_find(p, name);

	return "edi-"[rule ? rule->action : 3];
}

static void test_presets(void **state_)
{
	struct tree *t = *state_;
	struct visit *v = visit(t);
	struct presets p;

	tree_file(t, "/usr/lib/systemd/system-preset/90-vendor.preset",
		  "# comment\n\nenable ssh*.service\nenable t@.service one two\ndisable *\r\n");
	tree_file(t, "/etc/berth/preset/10-own.preset", "ignore odd.service\n ;x\nenable web.*\n");
	/* the one in /etc takes the place of the vendor's, all of it */
	tree_file(t, "/usr/lib/systemd/system-preset/50-x.preset", "enable *\n");
	tree_link(t, "/etc/berth/preset/50-x.preset", "/dev/null");
	tree_file(t, "/etc/berth/preset/60-bad.preset",
		  "enabel x\nenable\ndisable a b\nenable late.service");
	assert_int_equal(presets_read(&p, t->root, &v->sink), 0);
	assert_int_equal(preset_of(&p, "sshd.service"), 'e');
	assert_int_equal(preset_of(&p, "odd.service"), 'i');
	assert_int_equal(preset_of(&p, "web.socket"), 'e');
	assert_int_equal(preset_of(&p, "late.service"), 'e');
	assert_int_equal(preset_of(&p, "other.service"), 'd');
	assert_int_equal(preset_of(&p, "t@.service"), 'e');
	assert_string_equal(presets_find(&p, "t@.service")->instances[1], "two");
	assert_null(presets_find(&p, "t@.service")->instances[2]);
	assert_int_equal(preset_of(&p, "t@one.service"), 'e');
	assert_int_equal(preset_of(&p, "t@three.service"), 'd');
	presets_free(&p);
	/* three bad lines were told, the good ones between them count */
	assert_string_equal(v->log,
			    "error: not \"enable\", \"disable\" or \"ignore\" with a pattern\n"
			    "error: not \"enable\", \"disable\" or \"ignore\" with a pattern\n"
			    "error: not \"enable\", \"disable\" or \"ignore\" with a pattern\n");
	assert_int_equal(presets_read(&p, "/nowhere/at/all", &v->sink), 0);
	assert_int_equal(preset_of(&p, "x.service"), '-');
	presets_free(&p);
}

/* rootfs/add-units does the same in shell, for images that are put together without berthctl. */
static void test_like_add_units(void **state_)
{
	static const char *const names[] = { "a.service", "b.service", "t@.service", "n.service" };
	struct tree *t = *state_;
	char command[1024];

	tree_file(t, "/units/a.service",
		  "# [Install]\n" SERVICE "[Install]\nWantedBy=multi-user.target \\\n  two.target\n"
		  "Alias=w.service %p-x.service\nWantedBy=three@%N.target\n");
	tree_file(t, "/units/b.service",
		  SERVICE "[Install]\nWantedBy=no.target\nWantedBy=\nRequiredBy=x.target\n");
	tree_file(t, "/units/b.service.d/more.conf", "[Install]\nWantedBy=dropin.target\n");
	tree_file(t, "/units/t@.service",
		  SERVICE
		  "[Install]\nDefaultInstance=one\nWantedBy=on@%i.target\nAlias=u@.service\n");
	tree_file(t, "/units/n.service", SERVICE);
	snprintf(command, sizeof(command),
		 "cd %s && mkdir -p one two/etc/berth/units && cp -r units/. two/etc/berth/units",
		 t->root);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "rootfs/add-units %s/one %s/units", t->root, t->root);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct visit *v = visit(t);
		char root[128];

		snprintf(root, sizeof(root), "%s/two", t->root);
		v->install.root = root;
		assert_int_equal(act_as(v, install_enable, names[i]), 0);
	}
	snprintf(command, sizeof(command),
		 "cd %s && for d in one two; do (cd $d && find . -printf '%%p %%l\\n' | sort) "
		 ">$d.list; done; "
		 "grep -q t@one.service one.list && diff one.list two.list",
		 t->root);
	assert_int_equal(system(command), 0);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_enable_and_disable),
		TREE_TEST(test_templates),
		TREE_TEST(test_mask),
		TREE_TEST(test_refused),
		TREE_TEST(test_stays_in_root),
		TREE_TEST(test_gone),
		TREE_TEST(test_like_add_units),
		TREE_TEST(test_presets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
