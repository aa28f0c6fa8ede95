/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_VERSION_H
#define BERTH_LIB_VERSION_H

#define BERTH_VERSION "0.1"

#endif
