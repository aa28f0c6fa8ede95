# shellcheck shell=bash
case_a_copied_line_is_on_the_console() { shown '\] copies.service: to the log and the console'; }
