# Path units when the kernel has lost events: its queue holds four, and nobody reads while a realtime process fills it.
O=/run/o
case_queue_is_short() { is "$(cat /proc/sys/fs/inotify/max_queued_events)" 4; }
# The events of one folder leave no room for that of the other.
case_lost_events_are_made_up_for() {
	mkdir -p $O/fill $O/flag
	berthctl restart flag.path fill.path
	is "$(prop flag.path SubState)" waiting
	hurry sh -c "for i in 1 2 3 4 5 6 7 8 9; do mkdir $O/fill/\$i; done; mkdir $O/flag/flag"
	wait_log seen@flag seen 1
	is "$(logs seen@fill)" ""
}
