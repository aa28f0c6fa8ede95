# shellcheck shell=bash
case_death_without_a_job_is_told_once() { is "$(shown 'FAILED.*dies.service: killed by signal USR1' | wc -l)" 1; }
