/* SPDX-License-Identifier: MIT */
#include "init/boot.h"

#include "init/cmdline.h"
#include "init/console.h"
#include "init/crash.h"
#include "init/finish.h"
#include "init/manager.h"
#include "init/modules.h"
#include "init/mounts.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MODULES_TIMEOUT (30 * USEC_PER_SEC)

extern char **environ;

/*
 * berth's own environment: what PassEnvironment= and ConditionEnvironment= are about, and $container.
 * Services get nothing of it unasked. Static: setenv(3) would allocate. The kernel hands on at most 32
 * variables (MAX_INIT_ENVS), a container's runtime as many as it likes.
 */
#define VARIABLES_MAX 128
static char *variables[VARIABLES_MAX + 1] = {
	(char[]){ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
	(char[]){ "HOME=/" },
};

static void settle_environment(void)
{
	size_t n = 2;

	for (char **e = environ; e && *e; e++) {
		/* The kernel says TERM=linux whatever the console is: that tells nothing. */
		if (str_starts(*e, "PATH=") || str_starts(*e, "HOME=") || str_eq(*e, "TERM=linux"))
			continue;
		if (n == VARIABLES_MAX) {
			log_warn("more than %d environment variables: the rest is dropped",
				 VARIABLES_MAX);
			break;
		}
		variables[n++] = *e;
	}
	environ = variables;
}

_Noreturn void boot_fatal(const char *step, const char *path, int err, const char *hint)
{
	static const struct timespec delay = { .tv_sec = BOOT_FATAL_DELAY_SEC };
	struct cmdline c;
	char line[400];
	struct strbuf b = STRBUF_INIT(line);

	strbuf_printf(&b, "berth: cannot boot: %s", step);
	if (path)
		strbuf_printf(&b, " %s", path);
	if (err)
		strbuf_printf(&b, ": %s", diag_errno(err));
	if (hint)
		strbuf_printf(&b, " (%s)", hint);
	/* Before devtmpfs there may be no node to write to; where "/" is writable it can be made. */
	if (access("/dev/kmsg", F_OK) < 0) {
		(void)mkdir("/dev", 0755);
		(void)mknod("/dev/kmsg", S_IFCHR | 0600, makedev(1, 11));
	}
	console_flush(USEC_PER_SEC);
	crash_tell(LOG_CRIT, line, b.len);
	/* As far as /proc is there already; it may have been read before or not. */
	cmdline_init(&c);
	if (cmdline_read(&c, NULL) == 0)
		finish_verdict(c.exit_port, BOOT_FATAL_STATUS);
	sync();
	nanosleep(&delay, NULL);
	finish_reboot(FINAL_REBOOT, 1);
}

/*
 * 0, 1 and 2 have to be something before anything else is opened: an initramfs without
 * /dev/console starts its init with none, and the next open() would become "standard output"
 * (PITFALLS 5). Whatever they are, /dev/null takes their place: PID 1 prints nothing there.
 */
static void make_std_fds(void)
{
	int fd = open("/dev/null", O_RDWR | O_NOCTTY);

	if (fd < 0 && errno == ENOENT) {
		(void)mkdir("/dev", 0755);
		(void)mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
	}
	if (fd < 0) /* a read-only root without the node: good enough until devtmpfs is there */
		fd = open("/", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return;
	for (int i = 0; i <= 2; i++)
		if (i != fd)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* An initramfs or a container runtime may have left signals blocked or ignored (PITFALLS 14). */
static void reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL); /* EINVAL: KILL, STOP and libc's own */
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The links that programs expect in /dev and devtmpfs does not make. */
static void make_dev_links(void)
{
	static const struct {
		const char *target, *path;
	} links[] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlink(links[i].target, links[i].path) < 0 && errno != EEXIST)
			log_warn("cannot make %s: %s", links[i].path, diag_errno(errno));
}

static void mount_file_systems(void)
{
	struct mount_failure failure;
	char hint[80], place[80];
	bool moved;
	int r = mounts_leave_rootfs(&moved);

	/* Not the end: services with a root of their own will say why they cannot start. */
	if (r < 0)
		log_err("cannot leave the initramfs root: %s", diag_errno(-r));
	r = mounts_early(&failure);
	if (r < 0) {
		snprintf(place, sizeof(place), "%s on %s", failure.what, failure.where);
		snprintf(hint, sizeof(hint), "the kernel needs %s", failure.option);
		boot_fatal("mounting", place, -r, r == -ENODEV ? hint : NULL);
	}
}

static void emit_warning(struct diag_sink *sink, const struct diag *d)
{
	(void)sink;
	log_msg(d->level == DIAG_ERROR ? LOG_ERR : LOG_WARNING, "%s: %s: %s", d->file, d->key,
		d->text);
}

/* Told apart from read: it may say how messages are to be shown. */
static void tell_command_line(void)
{
	struct diag_sink sink = { .emit = emit_warning };
	struct cmdline again;
	int r;

	cmdline_init(&again);
	r = cmdline_read(&again, &sink);
	if (r < 0)
		log_err("cannot read the kernel command line: %s", diag_errno(-r));
}

/* The command line, else the first line of /etc/hostname; else what is set stays, if anything is. */
static void set_hostname(const char *wanted)
{
	char text[256] = "";
	struct utsname u;
	const char *name = wanted;
	size_t len;

	if (!*name && fd_read_file_at(AT_FDCWD, "/etc/hostname", text, sizeof(text)) > 0)
		name = text;
	if (name == text)
		text[strcspn(text, " \t\r\n")] = '\0';
	if (!*name || *name == '#') {
		if (uname(&u) < 0 || (*u.nodename && !str_eq(u.nodename, "(none)")))
			return;
		name = "localhost";
	}
	len = strlen(name);
	if (sethostname(name, len) < 0)
		log_err("cannot set the hostname to \"%s\": %s", name, diag_errno(errno));
}

static void apply_command_line(struct manager *m, const struct cmdline *c)
{
	m->config.exit_port = c->exit_port;
	m->config.show_status = c->status;
	if (*c->default_unit)
		str_copy(m->config.default_unit, sizeof(m->config.default_unit), c->default_unit);
	crash_configure(c->crash, c->exit_port);
	m->config.log_level_given = c->log_level >= 0;
	console_configure(c->status, c->color);
	if (c->log_level >= 0)
		console_outlet.max_priority = c->log_level;
	else if (c->quiet)
		console_outlet.max_priority = LOG_WARNING;
}

/* What only the init of a machine may do, not that of a container. */
static void take_over_machine(const struct cmdline *c)
{
	if (!finish_is_real_machine())
		return;
	/* From now on Ctrl-Alt-Del is a SIGINT from the kernel, not an immediate reset. */
	if (reboot(RB_DISABLE_CAD) < 0)
		log_warn("cannot take over Ctrl-Alt-Del: %s", diag_errno(errno));
	set_hostname(c->hostname);
	(void)modules_load("boot", MODULES_TIMEOUT); /* told; a driver less is no reason to stop */
}

int boot_early(struct manager *m)
{
	struct cmdline c;
	int r;

	make_std_fds();
	reset_signals();
	r = crash_install();
	log_add_outlet(&console_outlet);
	if (r < 0)
		log_err("cannot catch faults of PID 1: %s", diag_errno(-r));
	(void)setsid(); /* EPERM: leads one already */
	umask(0);	/* modes of mount points as they are written */
	if (chdir("/") < 0)
		boot_fatal("changing to", "/", errno, NULL);
	/* If the initramfs has the node, errors of the mounts are seen too. */
	(void)console_open("/dev/console");
	mount_file_systems();
	make_std_fds();
	r = console_open("/dev/console");
	if (r < 0 && r != -ENODEV && r != -ENXIO) /* machines without any console exist */
		log_warn("cannot open /dev/console: %s", diag_errno(-r));
	cmdline_init(&c);
	(void)cmdline_read(&c, NULL); /* an error is told with everything else below */
	apply_command_line(m, &c);
	tell_command_line();
	settle_environment();
	make_dev_links();
	take_over_machine(&c);
	umask(022);
	return 0;
}
