# Files that nobody meant to write: each gets a clear error, and nothing else happens.
U=/etc/berth/units
S='[Service]\nExecStart=/bin/sleep 100000\n'
rss() { awk '/^VmRSS:/ { print $2 }' /proc/1/status; }

# calm: PID 1 answers, the neighbour is still the one that was started at boot
calm() { is "$(prop neighbour MainPID) $(prop neighbour NRestarts)" "$(cat $T/neighbour) 0"; }

# bad UNIT PATTERN: is not started; the command and the property tell why
bad() {
	local said
	fails berthctl start "$1" >$T/said 2>&1
	said=$(cat $T/said)
	like "$said" "*$2*"
	like "$(prop "$1" LoadError)" "*$2*"
	is "$(prop "$1" MainPID)" 0
	echo "$1" >>$T/bad
	calm
}
# many N PROGRAM: what awk prints for each i below N
many() { awk "BEGIN { for (i = 0; i < $1; i++) $2 }"; }

case_before() { prop neighbour MainPID >$T/neighbour; rss >$T/rss; }
case_ten_megabytes() {
	head -c 10485760 /dev/zero | tr '\0' x >$U/large.service
	bad large.service '/large.service: error: file larger than 1 MiB'
}
case_nul() {
	printf "${S}User=\\0\n" >$U/nul.service
	bad nul.service '/nul.service:3: error: NUL byte'
	head -c 100000 /dev/zero >$U/zeros.service
	bad zeros.service '/zeros.service:1: error: NUL byte'
}
case_invalid_utf8() {
	printf "${S}User=\\377\\n" >$U/utf8.service
	bad utf8.service '/utf8.service:3: error: invalid UTF-8'
}
case_many_unknown_keys() {
	{ printf "$S"; many 100000 'print "Y=1"'; } >$U/unknown.service
	bad unknown.service '/unknown.service:3: error: Y: unknown key'
}
case_many_bad_values() {
	{ printf "$S"; many 100000 'print "Nice=x"'; } >$U/values.service
	bad values.service '/values.service:3: error: Nice: '
}
# The last one counts, as ever.
has_nice_4() { is "$(stat_field good 19)" 4; }
case_many_good_ones() {
	{ printf "$S"; many 100000 'print "Nice=" i % 5'; } >$U/good.service
	berthctl start good
	eventually has_nice_4
	berthctl stop good
}
case_many_commands() {
	{ printf "$S"; many 40000 'print "ExecStartPre=/bin/x"'; } >$U/commands.service
	bad commands.service '/commands.service:4099: error: ExecStartPre: more than 4096 entries'
}
case_many_units() {
	{ printf '[Unit]\nWants='; many 60000 'printf "n%d.target ", i'; printf "\n$S"; } >$U/units.service
	bad units.service '/units.service:2: error: Wants: more than 4096 entries'
	berthctl list --all | { ! grep 'n5.target'; }
}
case_many_variables() {
	{ printf "${S}Environment="; many 100000 'printf "A%d= ", i'; echo; } >$U/variables.service
	bad variables.service '/variables.service:3: error: Environment: more than 4096 variables'
}
case_long_line() {
	{ printf '[Service]\nExecStart=/bin/sh -c "echo $${#LONG}; exec sleep 100000"\nEnvironment=LONG='; head -c 65536 /dev/zero | tr '\0' y; echo; } >$U/long.service
	berthctl start long
	wait_log long '^65536$'
	berthctl stop long
	{ printf '[Unit]\nDescription='; head -c 65536 /dev/zero | tr '\0' d; printf "\n$S"; } >$U/described.service
	berthctl start described
	is "$(prop described ActiveState)" active
	berthctl status described >$T/status
	berthctl list >$T/list
	berthctl stop described
	calm
}
# More than execve(2) takes in one string: not the file is wrong, and the start says so.
case_line_too_long_to_run() {
	{ printf "[Service]\nExecStart=/bin/sleep "; head -c 200000 /dev/zero | tr '\0' 1; echo; } >$U/argument.service
	berthctl start argument || true
	wait_state argument failed
	told argument | grep 'argument.service:2: .*ExecStart: .*[Aa]rgument list too long'
	calm
}
case_dropin_links() {
	for unit in loop-a loop-b loop-c; do printf "$S" >$U/$unit.service; done
	ln -s loop-a.service.d $U/loop-a.service.d
	bad loop-a.service '/loop-a.service.d: error: '
	mkdir $U/loop-b.service.d
	ln -s self.conf $U/loop-b.service.d/self.conf
	bad loop-b.service '/loop-b.service.d/self.conf: error: '
	mkdir $U/loop-c.service.d
	ln -s . $U/loop-c.service.d/up.conf
	bad loop-c.service '/loop-c.service.d/up.conf: error: '
}
case_links_in_a_circle() {
	ln -s round-b.service $U/round-a.service
	ln -s round-a.service $U/round-b.service
	bad round-a.service '/round-a.service: error: '
}
case_no_files() {
	mkdir $U/folder.service
	mkfifo $U/fifo.service
	mknod $U/zero.service c 1 5
	ln -s /dev/console $U/console.service
	bad folder.service '/folder.service: error: Is a directory'
	bad fifo.service '/fifo.service: error: not a regular file'
	bad zero.service '/zero.service: error: not a regular file'
	bad console.service '/console.service: error: not a regular file'
	mkdir $U/odd.service.d
	printf "$S" >$U/odd.service
	mkfifo $U/odd.service.d/fifo.conf
	bad odd.service '/odd.service.d/fifo.conf: error: not a regular file'
}
case_odd_names() {
	local name
	set +x # its lines would be among what is said
	for name in a/b.service ../../etc/units.service /x.service .hidden.service ..service "$(printf 'a\001b.service')" \
		"$(printf 'a\nb.service')" "$(printf '\377.service')" 'a b.service' @x.service 'x.service/'; do
		fails berthctl start "$name" >$T/said 2>&1
		[ -s $T/said ]
	done
	calm
}
# They lie there, and in the way of nobody.
case_odd_names_of_files() {
	for name in "$(printf 'a\001b.service')" "$(printf 'a\nb.service')" "$(printf '\377.service')" 'a b.service'; do
		printf "$S" >"$U/$name"
		ln -s "../$name" "$U/multi-user.target.wants/$name"
	done
	berthctl daemon-reload || true
	berthctl list-unit-files >$T/files
	fails grep "$(printf '\001')" $T/files
	calm
}
case_long_instances() {
	local x
	printf '[Service]\nExecStart=/bin/sh -c "echo %%i; exec sleep 100000"\n' >$U/t@.service
	x=$(many 245 'printf "x"')
	is "${#x}" 245
	berthctl start "t@$x.service"
	wait_log "t@$x.service" "^$x\$"
	berthctl restart "t@$x.service"
	is "$(prop "t@$x.service" SubState)" running
	berthctl stop "t@$x.service"
	fails berthctl start "t@${x}y.service"
	fails berthctl start "t@${x}xxxxxxxxxx.service"
	calm
}
# Whoever asks again, and again, makes nothing grow.
case_memory() {
	local once unit
	once=$(rss)
	echo "# $(cat $T/rss) kB at first, $once kB now"
	between 0 $((once - $(cat $T/rss))) 2048
	for n in 1 2 3 4 5; do
		while read -r unit; do fails berthctl start "$unit" 2>/dev/null; done <$T/bad
		berthctl daemon-reload || true
	done
	between 0 $(($(rss) - once)) 256
}
case_afterwards() {
	printf "$S" >$U/later.service
	berthctl start later
	is "$(prop later SubState)" running
	rm $U/large.service
	printf "$S" >$U/large.service
	berthctl daemon-reload
	berthctl start large
	is "$(prop large SubState)" running
	calm
}
