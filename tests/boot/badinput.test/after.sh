# shellcheck shell=bash
case_flood_is_cut() { is "$(shown 'unknown.service:[0-9]*: ' | grep -a -o 'unknown.service:[0-9]*: ' | sort -u | wc -l)" 51; shown 'unknown.service:53: .*there is more'; }
case_file_and_line() { shown 'nul.service:3: .*NUL byte'; shown 'units.service:2: .*Wants: more than 4096 entries'; }
case_root_slice() { shown '/-.slice.d/limit.conf:2: .*MemoryMax: nothing can limit the root of all slices'; }
