/* SPDX-License-Identifier: MIT */
#include "ctl/table.h"

#include <stdio.h>
#include <string.h>

static int width_of(const char *const *cells, size_t n_rows, size_t n_columns, size_t column)
{
	size_t width = 0;

	for (size_t row = 0; row < n_rows; row++) {
		size_t n = strlen(cells[row * n_columns + column]);

		width = n > width ? n : width;
	}
	return (int)width;
}

void table_print(const char *const *cells, size_t n_rows, size_t n_columns)
{
	int widths[16];

	for (size_t i = 0; i < n_columns; i++)
		widths[i] = width_of(cells, n_rows, n_columns, i);
	for (size_t row = 0; row < n_rows; row++) {
		const char *const *v = &cells[row * n_columns];

		for (size_t i = 0; i + 1 < n_columns; i++)
			printf("%-*s ", widths[i], v[i]);
		puts(v[n_columns - 1]);
	}
}
