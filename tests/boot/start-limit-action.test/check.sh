# StartLimitAction=reboot-force with an argument for the boot loader.
case_is_up() { wait_state stubborn active; }
finish() { berthctl start --no-block loop; }
