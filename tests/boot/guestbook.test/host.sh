# shellcheck shell=bash disable=SC2154
# The guestbook over HTTP, as a browser on this machine sees it.
page() { http "http://127.0.0.1:$port/"; }

# sign FORM: the answer's head; a browser would follow it with a GET of the page
sign() {
	printf 'POST /cgi-bin/index.cgi HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' ${#1} "$1" |
		busybox nc -w 20 127.0.0.1 "$port" | tr -d '\r'
}

case_page_is_served() {
	wait_console 'started.*ui.service'
	answers page | grep -q '<h1>Guestbook</h1>'
}

case_posted_entry_is_read_back() {
	sign 'name=Ada&text=first+entry' | grep -q '303 See Other'
	page | grep -q '<p>first entry</p><small>Ada,'
}

case_newest_entry_comes_first() {
	sign 'name=Bob&text=second+entry'
	page | grep -o 'second entry\|first entry' | head -n 1 | grep -q second
}

case_markup_is_shown_as_text() {
	sign 'name=%3Cb%3Eme&text=%3Cscript%3Ealert(1)%3C%2Fscript%3E+%26+%22%27'
	page | grep -q '<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;&#39;</p><small>&lt;b&gt;me,'
	! page | grep -q '<script>'
}

case_redis_protocol_cannot_be_injected() {
	sign 'name=x&text=%0D%0A%2A1%0D%0A%248%0D%0AFLUSHALL%0D%0A'
	page | grep -q 'first entry'
}

case_empty_and_huge_entries_are_refused() {
	sign 'name=x&text=++' | grep -q '400 Bad Request'
	sign "name=x&text=$(head -c 5000 /dev/zero | tr '\0' a)" | grep -q '400 Bad Request'
	page | grep -q 'first entry'
	! page | grep -q aaaaaa
}
