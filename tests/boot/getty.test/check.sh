# shellcheck shell=sh
getty=serial-getty@ttyS0.service
case_the_unit_is_systemds() { is "$(prop $getty FragmentPath)" /lib/systemd/system/serial-getty@.service; }
case_the_terminal_is_its_own() {
	is "$(readlink "/proc/$(prop $getty MainPID)/fd/0")" /dev/ttyS0
	is "$(stat_field $getty 7)" $((4 * 256 + 64))
}
case_the_next_run_gets_the_terminal() {
	berthctl restart $getty
	is "$(prop $getty ActiveState)" active
	berthctl stop $getty
	all_dead $getty
}
