#!/bin/sh
# SPDX-License-Identifier: MIT
# The guestbook's page. Entries come from api and go there; whatever people wrote is shown as text, never as markup.
set -u
api=http://api:8080/cgi-bin/entries

escape() { sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g' -e "s/'/\&#39;/g"; }

header() { printf 'Status: %s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n' "$1"; }

top() {
	cat <<'HTML'
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #234; background: #eef3f6; max-width: 38rem; margin: 2rem auto; padding: 0 1rem }
form, article { background: #fff; border-radius: .5rem; padding: 1rem; margin: 1rem 0; box-shadow: 0 1px 3px #0002 }
input, textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; margin-bottom: .6rem; border: 1px solid #9ab; border-radius: .3rem }
button { font: inherit; color: #fff; background: #17557a; border: 0; border-radius: .3rem; padding: .4rem 1.2rem }
article p { margin: 0; overflow-wrap: anywhere }
article small { color: #678 }
</style>
<h1>Guestbook</h1>
<form method="post" action="/cgi-bin/index.cgi">
<input name="name" maxlength="40" placeholder="Your name">
<textarea name="text" maxlength="500" rows="3" required placeholder="Say something"></textarea>
<button>Sign</button>
</form>
HTML
}

entries() {
	escape | while IFS='	' read -r time name text; do
		echo "<article><p>$text</p><small>$name, $(date -u -d "@$time" '+%Y-%m-%d %H:%M')</small></article>"
	done
}

if [ "${REQUEST_METHOD-}" = POST ]; then
	if [ "${CONTENT_LENGTH:-0}" -gt 0 ] && [ "$CONTENT_LENGTH" -le 4000 ] &&
		timeout 10 wget -q -O /dev/null --post-data "$(head -c "$CONTENT_LENGTH")" "$api"; then
		printf 'Status: 303 See Other\r\nLocation: /\r\n\r\n'
	else
		header '400 Bad Request'
		top
		echo '<p>That entry could not be added. <a href="/">Back</a></p>'
	fi
elif list=$(timeout 10 wget -q -O - "$api"); then
	header '200 OK'
	top
	[ -z "$list" ] || printf '%s\n' "$list" | entries
else
	header '503 Service Unavailable'
	top
	echo '<p>The guestbook is not reachable just now. Try again in a moment.</p>'
fi
