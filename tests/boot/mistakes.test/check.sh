# Mistakes in units: the boot goes on, and the unit says what is wrong.
case_boot_goes_on() { is "$(prop good SubState)" running; is "$(prop multi-user.target ActiveState)" active; }
case_system_is_degraded() { status 1 berthctl is-system-running --quiet; is "$(berthctl is-system-running)" degraded; }
case_bad_key_is_not_loaded() { is "$(prop bad-key LoadState)" bad-setting; prop bad-key LoadError | grep 'bad-key.service:3.*MemoryMaximum'; }
case_bad_value_is_not_loaded() { is "$(prop bad-value LoadState)" bad-setting; prop bad-value LoadError | grep 'bad-value.service:3.*MemoryMax.*lots'; }
case_start_repeats_the_reason() { berthctl start bad-key 2>&1 | grep 'bad-key.service:3.*MemoryMaximum'; }
case_protecting_key_is_not_ignored() { is "$(prop refused-key ActiveState)" inactive; prop refused-key LoadError | grep 'refused-key.service:3.*AppArmorProfile'; }
case_cycle_is_broken() { for unit in one two three; do is "$(prop $unit SubState)" running; done; }
case_missing_binary_failed() { is "$(prop missing-binary ActiveState)" failed; }
case_unknown_user_failed() { is "$(prop unknown-user ActiveState)" failed; }
case_nothing_runs_as_somebody_else() { is "$(prop unknown-user MainPID) $(prop unknown-group MainPID)" "0 0"; }
case_dependants_of_the_broken_do_not_run() { is "$(prop needs-bad-key ActiveState) $(prop needs-nothing-there ActiveState)" "inactive inactive"; }
case_corrected_unit_starts() {
	mkdir -p /run/fix /usr/bin
	cp /bin/busybox /usr/bin/not-there
	# busybox under another name does nothing but complain; that it ran is what counts here
	berthctl start missing-binary
	wait_log missing-binary 'applet not found'
}

case_address_is_given_once() { is "$(prop ip-one ActiveState)$(prop ip-two ActiveState | sed 's/inactive/failed/')" activefailed; }
