/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_PLAN_H
#define BERTH_SANDBOX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * Everything one child needs, resolved before clone3: ids are numbers, strings are built,
 * descriptors are open, mounts are a list. The child only executes it (STYLE 8, 9): what can fail
 * with a name and a line number has failed before there is a process.
 *
 * A plan owns what it points to, or that is never freed: the child may still read it in PID 1's
 * memory (sandbox/share.h) when the unit that it was made from is gone. What a step changes of the memory
 * instead of the process (share.c: share_allowed()) needs a child with a copy.
 */

/* One thing to do to the mount tree; executed in order by sandbox/mounts.c. */
enum mount_kind {
	/* Fixed places of our own root tree, where no foreign link can be: plain mount(2) */
	MOUNT_TMPFS,	/* new tmpfs at target; data = options */
	MOUNT_PROC,	/* procfs of the child's PID namespace */
	MOUNT_SYSFS,	/* sysfs of the child's network namespace, read-only */
	MOUNT_CGROUP,	/* cgroup2 of the child's cgroup namespace, read-only */
	MOUNT_DEVPTS,	/* a devpts instance of its own */
	MOUNT_MOVE_OWN, /* source, a directory of such a tmpfs (relative), at target */
	MOUNT_MASK,	/* /dev/null over the file target */
	MOUNT_SELF_RO,	/* target itself read-only (bind onto itself) */
	MOUNT_HOST, /* target shows the folder source and all beneath it; where that is a link, the same
			   link; mode: only then */
	MOUNT_OWN_DIR, /* directory at target within such a tmpfs: mode, uid, gid */
	MOUNT_OWN_FILE, /* file at target within such a tmpfs: data, then what source (relative) has */
	MOUNT_DEV, /* a /dev like the directory source (absolute), but one that can be added to */
	/* Paths that somebody wrote: resolved beneath the new root, mounted by descriptor */
	MOUNT_BIND, /* source (absolute, host view) at target, keeps the source mount's flags */
	MOUNT_BIND_ALONE, /* the same without what is mounted beneath the source */
	MOUNT_MQUEUE,	  /* POSIX message queues of the child's IPC namespace */
	MOUNT_IMAGE,   /* the file system in the file source (absolute, host view); data: options */
	MOUNT_OVERLAY, /* what extensions have for the folder target upon what is there */
	MOUNT_RULE, /* what holds for target and all beneath it: rule; these come last (rules.h) */
};

/* Bits of mount_op.rule. The most specific path wins; on the same one in this order. */
enum mount_rule {
	RULE_HIDE = 1 << 0, /* nothing is there, nor beneath, whatever other rules say */
	RULE_READ_ONLY = 1 << 1,
	RULE_WRITABLE = 1 << 2,	      /* as on the host: what is read-only there stays so */
	RULE_STAYS_WRITABLE = 1 << 3, /* untouched by the read-only rules above it */
	RULE_NO_EXEC = 1 << 4,
	RULE_EXEC = 1 << 5,
};

#define MOUNT_NO_FLAGS 0x8000 /* in mode of a MOUNT_TMPFS: none at all */

struct mount_op {
	uint8_t kind;  /* enum mount_kind */
	bool optional; /* target or source may be missing */
	/*
	 * Target is no fixed place: it may lead through links, and where it is missing it is made. What
	 * is bound is resolved anyway, and left out if its place is missing and it is not to be made.
	 */
	bool made;
	bool mapped;  /* MOUNT_BIND: shown with the ids of the user namespace, where the disk can */
	uint8_t rule; /* MOUNT_RULE: enum mount_rule bits */
	uint16_t
		mode; /* MOUNT_OWN_DIR; MOUNT_TMPFS: MS_* flags, 0: the usual; others: 1 is writable */
	uint16_t tag; /* told when it fails, for a message that names who wanted it */
	uid_t uid;
	gid_t gid;
	const char *source;
	const char *target; /* relative to the new root, no leading slash */
	const char *data;
};

/* What the program's root is made from. */
enum root_kind {
	ROOT_KEPT,     /* the host's "/", as it is */
	ROOT_PREPARED, /* the tree that PID 1 has attached at root, read-only (init/rootview.c) */
	ROOT_CLONED,   /* a clone of root_source and all beneath it, attached at root */
	ROOT_IMAGE,    /* the file system in the file root_source, attached at root */
	ROOT_EMPTY,    /* a new tmpfs with root_options, mounted at root */
};

#define EXTENSIONS_MAX 16

/* A layer upon /usr and /opt, from the bottom to the top (extensions.h). */
struct extension {
	const char *path;    /* absolute, host view */
	const char *options; /* of an image's mount; NULL: none */
	bool image;	     /* else a directory */
	bool optional;	     /* may be missing */
	uint16_t tag;
};

/* A directory of the service's (StateDirectory= ...), made where it is missing. */
struct directory_op {
	const char *path; /* absolute, host view; parents are made root's, 0755 */
	/*
	 * NULL, or where a link leads to it and where services have it in their view. What is in a
	 * directory there from before becomes the service's.
	 */
	const char *link;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint8_t exit_status; /* of a child that cannot make it, systemd.exec(5); 0: the step's */
	bool kept;	     /* one that is there stays as it is */
	bool mapped; /* uid and gid are the namespace's: so on a disk that can map ids, else with id_base */
	bool ours; /* one that is there must be root's and closed: anybody may make entries around it */
	bool inside;	/* without the directory around it there is none */
	bool alias;	/* @link is one more place of what an operation before this one has made */
	bool not_shown; /* nothing that the view of an isolated service has to have */
	uint16_t tag;	/* whose wish it is, as in mount_op */
};

/* A kernel tunable of the child's own network or IPC namespace. */
struct tunable {
	const char *path; /* beneath /proc/sys */
	const char *value;
};

struct rlimit_op {
	int resource; /* RLIMIT_* */
	struct rlimit limit;
};

enum stub_mode {
	STUB_NONE,   /* exec in place */
	STUB_EXIT,   /* reap, forward signals, end when nothing is left */
	STUB_ANCHOR, /* the same, but stay when empty: further commands will join the namespaces */
};

/* The session keyring of the process. */
enum sandbox_keyring {
	KEYRING_KEEP,	 /* PID 1's */
	KEYRING_OWN,	 /* a new one */
	KEYRING_OF_USER, /* a new one that the user's keyring is linked into */
};

/* PrivateUsers=: whom the ids in the program's user namespace stand for. */
enum sandbox_users {
	USERS_HOST,	/* none of its own */
	USERS_SELF,	/* root and the program's user, themselves; nobody else */
	USERS_IDENTITY, /* the first USERS_RANGE, themselves */
	USERS_MANAGED,	/* the first USERS_RANGE are id_base and on */
};
#define USERS_RANGE	 65536u
#define USERS_MAX_GROUPS 64

struct attributes;
struct landlock_rules;
struct credentials;
struct openings;
struct sock_fprog;

/* Namespaces that services share: network, IPC, UTS (init/pod.h). */
#define POD_KINDS 3

#define SPAWN_TEXT 160
#define PID_TEXT   11 /* digits of a pid_t and a NUL */
/* How many descriptors PID 1 can lend to one child (spawn.h). */
#define SPAWN_MAX_LENT 8

/* Fills the fresh network namespace; 0 or -errno with @text saying what was being done. [child] */
typedef int (*network_fn)(const void *spec, int host_netlink, char text[SPAWN_TEXT]);

/* 0 or -errno with @text saying what was being done and at what. Raw system calls only. [child] */
typedef int (*work_fn)(const void *ctx, int fd, char text[SPAWN_TEXT]);

struct spawn_plan {
	/* clone3 */
	bool shares_table;	  /* set by spawn_start(): the descriptor table is still PID 1's */
	int keep[SPAWN_MAX_LENT]; /* likewise: what was lent; all but that and fds is closed */
	unsigned int n_keep;
	uint64_t namespaces; /* CLONE_NEW* */
	int cgroup;	     /* directory descriptor, -1: stay in PID 1's (tests only) */
	bool slow_cgroup;    /* it may keep the child from running, or short of memory */
	/* Namespaces of a running process to enter first, by its pidfd; -1: none */
	int join_pidfd;
	uint64_t join_namespaces;
	int netns; /* kept network namespace to enter; -1: none */
	const char *netns_path,
		*ipcns_path; /* files of namespaces to enter, host view; NULL: none */
	uint64_t
		pod_namespaces; /* CLONE_NEW*: entered by these descriptors, in the order of the above */
	int pod[POD_KINDS];
	enum stub_mode stub;

	/*
	 * enum sandbox_users. Ids of this plan are those inside; on the host they are larger by id_base. Not
	 * all enter it: what is run with full privileges stays outside, but makes the view for those who do.
	 */
	uint8_t users;
	bool enter_users;
	uint32_t id_base; /* 0 but for USERS_MANAGED */
	uint64_t
		users_namespaces; /* CLONE_NEWNET: owned by it, so that its capabilities hold there */

	network_fn network; /* NULL: nothing to configure */
	const void *network_spec;
	int host_netlink; /* -1: none */

	const struct tunable *tunables;
	size_t n_tunables;
	const struct directory_op *directories;
	size_t n_directories;
	enum root_kind root_kind;
	const char *root; /* where the new root is attached until pivot_root; NULL: ROOT_KEPT */
	const char *root_source; /* ROOT_CLONED, ROOT_IMAGE: absolute, host view */
	bool root_bundle; /* ROOT_CLONED: root_source may be an OCI bundle, whose rootfs is meant */
	uint16_t root_tag; /* whose wish it is, as in mount_op */
	const struct extension *extensions;
	size_t n_extensions;
	const char *layers; /* where images of extensions are mounted meanwhile */
	const char *root_signature;
	const char *root_verity, *root_hash,
		*root_options;	  /* ROOT_IMAGE: see image.h; NULL: none */
	unsigned long root_flags; /* ROOT_EMPTY: MS_* */
	bool root_read_only; /* ROOT_EMPTY: when all is in it; what is mounted there is as it is */
	/* ROOT_IMAGE: loads kernel modules for image files; 0 or -errno. [child] */
	int (*load_modules)(const char *group);
	unsigned long propagation; /* MS_SHARED ... of the finished tree, 0: as it is */
	const struct mount_op *mounts;
	size_t n_mounts;
	const char *hostname; /* NULL: keep */
	/* In microseconds; not both 0: a time namespace whose clocks are so far ahead of the host's. */
	int64_t monotonic_offset, boottime_offset;

	int stdio[3]; /* -1: /dev/null as inherited */
	/*
	 * Become 3, 4, ...: PID 1's own descriptors, any number. For them its table is copied (spawn.h).
	 * The first n_sockets get O_NONBLOCK set or cleared, which is seen by all who share the socket.
	 */
	int *fds;
	unsigned int n_fds, n_sockets;
	bool nonblock;
	int notify_from, notify_to; /* the former becomes the latter; -1: none */
	int idle;		    /* hangs up when the program may be executed; -1: at once */
	struct credentials *credentials; /* NULL: none */
	const struct openings *openings; /* of 0-2, what the child opens itself; NULL: nothing */
	const struct rlimit_op *rlimits;
	size_t n_rlimits;
	bool set_nice, set_oom_score_adj;
	int nice;
	int oom_score_adj;
	mode_t umask;
	const char *cwd; /* NULL: "/" */
	bool cwd_optional;

	bool set_user;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	uint64_t bounding; /* capability bits that stay in the bounding set */
	uint64_t ambient;
	bool drop_capabilities; /* apply bounding; else the set is left alone */
	bool no_new_privs;
	const struct landlock_rules *landlock; /* NULL: none (landlock.h) */
	const struct sock_fprog *filter;       /* NULL: none; stays (init/filters.h) */
	uint8_t keyring;		       /* enum sandbox_keyring */
	const struct attributes *attributes;   /* NULL: all as inherited */
	bool ignore_sigpipe;

	/*
	 * Done instead of executing a program: what only root in our namespaces can do, and may take
	 * its time (a unit that is no service). The child ends with status 0 when it went well.
	 */
	work_fn work;
	const void *work_ctx; /* not from the pool */
	int work_fd;	      /* one that the work needs, lent; -1: none */

	/* Candidates for execve, tried in order until one exists; NULL-terminated. */
	const char *const *paths;
	char *const *argv;
	char *const *envp;
	/*
	 * Where in envp the program's own pid belongs (LISTEN_PID=, WATCHDOG_PID=): only the process
	 * that will execute it knows what it is called in its PID namespace. Room for PID_TEXT bytes.
	 */
	char *own_pid[2];
};

#endif
