/* SPDX-License-Identifier: MIT */
#include "init/places.h"
#include "lib/layout.h"

#include "init/window.h"
#include "lib/arena.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* PROC_PID_INIT_INO: every kernel's number for the first PID namespace. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU

static LARGE_STATIC struct service_plan
	spare; /* for children with a copy while all places are taken */
static struct place *places[WINDOW_SIZE];
static bool sharing;

/*
 * Where PID 1 is not the machine's, the kernel's OOM killer would take it along with a child that has
 * the same memory.
 */
static bool is_init_of_machine(void)
{
	struct stat st;

	return getpid() == 1 && stat("/proc/self/ns/pid", &st) == 0 &&
	       st.st_ino == FIRST_PID_NAMESPACE;
}

void places_boot(void)
{
	sharing = is_init_of_machine();
}

static struct place *map_place(void)
{
	struct place *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Not for children with a copy: each further mapping makes a clone dearer. */
	if (mprotect(p, sizeof(p->guard), PROT_NONE) < 0 ||
	    madvise(p, sizeof(p->guard), MADV_DONTFORK) < 0) {
		munmap(p, sizeof(*p));
		return NULL;
	}
	return p;
}

void places_trim(void)
{
	for (size_t i = 0; i < WINDOW_SIZE; i++) {
		if (!places[i] || !share_room_is_free(&places[i]->room))
			continue;
		plan_release(&places[i]->plan);
		/* The first stays mapped, empty: for the restart that comes now and then. */
		if (i == 0 &&
		    madvise(&places[i]->room, sizeof(*places[i]) - sizeof(places[i]->guard),
			    MADV_DONTNEED) == 0)
			continue;
		munmap(places[i], sizeof(*places[i]));
		places[i] = NULL;
	}
}

static struct place *free_place(void)
{
	for (size_t i = 0; sharing && i < WINDOW_SIZE; i++) {
		if (!places[i])
			places[i] = map_place();
		if (places[i] && share_room_is_free(&places[i]->room))
			return places[i];
	}
	return NULL;
}

struct service_plan *places_take(struct share_room **room)
{
	struct place *p = free_place();
	struct service_plan *plan = p ? &p->plan : &spare;

	plan_release(plan);
	if (p)
		arena_begin_in(&plan->arena, p->words, sizeof(p->words));
	*room = p ? &p->room : NULL;
	return plan;
}
