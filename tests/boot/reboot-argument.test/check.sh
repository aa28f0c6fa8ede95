# An argument for firmware or boot loader, by hand.
case_is_up() { berthctl is-active multi-user.target; }
finish() { berthctl reboot --reboot-argument='slot b'; }
