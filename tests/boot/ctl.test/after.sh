# shellcheck shell=bash disable=SC2154
json() { tr -d '\r' <"$console" | grep -a -o '@@json {.*\|@@json \[.*' | sed 's/^@@json //'; }

case_json_is_valid() {
	[ "$(json | wc -l)" -ge 7 ]
	json | perl -MJSON::PP -ne 'decode_json($_)'
}

case_json_has_the_same_words() {
	json | grep -q '"Id":"up.service"'
	json | grep -q 'Up \\"and\\" running'
}
