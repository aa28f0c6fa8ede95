/* SPDX-License-Identifier: MIT */
#include "init/ipc_work.h"

#include "init/users.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODYS	  ((uid_t)-1)
#define MAX_DEPTH 64

struct owner {
	uid_t uid; /* NOBODYS: is not looked for */
	gid_t gid;
};

static bool owns(const struct owner *o, uid_t uid, gid_t gid)
{
	return (o->uid != NOBODYS && uid == o->uid) || (o->gid != NOBODYS && gid == o->gid);
}

static int find_owner(const struct ipc_work *w, struct owner *o)
{
	struct user_entry entry = { .uid = NOBODYS, .gid = NOBODYS };
	int r = users_read_here(); /* in an errand */

	if (r == 0 && *w->user)
		r = user_lookup(w->user, &entry);

	if (w->dynamic && (r == -ESRCH || !*w->user)) {
		entry.uid = entry.gid = w->dynamic;
		r = 0;
	}
	*o = (struct owner){ entry.uid, entry.gid };
	if (r == 0 && *w->group)
		r = group_lookup(w->group, &o->gid);
	return r;
}

/* -- processes ----------------------------------------------------------------------------- */

/* The numbers that follow @key in a line of /proc/PID/status: real, effective, saved, file system's. */
static bool has_id(const char *status, const char *key, uint32_t id)
{
	const char *at = strstr(status, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	for (int i = 0; i < 4; i++, at = end)
		if (strtoul(at, &end, 10) == id && end != at)
			return true;
	return false;
}

/* Who still has a process is not looked for any more. */
static void spare_the_living(struct owner *o)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc))) {
		char path[300], status[2048];
		ssize_t n;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/status", e->d_name);
		n = fd_read_file_at(dirfd(proc), path, status, sizeof(status));
		if (n <= 0 || strstr(status, "\nState:\tZ"))
			continue;
		if (o->uid != NOBODYS && has_id(status, "\nUid:", o->uid))
			o->uid = NOBODYS;
		if (o->gid != NOBODYS && has_id(status, "\nGid:", o->gid))
			o->gid = NOBODYS;
	}
	if (proc)
		closedir(proc);
}

/* -- System V ------------------------------------------------------------------------------ */

static int remove_shm(int id)
{
	return shmctl(id, IPC_RMID, NULL);
}

static int remove_sem(int id)
{
	return semctl(id, 0, IPC_RMID);
}

static int remove_msg(int id)
{
	return msgctl(id, IPC_RMID, NULL);
}

/* proc(5): a line of titles, then one per object; the columns of what is asked for. */
static const struct {
	const char *path;
	int uid;      /* the column of the owner's uid, his gid is the next */
	int attached; /* of how many have it attached; 0: none */
	int (*remove)(int id);
} tables[] = {
	{ "/proc/sysvipc/shm", 7, 6, remove_shm },
	{ "/proc/sysvipc/sem", 4, 0, remove_sem },
	{ "/proc/sysvipc/msg", 7, 0, remove_msg },
};

static int remove_sysv(const struct owner *o)
{
	int result = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		FILE *f = fopen(tables[i].path, "re");
		char line[512];

		if (!f) /* a kernel without CONFIG_SYSVIPC has no objects either */
			continue;
		while (fgets(line, sizeof(line), f)) {
			unsigned long v[9] = { 0 };
			char *at = line, *end;
			int n = 0;

			for (; n < 9; n++, at = end) {
				v[n] = strtoul(at, &end, 10);
				if (end == at)
					break;
			}
			if (n <= tables[i].uid + 1 ||
			    !owns(o, (uid_t)v[tables[i].uid], (gid_t)v[tables[i].uid + 1]) ||
			    (tables[i].attached && v[tables[i].attached] > 0))
				continue;
			if (tables[i].remove((int)v[1]) < 0 && errno != EIDRM && errno != EINVAL)
				result = -errno;
		}
		fclose(f);
	}
	return result;
}

/* -- POSIX --------------------------------------------------------------------------------- */

/* No link that its owner has put there leads anywhere (openat2(2)), nor does a mount. */
static int remove_files(int parent, const char *name, const struct owner *o, int depth)
{
	int result = 0;
	int fd = sys_openat2(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir)
		return fd < 0 ? fd : -ENOMEM;
	while ((e = readdir(dir))) {
		struct stat st;
		int r = 0;

		if (str_eq(e->d_name, ".") || str_eq(e->d_name, "..") ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
			r = remove_files(fd, e->d_name, o, depth + 1);
		if (r == 0 && owns(o, st.st_uid, st.st_gid) &&
		    unlinkat(fd, e->d_name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0 &&
		    errno != ENOENT && errno != ENOTEMPTY)
			r = -errno;
		if (r < 0 && r != -ENOENT)
			result = r;
	}
	closedir(dir);
	return result;
}

static int remove_folder(const char *path, const struct owner *o)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_files(fd, ".", o, 0);
}

/* The queues in the host's /dev/mqueue are those of the host's namespace. */
static int enter(const char *namespace)
{
	autoclose int fd = open(namespace, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || setns(fd, CLONE_NEWIPC) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	return 0;
}

int ipc_work(const struct ipc_work *w)
{
	struct owner o;
	int r = find_owner(w, &o), more;

	if (r < 0)
		return r;
	if (o.uid == 0)
		o.uid = NOBODYS;
	if (o.gid == 0)
		o.gid = NOBODYS;
	spare_the_living(&o);
	if (o.uid == NOBODYS && o.gid == NOBODYS)
		return 0;
	r = w->own_shm ? 0 : remove_folder("/dev/shm", &o);
	if (w->namespaced)
		return r;
	/* The file is gone when nobody keeps the namespace any more. */
	more = *w->namespace ? enter(w->namespace) : 0;
	if (more == 0) {
		more = remove_sysv(&o);
		r = r < 0 ? r : remove_folder("/dev/mqueue", &o);
	} else if (more == -ENOENT) {
		more = 0;
	}
	return r < 0 ? r : more;
}
