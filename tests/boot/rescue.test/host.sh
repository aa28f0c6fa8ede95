# shellcheck shell=bash
# "single" on the kernel command line: a shell on the console with job control; its end goes on with the boot.
case_a_shell_is_offered() {
	wait_console 'This is rescue mode'
	answers shown '~ # '
	! shown 'reached.*multi-user.target' || return 1
}

case_it_is_roots_on_a_terminal_of_its_own() {
	# shellcheck disable=SC2016 # the guest expands it
	type_line 'echo "it is $USER in $HOME on $(tty), session leader $(cut -d" " -f6 /proc/$$/stat | grep -c .)"'
	wait_console 'it is root in /root on /dev/console, session'
}

case_control_c_interrupts() {
	# Said by the job itself: by then the terminal is its own.
	type_line 'sh -c "echo it runs; exec cat /dev/zero >/dev/null"'
	wait_console '^it runs'
	type_control C
	# The terminal forgets what was typed before it.
	answers shown '^^C'
	# shellcheck disable=SC2016
	type_line 'echo "ended with" $?'
	wait_console 'ended with 130'
}

case_control_z_stops() {
	type_line 'sh -c "echo another runs; exec cat /dev/zero >/dev/null"'
	wait_console '^another runs'
	type_control Z
	answers shown '^^Z'
	type_line 'jobs; kill -KILL %1; wait; echo all ended'
	wait_console 'Stopped.*another runs'
	wait_console '^all ended'
}

case_its_end_goes_on_with_the_boot() {
	type_line exit
	wait_console 'reached.*multi-user.target'
}
