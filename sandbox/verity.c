/* SPDX-License-Identifier: MIT */
#include "sandbox/verity.h"

#include "lib/base64.h"
#include "lib/fd.h"
#include "sandbox/image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_HASH 128 /* hexadecimal digits of sha512 */

/* cryptsetup's on-disk header, little endian like all machines that this runs on. */
struct superblock {
	uint8_t signature[8]; /* "verity" */
	uint32_t version;
	uint32_t hash_type;
	uint8_t uuid[16];
	char algorithm[32];
	uint32_t data_block_size, hash_block_size;
	uint64_t data_blocks;
	uint16_t salt_size;
	uint8_t pad[6];
	uint8_t salt[256];
};

/* What one ioctl takes: a header, and for a table one target with its parameters. */
struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[1024];
};

static int read_header(int fd, struct superblock *sb)
{
	if (pread(fd, sb, sizeof(*sb), 0) != sizeof(*sb) ||
	    memcmp(sb->signature, "verity\0\0", sizeof(sb->signature)) != 0 || sb->version != 1 ||
	    sb->hash_type > 1 || sb->salt_size > sizeof(sb->salt) ||
	    !memchr(sb->algorithm, '\0', sizeof(sb->algorithm)))
		return -EMEDIUMTYPE;
	/* The kernel judges the sizes; here they are only to give sums that fit. */
	if (sb->data_block_size < 512 || sb->data_block_size > 1 << 16 ||
	    sb->hash_block_size < 512 || sb->hash_block_size > 1 << 16 || sb->data_blocks == 0 ||
	    sb->data_blocks > (uint64_t)1 << 40)
		return -EMEDIUMTYPE;
	for (const char *c = sb->algorithm; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' ||
			     *c == '_';

		if (!plain) /* it becomes a word of the table */
			return -EMEDIUMTYPE;
	}
	return 0;
}

static void put_hex(struct strbuf *b, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		char two[] = { digits[data[i] >> 4], digits[data[i] & 15], '\0' };

		strbuf_put(b, two);
	}
	if (n == 0)
		strbuf_put(b, "-");
}

/* The root, from the setting or the file it names. */
static int read_hash(const char *text, char hash[MAX_HASH + 2])
{
	size_t n = 0;

	if (text[0] == '/') {
		ssize_t len = fd_read_file_at(AT_FDCWD, text, hash, MAX_HASH + 2);

		if (len < 0)
			return (int)len;
	} else {
		str_copy(hash, MAX_HASH + 2, text);
	}
	n = strspn(hash, "0123456789abcdefABCDEF");
	if (n < 32 || n > MAX_HASH || (hash[n] != '\0' && hash[n] != '\n'))
		return -EBADMSG;
	hash[n] = '\0';
	return 0;
}

#define MAX_SIGNATURE 4096

/*
 * The kernel takes the signature as a key of type "user" that the caller has (verity.rst,
 * root_hash_sig_key_desc). @key gets its name; its number, or -errno.
 */
static long add_signature(const char *text, struct strbuf *key)
{
	unsigned char data[MAX_SIGNATURE + 1];
	ssize_t n;

	if (str_starts(text, "base64:") && strlen(text) / 4 * 3 + 3 > sizeof(data))
		return -E2BIG;
	n = str_starts(text, "base64:")
		    ? base64_decode(text + strlen("base64:"), data)
		    : fd_read_file_at(AT_FDCWD, text, (char *)data, sizeof(data));
	if (n <= 0)
		return n < 0 ? n : -EBADMSG;
	strbuf_put(key, "berth-verity-");
	strbuf_put_u64(key, (uint64_t)getpid());
	long id =
		syscall(SYS_add_key, "user", key->data, data, (size_t)n, KEY_SPEC_PROCESS_KEYRING);

	return id < 0 ? -errno : id;
}

static void put_table(struct strbuf *b, const struct superblock *sb, const char *data,
		      const char *tree, const char *hash, const char *key)
{
	const uint64_t numbers[] = { sb->data_block_size, sb->hash_block_size, sb->data_blocks,
				     /* the header has the first hash block for itself */
				     1 };

	strbuf_put_u64(b, sb->hash_type);
	strbuf_put(b, " ");
	strbuf_put(b, data);
	strbuf_put(b, " ");
	strbuf_put(b, tree);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		strbuf_put(b, " ");
		strbuf_put_u64(b, numbers[i]);
	}
	strbuf_put(b, " ");
	strbuf_put(b, sb->algorithm);
	strbuf_put(b, " ");
	strbuf_put(b, hash);
	strbuf_put(b, " ");
	put_hex(b, sb->salt, sb->salt_size);
	if (!key[0])
		return;
	strbuf_put(b, " 2 root_hash_sig_key_desc ");
	strbuf_put(b, key);
}

/* The name is the data device's: that is ours alone as long as the table has it open. */
static int ask(int control, unsigned long request, struct request *q, const char *data,
	       uint32_t flags)
{
	char *slash = strrchr(data, '/');
	struct strbuf name;

	q->head = (struct dm_ioctl){ .version = { 4, 0, 0 },
				     .data_size = sizeof(*q),
				     .data_start = sizeof(q->head),
				     .flags = flags,
				     .target_count = request == DM_TABLE_LOAD };
	strbuf_init(&name, q->head.name, sizeof(q->head.name));
	strbuf_put(&name, "berth-verity-");
	strbuf_put(&name, slash ? slash + 1 : data);
	return ioctl(control, request, q) < 0 ? -errno : 0;
}

static int load_table(int control, const struct superblock *sb, const char *data, const char *tree,
		      const char *hash, const char *key)
{
	struct request q = { .target = { .length =
						 sb->data_blocks * (sb->data_block_size / 512) } };
	struct strbuf b = STRBUF_INIT(q.parameters);

	str_copy(q.target.target_type, sizeof(q.target.target_type), "verity");
	put_table(&b, sb, data, tree, hash, key);
	q.target.next = (uint32_t)(sizeof(q.target) + sizeof(q.parameters));
	if (b.cut)
		return -E2BIG;
	int r = ask(control, DM_TABLE_LOAD, &q, data, DM_READONLY_FLAG);

	/* Resumes it: the table comes into force. */
	return r == 0 ? ask(control, DM_DEV_SUSPEND, &q, data, 0) : r;
}

/* Which of the two it is; the kernel says only what it does not like. */
static void tell_signature(struct strbuf *text, size_t from, int err)
{
	text->len = from;
	text->data[from] = '\0';
	strbuf_put(text, err == -EINVAL	  ? ": signature: the kernel needs "
					    "CONFIG_DM_VERITY_VERIFY_ROOTHASH_SIG"
			 : err == -ENOKEY ? ": signature: none of the keys that the kernel trusts"
					  : ": signature");
}

int verity_open(const char *data, const char *tree, int tree_fd, const struct image *image,
		char device[DEVICE_PATH], struct strbuf *text)
{
	struct superblock sb;
	struct request q = { .head = { .version = { 4 } } };
	char hash[MAX_HASH + 2];
	struct strbuf path;
	char key[40] = "";
	struct strbuf key_name = STRBUF_INIT(key);
	int r = read_hash(image->root_hash, hash);

	if (r < 0) {
		strbuf_put(text, ": no root hash");
		return r;
	}
	r = read_header(tree_fd, &sb);
	if (r < 0) {
		strbuf_put(text, ": RootVerity= is no tree of hashes");
		return r;
	}
	long id = image->signature ? add_signature(image->signature, &key_name) : 0;

	if (id < 0) {
		strbuf_put(text, ": signature (RootHashSignature=)");
		return (int)id;
	}
	autoclose int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	const size_t told = text->len;

	strbuf_put(text, ": dm-verity (CONFIG_DM_VERITY)");
	if (control < 0)
		return -errno;
	r = ask(control, DM_DEV_CREATE, &q, data, 0);
	if (r < 0)
		return r;
	strbuf_init(&path, device, DEVICE_PATH);
	strbuf_put(&path, "/dev/dm-");
	strbuf_put_u64(&path, minor(q.head.dev));
	r = load_table(control, &sb, data, tree, hash, key);
	if (id > 0)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, id, KEY_SPEC_PROCESS_KEYRING, 0, 0);
	if (r < 0 && id > 0)
		tell_signature(text, told, r);
	autoclose int fd = r < 0 ? r : open(device, O_RDONLY | O_CLOEXEC);

	if (r == 0 && fd < 0)
		r = -errno;
	/* At once if it is not open, else with the last who has it: nobody is left to do it then. */
	int removed = ask(control, DM_DEV_REMOVE, &q, data, DM_DEFERRED_REMOVE);

	if (r == 0)
		r = removed;
	if (r < 0)
		return r;
	text->len = told;
	text->data[told] = '\0';
	return fd_take(&fd);
}
