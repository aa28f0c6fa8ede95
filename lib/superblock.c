/* SPDX-License-Identifier: MIT */
#include "lib/superblock.h"

#include "lib/str.h"

static uint64_t le(const uint8_t *p, unsigned int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* --- texts -------------------------------------------------------------------------------- */

/* Up to the first NUL, without trailing blanks; nothing if it is no clean text. */
static void put_label(struct superblock *out, const uint8_t *p, size_t n)
{
	size_t len = 0;

	while (len < n && p[len])
		len++;
	while (len > 0 && p[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		if (p[i] < ' ' || p[i] == 0x7f)
			return;
	if (len >= sizeof(out->label) || !str_utf8_valid((const char *)p, len))
		return;
	memcpy(out->label, p, len);
	out->label[len] = '\0';
}

/* UTF-16 of the basic plane; what is beyond it ends the text. */
static void put_utf16(char *out, size_t size, const uint8_t *p, size_t n)
{
	struct strbuf b;

	strbuf_init(&b, out, size);
	for (size_t i = 0; i + 1 < n; i += 2) {
		unsigned int c = (unsigned int)le(p + i, 2);

		if (c < ' ' || c == 0x7f || (c >= 0xd800 && c < 0xe000))
			break;
		if (c < 0x80)
			strbuf_printf(&b, "%c", (char)c);
		else if (c < 0x800)
			strbuf_printf(&b, "%c%c", (char)(0xc0 | c >> 6), (char)(0x80 | (c & 63)));
		else
			strbuf_printf(&b, "%c%c%c", (char)(0xe0 | c >> 12),
				      (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63)));
	}
	if (b.cut)
		out[0] = '\0';
}

/* RFC 4122; none if it was never set. */
static void put_uuid(char *out, size_t size, const uint8_t *p)
{
	static const uint8_t none[16];
	struct strbuf b;

	strbuf_init(&b, out, size);
	for (int i = 0; i < 16 && memcmp(p, none, 16) != 0; i++)
		strbuf_printf(&b, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", p[i]);
}

/* The first three fields of a GUID are little-endian. */
static void put_guid(char *out, size_t size, const uint8_t *p)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t uuid[16];

	for (int i = 0; i < 16; i++)
		uuid[i] = p[order[i]];
	put_uuid(out, size, uuid);
}

static void put_serial(struct superblock *out, const uint8_t *p)
{
	struct strbuf b = STRBUF_INIT(out->uuid);

	strbuf_printf(&b, "%02X%02X-%02X%02X", p[3], p[2], p[1], p[0]);
}

/* --- file systems and swaps --------------------------------------------------------------- */

#define FORMAT(name) static void take_##name(struct superblock *out, const uint8_t *p)

FORMAT(ext)
{
	put_uuid(out->uuid, sizeof(out->uuid), p + 0x68);
	put_label(out, p + 0x78, 16);
}

FORMAT(xfs)
{
	put_uuid(out->uuid, sizeof(out->uuid), p + 32);
	put_label(out, p + 108, 12);
}

FORMAT(btrfs)
{
	put_uuid(out->uuid, sizeof(out->uuid), p + 0x20);
	put_label(out, p + 0x12b, 256);
	out->spans = true;
}

FORMAT(f2fs)
{
	put_uuid(out->uuid, sizeof(out->uuid), p + 108);
	put_utf16(out->label, sizeof(out->label), p + 124, 256);
}

FORMAT(swap)
{
	put_uuid(out->uuid, sizeof(out->uuid), p + 12);
	put_label(out, p + 28, 16);
}

static void take_fat(struct superblock *out, const uint8_t *p, unsigned int serial)
{
	static const char no_name[11] = { 'N', 'O', ' ', 'N', 'A', 'M', 'E', ' ', ' ', ' ', ' ' };

	put_serial(out, p + serial);
	if (memcmp(p + serial + 4, no_name, sizeof(no_name)) != 0)
		put_label(out, p + serial + 4, sizeof(no_name));
}

FORMAT(fat16)
{
	take_fat(out, p, 39);
}

FORMAT(fat32)
{
	take_fat(out, p, 67);
}

FORMAT(exfat)
{
	put_serial(out, p + 100);
}

FORMAT(iso)
{
	put_label(out, p + 40, 32);
}

#undef FORMAT

/* What take() reads is within the 512 bytes from @base on; the first that fits, counts. */
static const struct {
	const char *type;
	const char *magic;
	uint64_t magic_at; /* from the start of the disk */
	uint64_t base;
	void (*take)(struct superblock *out, const uint8_t *p);
} formats[] = {
	{ "swap", "SWAPSPACE2", 4096 - 10, 1024, take_swap },
	{ "swap", "SWAPSPACE2", 16384 - 10, 1024, take_swap },
	{ "swap", "SWAPSPACE2", 65536 - 10, 1024, take_swap },
	{ "btrfs", "_BHRfS_M", 65536 + 64, 65536, take_btrfs },
	{ "ext4", "\x53\xef", 1024 + 56, 1024, take_ext },
	{ "f2fs", "\x10\x20\xf5\xf2", 1024, 1024, take_f2fs },
	{ "xfs", "XFSB", 0, 0, take_xfs },
	{ "exfat", "EXFAT   ", 3, 0, take_exfat },
	{ "vfat", "FAT32   ", 82, 0, take_fat32 },
	{ "vfat", "FAT16   ", 54, 0, take_fat16 },
	{ "vfat", "FAT12   ", 54, 0, take_fat16 },
	{ "iso9660",
	  "\x01"
	  "CD001",
	  32768, 32768, take_iso },
};

bool superblock_probe(superblock_read *read, void *ctx, struct superblock *out)
{
	uint8_t magic[16], block[512];

	*out = (struct superblock){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t n = strlen(formats[i].magic);

		if (!read(ctx, formats[i].magic_at, magic, n) ||
		    memcmp(magic, formats[i].magic, n) != 0 ||
		    !read(ctx, formats[i].base, block, sizeof(block)))
			continue;
		out->type = formats[i].type;
		formats[i].take(out, block);
		return true;
	}
	return false;
}

/* --- partition tables --------------------------------------------------------------------- */

#define MBR_ENTRIES   446
#define MBR_SIGNATURE 440
#define GPT_ENTRY_MAX 4096

/* UEFI 5.3: the header in block 1 tells where the entries are, how many and how long. */
static bool take_gpt(superblock_read *read, void *ctx, uint32_t block, uint32_t number,
		     struct partition *out)
{
	uint8_t header[92], entry[128];
	uint64_t first, count, size;

	if (!read(ctx, block, header, sizeof(header)) || memcmp(header, "EFI PART", 8) != 0)
		return false;
	first = le(header + 72, 8);
	count = le(header + 80, 4);
	size = le(header + 84, 4);
	if (number > count || size < sizeof(entry) || size > GPT_ENTRY_MAX ||
	    first > UINT64_MAX / block - count * size / block - 1 ||
	    !read(ctx, first * block + (number - 1) * size, entry, sizeof(entry)))
		return false;
	put_guid(out->uuid, sizeof(out->uuid), entry + 16);
	put_utf16(out->label, sizeof(out->label), entry + 56, 72);
	out->start = le(entry + 32, 8);
	if (out->start > UINT64_MAX / block)
		return false;
	out->start = out->start * block / 512;
	return out->uuid[0] != '\0';
}

bool superblock_partition(superblock_read *read, void *ctx, uint32_t block, uint32_t number,
			  struct partition *out)
{
	uint8_t mbr[512];
	struct strbuf b = STRBUF_INIT(out->uuid);

	*out = (struct partition){ 0 };
	if (number == 0 || block < 512 || block > 65536 || !read(ctx, 0, mbr, sizeof(mbr)) ||
	    mbr[510] != 0x55 || mbr[511] != 0xaa)
		return false;
	/* A protective entry: the table is a GPT. */
	for (int i = 0; i < 4; i++)
		if (mbr[MBR_ENTRIES + 16 * i + 4] == 0xee)
			return take_gpt(read, ctx, block, number, out);
	strbuf_printf(&b, "%08x-%02x", (unsigned int)le(mbr + MBR_SIGNATURE, 4), number);
	if (number <= 4)
		out->start = le(mbr + MBR_ENTRIES + 16 * (number - 1) + 8, 4) * block / 512;
	return number > 4 || out->start > 0;
}
