# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
case_unknown_word_is_told() { grep -q 'warning: /proc/cmdline: berth.bogus: unknown, ignored' "$console"; }
