# `reboot`: QEMU is told not to come back.
case_is_up() { berthctl is-active multi-user.target; }
finish() { reboot; }
