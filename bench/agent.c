/* SPDX-License-Identifier: MIT */
/*
 * The observer in the guest, one process without isolation under either PID 1. It sleeps until
 * starting is over, then reads what the services left in their names, and says "BENCH key value"
 * on the console. All times in microseconds since boot (CLOCK_MONOTONIC).
 *
 * Kernel command line: bench_n=N services are expected; bench_restarts=N kills that many, one after
 * the other; bench_memory=1 measures memory. At the end it asks for a power-off.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RESTARTS_MAX 100

static int console;

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void sleep_usec(uint64_t usec)
{
	struct timespec t = { (time_t)(usec / 1000000u), (long)(usec % 1000000u * 1000u) };

	nanosleep(&t, NULL);
}

static void say(const char *key, long long value)
{
	dprintf(console, "BENCH %s %lld\n", key, value);
}

__attribute__((noreturn)) static void power_off(void)
{
	/* A message that the console shows at once; its time stamp is on the same clock as the last one. */
	int kmsg = open("/dev/kmsg", O_WRONLY);

	tcdrain(console);
	(void)!write(kmsg, "<0>BENCH message\n", 17);
	(void)!write(kmsg, "<0>BENCH request\n", 17);
	kill(1, SIGUSR2); /* what BusyBox's poweroff sends; the floor and berth both take it */
	for (;;)
		pause();
}

static void read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;

	for (ssize_t n; fd >= 0 && (n = read(fd, buf + have, size - 1 - have)) > 0;)
		have += (size_t)n;
	buf[have] = '\0';
	if (fd >= 0)
		close(fd);
}

static long long number_in(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

struct found {
	int services;
	uint64_t last; /* newest arrival in main() */
	pid_t newest;  /* whose it was */
	pid_t log_writer;
	int stubs;
};

static void look(struct found *f)
{
	DIR *proc = opendir("/proc");
	char path[64], name[32];

	*f = (struct found){ 0 };
	for (struct dirent *e; proc && (e = readdir(proc)) != NULL;) {
		pid_t pid = atoi(e->d_name);

		if (pid <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		read_file(path, name, sizeof(name));
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, "berth-log") == 0)
			f->log_writer = pid;
		if (strcmp(name, "berth-stub") == 0)
			f->stubs++;
		if (name[0] != '@')
			continue;

		uint64_t at = strtoull(name + 1, NULL, 36);

		f->services++;
		if (at > f->last) {
			f->last = at;
			f->newest = pid;
		}
	}
	if (proc)
		closedir(proc);
}

/*
 * When the kernel started init, on the clock of the services: the stamp of the kernel's message,
 * corrected by what a message of our own shows as the two clocks' difference.
 */
static long long init_start(void)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK);
	char record[8192]; /* with all its key=value lines, else EINVAL */
	long long start = -1, mark = -1, before = (long long)now_usec();

	/* Without its newline a record stays open for more, and unread. */
	(void)!write(fd, "<7>BENCH clock\n", 15);
	for (;;) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE)
			continue; /* overwritten while we read */
		if (n <= 0)
			break;
		record[n] = '\0';

		const char *comma = strchr(record, ',');
		const char *stamp = comma ? strchr(comma + 1, ',') : NULL;

		if (stamp && strstr(record, ";Run /init as init process"))
			start = strtoll(stamp + 1, NULL, 10);
		if (stamp && strstr(record, ";BENCH clock"))
			mark = strtoll(stamp + 1, NULL, 10);
	}
	close(fd);
	return start < 0 || mark < 0 ? -1 : start + before - mark;
}

static void say_pss(const char *key, pid_t pid)
{
	char path[48], text[2048];

	if (pid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	read_file(path, text, sizeof(text));
	say(key, number_in(text, "\nPss:"));
}

static void memory(const struct found *f)
{
	static const char *const keys[] = { "MemFree",	  "MemAvailable", "Slab",  "KernelStack",
					    "PageTables", "Percpu",	  "Shmem", "AnonPages" };
	char text[4096], path[16];
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	say_pss("pss_init", 1);
	say_pss("pss_log", f->log_writer);
	say_pss("pss_service", f->newest);
	(void)!write(fd, "3", 1);
	close(fd);
	sleep_usec(2000000);
	read_file("/proc/meminfo", text, sizeof(text));
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(path, sizeof(path), "%s:", keys[i]);
		dprintf(console, "BENCH mem_%s %lld\n", keys[i], number_in(text, path));
	}
}

/* Kills the service that came last, which is the same one again and again: @number times. */
static void restarts(int number, int services)
{
	struct found f;

	look(&f);
	for (int i = 0; i < number && i < RESTARTS_MAX; i++) {
		uint64_t before = now_usec();

		if (f.newest <= 0 || kill(f.newest, SIGKILL) < 0)
			break;
		for (int wait = 0; wait < 100; wait++) {
			sleep_usec(50000);
			look(&f);
			if (f.last > before && f.services == services)
				break;
		}
		say("restart_us", f.last > before ? (long long)(f.last - before) : -1);
	}
}

int main(void)
{
	char cmdline[2048];
	uint64_t begin = now_usec();
	struct found f;
	int tries;

	console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	read_file("/proc/cmdline", cmdline, sizeof(cmdline));

	int expected = (int)number_in(cmdline, "bench_n=");

	/* Idle guest time costs no wall time, a look too early would cost the services. */
	sleep_usec(2000000 + (uint64_t)expected * 15000);
	for (tries = 0; tries < 20; tries++) {
		look(&f);
		if (f.services >= expected)
			break;
		sleep_usec(2000000);
	}
	say("services", f.services);
	say("init_us", init_start());
	say("begin_us",
	    (long long)
		    begin); /* its own main(): when everything that is read before has been read */
	say("last_us", (long long)f.last);
	say("stubs", f.stubs);
	if (number_in(cmdline, "bench_memory=") > 0)
		memory(&f);
	if (f.services == expected && number_in(cmdline, "bench_restarts=") > 0)
		restarts((int)number_in(cmdline, "bench_restarts="), expected);
	power_off();
}
