/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_WORD_LINES_H
#define BERTH_UNITS_WORD_LINES_H

#include "lib/arena.h"
#include "units/unit.h"

/*
 * In which line of a unit's files a word stands. Settings keep the line of their last assignment
 * only; who complains about one of the words of a list wants that one's. The files are read once
 * per unit, however many words are asked for.
 */
struct word_lines {
	const struct unit *unit; /* whose lines these are */
	struct word_line *v;	 /* sorted */
	uint32_t n, room;
	struct arena arena;
};

/* Sets @file and @line for the first assignment of @word to @key, else for the last one of @key. */
void word_lines_find(struct word_lines *w, const struct unit *u, enum key key, const char *word,
		     const char **file, unsigned int *line);

void word_lines_free(struct word_lines *w);

#endif
