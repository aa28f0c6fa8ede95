/* SPDX-License-Identifier: MIT */
/*
 * berth-seccomp: makes one seccomp program. PID 1 starts it as an errand, once per distinct set of
 * settings (init/filters.c); the tables of names live here and not in PID 1.
 *
 * Descriptor 3 is a memory file with the settings, one KEY=VALUE per line; they are replaced by the
 * result (sandbox/filter.h). Exit status: 0, or an errno.
 */
#include "lib/fd.h"
#include "sandbox/filter.h"
#include "seccomp/policy.h"
#include "seccomp/program.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX (256 << 10)

static int read_text(char **text)
{
	struct stat st;

	if (fstat(FILTER_FD, &st) < 0)
		return -errno;
	if (st.st_size > TEXT_MAX)
		return -E2BIG;
	*text = calloc(1, (size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	return pread(FILTER_FD, *text, (size_t)st.st_size, 0) == st.st_size ? 0 : -EIO;
}

static int write_result(const struct program *p, unsigned int n, const char *message)
{
	const struct filter_result head = { .n_instructions = n,
					    .message_size = (uint32_t)strlen(message) + 1 };
	int r;

	if (ftruncate(FILTER_FD, 0) < 0 || lseek(FILTER_FD, 0, SEEK_SET) < 0)
		return -errno;
	r = fd_write_all(FILTER_FD, &head, sizeof(head));
	if (r == 0 && n > 0)
		r = fd_write_all(FILTER_FD, &p->code[p->first], n * sizeof(p->code[0]));
	return r < 0 ? r : fd_write_all(FILTER_FD, message, head.message_size);
}

/* The name of the call that @text asks for into @message, none if there is no such call. */
static int name_call(const char *text, const struct program *none, char *message)
{
	char *end, *name;
	unsigned long arch = strtoul(text, &end, 10), number = strtoul(end, &end, 10);

	name = seccomp_syscall_resolve_num_arch((uint32_t)arch, (int)number);
	str_copy(message, FILTER_MESSAGE_SIZE, name ? name : "");
	free(name);
	return write_result(none, 0, message);
}

int main(void)
{
	static struct program program;
	static struct policy policy;
	static char message[FILTER_MESSAGE_SIZE];
	struct strbuf notes = STRBUF_INIT(message);
	autofree char *text = NULL;
	int r = read_text(&text), w;

	if (r == 0 && text && str_starts(text, FILTER_CALL))
		return -name_call(text + strlen(FILTER_CALL), &program, message);
	if (r == 0)
		r = policy_make(&policy, text, &notes);
	if (r == 0)
		r = program_make(&program, &policy);
	w = write_result(&program, r == 0 ? program_length(&program) : 0, message);
	return r < 0 ? -r : -w;
}
