# shellcheck shell=bash
# "emergency" on the kernel command line: a shell, and nothing else. How it ends the machine is tests/boot/emergency.test/expect.
case_a_shell_and_nothing_else() {
	wait_console 'This is emergency mode'
	answers shown '~ # '
	! shown 'reached.*sysinit.target' || return 1
	type_line 'berthctl exit 7'
	wait_console 'stopped.*emergency.service'
}
