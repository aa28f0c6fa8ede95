# shellcheck shell=bash disable=SC2154
case_log_level() { shown 'BridgeAddress= is taken at the next boot'; }
