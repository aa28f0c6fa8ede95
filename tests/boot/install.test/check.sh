# What enabling makes of [Install], here and not when the image was built.
case_nothing_is_enabled_yet() {
	for unit in tool case; do is "$(status 1 berthctl is-enabled $unit)" disabled; done
	is "$(prop one.target Wants)" ""
	berthctl enable tool copy@.service
}
case_wanted_by() {
	like " $(prop one.target Wants) " '* tool.service *'
	is "$(readlink /etc/berth/units/one.target.wants/tool.service)" /etc/berth/units/tool.service
	berthctl start one.target
	is "$(prop tool ActiveState)" active
}
case_required_by() {
	like " $(prop two.target Requires) " '* tool.service *'
	berthctl stop one.target tool
	berthctl start two.target
	is "$(prop tool ActiveState)" active
	berthctl stop tool
	is "$(prop two.target ActiveState)" inactive
}
case_alias() { is "$(prop instrument Id)" tool.service; berthctl start instrument; is "$(prop tool ActiveState)" active; }
case_also() { is "$(berthctl is-enabled case)" enabled; like " $(prop one.target Wants) " '* case.service *'; }
case_default_instance() { like " $(prop one.target Wants) " '* copy@first.service *'; }
case_disabled_again() {
	berthctl disable tool copy@.service
	for unit in tool case; do is "$(status 1 berthctl is-enabled $unit)" disabled; done
	is "$(prop one.target Wants)$(prop two.target Requires)" ""
	is "$(prop instrument LoadState)" not-found
}
