# shellcheck shell=bash
# One clear line on the console for each mistake: file, line, key, reason. (Who needs a broken unit is told in another.)
once() {
	shown "$1"
	is "$(shown "$1" | grep -a -c -v 'left out')" 1
}

case_missing_binary_line() { once 'missing-binary.service:3: .*ExecStart: .*/usr/bin/not-there: No such file or directory'; }
case_unknown_user_line() { once 'unknown-user.service:3: .*User: .*nosuchuser'; }
case_unknown_group_line() { once 'unknown-group.service:3: .*Group: .*nosuchgroup'; }
case_bad_key_line() { once 'bad-key.service:3: .*MemoryMaximum.*MemoryMax'; }
case_bad_value_line() { once 'bad-value.service:3: .*MemoryMax: .*lots'; }
case_no_command_line() { once 'no-command.service.*ExecStart'; }
case_refused_key_line() { once 'refused-key.service:3: .*AppArmorProfile'; }
case_no_directory_line() { once 'no-directory.service:3: .*WorkingDirectory.*/not/there.*No such file'; }
case_env_file_line() { once 'env-file.service:3: .*EnvironmentFile.*/not/there.env.*No such file'; }
case_cycle_line() { once 'cycle.*\(one.service -> .*-> one.service\|two.service -> .*-> two.service\|three.service -> .*-> three.service\)'; }
case_missing_requirement_line() { is "$(shown 'needs-nothing-there.service is left out: nothing-there.service not found' | wc -l)" 1; }
case_broken_requirement_line() { is "$(shown 'needs-bad-key.service is left out: .*bad-key.service:3: .*MemoryMaximum' | wc -l)" 1; }
case_ignored_sections_are_quiet() { ! shown 'X-Vendor\|X-Section\|nothing-there-either'; }
case_taken_address_line() { once 'ip-two.service:4: .*IP.*taken\|ip-two.service:4: .*IP.*ip-one'; }
