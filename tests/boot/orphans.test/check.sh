# Processes whose parent has gone: PID 1 reaps them, or the stub of their berth.
zombies() { cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | grep -c ^Z || true; }
no_zombies() { is "$(zombies)" 0; }

case_1000_orphans_without_isolation() {
	berthctl start bare
	wait_log bare 'made 1000 orphans'
	eventually no_zombies
	is "$(prop bare TasksCurrent)" 1
	is "$(prop bare SubState)" running
}

case_1000_orphans_in_a_berth() {
	berthctl start boxed
	wait_log boxed 'made 1000 orphans'
	eventually no_zombies
	is "$(prop boxed SubState)" running
	# the stub and the program
	is "$(prop boxed TasksCurrent)" 2
}

case_orphans_at_the_same_time() {
	berthctl restart --no-block bare boxed
	wait_log bare 'made 1000 orphans' 2
	wait_log boxed 'made 1000 orphans' 2
	eventually no_zombies
	berthctl stop bare boxed
	eventually no_zombies
}
