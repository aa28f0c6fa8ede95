/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_IPC_WORK_H
#define BERTH_INIT_IPC_WORK_H

#include <stdbool.h>
#include <sys/types.h>

/* The part of RemoveIPC= that an errand does: there may be as many objects as the service liked. */
struct ipc_work {
	const char *user, *group; /* names or numbers; "": none is written */
	uid_t dynamic;		  /* of DynamicUser=, unless @user is somebody; 0: none */
	bool namespaced;	  /* System V objects and queues were in a namespace that is gone */
	const char *namespace;	  /* file of the namespace that they are in, "": the host's */
	bool own_shm;		  /* so was /dev/shm */
};

/*
 * Removes what belongs to the user or the group, unless a process of theirs is left somewhere: systemd.exec(5)
 * RemoveIPC=, "when the last of these units is stopped". Never what is root's. 0 or -errno. [errand]
 */
int ipc_work(const struct ipc_work *work);

#endif
