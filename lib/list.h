/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_LIST_H
#define BERTH_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Intrusive, circular, doubly linked; an element not in a list points to itself. */
struct list {
	struct list *prev, *next;
};

#define LIST_INIT(head)                                                                            \
	{                                                                                          \
		&(head), &(head)                                                                   \
	}
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_for_each(pos, head)	for (pos = (head)->next; pos != (head); pos = pos->next)
/* The loop body may remove @pos. */
#define list_for_each_safe(pos, tmp, head)                                                         \
	for (pos = (head)->next, tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_append(struct list *head, struct list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

static inline void list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

#endif
