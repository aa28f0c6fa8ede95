# shellcheck shell=bash
case_failed_assertion_line() { shown 'FAILED.*asserts.service: .*asserts.service:3: .*AssertPathExists.*/not/there'; }
