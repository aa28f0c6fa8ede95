/* SPDX-License-Identifier: MIT */
#include "units/values.h"

#include "lib/clock.h"
#include "lib/str.h"
#include "units/format.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static const struct specifiers specifiers = { .root = "", .unit = "web@x-y.service" };
static struct value_context context;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static int assign(enum key key, struct draft_setting *d, const char *text)
{
	context = (struct value_context){ .arena = &arena, .sp = &specifiers };
	return value_assign(&context, key_info(key), d, text);
}

static uint64_t number(enum key key, const char *text)
{
	struct draft_setting d = { 0 };

	assert_int_equal(assign(key, &d, text), 0);
	return d.u;
}

static void bad(enum key key, const char *text, int err)
{
	struct draft_setting d = { .u = 77 };

	assert_int_equal(assign(key, &d, text), -err);
	assert_non_null(context.why);
	assert_int_equal(d.u, 77); /* the previous value is kept */
}

static const char *list(const struct draft_setting *d)
{
	static char out[512];
	struct strbuf b = STRBUF_INIT(out);
	const char *const *v = d->list.v;

	out[0] = '\0';
	for (uint32_t i = 0; i < d->list.n; i++) {
		strbuf_put(&b, i ? "|" : "");
		strbuf_put(&b, v[i]);
	}
	return out;
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(number(K_RemainAfterExit, "TRUE"), 1);
	bad(K_RemainAfterExit, "maybe", EINVAL);
	assert_int_equal((int64_t)number(K_Nice, "-5"), -5);
	bad(K_Nice, "20", ERANGE);
	bad(K_Nice, "x", EINVAL);
	assert_int_equal(number(K_StartLimitBurst, "3"), 3);
	bad(K_StartLimitBurst, "-1", EINVAL);
	assert_int_equal(number(K_UMask, "077"), 077);
	assert_int_equal(number(K_UMask, "77"), 077);
	bad(K_UMask, "89", EINVAL);
	assert_int_equal(number(K_KillSignal, "SIGINT"), 2);
	assert_int_equal(number(K_KillSignal, "INT"), 2);
	bad(K_KillSignal, "SIGNONE", EINVAL);
}

static void test_offsets(void **state)
{
	struct draft_setting d = { 0 };
	char text[64];

	(void)state;
	assert_int_equal(number(K_TimeNamespaceBoottimeOffset, "10s"), 10 * USEC_PER_SEC);
	assert_int_equal(number(K_TimeNamespaceBoottimeOffset, "+10"), 10 * USEC_PER_SEC);
	assert_int_equal(number(K_TimeNamespaceBoottimeOffset, "-1min 5ms"), (uint64_t)-60005000);
	bad(K_TimeNamespaceBoottimeOffset, "infinity", ERANGE);
	bad(K_TimeNamespaceBoottimeOffset, "-1us", EINVAL);
	bad(K_TimeNamespaceBoottimeOffset, "--1s", ERANGE);
	bad(K_TimeNamespaceBoottimeOffset, "-", EINVAL);
	bad(K_RestartSec, "-1s", ERANGE);
	assert_int_equal(assign(K_TimeNamespaceBoottimeOffset, &d, "-1h 30s"), 0);
	value_format(key_info(K_TimeNamespaceBoottimeOffset), (union value){ .u = d.u }, text,
		     sizeof(text));
	assert_string_equal(text, "-1h 30s");
}

static void test_spans(void **state)
{
	(void)state;
	assert_int_equal(number(K_RestartSec, "0"), 0);
	assert_int_equal(number(K_RestartSec, "2"), 2 * USEC_PER_SEC);
	assert_int_equal(number(K_RestartSec, "5min 20s"), 320 * USEC_PER_SEC);
	assert_int_equal(number(K_RestartSec, "100ms"), USEC_PER_SEC / 10);
	/* 0 is "for ever" only where systemd.service(5) says so */
	assert_true(number(K_TimeoutStopSec, "0") == USEC_INFINITY);
	assert_true(number(K_TimeoutStopSec, "infinity") == USEC_INFINITY);
	bad(K_RestartSec, "soon", EINVAL);
}

static void test_resources(void **state)
{
	(void)state;
	assert_int_equal(number(K_MemoryMax, "32M"), 32 << 20);
	assert_true(number(K_MemoryMax, "infinity") == VALUE_INFINITY);
	assert_true(number(K_MemoryMax, "12.5%") == (VALUE_PERCENT | 1250));
	assert_true(value_resolve(VALUE_PERCENT | 5000, 1001) == 500);
	assert_true(value_resolve(VALUE_PERCENT | 1500, UINT64_MAX / 2) > UINT64_MAX / 14);
	assert_true(value_resolve(77, 1000) == 77);
	assert_false(value_is_percent(VALUE_INFINITY));
	assert_int_equal(number(K_TasksMax, "16"), 16);
	assert_true(number(K_TasksMax, "50%") == (VALUE_PERCENT | 5000));
	bad(K_TasksMax, "0", ERANGE);
	assert_int_equal(number(K_CPUQuota, "150%"), 15000);
	bad(K_CPUQuota, "0%", ERANGE);
	bad(K_CPUQuota, "50", EINVAL);
	assert_int_equal(number(K_CPUWeight, "idle"), 0);
	assert_int_equal(number(K_CPUWeight, "10000"), 10000);
	bad(K_CPUWeight, "10001", ERANGE);
	assert_int_equal(number(K_RestartJitter, "20"), 20);
	assert_int_equal(number(K_RestartJitter, "20%"), 20);
	bad(K_RestartJitter, "101%", ERANGE);
	bad(K_RestartJitter, "1.5%", ERANGE);
	bad(K_RestartSteps, "5%", EINVAL);
	bad(K_IOWeight, "idle", EINVAL);
}

static void test_bits(void **state)
{
	struct draft_setting d = { 0 };
	const uint64_t all = key_info(K_CapabilityBoundingSet)->def;

	(void)state;
	assert_int_equal(number(K_CapabilityBoundingSet, "CAP_CHOWN cap_kill"), 1 | 1 << 5);
	assert_true(number(K_CapabilityBoundingSet, "~CAP_CHOWN") == (all & ~(uint64_t)1));
	assert_true(number(K_CapabilityBoundingSet, "~") == all);
	assert_int_equal(number(K_CapabilityBoundingSet, ""), 0);
	bad(K_CapabilityBoundingSet, "CAP_FLY", EINVAL);
	/* further lines add, or take away */
	assert_int_equal(assign(K_AmbientCapabilities, &d, "CAP_CHOWN"), 0);
	d.line = 1;
	assert_int_equal(assign(K_AmbientCapabilities, &d, "CAP_KILL CAP_SETUID"), 0);
	assert_int_equal(d.u, 1 | 1 << 5 | 1 << 7);
	assert_int_equal(assign(K_AmbientCapabilities, &d, "~CAP_KILL"), 0);
	assert_int_equal(d.u, 1 | 1 << 7);
	assert_int_equal(assign(K_AmbientCapabilities, &d, ""), 0);
	assert_int_equal(d.u, 0);
	assert_int_equal(number(K_SecureBits, "noroot keep-caps-locked"), 1 | 1 << 5);
	bad(K_SecureBits, "~noroot", EINVAL);
	assert_int_equal(number(K_CoredumpFilter, "default 0x100"), 0x133);
	assert_true(number(K_CoredumpFilter, "all") == UINT64_MAX);
	bad(K_CoredumpFilter, "nothing", EINVAL);
}

static void test_cpus(void **state)
{
	struct draft_setting d = { 0 };
	const struct cpu_set_value *set;

	(void)state;
	assert_int_equal(assign(K_CPUAffinity, &d, "0-3,7 1023"), 0);
	assert_int_equal(assign(K_CPUAffinity, &d, "64"), 0);
	set = d.p;
	assert_int_equal(set->bits[0], 0x8f);
	assert_int_equal(set->bits[1], 1);
	assert_true(cpu_set_has(set, 1023));
	assert_false(cpu_set_has(set, 4));
	for (size_t i = 0; i < 5; i++) {
		static const char *const wrong[] = { "1024", "3-1", "x", "1-", "-1" };

		assert_int_equal(assign(K_CPUAffinity, &d, wrong[i]), -EINVAL);
		assert_ptr_equal(d.p, set);
	}
}

static void test_nanoseconds(void **state)
{
	(void)state;
	assert_int_equal(number(K_TimerSlackNSec, "50000"), 50000);
	assert_int_equal(number(K_TimerSlackNSec, "70ns"), 70);
	assert_int_equal(number(K_TimerSlackNSec, "3us"), 3000);
	assert_int_equal(number(K_TimerSlackNSec, "1ms 5us"), 1005000);
	bad(K_TimerSlackNSec, "0", ERANGE);
	bad(K_TimerSlackNSec, "2h", ERANGE);
	bad(K_TimerSlackNSec, "soon", EINVAL);
}

static void test_words_of_lists(void **state)
{
	(void)state;
	assert_int_equal(number(K_Type, "notify"), TYPE_NOTIFY);
	assert_int_equal(number(K_Restart, "on-oom"), RESTART_ON_OOM);
	bad(K_Restart, "sometimes", EINVAL);
	assert_non_null(strstr(context.why, "on-failure"));
	/* known, but not carried out: the reason is told */
	bad(K_FailureAction, "kexec", EOPNOTSUPP);
	assert_non_null(strstr(context.why, "not carried out"));
	assert_int_equal(number(K_ProtectSystem, "true"), PROTECT_SYSTEM_YES);
	assert_int_equal(number(K_ProtectSystem, "0"), PROTECT_SYSTEM_NO);
	assert_int_equal(number(K_ProtectSystem, "strict"), PROTECT_SYSTEM_STRICT);
	bad(K_Type, "yes", EINVAL);
}

static void test_addresses(void **state)
{
	(void)state;
	assert_int_equal(number(K_IP, "10.90.0.7"), 0x0a5a0007);
	bad(K_IP, "10.90.0", EINVAL);
	assert_true(number(K_BridgeAddress, "10.90.0.1/16") == ((uint64_t)0x0a5a0001 << 8 | 16));
}

static const char *string(enum key key, const char *text)
{
	struct draft_setting d = { 0 };

	return assign(key, &d, text) == 0 ? d.s : NULL;
}

static void test_strings(void **state)
{
	(void)state;
	assert_string_equal(string(K_Description, "a %i 100%"), "a x-y 100%");
	assert_null(string(K_Description, "%Q"));
	assert_string_equal(string(K_User, "www-data"), "www-data");
	assert_string_equal(string(K_User, "1000"), "1000");
	assert_null(string(K_User, "a:b"));
	assert_null(string(K_User, "../x"));
	assert_string_equal(string(K_WorkingDirectory, "-~"), "-~");
	assert_string_equal(string(K_WorkingDirectory, "-/srv//x/./"), "-/srv/x");
	assert_null(string(K_WorkingDirectory, "srv"));
	assert_string_equal(string(K_PIDFile, "x.pid"), "/run/x.pid");
	assert_string_equal(string(K_PIDFile, "/run/x.pid"), "/run/x.pid");
	assert_null(string(K_PIDFile, "/run/../etc/x"));
}

static void test_bound_paths(void **state)
{
	struct draft_setting d = { 0 };

	(void)state;
	assert_int_equal(assign(K_BindPaths, &d, "/a//b -/c/:/d/ /e:/%i:norbind"), 0);
	assert_string_equal(list(&d), "/a/b:/a/b:rbind|-/c:/d:rbind|/e:/x-y:norbind");
	assert_int_equal(assign(K_BindPaths, &d, ""), 0);
	assert_int_equal(d.list.n, 0);
	assert_int_equal(assign(K_BindPaths, &d, "/a:b"), -EINVAL);
	assert_int_equal(assign(K_BindPaths, &d, "/a:-/b"), -EINVAL);
	assert_int_equal(assign(K_BindPaths, &d, "/a:/../b"), -EINVAL);
	assert_int_equal(assign(K_BindPaths, &d, "/a:/b:ro"), -EINVAL);
	assert_int_equal(assign(K_BindPaths, &d, "/a:/b:rbind:/c"), -EINVAL);
	assert_int_equal(assign(K_BindPaths, &d, ":/c"), -EINVAL);
	assert_int_equal(d.list.n, 0);
	assert_int_equal(assign(K_BindPaths, &d, "/a\\:b:/c\\:"), 0);
	assert_string_equal(list(&d), "/a\\:b:/c\\::rbind");
	d = (struct draft_setting){ 0 };
	assert_int_equal(assign(K_StateDirectory, &d, "a:b/%i c"), 0);
	assert_string_equal(list(&d), "a:b/x-y|c");
	assert_int_equal(assign(K_StateDirectory, &d, "a:b:c"), -EINVAL);
	assert_int_equal(assign(K_StateDirectory, &d, "a:/b"), -EINVAL);
	assert_int_equal(assign(K_ConfigurationDirectory, &d, "a:b"), -EINVAL);
	d = (struct draft_setting){ 0 };

	assert_int_equal(assign(K_TemporaryFileSystem, &d, "/a/ /b//c:ro,size=1M"), 0);
	assert_string_equal(list(&d), "/a|/b/c:ro,size=1M");
	assert_int_equal(assign(K_TemporaryFileSystem, &d, "-/a"), -EINVAL);
	assert_int_equal(assign(K_TemporaryFileSystem, &d, "a:ro"), -EINVAL);
}

static void test_volumes(void **state)
{
	struct draft_setting d = { 0 };

	(void)state;
	assert_int_equal(assign(K_Volume, &d, "data:/srv/ /h//x:/y:ro,z d.volume:/z:noexec"), 0);
	assert_string_equal(list(&d), "/var/lib/berth/volumes/data:/srv:|/h/x:/y:ro,z|"
				      "/var/lib/berth/volumes/d:/z:noexec");
	d.list.n = 0;
	assert_int_equal(assign(K_Volume, &d, "/srv"), -EINVAL);
	assert_int_equal(assign(K_Volume, &d, "a/b:/srv"), -EINVAL);
	assert_int_equal(assign(K_Volume, &d, "..:/srv"), -EINVAL);
	assert_int_equal(assign(K_Volume, &d, ".volume:/srv"), -EINVAL);
	assert_int_equal(assign(K_Volume, &d, "a:srv"), -EINVAL);
	assert_int_equal(assign(K_Volume, &d, "a:/srv:idmap"), -EINVAL);
	assert_int_equal(d.list.n, 0);
}

static void test_lists(void **state)
{
	struct draft_setting d = { 0 };

	(void)state;
	assert_int_equal(assign(K_After, &d, "a.service b.target"), 0);
	assert_int_equal(assign(K_After, &d, "c@%i.service"), 0);
	assert_string_equal(list(&d), "a.service|b.target|c@x-y.service");
	assert_int_equal(assign(K_After, &d, ""), 0);
	assert_int_equal(d.list.n, 3); /* dependencies cannot be taken back */
	/* the good ones are kept */
	assert_int_equal(assign(K_After, &d, "d sda.device e.service"), -EINVAL);
	assert_non_null(strstr(context.why, "no .service"));
	assert_string_equal(list(&d), "a.service|b.target|c@x-y.service|e.service");
	assert_int_equal(assign(K_After, &d, "t@.service"), -EINVAL);

	d = (struct draft_setting){ 0 };
	assert_int_equal(assign(K_ReadWritePaths, &d, "/a//b -/c \"/d e\" -+/f/"), 0);
	assert_string_equal(list(&d), "/a/b|-/c|/d e|-+/f");
	assert_int_equal(assign(K_ReadWritePaths, &d, ""), 0);
	assert_int_equal(d.list.n, 0);
	assert_int_equal(assign(K_ReadWritePaths, &d, "a"), -EINVAL);
	assert_int_equal(assign(K_ReadWritePaths, &d, "/a/../b"), -EINVAL);
	assert_int_equal(assign(K_ReadWritePaths, &d, "\"/a"), -EINVAL);
	assert_int_equal(d.list.n, 0);

	assert_int_equal(assign(K_StateDirectory, &d, "web web/cache"), 0);
	assert_string_equal(list(&d), "web|web/cache");
	assert_int_equal(assign(K_StateDirectory, &d, "/abs"), -EINVAL);
	assert_int_equal(assign(K_StateDirectory, &d, "a/../../b"), -EINVAL);

	d = (struct draft_setting){ 0 };
	assert_int_equal(assign(K_Environment, &d, "A=1 \"B=x y\""), 0);
	assert_int_equal(assign(K_Environment, &d, "A=2"), 0);
	assert_string_equal(list(&d), "A=2|B=x y");
	assert_int_equal(assign(K_Environment, &d, "0=1 C=%i"), -EINVAL);
	assert_string_equal(list(&d), "A=2|B=x y|C=x-y");

	d = (struct draft_setting){ 0 };
	assert_int_equal(assign(K_EnvironmentFile, &d, "-/etc/default/%p"), 0);
	assert_int_equal(assign(K_EnvironmentFile, &d, "/etc/a b"), 0);
	assert_string_equal(list(&d), "-/etc/default/web|/etc/a b");
}

static void limit(enum key key, const char *text, uint64_t soft, uint64_t hard)
{
	struct draft_setting d = { 0 };
	const struct rlimit_value *l;

	assert_int_equal(assign(key, &d, text), 0);
	l = d.p;
	assert_true(l->soft == soft);
	assert_true(l->hard == hard);
}

static void test_limits(void **state)
{
	(void)state;
	limit(K_LimitNOFILE, "1024", 1024, 1024);
	limit(K_LimitNOFILE, "1024:4096", 1024, 4096);
	limit(K_LimitNOFILE, "1024:infinity", 1024, UINT64_MAX);
	limit(K_LimitMEMLOCK, "64M", 64 << 20, 64 << 20);
	limit(K_LimitCPU, "1min", 60, 60);
	limit(K_LimitCPU, "1500ms", 2, 2);
	limit(K_LimitRTTIME, "1500", 1500, 1500);
	limit(K_LimitRTTIME, "1s", 1000000, 1000000);
	limit(K_LimitNICE, "+5", 15, 15);
	limit(K_LimitNICE, "-5", 25, 25);
	limit(K_LimitNICE, "30", 30, 30);
	bad(K_LimitNOFILE, "4096:1024", EINVAL);
	bad(K_LimitNOFILE, "many", EINVAL);
	bad(K_LimitNOFILE, "1:2:3", EINVAL);
}

static void test_exit_sets(void **state)
{
	struct draft_setting d = { 0 };

	(void)state;
	assert_int_equal(assign(K_SuccessExitStatus, &d, "TEMPFAIL 250 SIGKILL"), 0);
	assert_int_equal(assign(K_SuccessExitStatus, &d, "3"), 0);
	assert_true(exit_set_has_code(d.p, 75));
	assert_true(exit_set_has_code(d.p, 250));
	assert_true(exit_set_has_code(d.p, 3));
	assert_false(exit_set_has_code(d.p, 9));
	assert_true(exit_set_has_signal(d.p, 9));
	assert_false(exit_set_has_signal(d.p, 3));
	assert_false(exit_set_has_code(d.p, 256));
	assert_int_equal(assign(K_SuccessExitStatus, &d, "256"), -EINVAL);
	assert_int_equal(assign(K_SuccessExitStatus, &d, "WHAT"), -EINVAL);
	assert_int_equal(assign(K_SuccessExitStatus, &d, ""), 1);
}

static void test_ports(void **state)
{
	static const char *const wrong[] = { "0", "65536", "a:80", "1.2.3:1:2", "80/sctp", "::" };
	struct draft_setting d = { 0 };
	const struct published_port *p;

	(void)state;
	assert_int_equal(assign(K_PublishPort, &d, "8080:80"), 0);
	assert_int_equal(assign(K_PublishPort, &d, "53/udp 10.0.0.1:5353:53/udp"), 0);
	p = d.list.v;
	assert_int_equal(d.list.n, 3);
	assert_int_equal(p[0].host, 8080);
	assert_int_equal(p[0].container, 80);
	assert_int_equal(p[0].protocol, IPPROTO_TCP);
	assert_int_equal(p[1].host, 53);
	assert_int_equal(p[1].protocol, IPPROTO_UDP);
	assert_int_equal(p[2].ip, 0x0a000001);
	assert_int_equal(p[2].host, 5353);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(assign(K_PublishPort, &d, wrong[i]), -EINVAL);
		assert_int_equal(d.list.n, 3);
	}
}

static void test_empty_is_default(void **state)
{
	struct draft_setting d = { .u = 5 };

	(void)state;
	assert_int_equal(assign(K_MemoryMax, &d, ""), 1);
	assert_int_equal(assign(K_User, &d, ""), 1);
	d = (struct draft_setting){ .u = PROTECT_SYSTEM_NO };
	assert_true(value_is_default(key_info(K_ProtectSystem), &d));
	d.u = PROTECT_SYSTEM_FULL;
	assert_false(value_is_default(key_info(K_ProtectSystem), &d));
}

static const char *round_trip(enum key key, const char *text)
{
	static char out[128];
	struct draft_setting d = { 0 };

	assert_int_equal(assign(key, &d, text), 0);
	value_format(key_info(key), (union value){ .u = d.u }, out, sizeof(out));
	return out;
}

static void test_format(void **state)
{
	char small[4];

	(void)state;
	assert_string_equal(round_trip(K_RemainAfterExit, "on"), "yes");
	assert_string_equal(round_trip(K_RestartSec, "90"), "1min 30s");
	assert_string_equal(round_trip(K_MemoryMax, "infinity"), "infinity");
	assert_string_equal(round_trip(K_MemoryMax, "12.5%"), "12.50%");
	assert_string_equal(round_trip(K_CPUQuota, "150%"), "150%");
	assert_string_equal(round_trip(K_Type, "oneshot"), "oneshot");
	assert_string_equal(round_trip(K_UMask, "22"), "0022");
	assert_string_equal(round_trip(K_KillSignal, "15"), "SIGTERM");
	assert_string_equal(round_trip(K_IP, "10.90.0.7"), "10.90.0.7");
	assert_string_equal(round_trip(K_Nice, "-5"), "-5");
	assert_string_equal(round_trip(K_LimitNOFILE, "1:infinity"), "1:infinity");
	assert_string_equal(round_trip(K_SuccessExitStatus, "3 SIGHUP"), "3 SIGHUP");
	assert_string_equal(round_trip(K_Description, "text"), "text");
	assert_int_equal(value_format(key_info(K_Description), (union value){ .s = "text" }, small,
				      sizeof(small)),
			 3);
	assert_string_equal(small, "tex");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_nanoseconds),
		cmocka_unit_test(test_words_of_lists),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_bound_paths),
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_exit_sets),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_empty_is_default),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
