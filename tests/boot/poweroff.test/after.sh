# shellcheck shell=bash disable=SC2154
case_kernel_says_power_down() { shown 'reboot: Power down'; }
case_exit_status_is_0() { is "$boot_status" 0; }
case_stopped_in_reverse_order() { is "$(shown '@@stop' | sed 's/.*@@stop //' | tr '\n' ' ')" "back middle front "; }
case_what_was_left_behind_is_told() { shown 'killing what ignores SIGTERM: .*sleep'; }
case_all_is_bounded() {
	# from the request to the end: 2 seconds of the stubborn one, 10 for what was left behind
	begin=$(shown '@@down' | sed 's/.*@@down //')
	end=$(shown 'reboot: Power down' | sed 's/^\[ *\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/')
	echo "$begin to $end"
	[ $((end - begin)) -ge 11900 ]
	[ $((end - begin)) -le 20000 ]
}
case_no_panic() { ! shown 'panic\|BUG:\|Oops'; }
