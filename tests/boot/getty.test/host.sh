# shellcheck shell=bash
# util-linux' agetty by systemd's own serial-getty@.service, unchanged, and a login over the serial console.
case_a_login_is_offered() { answers shown 'login: '; }

case_who_logs_in_has_a_shell() {
	type_line user
	answers shown '/tmp [$] '
	# shellcheck disable=SC2016 # the guest expands it
	type_line 'echo "I am $USER on $(tty), TERM=$TERM"'
	wait_console 'I am user on /dev/ttyS0, TERM=vt220'
}

case_control_c_interrupts() {
	# Said by the job itself: by then the terminal is its own.
	type_line 'sh -c "echo it runs; exec cat /dev/zero >/dev/null"'
	wait_console '^it runs'
	type_control C
	# The terminal forgets what was typed before it.
	answers seen 3 '/tmp [$] '
	# shellcheck disable=SC2016
	type_line 'echo "ended with" $?'
	wait_console 'ended with 130'
}

case_after_the_end_there_is_another_login() {
	type_line exit
	answers seen 2 'login: '
}

# seen N PATTERN: in that many lines of the console
seen() { [ "$(shown "$2" | wc -l)" -ge "$1" ]; }
