/* SPDX-License-Identifier: MIT */
#include "lib/superblock.h"

#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define DISK ((size_t)128 << 10)

static uint8_t disk[DISK];

static bool read_disk(void *ctx, uint64_t offset, void *buf, size_t n)
{
	(void)ctx;
	if (offset > DISK || n > DISK - offset)
		return false;
	memcpy(buf, disk + offset, n);
	return true;
}

static void put(size_t at, const void *data, size_t n)
{
	memcpy(disk + at, data, n);
}

#define PUT(at, text) put(at, text, sizeof(text) - 1)

static const uint8_t uuid[16] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
				  0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 };
#define UUID_TEXT "01234567-89ab-cdef-fedc-ba9876543210"

static void expect(const char *type, const char *id, const char *label)
{
	struct superblock sb;

	assert_true(superblock_probe(read_disk, NULL, &sb));
	assert_string_equal(sb.type, type);
	assert_string_equal(sb.uuid, id);
	assert_string_equal(sb.label, label);
	memset(disk, 0, sizeof(disk));
}

/* Offsets are those of the formats' own documents. */
static void test_formats(void **state)
{
	struct superblock sb;

	(void)state;
	assert_false(superblock_probe(read_disk, NULL, &sb));
	PUT(1024 + 0x38, "\x53\xef");
	put(1024 + 0x68, uuid, 16);
	PUT(1024 + 0x78, "root fs  ");
	expect("ext4", UUID_TEXT, "root fs");
	PUT(0, "XFSB");
	put(32, uuid, 16);
	PUT(108, "twelve chars");
	expect("xfs", UUID_TEXT, "twelve chars");
	PUT(65536 + 0x40, "_BHRfS_M");
	put(65536 + 0x20, uuid, 16);
	PUT(65536 + 0x12b, "pool");
	expect("btrfs", UUID_TEXT, "pool");
	PUT(1024, "\x10\x20\xf5\xf2");
	put(1024 + 108, uuid, 16);
	PUT(1024 + 124, "f\0\xe9\0\xac\x20\0\0");
	expect("f2fs", UUID_TEXT, "f\xc3\xa9\xe2\x82\xac");
	PUT(4096 - 10, "SWAPSPACE2");
	put(1024 + 12, uuid, 16);
	PUT(1024 + 28, "swap0");
	expect("swap", UUID_TEXT, "swap0");
	PUT(65536 - 10, "SWAPSPACE2");
	expect("swap", "", "");
	PUT(82, "FAT32   ");
	PUT(67, "\x78\x56\x34\x12"
		"BOOT       ");
	expect("vfat", "1234-5678", "BOOT");
	PUT(54, "FAT16   ");
	PUT(39, "\x78\x56\xbc\xda"
		"NO NAME    ");
	expect("vfat", "DABC-5678", "");
	PUT(3, "EXFAT   ");
	PUT(100, "\x01\x02\x03\x04");
	expect("exfat", "0403-0201", "");
	PUT(32768, "\x01"
		   "CD001");
	PUT(32768 + 40, "LIVE                            ");
	expect("iso9660", "", "LIVE");
}

/* A label is printed and compared: what is no text is none. */
static void test_bad_labels(void **state)
{
	static const char *const bad[] = { "a\nb", "\x1b[2J", "\xff\xfe", "\xc3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		PUT(0, "XFSB");
		put(108, bad[i], strlen(bad[i]));
		expect("xfs", "", "");
	}
}

static void test_gpt(void **state)
{
	struct partition p;

	(void)state;
	disk[446 + 4] = 0xee;
	assert_false(superblock_partition(read_disk, NULL, 512, 1, &p));
	PUT(510, "\x55\xaa");
	assert_false(superblock_partition(read_disk, NULL, 512, 1, &p));
	PUT(512, "EFI PART");
	PUT(512 + 72, "\x04\0\0\0\0\0\0\0\x02\0\0\0\x80\0\0\0");
	put(4 * 512 + 128 + 16, uuid, 16);
	PUT(4 * 512 + 128 + 32, "\0\x08");
	PUT(4 * 512 + 128 + 56, "a\0 \0b\0");
	assert_false(superblock_partition(read_disk, NULL, 512, 1, &p)); /* an empty entry */
	assert_true(superblock_partition(read_disk, NULL, 512, 2, &p));
	assert_string_equal(p.uuid, "67452301-ab89-efcd-fedc-ba9876543210");
	assert_string_equal(p.label, "a b");
	assert_int_equal(p.start, 2048);
	assert_false(superblock_partition(read_disk, NULL, 512, 3, &p));
	/* Entries out of all bounds, entries too small. */
	PUT(512 + 72, "\xff\xff\xff\xff\xff\xff\xff\xff");
	assert_false(superblock_partition(read_disk, NULL, 512, 2, &p));
	PUT(512 + 72, "\x04\0\0\0\0\0\0\0\x02\0\0\0\x7f\0\0\0");
	assert_false(superblock_partition(read_disk, NULL, 512, 2, &p));
	memset(disk, 0, sizeof(disk));
	/* The same on a disk with blocks of 4096. */
	disk[446 + 4] = 0xee;
	PUT(510, "\x55\xaa");
	PUT(4096, "EFI PART");
	PUT(4096 + 72, "\x02\0\0\0\0\0\0\0\x01\0\0\0\x80\0\0\0");
	put(2 * 4096 + 16, uuid, 16);
	PUT(2 * 4096 + 32, "\0\x01");
	assert_true(superblock_partition(read_disk, NULL, 4096, 1, &p));
	assert_int_equal(p.start, 2048);
	memset(disk, 0, sizeof(disk));
}

static void test_mbr(void **state)
{
	struct partition p;

	(void)state;
	PUT(510, "\x55\xaa");
	PUT(440, "\x78\x56\x34\x12");
	PUT(446 + 16 + 8, "\0\x08\0\0");
	assert_false(superblock_partition(read_disk, NULL, 512, 1, &p));
	assert_true(superblock_partition(read_disk, NULL, 512, 2, &p));
	assert_string_equal(p.uuid, "12345678-02");
	assert_int_equal(p.start, 2048);
	assert_true(superblock_partition(read_disk, NULL, 512, 11, &p));
	assert_string_equal(p.uuid, "12345678-0b");
	assert_int_equal(p.start, 0);
	assert_false(superblock_partition(read_disk, NULL, 512, 0, &p));
	memset(disk, 0, sizeof(disk));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_bad_labels),
		cmocka_unit_test(test_gpt),
		cmocka_unit_test(test_mbr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
