/* SPDX-License-Identifier: MIT */
#include "units/keysdoc.h"

#include "lib/str.h"
#include "units/format.h"
#include "units/unit.h"
#include "units/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_each_key_is_found(void **state)
{
	(void)state;
	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);

		assert_non_null(info->name);
		assert_int_not_equal(info->sections, 0);
		for (uint32_t left = info->sections; left; left &= left - 1)
			assert_int_equal(key_find(left & -left, info->name), key);
	}
	assert_int_equal(key_find(SECTION_SERVICE, "Nonsense"), -1);
	assert_int_equal(key_find(SECTION_SERVICE, "execstart"), -1);
	assert_int_equal(key_find(SECTION_UNIT, "ExecStart"), -1);
}

static void test_same_name_in_sections(void **state)
{
	(void)state;
	assert_int_equal(key_find(SECTION_SERVICE, "Type"), K_Type);
	assert_int_equal(key_find(SECTION_MOUNT, "Type"), K_MountType);
	assert_int_equal(key_find(SECTION_TIMER, "Unit"), K_TimerUnit);
	assert_int_equal(key_find(SECTION_PATH, "Unit"), K_PathUnit);
	assert_int_equal(key_find(SECTION_SERVICE, "TimeoutSec"), K_TimeoutSec);
	assert_int_equal(key_find(SECTION_SWAP, "TimeoutSec"), K_JobTimeout);
}

static void test_aliases(void **state)
{
	(void)state;
	assert_int_equal(key_find(SECTION_SERVICE, "MemoryLimit"), K_MemoryMax);
	assert_int_equal(key_find(SECTION_SERVICE, "StartLimitBurst"), K_StartLimitBurst);
	assert_int_equal(key_find(SECTION_SERVICE, "ReadWriteDirectories"), K_ReadWritePaths);
}

static void test_rows_are_complete(void **state)
{
	(void)state;
	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);

		/* The user gets to read why; an enforced row names who does it. */
		if (info->status == KEY_ENFORCED)
			assert_string_not_equal(key_used((enum key)key), "");
		else
			assert_non_null(info->reason);
		assert_true((info->kind == KIND_ENUM || info->kind == KIND_BITS ||
			     info->kind == KIND_STDIO) == (info->names != NULL));
		assert_string_not_equal(key_doc((enum key)key), "");
		if (info->kind == KIND_INT || info->kind == KIND_UINT)
			assert_true(info->max > info->min);
		if (info->manager)
			assert_int_equal(key_info((enum key)info->manager)->sections,
					 SECTION_MANAGER);
	}
}

/* A default is a value of its own kind: written down and read again it is the same. */
static void test_defaults_can_be_written(void **state)
{
	struct specifiers sp = { .root = "" };
	struct arena arena = { 0 };
	char text[128];

	(void)state;
	for (unsigned int key = 0; key < K_COUNT; key++) {
		const struct key_info *info = key_info((enum key)key);
		struct value_context c = { .arena = &arena, .sp = &sp };
		struct draft_setting d = { .u = 12345 };

		if (!kind_is_number((enum key_kind)info->kind) ||
		    key_default_format((enum key)key, text, sizeof(text)) == 0)
			continue;
		/* 0 is no limit for a few that can only be set to something. */
		if (info->def == 0 && (info->kind == KIND_UINT || info->kind == KIND_COUNT))
			continue;
		assert_int_equal(value_assign(&c, info, &d, text), 0);
		assert_true(d.u == info->def);
		if (info->manager)
			assert_true(key_info((enum key)info->manager)->def == info->def);
	}
	arena_free(&arena);
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(key_nearest(SECTION_SERVICE, "Restrat"), "Restart");
	assert_string_equal(key_nearest(SECTION_SERVICE, "execstart"), "ExecStart");
	assert_string_equal(key_nearest(SECTION_UNIT, "Want"), "Wants");
	assert_null(key_nearest(SECTION_SERVICE, "Zzzzzzzzzzzzzzzz"));
	assert_int_equal(key_sections_of("ExecStart"), SECTION_SERVICE);
	assert_int_equal(key_sections_of("Nonsense"), 0);
}

static void test_sections(void **state)
{
	(void)state;
	assert_int_equal(section_by_name("Service"), SECTION_SERVICE);
	assert_int_equal(section_by_name("service"), 0);
	assert_string_equal(section_name(SECTION_AUTOMOUNT), "Automount");
	assert_string_equal(section_name(SECTION_UNIT | SECTION_SERVICE), "Unit");
}

static void test_explain(void **state)
{
	char text[1024], small[16];

	(void)state;
	key_explain(K_MemoryMax, text, sizeof(text));
	assert_non_null(strstr(text, "MemoryMax=\n"));
	assert_non_null(strstr(text, "default: infinity"));
	assert_non_null(strstr(text, "default from system.conf: DefaultMemoryMax"));
	assert_non_null(strstr(text, "status: enforced"));
	key_explain(K_SELinuxContext, text, sizeof(text));
	assert_non_null(strstr(text, "reason: "));
	key_explain(K_ProtectSystem, text, sizeof(text));
	assert_non_null(strstr(text, "strict"));
	assert_true(key_explain(K_MemoryMax, small, sizeof(small)) < sizeof(small));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_key_is_found),
		cmocka_unit_test(test_same_name_in_sections),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_defaults_can_be_written),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
