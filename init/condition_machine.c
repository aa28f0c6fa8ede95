/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "init/condition_order.h"
#include "lib/match.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "units/words.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

/* Questions about kernel and machine. */

/* --- comparisons -------------------------------------------------------------------------- */

enum order condition_take_order(const char **text)
{
	static const struct {
		const char *sign;
		enum order order;
	} orders[] = {
		{ "<=", ORDER_LE }, { ">=", ORDER_GE }, { "!=", ORDER_NE }, { "<>", ORDER_NE },
		{ "==", ORDER_EQ }, { "<", ORDER_LT },	{ ">", ORDER_GT },  { "=", ORDER_EQ },
	};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (!str_starts(*text, orders[i].sign))
			continue;
		*text += strlen(orders[i].sign);
		*text += strspn(*text, " \t");
		return orders[i].order;
	}
	return ORDER_NONE;
}

bool condition_in_order(int comparison, enum order order)
{
	switch (order) {
	case ORDER_LT: return comparison < 0;
	case ORDER_LE: return comparison <= 0;
	case ORDER_EQ: return comparison == 0;
	case ORDER_NE: return comparison != 0;
	case ORDER_GT: return comparison > 0;
	case ORDER_GE:
	case ORDER_NONE: break;
	}
	return comparison >= 0;
}

static bool is_part(char c)
{
	return isalnum((unsigned char)c) || c == '~' || c == '-' || c == '^' || c == '.';
}

/* The run of digits or letters at *@s, which is moved behind it. */
static size_t take_run(const char **s, bool digits)
{
	size_t n = 0;

	while (digits ? isdigit((unsigned char)(*s)[n]) : isalpha((unsigned char)(*s)[n]))
		n++;
	*s += n;
	return n;
}

static int compare_runs(const char **a, const char **b, bool digits)
{
	const char *x, *y;
	size_t n, m;

	while (digits && **a == '0')
		++*a;
	while (digits && **b == '0')
		++*b;
	x = *a;
	y = *b;
	n = take_run(a, digits);
	m = take_run(b, digits);
	if (digits && n != m)
		return n < m ? -1 : 1;
	int c = strncmp(x, y, n < m ? n : m);

	return c ? c : (n > m) - (n < m);
}

int condition_compare_versions(const char *a, const char *b)
{
	static const char separators[] = "~-^.";

	for (;;) {
		while (*a && !is_part(*a))
			a++;
		while (*b && !is_part(*b))
			b++;
		/* "~" sorts before the end; then the end; then the other separators in their order. */
		for (const char *s = separators; *s; s++) {
			if (*s == '-' && (!*a || !*b))
				return (*a != '\0') - (*b != '\0');
			if (*a != *s && *b != *s)
				continue;
			if (*a != *b)
				return *a == *s ? -1 : 1;
			break;
		}
		if (*a && strchr(separators, *a)) {
			a++;
			b++;
			continue;
		}
		bool digits = isdigit((unsigned char)*a) || isdigit((unsigned char)*b);
		int c = compare_runs(&a, &b, digits);

		if (c)
			return c;
	}
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* --- kernel ------------------------------------------------------------------------------- */

/* "WORD" is there alone or with a value; "NAME=VALUE" is there exactly so. */
int condition_command_line(const struct condition_facts *f, const char *word)
{
	char text[4096], out[4097];
	struct word_reader r = { .at = text, .out = out };
	ssize_t n = condition_read(f, "/proc/cmdline", text, sizeof(text));
	size_t len = strlen(word);
	char *got;

	if (n < 0)
		return (int)n;
	while (word_next(&r, WORD_RELAX | WORD_KEEP_BACKSLASH, &got) > 0) {
		if (strncmp(got, word, len) != 0)
			continue;
		if (got[len] == '\0' || (got[len] == '=' && !strchr(word, '=')))
			return 1;
	}
	return 0;
}

/* All of the blank-separated patterns and comparisons hold; a blank may follow an operator. */
int condition_kernel_version(const struct condition_facts *f, const char *text)
{
	while (*text) {
		enum order order = condition_take_order(&text);
		size_t n = strcspn(text, " \t");
		char part[80];
		bool holds;

		if (n == 0 || n >= sizeof(part))
			return -EINVAL;
		memcpy(part, text, n);
		part[n] = '\0';
		if (order == ORDER_NONE)
			holds = match_text(part, f->uts.release, 0);
		else
			holds = condition_in_order(condition_compare_versions(f->uts.release, part),
						   order);
		if (!holds)
			return 0;
		text += n;
		text += strspn(text, " \t");
	}
	return 1;
}

int condition_architecture(const struct condition_facts *f, const char *text)
{
	static const char *const names[][2] = {
		{ "x86_64", "x86-64" },
		{ "i386", "x86" },
		{ "i486", "x86" },
		{ "i586", "x86" },
		{ "i686", "x86" },
		{ "aarch64", "arm64" },
		{ "aarch64_be", "arm64-be" },
		{ "armv5tel", "arm" },
		{ "armv6l", "arm" },
		{ "armv7l", "arm" },
		{ "armv8l", "arm" },
		{ "ppc64le", "ppc64-le" },
		{ "loongarch64", "loongarch64" },
		{ "mips64", "mips64" },
		{ "mips", "mips" },
	};
	const char *name = f->uts.machine;

	if (str_eq(text, "native"))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i][0]))
			return str_eq(text, names[i][1]);
	return str_eq(text, name); /* riscv64, ppc64, s390x, ... are called the same */
}

/* --- virtualization ----------------------------------------------------------------------- */

struct vendor {
	const char *text, *name;
};

static const char *by_signature(const char *signature)
{
	static const struct vendor vendors[] = {
		{ "KVMKVMKVM", "kvm" },	      { "TCGTCGTCGTCG", "qemu" },
		{ "VMwareVMware", "vmware" }, { "Microsoft Hv", "microsoft" },
		{ "XenVMMXenVMM", "xen" },    { "bhyve bhyve ", "bhyve" },
		{ "QNXQVMBSQG", "qnx" },      { "ACRNACRNACRN", "acrn" },
		{ "SRESRESRESRE", "sre" },    { "VBoxVBoxVBox", "oracle" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (str_eq(signature, vendors[i].text))
			return vendors[i].name;
	return NULL;
}

static const char *by_firmware(const struct condition_facts *f)
{
	static const char *const files[] = {
		"/sys/class/dmi/id/product_name",
		"/sys/class/dmi/id/sys_vendor",
		"/sys/class/dmi/id/board_vendor",
		"/sys/class/dmi/id/bios_vendor",
	};
	static const struct vendor vendors[] = {
		{ "KVM", "kvm" },
		{ "OpenStack", "kvm" },
		{ "Amazon EC2", "amazon" },
		{ "QEMU", "qemu" },
		{ "VMware", "vmware" },
		{ "VMW", "vmware" },
		{ "innotek GmbH", "oracle" },
		{ "VirtualBox", "oracle" },
		{ "Xen", "xen" },
		{ "Bochs", "bochs" },
		{ "Parallels", "parallels" },
		{ "BHYVE", "bhyve" },
		{ "Hyper-V", "microsoft" },
		{ "Google Compute Engine", "google" },
		{ "Apple Virtualization", "apple" },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (condition_read(f, files[i], text, sizeof(text)) <= 0)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(vendors); k++)
			if (str_starts(text, vendors[k].text))
				return vendors[k].name;
	}
	return NULL;
}

/* As systemd-detect-virt(1): these firmwares know better than the CPU, which speaks of KVM or Xen. */
static const char *machine_name(const struct condition_facts *f)
{
	const char *firmware = by_firmware(f), *cpu = by_signature(f->hypervisor);
	bool better = firmware && (str_eq(firmware, "oracle") || str_eq(firmware, "amazon") ||
				   str_eq(firmware, "xen") || str_eq(firmware, "google") ||
				   str_eq(firmware, "parallels"));

	if (better || !cpu)
		return firmware || !f->hypervisor[0] ? firmware : "vm-other";
	return cpu;
}

static int in_private_users(const struct condition_facts *f)
{
	char text[256];
	ssize_t n = condition_read(f, "/proc/self/uid_map", text, sizeof(text));
	const unsigned long whole[] = { 0, 0, UINT32_MAX }; /* inside, outside, count */
	char *at = text, *end;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++, at = end) {
		if (strtoul(at, &end, 10) != whole[i] || end == at)
			return true;
	}
	return false;
}

int condition_virtualization(const struct condition_facts *f, const char *text)
{
	const char *container = f->container && f->container[0] ? f->container : NULL;
	const char *machine = container ? NULL : machine_name(f);
	bool wanted;

	if (str_eq(text, "private-users"))
		return in_private_users(f);
	if (parse_bool(text, &wanted) == 0)
		return wanted == (container || machine);
	if (str_eq(text, "vm"))
		return machine != NULL;
	if (str_eq(text, "container"))
		return container != NULL;
	return (machine && str_eq(text, machine)) || (container && str_eq(text, container));
}

/* --- the rest ----------------------------------------------------------------------------- */

/* A host name pattern, or the 128 bits of machine-id(5). */
int condition_host(const struct condition_facts *f, const char *text)
{
	char id[64];

	if (strlen(text) == 32 && strspn(text, "0123456789abcdefABCDEF") == 32 &&
	    condition_read(f, "/etc/machine-id", id, sizeof(id)) >= 32)
		return strncasecmp(id, text, 32) == 0;
	return match_text(text, f->uts.nodename, MATCH_ANY_CASE);
}

int condition_memory(const struct condition_facts *f, const char *text)
{
	enum order order = condition_take_order(&text);
	uint64_t size;
	int r = parse_size(text, &size);

	return r < 0 ? r : condition_in_order(compare_u64(f->memory, size), order);
}

int condition_cpus(const struct condition_facts *f, const char *text)
{
	enum order order = condition_take_order(&text);
	uint64_t n;
	int r = parse_u64(text, 0, UINT32_MAX, &n);

	return r < 0 ? r : condition_in_order(compare_u64(f->cpus, n), order);
}

/* False only when there are mains and none of them is connected. */
static bool on_mains(const struct condition_facts *f)
{
	static const char supplies[] = "/sys/class/power_supply";
	char path[256], text[32];
	bool offline = false, online = false;
	DIR *dir = condition_path(f, supplies, path, sizeof(path)) < 0 ? NULL : opendir(path);

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		struct strbuf b = STRBUF_INIT(path);
		ssize_t n;

		strbuf_printf(&b, "%s/%s/type", supplies, e->d_name);
		n = b.cut ? -1 : condition_read(f, path, text, sizeof(text));
		if (n <= 0 || !str_starts(text, "Mains"))
			continue;
		b = STRBUF_INIT(path);
		strbuf_printf(&b, "%s/%s/online", supplies, e->d_name);
		if (condition_read(f, path, text, sizeof(text)) <= 0)
			continue;
		if (text[0] == '0')
			offline = true;
		else
			online = true;
	}
	if (dir)
		closedir(dir);
	return online || !offline;
}

int condition_ac_power(const struct condition_facts *f, const char *text)
{
	bool wanted;
	int r = parse_bool(text, &wanted);

	return r < 0 ? r : wanted == on_mains(f);
}

/* The last of the five bytes of the firmware's variable is its value. */
static bool has_secure_boot(const struct condition_facts *f)
{
	char text[16];

	return condition_read(f,
			      "/sys/firmware/efi/efivars/"
			      "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
			      text, sizeof(text)) == 5 &&
	       text[4] == 1;
}

int condition_security(const struct condition_facts *f, const char *text)
{
	static const struct {
		const char *name, *path;
	} marks[] = {
		{ "selinux", "/sys/fs/selinux/enforce" },
		{ "smack", "/sys/fs/smackfs/load2" },
		{ "ima", "/sys/kernel/security/ima" },
		{ "tomoyo", "/sys/kernel/security/tomoyo/version" },
		{ "audit", "/proc/self/loginuid" },
	};
	char value[16];

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (str_eq(text, marks[i].name))
			return condition_path_exists(f, marks[i].path);
	if (str_eq(text, "apparmor"))
		return condition_read(f, "/sys/module/apparmor/parameters/enabled", value,
				      sizeof(value)) > 0 &&
		       value[0] == 'Y';
	if (str_eq(text, "uefi-secureboot"))
		return has_secure_boot(f);
	if (str_eq(text, "tpm2"))
		return condition_directory_not_empty(f, "/sys/class/tpmrm");
	return 0; /* systemd: a framework that is not known is not there */
}
