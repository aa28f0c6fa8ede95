/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_TABLE_H
#define BERTH_CTL_TABLE_H

#include <stddef.h>

/*
 * Prints rows of @n_columns (at most 16) cells each, one row behind the other in @cells; columns are
 * as wide as they need to be, the last is not padded.
 */
void table_print(const char *const *cells, size_t n_rows, size_t n_columns);

#endif
