# Conditions: what a unit asks for is looked at when its turn comes. Each case fails when the directive is ignored.
# holds TEXT / unmet TEXT: whether a unit with these lines in [Unit] starts; it is written on the spot and has a name of its own.
# What is not met is skipped as a condition, and fails as an assertion.
N=0
try() {
	N=$((N + 1))
	unit=$1-$N.target
	mkdir -p /run/berth/units
	printf '[Unit]\n%b\n' "$2" >/run/berth/units/"$unit"
	berthctl start "$unit"
}
holds() { try "$name" "$1"; is "$1: $(prop "$unit" ActiveState) $(prop "$unit" ConditionResult)" "$1: active yes"; }
unmet() {
	try "$name" "$1"
	is "$1: $(prop "$unit" ActiveState) $(prop "$unit" ConditionResult)" "$1: inactive no"
	refuses "$(echo "$1" | sed 's/Condition/Assert/g')"
}
refuses() {
	fails try "$name" "$1"
	is "$1: $(prop "$name-$N.target" ActiveState) $(prop "$name-$N.target" AssertResult)" "$1: inactive no"
}

case_boot_skips_what_is_not_met() {
	is "$(prop unmet-service ActiveState) $(prop unmet-service ConditionResult)" "inactive no"
	[ ! -e /run/unmet-service-ran ]
	told unmet-service | grep 'unmet-service.service:4: ConditionPathExists: "/not/there" does not hold'
	fails berthctl is-failed unmet-service
}
# A skipped unit does not take along who requires it, and the system is not degraded by it.
case_who_requires_it_starts() { is "$(prop needs-unmet SubState)" running; }
case_order_counts() { is "$(prop after-maker ActiveState)" active; is "$(prop before-maker ActiveState)" inactive; }
case_assertion_fails() {
	is "$(prop asserts ActiveState) $(prop asserts AssertResult)" "inactive no"
	is "$(prop needs-asserts ActiveState)" inactive
	[ ! -e /run/asserts-ran ]
	fails berthctl start asserts
	told asserts | grep 'asserts.service:3: AssertPathExists: "/not/there" does not hold'
}
case_assertion_met_later() { touch /run/there-later; berthctl start asserts-later; is "$(prop asserts-later ActiveState) $(prop asserts-later AssertResult)" "active yes"; }
# Down, a restart asks again; up, a start does not.
case_restart_asks_again() {
	touch /run/still-there
	berthctl start toggled
	is "$(prop toggled ActiveState)" active
	rm /run/still-there
	berthctl start toggled
	is "$(prop toggled ActiveState) $(prop toggled ConditionResult)" "active yes"
	berthctl restart toggled
	is "$(prop toggled ActiveState) $(prop toggled ConditionResult)" "inactive no"
}

case_path_exists() { holds ConditionPathExists=/etc; unmet ConditionPathExists=/not/there; unmet ConditionPathExists=!/etc; }
case_path_exists_glob() { holds 'ConditionPathExistsGlob=/et?'; unmet 'ConditionPathExistsGlob=/not*'; }
case_path_is_directory() { holds ConditionPathIsDirectory=/etc; unmet ConditionPathIsDirectory=/proc/cmdline; }
case_path_is_symbolic_link() { holds ConditionPathIsSymbolicLink=/proc/self; unmet ConditionPathIsSymbolicLink=/etc; }
case_path_is_mount_point() { holds ConditionPathIsMountPoint=/proc; unmet ConditionPathIsMountPoint=/etc; }
case_path_is_read_write() { holds ConditionPathIsReadWrite=/run; unmet ConditionPathIsReadWrite=/not/there; }
case_directory_not_empty() { holds ConditionDirectoryNotEmpty=/etc; mkdir /run/empty; unmet ConditionDirectoryNotEmpty=/run/empty; }
case_file_not_empty() { holds ConditionFileNotEmpty=/bin/busybox; : >/run/void; unmet ConditionFileNotEmpty=/run/void; }
case_file_is_executable() { holds ConditionFileIsExecutable=/bin/busybox; unmet ConditionFileIsExecutable=/run/void; }
case_kernel_command_line() { holds ConditionKernelCommandLine=console; unmet ConditionKernelCommandLine=nothing-of-this; }
case_kernel_version() { holds 'ConditionKernelVersion=>=5.14'; unmet 'ConditionKernelVersion=<5.14'; }
case_virtualization() { holds ConditionVirtualization=vm; unmet ConditionVirtualization=container; unmet ConditionVirtualization=no; }
case_host() { holds "ConditionHost=$(hostname)"; unmet ConditionHost=some-other-host; }
case_architecture() { holds ConditionArchitecture=native; unmet ConditionArchitecture=s390x; }
case_capability() { holds ConditionCapability=CAP_SYS_ADMIN; unmet ConditionCapability=!CAP_SYS_ADMIN; }
case_user_and_group() { holds ConditionUser=root; unmet ConditionUser=nobody; holds ConditionGroup=root; unmet ConditionGroup=nogroup; }
case_controllers() { holds 'ConditionControlGroupController=memory pids'; unmet ConditionControlGroupController=net_cls; }
case_memory() { holds 'ConditionMemory=>= 16M'; unmet 'ConditionMemory=>= 1T'; }
case_os_release() {
	printf '%s\n' ID=test 'VERSION_ID="12.4"' "NAME='Test System'" >/etc/os-release
	holds 'ConditionOSRelease=ID=test VERSION_ID>=9'
	holds 'ConditionOSRelease="NAME=Test System"'
	holds 'ConditionOSRelease=ID$=te* ID!$=x*'
	unmet 'ConditionOSRelease=VERSION_ID<12.4'
	unmet 'ConditionOSRelease=ID=tes'
	refuses 'AssertOSRelease=ID=other'
}
case_pressure() {
	holds 'ConditionMemoryPressure=100%%'
	holds 'ConditionCPUPressure=system.slice:100%%/10sec'
	holds 'ConditionIOPressure=100%%/1min'
	unmet 'ConditionMemoryPressure=100%%/1h'
	unmet 'ConditionMemoryPressure=much'
	unmet 'ConditionCPUPressure=much'
	unmet 'ConditionIOPressure=much'
}
case_cpu_feature() { holds 'ConditionCPUFeature=FPU'; holds 'ConditionCPUFeature=sse2'; unmet 'ConditionCPUFeature=sse'"$RANDOM"x; }
case_firmware() {
	unmet 'ConditionFirmware=uefi'
	unmet 'ConditionFirmware=device-tree'
	unmet 'ConditionFirmware=device-tree-compatible(x,y)'
	holds "ConditionFirmware=smbios-field(sys_vendor \$= QE*)"
	unmet 'ConditionFirmware=smbios-field(sys_vendor = Other)'
}
case_cpus() { holds 'ConditionCPUs=>= 1'; unmet 'ConditionCPUs=>= 1000'; }
case_environment() { holds ConditionEnvironment=!NOTHING_OF_THIS; unmet ConditionEnvironment=NOTHING_OF_THIS; }
case_first_boot() { rm -f /etc/machine-id; holds ConditionFirstBoot=yes; unmet ConditionFirstBoot=no; }
case_ac_power() { holds ConditionACPower=yes; unmet ConditionACPower=no; }
case_security() { holds ConditionSecurity=!smack; unmet ConditionSecurity=smack; }
case_needs_update() { holds ConditionNeedsUpdate=!/etc; unmet ConditionNeedsUpdate=/etc; }
case_triggers() { holds 'ConditionPathExists=|/not/there\nConditionPathExists=|/etc'; unmet 'ConditionPathExists=|/not/there\nConditionUser=|nobody'; }
case_empty_takes_all_back() { holds 'ConditionPathExists=/not/there\nConditionUser='; }
case_specifiers() { holds 'ConditionPathExists=%t'; unmet 'ConditionPathExists=%t/not-there'; }
case_assertions() { refuses AssertPathExists=/not/there; refuses AssertUser=nobody; refuses 'AssertMemory=>= 1T'; try "$name" AssertPathExists=/etc; is "$(prop "$unit" AssertResult)" yes; }
