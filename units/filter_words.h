/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_FILTER_WORDS_H
#define BERTH_UNITS_FILTER_WORDS_H

#include "units/keys.h"

/*
 * The lists of which seccomp/ makes a filter are judged when they are read, not when the service
 * starts: groups, families, architectures, error numbers. What names of single calls there are is
 * not known in here (too many for PID 1); berth-seccomp and `berthctl verify` tell.
 */

/* NULL, or what is wrong with @word of one of these keys; @word may be cut up. */
const char *filter_word_wrong(const struct key_info *info, char *word);

/* Whether the key is such a list. */
bool filter_is_list(const struct key_info *info);

/* "EPERM", "1" or "kill": SystemCallErrorNumber=, and what stands behind a call's colon. */
bool filter_is_errno(const char *word);

#endif
