/* SPDX-License-Identifier: MIT */
/*
 * deadfs PLACE [OTHER]: mounts a file system on PLACE, a folder or a file, that never answers, as a server that is gone or a disk that has
 * died: whoever looks into it hangs in the kernel, unkillable, until this program ends. Says "ready" when it is there.
 * With OTHER it looks there then: two that look at each other are never ended by anything.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void answer_init(int fd, const struct fuse_in_header *in)
{
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} out = { .head = { .len = sizeof(out), .unique = in->unique },
		  .init = { .major = FUSE_KERNEL_VERSION,
			    .minor = FUSE_KERNEL_MINOR_VERSION,
			    .max_write = 4096,
			    .max_background = 16,
			    .congestion_threshold = 8 } };

	if (write(fd, &out, sizeof(out)) != sizeof(out))
		perror("init");
}

static void look_at(const char *other)
{
	struct stat here, there;

	fflush(stdout);
	if (fork() > 0) /* who answers reads on: what it has taken cannot be given up */
		return;
	while (stat("/", &here) == 0 && stat(other, &there) == 0 && here.st_dev == there.st_dev)
		usleep(10000);
}

int main(int argc, char **argv)
{
	static char request[FUSE_MIN_READ_BUFFER + 65536];
	char options[128];
	struct stat st;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || argc < 2 || stat(argv[1], &st) < 0) {
		perror("/dev/fuse");
		return 1;
	}
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=0,group_id=0,allow_other", fd,
		 (unsigned int)st.st_mode);
	if (mount("deadfs", argv[1], "fuse", 0, options) < 0) {
		perror(argv[1]);
		return 1;
	}
	/* What has been read and is not answered cannot even be given up by SIGKILL. */
	while ((n = read(fd, request, sizeof(request))) > 0) {
		struct fuse_in_header in;

		memcpy(&in, request, sizeof(in));
		if (in.opcode == FUSE_INIT) {
			answer_init(fd, &in);
			puts("ready");
			if (argc > 2)
				look_at(argv[2]);
		} else {
			printf("request %u\n", in.opcode);
		}
		fflush(stdout);
	}
	return 0;
}
