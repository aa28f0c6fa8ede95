/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONDITION_ORDER_H
#define BERTH_INIT_CONDITION_ORDER_H

#include <stdbool.h>

/* Comparisons of conditions: ">= 5.10"; condition_machine.c has them. */
enum order { ORDER_NONE, ORDER_LT, ORDER_LE, ORDER_EQ, ORDER_NE, ORDER_GE, ORDER_GT };

/* The operator at *@text, which is moved behind it and the blanks that follow. */
enum order condition_take_order(const char **text);
/* Whether a comparison's result is as @order wants it; none means at least. */
bool condition_in_order(int comparison, enum order order);
/* The version format specification of the UAPI group, which systemd.unit(5) refers to. */
int condition_compare_versions(const char *a, const char *b);

#endif
