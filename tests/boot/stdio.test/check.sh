# shellcheck shell=sh disable=SC2034
# StandardInput=, StandardOutput=, StandardError= in all their forms, and terminals.
tty_of() { stat_field "$1" 7; }
vt() { echo $((4 * 256 + $1)); }

# refused UNIT STATUS PATTERN: it does not start, with that exit status and one line that has the pattern
refused() {
	status 1 berthctl start "$1"
	is "$(prop "$1" ExecMainStatus)" "$2"
	told "$1" | grep "$3"
	all_dead "$1"
}

case_text_and_data_are_one_input() {
	berthctl start data
	is "$(logs data | tr '\t\n' _,)" "one_tab on data,binary two,"
}

case_text_makes_data_the_input_and_cannot_be_changed() {
	berthctl start data-implied
	is "$(logs data-implied | tr '\n' ,)" text,sealed,
}

case_files() {
	mkdir -p /run/stdio
	echo input >/run/stdio/in
	echo longer than that >/run/stdio/out
	echo before >/run/stdio/err
	berthctl start files
	is "$(head -c 6 /run/stdio/out)" input
	is "$(tail -c +7 /run/stdio/out)" " than that"
	is "$(tr '\n' , </run/stdio/err)" before,error,
}

case_a_file_is_made_with_the_umask() {
	rm /run/stdio/out
	berthctl start files
	is "$(stat -c %a:%u /run/stdio/out)" 600:0
}

case_a_truncated_file_is_opened_once_for_both() {
	echo much longer than what follows >/run/stdio/both
	berthctl start truncated
	is "$(tr '\n' , </run/stdio/both)" out,err,
}

case_one_file_in_both_directions() {
	echo line >/run/stdio/one
	berthctl start one-file
	is "$(tr '\n' , </run/stdio/one)" "line,line again,"
}

case_a_socket_is_connected_to() {
	berthctl start heard.socket
	berthctl start connected
	wait_lines 'through the socket' 1 berthctl logs -f -n 100 -o cat
}

case_a_missing_input_is_status_208() { refused no-input 208 'no-input.service:4: StandardInput: step open: /run/stdio/none: No such file'; }
case_a_missing_directory_is_status_222() { refused no-error 222 'no-error.service:4: StandardError: step open: /run/stdio/none/there: No such file'; }

case_named_descriptor() {
	berthctl start named.socket
	echo hello >/run/stdio/fifo
	wait_log named 'got hello'
}

case_a_name_that_nobody_hands_over() {
	status 1 berthctl start no-name
	told no-name | grep 'no-name.service:3: StandardInput: no descriptor called "other"'
}

case_lines_are_copied_to_the_kernel_log() {
	berthctl start kernel-log
	is "$(logs kernel-log)" "to the log of the kernel"
	eventually sh -c "dmesg | grep 'kernel-log.service: to the log of the kernel'"
}

# after.sh looks at the console
case_lines_are_copied_to_the_console() {
	berthctl start copies
	is "$(logs copies)" "to the log and the console"
}

case_a_terminal_is_the_programs_own() {
	berthctl start holder-none holder-standard
	is "$(tty_of holder-none)" "$(vt 2)"
	is "$(tty_of holder-standard)" "$(vt 3)"
	is "$(readlink "/proc/$(prop holder-none MainPID)/fd/1")" /dev/tty2
	is "$(tr '\0' '\n' <"/proc/$(prop holder-none MainPID)/environ" | grep ^TERM=)" TERM=linux
}

case_a_terminal_of_another_session_is_refused() { refused fails 208 'fails.service:5: TTYPath: step terminal: the terminal is another'; }

case_a_terminal_is_waited_for() {
	berthctl start --no-block waits
	is "$(prop waits ActiveState)" activating
	berthctl stop holder-none
	wait_state waits active
	is "$(tty_of waits)" "$(vt 2)"
	berthctl stop waits
}

case_who_waits_can_be_stopped() {
	berthctl start holder-none
	berthctl start --no-block waits
	berthctl stop waits
	is "$(prop waits ActiveState)" inactive
	all_dead waits
}

case_a_terminal_is_taken_by_force() {
	berthctl start forces
	is "$(tty_of forces)" "$(vt 3)"
	is "$(tty_of holder-standard)" 0
}

case_a_terminal_is_reset_and_hung_up_before_and_after() {
	stty -F /dev/tty4 -echo -icanon
	cat /dev/tty4 &
	reader=$!
	berthctl start reset
	wait $reader || true
	wait_log reset linux
	fails sh -c "berthctl logs -o cat reset | grep -e -icanon -e -echo\\;"
	stty -F /dev/tty4 -echo
	berthctl stop reset
	eventually sh -c 'stty -F /dev/tty4 -a | grep " echo "'
}

# It is held open: a terminal that nobody has open is as new anyway.
case_tty_reset() {
	exec 9<>/dev/tty7
	stty -F /dev/tty7 -echo -icanon
	berthctl start reset-alone
	wait_log reset-alone icanon
	fails sh -c "logs() { berthctl logs -o cat reset-alone; }; logs | grep -e -icanon -e '-echo '"
	stty -F /dev/tty7 -echo
	berthctl stop reset-alone
	eventually sh -c 'stty -F /dev/tty7 -a | grep " echo "'
	exec 9>&-
}

# The screen that the last one left: /dev/vcs8 is what it shows.
screen() { cat /dev/vcs8 2>/dev/null || true; }
is_wiped() { is "$(screen | grep -c secret)" 0; }
case_tty_vt_disallocate() {
	exec 9<>/dev/tty8
	echo secret >/dev/tty8
	screen | grep secret
	berthctl start wiped
	is_wiped
	echo secret >/dev/tty8
	screen | grep secret
	berthctl stop wiped
	eventually is_wiped
	exec 9>&-
}

case_a_terminal_has_the_size_that_is_written() {
	berthctl start sized
	stty -F /dev/ttyS0 -a | grep 'rows 33; columns 77'
}

case_a_reset_does_not_hit_the_next_run() {
	for _ in 1 2 3; do
		berthctl restart reset
		is "$(prop reset SubState)" running
	done
	is "$(tty_of reset)" "$(vt 4)"
	berthctl stop reset
}

case_what_is_no_terminal() { refused no-terminal 208 'no-terminal.service:5: TTYPath: step open: /dev/null: Not a tty'; }

case_a_terminal_that_is_written_to_is_nobodys() {
	berthctl start output-only
	is "$(tty_of output-only)" 0
	is "$(readlink "/proc/$(prop output-only MainPID)/fd/1")" /tty5
	is "$(readlink "/proc/$(prop output-only MainPID)/fd/0")" /dev/null
}

case_login_variables() {
	berthctl start login-yes login-no
	is "$(logs login-yes | grep -c -e ^USER=root -e ^LOGNAME=root -e ^HOME=/root -e ^SHELL=/bin/sh)" 4
	is "$(logs login-no | grep -c -e ^USER= -e ^LOGNAME= -e ^HOME= -e ^SHELL=)" 0
}
