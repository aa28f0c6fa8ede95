# How units are found and read.
case_template() {
	berthctl start 'tick@a-b.service' 'tick@x\x20y.service'
	is "$(logs 'tick@a-b.service')" 'a-b|a/b|tick@a-b.service|tick@a-b|tick|%|berth'
	is "$(prop 'tick@a-b.service' Description)" "Instance a-b of tick"
	like "$(berthctl logs -o cat 'tick@x\x20y.service')" '*|x y|*'
}

case_drop_ins_in_order() {
	tr '\0' '\n' </proc/$(prop dropped MainPID)/environ | grep -x FROM=second
	is "$(cgroup dropped memory.max)" 50331648
	is "$(prop dropped DropInPaths)" "/etc/berth/units/dropped.service.d/10-first.conf /etc/berth/units/dropped.service.d/20-second.conf"
}

case_syntax() {
	is "$(prop syntax Description)" "A line that  goes on"
	logs syntax >$T/syntax
	is "$(sed -n 1p $T/syntax)" 'two words its a b a b 1 $HOME A'
	is "$(sed -n 2p $T/syntax)" second
}

case_etc_before_usr() { is "$(tr '\0' ' ' </proc/$(prop vendor MainPID)/cmdline)" "/bin/sleep 22222 "; }
case_alias() { is "$(prop nickname Id)" vendor.service; }
case_enabled() { is "$(prop dropped UnitFileState)" enabled; status 0 berthctl is-enabled dropped; }

case_foreign_unit_is_not_isolated() {
	is "$(prop foreign SubState)" running
	is "$(prop foreign Isolation)" none
	is "$(readlink /proc/$(prop foreign MainPID)/ns/pid)" "$(readlink /proc/self/ns/pid)"
}

case_protection_of_a_foreign_unit_is_not_ignored() {
	fails berthctl start guarded
	prop guarded LoadError | grep 'guarded.service:3.*AppArmorProfile'
}

case_new_unit_is_found_without_reload() {
	printf '[Service]\nExecStart=/bin/sleep 100000\n' >/etc/berth/units/late.service
	berthctl start late
	is "$(prop late SubState)" running
}
