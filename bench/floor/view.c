/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

/*
 * The root view of the standard profile, and that of the full one upon it. What is the same for all services is built once, below
 * VIEW in PID 1's own namespace, and reaches each service through the copy that CLONE_NEWNS makes
 * anyway; only what must be private to a service is mounted in it. By figures (bench/steps.c)
 * mount(2) with a path is cheaper than the same by descriptors.
 */
#define RO    (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define SAFE  (MS_NOSUID | MS_NODEV)
#define KEPT  "/run/kept"
#define EMPTY "/run/empty-root"

static void make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		die(path);
	must(path, chmod(path, mode));
}

static void optional(const char *path, int rc)
{
	if (rc < 0 && errno != ENOENT)
		die(path);
}

static void read_only(const char *path, unsigned long flags)
{
	must(path, mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL));
}

static void shared_dev(void)
{
	static const struct {
		const char *path;
		unsigned int major, minor;
	} nodes[] = {
		{ VIEW "/dev/null", 1, 3 },    { VIEW "/dev/zero", 1, 5 },
		{ VIEW "/dev/full", 1, 7 },    { VIEW "/dev/random", 1, 8 },
		{ VIEW "/dev/urandom", 1, 9 }, { VIEW "/dev/tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", VIEW "/dev/fd" },
		{ "/proc/self/fd/0", VIEW "/dev/stdin" },
		{ "/proc/self/fd/1", VIEW "/dev/stdout" },
		{ "/proc/self/fd/2", VIEW "/dev/stderr" },
		{ "pts/ptmx", VIEW "/dev/ptmx" },
	};

	must("dev", mount("tmpfs", VIEW "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC,
			  "mode=755,size=64k,nr_inodes=64"));
	for (unsigned int i = 0; i < 6; i++) {
		must(nodes[i].path,
		     mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
		must(nodes[i].path, chmod(nodes[i].path, 0666));
	}
	for (unsigned int i = 0; i < 5; i++)
		must(links[i][1], symlink(links[i][0], links[i][1]));
	make_dir(VIEW "/dev/pts", 0755);
	make_dir(VIEW "/dev/shm", 0755);
	read_only(VIEW "/dev", MS_NOSUID | MS_NOEXEC);
}

/*
 * The kernel keeps, in every memory cgroup, an array with an entry for every superblock of the
 * machine, and makes all these arrays anew whenever 64 more superblocks exist (6.1:
 * expand_shrinker_info()). With N isolated services that is work of the order N^3: 4.9 of 8.9
 * seconds for 1000. The array never shrinks, so many superblocks made and given up while there are
 * no cgroups yet avoid it. Done by a child: a descriptor table never shrinks either.
 */
void view_make_room(unsigned int services)
{
	unsigned int wanted = services * VIEW_SUPERBLOCKS;

	if (services < 200) /* about 42 us each; below this it costs more than it saves */
		return;
	pid_t child = fork();

	must("fork", child);
	if (child == 0) {
		for (unsigned int i = 0; i < wanted; i++) {
			int fd = sys_fsopen("ramfs", FSOPEN_CLOEXEC);

			if (fd < 0 || sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
				_exit(1);
		}
		_exit(0);
	}
	must("waitpid", waitpid(child, NULL, 0));
}

/*
 * What others keep, and the home directories, are hidden from all services alike: each place that
 * the image has is covered by an empty folder.
 */
static void cover_places(void)
{
	static const char *const places[][2] = {
		{ VIEW "/var/lib", KEPT "/lib" }, { VIEW "/var/cache", KEPT "/cache" },
		{ VIEW "/var/log", KEPT "/log" }, { VIEW "/home", KEPT "/home" },
		{ VIEW "/root", KEPT "/root" },
	};

	make_dir(KEPT, 0755);
	must(KEPT, mount("tmpfs", KEPT, "tmpfs", SAFE | MS_NOEXEC, "mode=755,size=1m,nr_inodes=0"));
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int rc = access(places[i][0], F_OK);

		make_dir(places[i][1], 0755);
		optional(places[i][0], rc);
		if (rc < 0)
			continue;
		must(places[i][0], mount(places[i][1], places[i][0], NULL, MS_BIND, NULL));
		read_only(places[i][0], SAFE | MS_NOEXEC);
	}
}

void view_prepare(void)
{
	make_dir(VIEW, 0755);
	make_dir("/run/empty", 0);
	make_dir(EMPTY, 0700);
	must("view", mount("/", VIEW, NULL, MS_BIND, NULL));
	cover_places();
	shared_dev();
	/* Last, so that mount points above could be used; the host's root itself stays writable. */
	read_only(VIEW, 0);
}

/* With the tmpfs of private_folders() and the one of the IPC namespace: VIEW_SUPERBLOCKS. */
static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} own[] = {
	/* One instance per service: terminals of others must not be reachable (PITFALLS 94). */
	{ "devpts", "dev/pts", "newinstance,gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC },
	{ "proc", "proc", NULL, SAFE | MS_NOEXEC },
	{ "sysfs", "sys", NULL, RO },
	{ "cgroup2", "sys/fs/cgroup", NULL, RO },
};

/* PITFALLS 91. Which of them exist is the kernel's choice: a missing one needs no mask. */
static const char *const masked_files[] = {
	"proc/kcore",	    "proc/keys", "proc/latency_stats", "proc/timer_list",
	"proc/sched_debug", "proc/kmsg", "proc/kallsyms",
};
static const char *const masked_dirs[] = { "sys/firmware" };
static const char *const proc_read_only[] = {
	"proc/sys",	      "proc/bus",  "proc/fs",	"proc/irq",
	"proc/sysrq-trigger", "proc/acpi", "proc/scsi",
};

/*
 * The full profile's root: an empty file system with the operating system's folders, as VIEW shows
 * them, and mount points for what is the service's own. Read-only when all is in it.
 */
static void empty_root(void)
{
	static const char *const shown[][2] = {
		{ VIEW "/usr", "usr" }, { VIEW "/bin", "bin" }, { VIEW "/sbin", "sbin" },
		{ VIEW "/lib", "lib" }, { VIEW "/etc", "etc" }, { VIEW "/dev", "dev" },
	};
	static const char *const made[] = {
		"proc", "sys", "run", "tmp", "tmp/var", "var", "var/tmp"
	};

	must("root", mount("tmpfs", EMPTY, "tmpfs", SAFE, "mode=755,size=50%,nr_inodes=100k"));
	must("chdir root", chdir(EMPTY));
	for (unsigned int i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		must(shown[i][1], mkdir(shown[i][1], 0755));
		must(shown[i][1], mount(shown[i][0], shown[i][1], NULL, MS_BIND | MS_REC, NULL));
	}
	for (unsigned int i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		must(made[i], mkdir(made[i], 0755));
	must("var/tmp", chmod("tmp/var", 01777));
	must("var/tmp", mount("tmp/var", "var/tmp", NULL, MS_BIND, NULL));
}

/*
 * /tmp, /run and /dev/shm are folders of one file system: each superblock costs 80 us, and every
 * memory cgroup of the machine keeps an entry for every superblock. /tmp comes last and covers the
 * file system's own root.
 */
static void private_folders(uid_t base)
{
	if (base)
		users_names();
	else
		must("tmpfs",
		     mount("tmpfs", "tmp", "tmpfs", SAFE, "mode=755,size=10%,nr_inodes=64k"));
	make_dir("tmp/tmp", 01777);
	must("mkdir", mkdir("tmp/run", 0755));
	if (base)
		must("chown", chown("tmp/run", base, base));
	make_dir("tmp/shm", 01777);
	must("run", mount("tmp/run", "run", NULL, MS_BIND, NULL));
	must("shm", mount("tmp/shm", "dev/shm", NULL, MS_BIND, NULL));
	must("tmp", mount("tmp/tmp", "tmp", NULL, MS_BIND, NULL));
}

/* Runs in the service's own namespaces, as process 1 of its PID namespace. */
void view_enter(const char *hostname, uid_t base)
{
	if (base)
		empty_root();
	else
		must("chdir view", chdir(VIEW));
	private_folders(base);
	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		must(own[i].target,
		     mount(own[i].type, own[i].target, own[i].type, own[i].flags, own[i].data));
	for (unsigned int i = 0; i < sizeof(masked_files) / sizeof(masked_files[0]); i++)
		optional(masked_files[i], mount("dev/null", masked_files[i], NULL, MS_BIND, NULL));
	/* The empty folder has mode 0 on a tmpfs of the host that nobody in here can reach. */
	for (unsigned int i = 0; i < sizeof(masked_dirs) / sizeof(masked_dirs[0]); i++)
		optional(masked_dirs[i], mount("/run/empty", masked_dirs[i], NULL, MS_BIND, NULL));
	for (unsigned int i = 0; i < sizeof(proc_read_only) / sizeof(proc_read_only[0]); i++) {
		const char *path = proc_read_only[i];
		int rc = mount(path, path, NULL, MS_BIND, NULL);

		optional(path, rc);
		if (rc == 0)
			read_only(path, SAFE | MS_NOEXEC);
	}
	if (base)
		must("root", mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | SAFE, NULL));
	/* The old root ends up above the new one at the same place, from where one call drops it. */
	must("pivot_root", sys_pivot_root(".", "."));
	must("umount old root", umount2(".", MNT_DETACH));
	must("chdir /", chdir("/"));
	must("sethostname", sethostname(hostname, 5));
}
