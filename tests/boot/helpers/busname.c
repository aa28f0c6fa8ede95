/* SPDX-License-Identifier: MIT */
/*
 * busname NAME [silent]: owns NAME on the system bus as soon as it runs ("silent": only at the first SIGHUP); gives it up at
 * SIGHUP after that, and goes on.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static uint8_t out[1024];
static size_t n;
static int bus;
static volatile sig_atomic_t hups;

static void on_hup(int sig)
{
	(void)sig;
	hups++;
}

static void put_u32(uint32_t v)
{
	memcpy(out + n, &v, 4); /* little-endian machines only */
	n += 4;
}

static void align(size_t to)
{
	while (n % to)
		out[n++] = 0;
}

static void put_string(const char *s)
{
	align(4);
	put_u32((uint32_t)strlen(s));
	memcpy(out + n, s, strlen(s) + 1);
	n += strlen(s) + 1;
}

static void put_field(int field, char type, const char *value)
{
	align(8);
	out[n++] = (uint8_t)field;
	out[n++] = 1;
	out[n++] = (uint8_t)type;
	out[n++] = 0;
	if (type == 'g') {
		out[n++] = (uint8_t)strlen(value);
		memcpy(out + n, value, strlen(value) + 1);
		n += strlen(value) + 1;
	} else {
		put_string(value);
	}
}

static void call(const char *member, const char *signature, const char *name)
{
	static uint32_t serial;
	size_t body;

	memcpy(out, "l\1\0\1\0\0\0\0", 8);
	n = 8;
	put_u32(++serial);
	put_u32(0);
	put_field(1, 'o', "/org/freedesktop/DBus");
	put_field(2, 's', "org.freedesktop.DBus");
	put_field(3, 's', member);
	put_field(6, 's', "org.freedesktop.DBus");
	if (*signature)
		put_field(8, 'g', signature);
	memcpy(out + 12, &(uint32_t){ (uint32_t)(n - 16) }, 4);
	align(8);
	body = n;
	if (*signature)
		put_string(name);
	if (strcmp(signature, "su") == 0) {
		align(4);
		put_u32(0);
	}
	memcpy(out + 4, &(uint32_t){ (uint32_t)(n - body) }, 4);
	if (write(bus, out, n) != (ssize_t)n)
		perror("write");
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX,
				    .sun_path = "/run/dbus/system_bus_socket" };
	struct sigaction hup = { .sa_handler = on_hup };
	int owned = argc < 3, seen = 0;
	char text[4096];

	if (argc < 2)
		return 2;
	sigaction(SIGHUP, &hup, NULL);
	bus = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(bus, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    write(bus, "\0AUTH EXTERNAL 30\r\nBEGIN\r\n", 26) != 26) {
		perror("bus");
		return 1;
	}
	call("Hello", "", "");
	if (owned)
		call("RequestName", "su", argv[1]);
	for (;;) {
		if (read(bus, text, sizeof(text)) == 0)
			return 1;
		for (; seen < hups; seen++) {
			call(owned ? "ReleaseName" : "RequestName", owned ? "s" : "su", argv[1]);
			owned = !owned;
		}
	}
}
