# `poweroff` stops all in order, within bounds.
case_everything_is_up() { berthctl is-active front && berthctl is-active middle && berthctl is-active back && berthctl is-active stubborn; }

finish() {
	uptime_ms | sed 's/^/@@down /' >/dev/console
	poweroff
	# nothing is started any more, and it says why
	berthctl start front 2>&1 | sed 's/^/@@refused /' >/dev/console
}
