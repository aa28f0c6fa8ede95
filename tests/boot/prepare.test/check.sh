# What a start reads of files is what the command before it has written: users, groups, EnvironmentFile=.
ids() { logs "$1" | tail -n 1; }
# run UNIT: a oneshot, to its end
run() { berthctl start "$1"; }

case_user_of_an_earlier_unit() {
	fails berthctl start of-fresh
	told of-fresh | grep "of-fresh.service:[0-9]*: User: unknown user 'fresh'"
	run appends
	run of-fresh
	is "$(ids of-fresh)" "4711 4711"
}
case_user_is_changed_by_the_command_before() {
	run renames
	is "$(ids renames)" "4712 4711"
}
case_user_is_changed_in_place() {
	run in-place
	is "$(ids in-place)" "4713 4711"
}
case_file_is_mounted_over() {
	sed 's/^fresh:x:[0-9]*/fresh:x:4800/' /etc/passwd >$T/passwd
	mount --bind $T/passwd /etc/passwd
	run of-fresh
	is "$(ids of-fresh)" "4800 4711"
	sed 's/^fresh:x:[0-9]*/fresh:x:4801/' /etc/passwd >$T/passwd.new
	cat $T/passwd.new >$T/passwd
	run of-fresh
	is "$(ids of-fresh)" "4801 4711"
	umount /etc/passwd
	run of-fresh
	is "$(ids of-fresh)" "4713 4711"
}
# Nobody tells when a link leads elsewhere.
case_file_is_a_link() {
	sed 's/^fresh:x:[0-9]*/fresh:x:4900/' /etc/passwd >$T/passwd.one
	sed 's/^fresh:x:[0-9]*/fresh:x:4901/' /etc/passwd >$T/passwd.two
	mv /etc/passwd /etc/passwd.real
	ln -s passwd.one $T/passwd.link
	ln -s $T/passwd.link /etc/passwd
	run of-fresh
	is "$(ids of-fresh)" "4900 4711"
	ln -sf passwd.two $T/passwd.link
	run of-fresh
	is "$(ids of-fresh)" "4901 4711"
	mv /etc/passwd.real /etc/passwd
	run of-fresh
	is "$(ids of-fresh)" "4713 4711"
}
case_group_of_a_socket() {
	echo 'late:x:4720:' >>/etc/group
	berthctl start owned.socket
	is "$(stat -c %g /run/owned)" 4720
}

case_environment_of_the_command_before() {
	run writes
	is "$(logs writes | tail -n 1)" "pre= main=second arg=second"
}
case_environment_by_wildcard() {
	mkdir -p /run/env.d
	echo A=1 >/run/env.d/1.conf
	printf 'A=2\nB=two words\n' >/run/env.d/2.conf
	run matches
	is "$(logs matches | tail -n 1)" "2 two words own"
}
case_environment_nonsense_is_told() {
	printf '# fine\nA=1\nthis is none\nB=2\n' >/run/nonsense
	run nonsense
	is "$(logs nonsense | tail -n 1)" "1 2"
	told nonsense | grep 'nonsense.service:[0-9]*: EnvironmentFile: /run/nonsense:3: not an assignment, passed over$'
}
case_environment_missing() {
	fails berthctl start lacks
	told lacks | grep 'lacks.service:[0-9]*: EnvironmentFile: /run/nowhere: No such file or directory'
	is "$(prop lacks Result)" resources
	# a start that is no start: Type=simple does not count as up before
	is "$(prop lacks ActiveEnterTimestampMonotonic)" 0
}
case_environment_too_large() {
	dd if=/dev/zero bs=1024 count=1025 2>/dev/null | tr '\0' 'x' >/run/large
	fails berthctl start large
	told large | grep 'EnvironmentFile: /run/large: not a file of at most 1 MiB'
}
case_environment_at_stop_and_reload() {
	echo A=start >/run/changing
	berthctl start changing
	echo A=reload >/run/changing
	berthctl reload changing
	echo A=stop >/run/changing
	berthctl stop changing
	is "$(logs changing | tr '\n' ' ')" "start reload stop "
}
case_health_check_has_its_environment() {
	echo A=healthy >/run/checked
	berthctl start checked
	wait_log checked 'is healthy'
}
