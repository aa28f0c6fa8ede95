/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "ctl/security.h"

#define UNITS	"/etc/berth/units/"
#define FOREIGN "/usr/lib/systemd/system/"
#define START	"[Service]\nExecStart=/bin/true\n"

static const struct unit *load(struct tree *t, const char *dir, const char *text)
{
	static unsigned int n;
	char path[64], name[32];

	snprintf(name, sizeof(name), "u%u.service", n++);
	snprintf(path, sizeof(path), "%s%s", dir, name);
	tree_file(t, path, text);
	tree_load(t, name);
	return unit_set_at(t->set, (uint32_t)unit_set_find(t->set, name));
}

/*
 * Figures of `systemd-analyze security --offline=true` of systemd 252, in tenths. (Offline it does not
 * know that PrivateTmp= and its kin imply PrivateMounts=, hence that is written.)
 */
static void test_as_systemd(void **state)
{
	static const struct {
		const char *text;
		unsigned int exposure;
	} units[] = {
		{ START, 96 },
		{ START
		  "PrivateTmp=yes\nPrivateMounts=yes\nProtectSystem=full\nNoNewPrivileges=yes\n",
		  89 },
		{ START
		  "User=daemon\nUMask=0077\nRestrictRealtime=yes\nRestrictNamespaces=user mnt\n",
		  87 },
		{ START "CapabilityBoundingSet=CAP_NET_BIND_SERVICE "
			"CAP_KILL\nRestrictAddressFamilies=AF_INET "
			"AF_UNIX\nSystemCallArchitectures=native\n",
		  66 },
		{ START "RestrictAddressFamilies=~AF_PACKET\nSystemCallFilter=@system-"
			"service\nSystemCallFilter=~@privileged "
			"@resources\nProtectHome=tmpfs\nPrivateMounts=yes\n",
		  75 },
		{ START "SystemCallFilter=~@mount @module "
			"@clock\nRestrictNamespaces=yes\nProtectProc=noaccess\nProcSubset="
			"pid\nKeyringMode=shared\n",
		  84 },
		{ START "User=nobody\nSupplementaryGroups=daemon\nProtectSystem="
			"strict\nPrivateMounts=yes\nLockPersonality=yes\nMemoryDenyWriteExecute="
			"yes\nRestrictSUIDSGID=yes\nPrivateNetwork=yes\n",
		  85 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const struct unit *u = load(*state, FOREIGN, units[i].text);

		assert_int_equal(u->load_state, LOAD_LOADED);
		assert_int_equal(security_exposure(u), units[i].exposure);
	}
}

static void test_profiles(void **state)
{
	const struct unit *none = load(*state, UNITS, START "[Container]\nIsolation=none\n");
	const struct unit *standard = load(*state, UNITS, START);
	const struct unit *full = load(*state, UNITS, START "[Container]\nIsolation=full\n");

	assert_int_equal(security_exposure(none), 96);
	assert_true(security_exposure(standard) <= 20);
	assert_string_equal(security_word(security_exposure(standard)), "OK");
	assert_true(security_exposure(full) <= 5);
	assert_string_equal(security_word(security_exposure(full)), "SAFE");
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(security_word(100), "DANGEROUS");
	assert_string_equal(security_word(96), "UNSAFE");
	assert_string_equal(security_word(89), "EXPOSED");
	assert_string_equal(security_word(50), "MEDIUM");
	assert_string_equal(security_word(49), "OK");
	assert_string_equal(security_word(9), "SAFE");
	assert_string_equal(security_word(0), "PERFECT");
}

/* Each question's share is what the exposure falls by when it is answered well. */
static void test_findings(void **state)
{
	const struct unit *u = load(*state, UNITS, START);
	struct security_finding f;
	unsigned int n = 0, root = 0;

	for (; security_find(u, n, &f); n++) {
		assert_true(f.bad <= f.range);
		assert_true(f.weight > 0);
		root += str_eq(f.name, "User=/DynamicUser=") && f.bad == 10;
	}
	assert_int_equal(root, 1);
	assert_true(n > 70);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_as_systemd),
		TREE_TEST(test_profiles),
		TREE_TEST(test_words),
		TREE_TEST(test_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
