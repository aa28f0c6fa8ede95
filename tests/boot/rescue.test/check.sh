# shellcheck shell=sh
# What is left of rescue mode when the boot has gone on.
case_the_shell_is_gone() {
	is "$(prop rescue.service ActiveState)" inactive
	is "$(prop rescue.target ActiveState)" inactive
	is "$(prop sysinit.target ActiveState)" active
}
