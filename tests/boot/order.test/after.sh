# shellcheck shell=bash disable=SC2154
# The console of the shutdown.
case_failed_dependency_is_told() { shown 'FAILED.*needs-broken.service.*needs broken.service, which was not started'; }

case_stops_in_reverse_order() {
	is "$(shown '^@@-' | tail -n 4 | tr '\n' ,)" '@@-c,@@-b c:dead,@@-a b:dead,@@-early a:dead,'
	stops=$(tr -d '\r' <"$console" | grep -a -o 'stopped.* \(early\|a\|b\|c\).service' | grep -o '[a-z]*.service' | tail -n 4)
	is "$(echo $stops)" "c.service b.service a.service early.service"
}
