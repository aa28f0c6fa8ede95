/* SPDX-License-Identifier: MIT */
#include "units/tunable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		enum tunable_kind kind;
	} rows[] = {
		{ "net.core.somaxconn=100", TUNABLE_NETWORK },
		{ "net/ipv4/conf/eth0.1/forwarding=1", TUNABLE_NETWORK },
		{ "net.ipv4.conf.eth0/1.forwarding=1", TUNABLE_NETWORK },
		{ "net.ipv4.ping_group_range=0 1", TUNABLE_NETWORK },
		{ "kernel.shmmax=1", TUNABLE_IPC },
		{ "kernel/sem=1 2 3 4", TUNABLE_IPC },
		{ "fs.mqueue.msg_max=1", TUNABLE_IPC },
		{ "kernel.panic=1", TUNABLE_NONE },
		{ "kernel.shmmaxx=1", TUNABLE_NONE },
		{ "fs.file-max=1", TUNABLE_NONE },
		{ "vm.swappiness=1", TUNABLE_NONE },
		{ "net.core.somaxconn=", TUNABLE_NONE },
		{ "net.core.somaxconn", TUNABLE_NONE },
		{ "net.core..x=1", TUNABLE_NONE },
		{ "net/../kernel/panic=1", TUNABLE_NONE },
		{ "net.=1", TUNABLE_NONE },
		{ "net//x=1", TUNABLE_NONE },
		{ "=1", TUNABLE_NONE },
		{ "", TUNABLE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tunable_kind(rows[i].text), rows[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
