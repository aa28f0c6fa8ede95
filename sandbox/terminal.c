/* SPDX-License-Identifier: MIT */
#include "sandbox/terminal.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONTROL(c) ((c)&0x1f)

int terminal_open(const char *path, int access)
{
	static const struct timespec moment = { .tv_nsec = 50000000 };
	struct winsize size;
	int flags, fd;

	/* A serial line without carrier would keep open(2) waiting; later reads may wait for it. */
	for (unsigned int tries = 0;; tries++) {
		fd = open(path, access | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
		/* EIO: it is just being hung up. */
		if (fd >= 0 || errno != EIO || tries == 20)
			break;
		nanosleep(&moment, NULL);
	}
	if (fd < 0)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || flags < 0 ||
	    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

/* "stty sane": what a program that died left behind is nobody's wish. Speed and size stay. */
static int reset(int fd)
{
	struct termios t;

	(void)ioctl(fd, TIOCNXCL); /* somebody's exclusive use of it */
	(void)ioctl(fd, KDSETMODE, KD_TEXT);
	if (tcgetattr(fd, &t) < 0)
		return -errno;
	t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | IUCLC);
	t.c_iflag |= ICRNL | IMAXBEL | IUTF8 | IXON;
	t.c_oflag |= ONLCR | OPOST;
	t.c_cflag |= CREAD;
	t.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
	memset(t.c_cc, 0, sizeof(t.c_cc)); /* _POSIX_VDISABLE is 0 */
	t.c_cc[VINTR] = CONTROL('C');
	t.c_cc[VQUIT] = CONTROL('\\');
	t.c_cc[VERASE] = 127;
	t.c_cc[VKILL] = CONTROL('U');
	t.c_cc[VEOF] = CONTROL('D');
	t.c_cc[VSTART] = CONTROL('Q');
	t.c_cc[VSTOP] = CONTROL('S');
	t.c_cc[VSUSP] = CONTROL('Z');
	t.c_cc[VLNEXT] = CONTROL('V');
	t.c_cc[VWERASE] = CONTROL('W');
	t.c_cc[VREPRINT] = CONTROL('R');
	t.c_cc[VMIN] = 1;
	if (tcsetattr(fd, TCSANOW, &t) < 0)
		return -errno;
	(void)tcflush(fd, TCIOFLUSH);
	return 0;
}

/* A screen that has one size only is no reason not to log in on it; systemd does not mind either. */
static void resize(int fd, const struct terminal *t)
{
	struct winsize size;

	if ((t->rows == 0 && t->columns == 0) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return;
	if (t->rows)
		size.ws_row = t->rows;
	if (t->columns)
		size.ws_col = t->columns;
	(void)ioctl(fd, TIOCSWINSZ, &size);
}

/* N of "/dev/ttyN", 0: no virtual terminal. */
static unsigned int vt_number(const char *path)
{
	unsigned int n = 0;

	if (!str_starts(path, "/dev/tty"))
		return 0;
	for (path += strlen("/dev/tty"); *path >= '0' && *path <= '9' && n < 100; path++)
		n = n * 10 + (unsigned int)(*path - '0');
	return *path ? 0 : n;
}

/* systemd.exec(5) TTYVTDisallocate=: nobody is to read what the last one has on the screen. */
static int disallocate(const char *path)
{
	static const char clear[] = "\033[r\033[H\033[2J", clear_all[] = "\033[r\033[H\033[3J";
	unsigned int n = vt_number(path);
	autoclose int master =
		n ? open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (master >= 0 && ioctl(master, VT_DISALLOCATE, n) == 0)
		return 0;
	/* The one that is shown cannot be freed. */
	autoclose int fd = terminal_open(path, O_WRONLY);

	if (fd < 0)
		return fd;
	return n ? fd_write_all(fd, clear_all, sizeof(clear_all) - 1)
		 : fd_write_all(fd, clear, sizeof(clear) - 1);
}

int terminal_prepare(const struct terminal *t)
{
	int r = 0;

	if (t->hangup) {
		autoclose int fd = terminal_open(t->path, O_RDWR);

		if (fd < 0)
			return fd;
		if (ioctl(fd, TIOCVHANGUP) < 0)
			return -errno;
	}
	if (t->reset || t->rows || t->columns) {
		autoclose int fd = terminal_open(t->path, O_RDWR);

		if (fd < 0)
			return fd;
		r = t->reset ? reset(fd) : 0;
		resize(fd, t);
	}
	return r == 0 && t->disallocate ? disallocate(t->path) : r;
}
