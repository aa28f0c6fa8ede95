/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_BASE64_H
#define BERTH_LIB_BASE64_H

#include <sys/types.h>

/*
 * Base64 as in RFC 4648, white space between the letters skipped, padding optional. Writes at most
 * strlen(@text) / 4 * 3 + 3 bytes to @out, which may be NULL. The number of bytes, or -EINVAL.
 */
ssize_t base64_decode(const char *text, unsigned char *out);

#endif
