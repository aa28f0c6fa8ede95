/* SPDX-License-Identifier: MIT */
#include "init/denials.h"
#include "init/filters.h"

#include "init/errand.h"
#include "init/jobs.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/filter.h"
#include "units/value_bits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPILER      "/usr/lib/berth/berth-seccomp"
#define COMPILE_LIMIT (30 * USEC_PER_SEC)
#define TEXT_SIZE     16384
/* Filters that nobody uses are kept for the next start of those who did, up to so many. */
#define SPARE_FILTERS 16

enum filter_state {
	FILTER_BEING_MADE,
	FILTER_READY,
	FILTER_FAILED,
};

/*
 * On the heap: children read the program, which they could not in pool memory. But for what each
 * start writes: no child copies that page.
 */
struct filter {
	struct list link;
	struct manager *manager;
	enum filter_state state;
	uint32_t *users; /* in the pool */
	int err;	 /* FAILED */
	char *message;	 /* FAILED: why, from berth-seccomp; or NULL */
	struct sock_fprog program;
	struct errand errand;
	size_t text_len;
	char text[]; /* the settings, which are the key */
};

static struct list filters = LIST_INIT(filters);
/* The filter of units that write nothing about it; NULL: not made yet, or there is none. */
static struct filter *of_profile[ISOLATION_FULL + 1];

/* -- settings as text: what berth-seccomp reads (seccomp/policy.h) -------------------------- */

/* Directives that are a filter, or have one among other things. */
static const enum key switches[] = {
	K_MemoryDenyWriteExecute, K_RestrictRealtime,	  K_RestrictSUIDSGID,
	K_ProtectClock,		  K_ProtectKernelModules, K_ProtectKernelLogs,
	K_ProtectHostname,	  K_PrivateDevices,	  K_ProtectKernelTunables,
};

static const enum key lists[] = {
	K_SystemCallFilter,
	K_SystemCallArchitectures,
	K_RestrictAddressFamilies,
	K_SystemCallLog,
};

static void put_line(struct strbuf *b, enum key key, const char *value)
{
	strbuf_put(b, key_info(key)->name);
	strbuf_put(b, "=");
	strbuf_put(b, value);
	strbuf_put(b, "\n");
}

/* Empty when the unit asks for nothing of the kind. */
static void settings_text(const struct unit *u, struct strbuf *b)
{
	const struct key_info *namespaces = key_info(K_RestrictNamespaces);
	uint64_t kept = unit_u64(u, K_RestrictNamespaces);
	char words[128];
	struct strbuf w = STRBUF_INIT(words);

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct strings *list = unit_list(u, lists[i]);

		for (uint32_t k = 0; k < list->n; k++)
			put_line(b, lists[i], list->v[k]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (unit_bool(u, switches[i]))
			put_line(b, switches[i], "yes");
	}
	if (kept != namespaces->def) {
		words[0] = '\0';
		value_put_bits(namespaces, kept, &w);
		put_line(b, K_RestrictNamespaces, words);
	}
	if (unit_bool(u, K_LockPersonality)) {
		snprintf(words, sizeof(words), "%llu",
			 (unsigned long long)unit_u64(u, K_Personality));
		put_line(b, K_LockPersonality, words);
	}
	/* Only beside a list has it anything to say. */
	if (b->len && unit_str(u, K_SystemCallErrorNumber))
		put_line(b, K_SystemCallErrorNumber, unit_str(u, K_SystemCallErrorNumber));
}

/* -- making --------------------------------------------------------------------------------- */

int filters_run_compiler(void *arg, int fd)
{
	(void)arg;
	if (fd == FILTER_FD ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, FILTER_FD) < 0)
		return -errno;
	execl(COMPILER, "berth-seccomp", (char *)NULL);
	return -errno;
}

/* The message, which is the errand's word about success or failure alike. */
static char *read_message(int fd, const struct filter_result *head)
{
	char *message = NULL;
	off_t at = (off_t)(sizeof(*head) + head->n_instructions * sizeof(struct sock_filter));

	if (head->message_size <= 1 || head->message_size > FILTER_MESSAGE_SIZE)
		return NULL;
	message = malloc(head->message_size);
	if (!message || pread(fd, message, head->message_size, at) != (ssize_t)head->message_size) {
		free(message);
		return NULL;
	}
	message[head->message_size - 1] = '\0';
	return message;
}

static int read_program(struct filter *f, int fd, uint32_t n)
{
	size_t size = n * sizeof(struct sock_filter);
	struct sock_filter *code = malloc(size);

	if (!code)
		return -ENOMEM;
	if (pread(fd, code, size, sizeof(struct filter_result)) != (ssize_t)size) {
		free(code);
		return -EIO;
	}
	f->program = (struct sock_fprog){ .len = (unsigned short)n, .filter = code };
	return 0;
}

/* A file of another size than its header says still has the settings in it. */
static int take_result(struct filter *f, int result)
{
	struct filter_result head;
	struct stat st;
	int fd = f->errand.fd;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) || fstat(fd, &st) < 0 ||
	    head.n_instructions > FILTER_MAX_INSTRUCTIONS ||
	    (uint64_t)st.st_size != sizeof(head) +
					    head.n_instructions * sizeof(struct sock_filter) +
					    head.message_size)
		return result < 0 ? result : -EIO;
	f->message = read_message(fd, &head);
	if (result < 0)
		return result;
	return head.n_instructions ? read_program(f, fd, head.n_instructions) : -EIO;
}

static void on_made(struct errand *e, int result)
{
	struct filter *f = container_of(e, struct filter, errand);
	struct manager *m = f->manager;

	f->err = take_result(f, result);
	close(e->fd);
	e->fd = -1;
	f->state = f->err < 0 ? FILTER_FAILED : FILTER_READY;
	if (f->state == FILTER_READY && f->message)
		log_notice("%s", f->message);
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct service *s = manager_node(m, i)->service;

		if (s && s->filter == f && s->filter_awaited)
			jobs_unit_settled(m, i);
	}
}

/* The file is made anew each time: a failed attempt has left its message in the last one. */
static int begin(struct filter *f)
{
	int fd = memfd_create("berth-filter", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	free(f->message);
	f->message = NULL;
	f->err = 0;
	f->errand = (struct errand){
		.what = "making a system call filter",
		.limit = COMPILE_LIMIT,
		.work = filters_run_compiler,
		.done = on_made,
		.fd = fd,
	};
	r = fd_write_all(fd, f->text, f->text_len);
	if (r == 0)
		r = errand_start(&f->errand);
	if (r < 0) {
		close(fd);
		f->errand.fd = -1;
		f->err = r;
	}
	f->state = r < 0 ? FILTER_FAILED : FILTER_BEING_MADE;
	return r;
}

/* -- the cache ------------------------------------------------------------------------------ */

static void destroy(struct filter *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_profile); i++) {
		if (of_profile[i] == f)
			of_profile[i] = NULL;
	}
	list_remove(&f->link);
	free(f->program.filter);
	free(f->message);
	pool_free(f->users, sizeof(*f->users));
	free(f);
}

/* Oldest first: new ones are appended. */
static void drop_spares(void)
{
	struct list *pos, *tmp;
	unsigned int spare = 0;

	list_for_each (pos, &filters) {
		const struct filter *f = list_entry(pos, struct filter, link);

		spare += *f->users == 0 && f->state != FILTER_BEING_MADE;
	}
	list_for_each_safe (pos, tmp, &filters) {
		struct filter *f = list_entry(pos, struct filter, link);

		if (spare <= SPARE_FILTERS)
			return;
		if (*f->users > 0 || f->state == FILTER_BEING_MADE)
			continue;
		destroy(f);
		spare--;
	}
}

static struct filter *find_or_make(struct manager *m, const char *text, size_t len)
{
	struct list *pos;
	struct filter *f;

	list_for_each (pos, &filters) {
		f = list_entry(pos, struct filter, link);
		if (f->text_len == len && memcmp(f->text, text, len) == 0)
			return f;
	}
	drop_spares();
	f = calloc(1, sizeof(*f) + len);
	if (!f)
		return NULL;
	f->users = pool_alloc(sizeof(*f->users));
	if (!f->users) {
		free(f);
		return NULL;
	}
	f->manager = m;
	f->text_len = len;
	memcpy(f->text, text, len);
	f->errand.fd = -1;
	list_append(&filters, &f->link);
	begin(f);
	return f;
}

void filters_release(struct service *s)
{
	if (s->filter)
		--*s->filter->users;
	s->filter = NULL;
	s->filter_awaited = false;
}

/* Where the text is put together: in memory that no child copies pages of. */
static struct strbuf scratch(void)
{
	static char *text;
	struct strbuf b;

	if (!text)
		text = pool_alloc(TEXT_SIZE);
	strbuf_init(&b, text, text ? TEXT_SIZE : 0);
	b.cut = !text;
	return b;
}

static bool wants_filter(const struct unit *u)
{
	struct strbuf b = scratch();

	settings_text(u, &b);
	return b.len > 0;
}

/* Nothing written that a filter is made of: then it is that of the unit's profile. */
static bool is_profiles_own(const struct unit *u)
{
	/* The last implies some of the others (units/unit.c). */
	static const uint16_t others[] = { K_RestrictNamespaces, K_LockPersonality, K_Personality,
					   K_SystemCallErrorNumber, K_DynamicUser };
	bool own = true;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		own &= !unit_setting(u, lists[i]);
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		own &= !unit_setting(u, switches[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		own &= !unit_setting(u, (enum key)others[i]);
	return own;
}

/* The filter for @u, NULL and false in *@lacking when it asks for none. */
static struct filter *filter_for(struct manager *m, const struct unit *u, bool *lacking)
{
	bool own = is_profiles_own(u);
	enum isolation profile = unit_profile(u);
	struct filter *f = own ? of_profile[profile] : NULL;
	struct strbuf b;

	*lacking = false;
	if (f)
		return f;
	b = scratch();
	settings_text(u, &b);
	if (b.len == 0 && !b.cut)
		return NULL;
	/* Without memory, or with more settings than anybody writes: filters_program() tells. */
	f = b.cut ? NULL : find_or_make(m, b.data, b.len);
	*lacking = !f;
	if (own)
		of_profile[profile] = f;
	return f;
}

int filters_prepare(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct filter *f = filter_for(s->manager, u, &s->filter_lacking);
	bool awaited = s->filter_awaited && f == s->filter;

	if (f)
		denials_listen(s->manager);
	if (f != s->filter) {
		filters_release(s);
		s->filter = f;
		if (f)
			++*f->users;
	}
	s->filter_awaited = false;
	if (!f)
		return 0;
	/* Who has waited for this attempt hears of its failure; a later start is a new attempt. */
	if (f->state == FILTER_FAILED && !awaited)
		begin(f);
	s->filter_awaited = f->state == FILTER_BEING_MADE;
	return s->filter_awaited;
}

/* "KEY: text" of berth-seccomp, placed where the unit says KEY. */
static int tell_failure(const struct unit *u, const struct filter *f, struct diag *diag)
{
	const char *colon = f->message ? strchr(f->message, ':') : NULL;
	char name[64];
	int key = -1;

	if (colon && (size_t)(colon - f->message) < sizeof(name)) {
		str_copy(name, (size_t)(colon - f->message) + 1, f->message);
		key = key_find(SECTION_SERVICE, name);
	}
	plan_place(diag, u, key >= 0 ? (enum key)key : K_SystemCallFilter);
	if (key >= 0)
		return diag_set(diag, DIAG_ERROR, 0, "%s", colon + strspn(colon, ": "));
	return diag_set(diag, DIAG_ERROR, -f->err, "the filter cannot be made: %s", COMPILER);
}

int filters_program(struct service *s, const struct sock_fprog **program, struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct filter *f = s->filter;
	int r;

	*program = NULL;
	if (s->filter_lacking) {
		plan_place(diag, u, K_SystemCallFilter);
		return diag_set(diag, DIAG_ERROR, ENOMEM, "the filter cannot be made");
	}
	/* Commands of sockets and their kin: nobody has asked for the filter (fail closed). */
	if (!f && u->type != UNIT_SERVICE && wants_filter(u)) {
		plan_place(diag, u, K_SystemCallFilter);
		return diag_set(diag, DIAG_ERROR, EOPNOTSUPP,
				"system call filters are carried out for services only");
	}
	if (!f)
		return 0;
	if (f->state == FILTER_READY) {
		*program = &f->program;
		return 0;
	}
	r = f->state == FILTER_FAILED && f->err ? f->err : -EAGAIN;
	tell_failure(u, f, diag);
	return r;
}
