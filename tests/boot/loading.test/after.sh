# shellcheck shell=bash
case_unknown_key_of_a_foreign_unit_is_a_warning() { shown 'warning.*foreign.service:6: .*FancyNewKey'; }
