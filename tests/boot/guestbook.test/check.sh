# The same machine from the inside.
case_services_are_up() {
	berthctl is-active db api ui
	for unit in db api ui; do is "$(prop $unit SubState)" running; done
}

case_status_shows_the_table() {
	berthctl status >$T/status
	grep 'db.service .*running *[0-9]* .*10\.90\..*Guestbook database' $T/status
}

case_database_has_no_root() {
	pid=$(prop db MainPID)
	is "$(awk '/^Uid:/ { print $2 }' /proc/$pid/status)" 100
	is "$(sed -n 's/^CapEff:\t//p' /proc/$pid/status)" 0000000000000000
}

case_killed_database_comes_back() {
	before=$(prop db MainPID)
	wait_event db '(running)' berthctl kill -s KILL db
	fails is "$(prop db MainPID)" "$before"
	is "$(prop db NRestarts)" 1
	wait_log db 'Ready to accept' 2
	inside ui wget -q -O - http://api:8080/cgi-bin/entries | grep -q 'Ada	first entry'
}
