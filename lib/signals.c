/* SPDX-License-Identifier: MIT */
#include "lib/signals.h"

#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <signal.h>

/* The kernel's are 32 to 64, of which glibc keeps two for itself. */
#define RT_MIN 34
#define RT_MAX 64

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct signal_row {
	const char *name;
	int number;
};

static const struct signal_row signals[] = {
#define SIGNAL(name, number) { name, number },
#include "lib/signal.def"
#undef SIGNAL
};

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n" */
static int parse_rt_signal(const char *s, int *out)
{
	bool from_min = str_starts(s, "RTMIN");
	uint64_t n = 0;
	int r;

	if (!from_min && !str_starts(s, "RTMAX"))
		return -EINVAL;
	s += 5;
	if (*s != '\0') {
		if (*s != (from_min ? '+' : '-') || !is_digit(s[1]))
			return -EINVAL;
		s++;
		r = parse_u64(s, 0, RT_MAX - RT_MIN, &n);
		if (r < 0)
			return r;
	}
	*out = from_min ? RT_MIN + (int)n : RT_MAX - (int)n;
	return 0;
}

int parse_signal(const char *s, int *out)
{
	uint64_t n;

	if (is_digit(*s)) {
		int r = parse_u64(s, 1, RT_MAX, &n);

		if (r == 0)
			*out = (int)n;
		return r;
	}
	if (str_starts(s, "SIG"))
		s += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (str_eq(s, signals[i].name)) {
			*out = signals[i].number;
			return 0;
		}
	}
	return parse_rt_signal(s, out);
}

const char *signal_name(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i].number == sig)
			return signals[i].name;
	}
	return NULL;
}
