# Path units: each case fails when the directive is ignored.
seen() { logs "seen@$1" | grep -c seen || true; }
wait_seen() { wait_log "seen@$1" seen "$2"; }
# waits NAME: it is waiting, and has been told of all that happened before
waits() { eventually is_waiting "$1"; }
is_waiting() { is "$(prop "$1.path" SubState)" waiting; }
P=/run/p

case_waits_for_what_is_not_there() { is "$(prop exists.path ActiveState) $(prop exists.path SubState)" "active waiting"; is "$(seen exists)" 0; }
case_exists() {
	mkdir -p $P/exists
	mkdir $P/exists/a
	mkdir $P/exists/a/b
	touch $P/exists/a/b/x
	is "$(seen exists)" 0
	touch $P/exists/a/b/gone
	wait_seen exists 1
	wait_seen twice 1
	# It is in a folder that was moved here as a whole.
	rm -rf $P/exists/a
	waits exists
	mkdir -p $P/other/b
	touch $P/other/b/gone
	mv $P/other $P/exists/a
	wait_seen exists 2
	rm -rf $P/exists/a
}
case_one_of_two() { mkdir -p $P/twice; touch $P/twice/gone1; wait_seen twice 2; }
case_glob() {
	mkdir -p $P/glob/one
	mkdir $P/glob/two
	touch $P/glob/two/stays
	is "$(seen glob)" 0
	touch $P/glob/two/gone-x
	wait_seen glob 1
	rm -f $P/glob/two/gone-x
}
# The file is written, then closed: PathChanged= looks at the end, PathModified= at each write.
case_changed() {
	mkdir -p $P/changed
	touch $P/changed/file
	wait_seen changed 1
	waits changed
	exec 5>$P/changed/file
	echo x >&5
	echo x >>$P/modified-marker
	is "$(seen changed)" 1
	exec 5>&-
	wait_seen changed 2
	waits changed
	rm $P/changed/file
	wait_seen changed 3
}
case_modified() {
	mkdir -p $P/modified
	touch $P/modified/file
	wait_seen modified 1
	waits modified
	exec 5>>$P/modified/file
	echo x >&5
	wait_seen modified 2
	waits modified
	exec 5>&-
}
case_directory_not_empty() {
	is "$(stat -c %a $P/not-empty)" 700
	touch $P/not-empty/.hidden
	is "$(seen not-empty)" 0
	touch $P/not-empty/gone
	wait_seen not-empty 1
	waits not-empty
	mkdir $P/not-empty/gone
	wait_seen not-empty 2
}
case_folder() {
	mkdir -p $P/folder
	wait_seen folder 1
	waits folder
	touch $P/folder/x
	wait_seen folder 2
	waits folder
	rm $P/folder/x
	wait_seen folder 3
}
# A link that is put somewhere else, and a change of what it leads to.
case_link() {
	mkdir -p $P/link $P/target
	echo 1 >$P/target/a
	ln -s $P/target/a $P/link/link
	berthctl start link.path
	waits link
	echo 2 >$P/target/a
	wait_seen link 1
	waits link
	rm $P/link/link
	wait_seen link 2
	waits link
}
case_an_empty_value_takes_all_back() { is "$(prop taken-back.path ActiveState) $(seen taken-back)" "active 0"; is "$(prop taken-back.path PathExists)" /run/p/none; }
# Its unit is up already: nothing to do until it is down.
case_running() {
	wait_state early active
	is "$(prop early.path SubState) $(prop early.path Unit)" "running early.service"
	berthctl stop early
	wait_state early active
	is "$(prop early.path SubState)" running
	berthctl stop early.path
	berthctl stop early
	is "$(prop early.path SubState) $(prop early ActiveState)" "dead inactive"
}
case_trigger_limit() {
	berthctl start limit.path
	wait_state limit.path failed
	is "$(prop limit.path Result)" trigger-limit-hit
	is "$(told limit.service | grep -c 'exited with status 1')" 7
	told limit.path | grep TriggerLimitBurst=
}
case_start_limit() {
	berthctl start start-limit.path
	wait_state start-limit.path failed
	is "$(prop start-limit.path Result)" unit-start-limit-hit
	is "$(told start-limit.service | grep -c 'exited with status 1')" 3
}
case_skipped_unit() { berthctl start skipped.path; wait_state skipped.path failed; is "$(prop skipped.path Result)" trigger-limit-hit; }
case_no_unit_no_start() { fails berthctl start orphan.path; told orphan.path | grep 'nowhere.service, which it starts, is not loaded'; }
# Stopped, it has no watches left and hears nothing; the paths of the others are still watched.
case_stopped() {
	berthctl stop changed.path
	touch $P/changed/file
	mkdir -p $P/exists/a/b
	touch $P/exists/a/b/gone
	wait_seen exists 3
	rm -rf $P/exists/a
	is "$(seen changed)" 3
}
watches() { cat /proc/1/fdinfo/* | grep -c '^inotify wd'; }
more_than() { [ "$(watches)" -gt "$1" ]; }
case_watches_are_given_back() {
	local n
	berthctl stop link.path
	n=$(watches)
	berthctl start link.path
	waits link
	eventually more_than "$n"
	berthctl stop link.path
	is "$(watches)" "$n"
}
# Nothing is waited for: what PID 1 uses in a span is what is measured.
case_pid1_sleeps() {
	local a b
	a=$(cut -d' ' -f14,15 /proc/1/stat)
	sleep 2
	b=$(cut -d' ' -f14,15 /proc/1/stat)
	between 0 $((${b% *} + ${b#* } - ${a% *} - ${a#* })) 20
}
