/* SPDX-License-Identifier: MIT */
#include "units/builtin.h"

#include "lib/str.h"

#define TARGET(name, title, more)                                                                  \
	{                                                                                          \
		name, NULL, "[Unit]\nDescription=" title "\n" more                                 \
	}
#define ALIAS_OF(name, of)                                                                         \
	{                                                                                          \
		name, of, NULL                                                                     \
	}
#define EARLY	   "DefaultDependencies=no\n"
#define ISOLATABLE "AllowIsolate=yes\n"
/* The action itself is init's: the target only stands for "everything has stopped". */
#define FINAL EARLY "Requires=shutdown.target\nAfter=shutdown.target\n"

/*
 * A shell on the console, whose end goes on with the boot. It asks for root's password if there is any
 * file that could hold one; a machine on which nobody has a password has nobody to ask. sulogin is
 * the one that refuses. An interactive shell ignores SIGTERM, hence SIGHUP (PITFALLS 155).
 */
#define CONSOLE_SHELL(mode, title, more)                                                           \
	{                                                                                          \
		mode ".service", NULL,                                                             \
			"[Unit]\nDescription=" title "\n" EARLY                                    \
			"Conflicts=shutdown.target\nBefore=shutdown.target\n" more                 \
			"[Service]\nType=idle\nStandardInput=tty-force\nTTYReset=yes\n"            \
			"IgnoreSIGPIPE=no\nSendSIGHUP=yes\nSetLoginEnvironment=yes\n"              \
			"WorkingDirectory=-/root\nExecStart=-/bin/sh -c '"                         \
			"echo; echo \"This is " mode " mode; exit or Ctrl-D goes on with the "     \
			"boot.\"; "                                                                \
			"if [ ! -e /etc/shadow ] && grep -qE \"^root:[x*!]*:\" /etc/passwd; "      \
			"then sh -l; else sulogin; fi; exec berthctl --no-block default'\n"        \
			"[Container]\nIsolation=none\n"                                            \
	}

/* Sorted by what happens first, then by name within a group. */
static const struct builtin_unit units[] = {
	TARGET("local-fs-pre.target", "Before Local File Systems", EARLY),
	TARGET("local-fs.target", "Local File Systems", EARLY "After=local-fs-pre.target\n"),
	TARGET("swap.target", "Swaps", EARLY),
	TARGET("sysinit.target", "System Initialization",
	       EARLY "Wants=local-fs.target swap.target\nAfter=local-fs.target swap.target\n"),
	TARGET("sockets.target", "Sockets", ""),
	TARGET("timers.target", "Timers", ""),
	TARGET("paths.target", "Paths", ""),
	TARGET("slices.target", "Slices", EARLY),
	TARGET("basic.target", "Basic System",
	       EARLY "Requires=sysinit.target\nWants=sockets.target timers.target paths.target\n"
		     "After=sysinit.target sockets.target paths.target\n"),
	TARGET("network-pre.target", "Before Network", ""),
	TARGET("network.target", "Network", "After=network-pre.target\n"),
	TARGET("network-online.target", "Network is Online", "After=network.target\n"),
	TARGET("nss-lookup.target", "Host and Network Name Lookups", ""),
	TARGET("nss-user-lookup.target", "User and Group Name Lookups", ""),
	TARGET("remote-fs-pre.target", "Before Remote File Systems", ""),
	TARGET("remote-fs.target", "Remote File Systems", ""),
	TARGET("rpcbind.target", "RPC Port Mapper", ""),
	TARGET("time-set.target", "System Time Set", EARLY),
	TARGET("time-sync.target", "System Time Synchronized", EARLY "After=time-set.target\n"),
	TARGET("getty.target", "Login Prompts", ""),
	TARGET("multi-user.target", "Multi-User System",
	       ISOLATABLE "Requires=basic.target\nAfter=basic.target\n"),
	TARGET("graphical.target", "Graphical Interface",
	       ISOLATABLE "Requires=multi-user.target\nAfter=multi-user.target\n"),
	TARGET("rescue.target", "Rescue Mode",
	       ISOLATABLE "Requires=sysinit.target rescue.service\n"
			  "After=sysinit.target rescue.service\n"),
	TARGET("emergency.target", "Emergency Mode",
	       EARLY ISOLATABLE "Requires=emergency.service\nAfter=emergency.service\n"),
	CONSOLE_SHELL("rescue", "Rescue Shell", "After=sysinit.target\n"),
	CONSOLE_SHELL("emergency", "Emergency Shell", ""),
	TARGET("shutdown.target", "System Shutdown", EARLY),
	TARGET("umount.target", "Unmount All File Systems", EARLY),
	TARGET("final.target", "Late Shutdown Services",
	       EARLY "After=shutdown.target umount.target\n"),
	TARGET("poweroff.target", "Power-Off", FINAL),
	TARGET("reboot.target", "Reboot", FINAL),
	TARGET("halt.target", "Halt", FINAL),
	TARGET("kexec.target", "Reboot via kexec", FINAL),
	TARGET("exit.target", "Exit", FINAL),
	TARGET("system.slice", "System Slice", EARLY),
	TARGET("user.slice", "User Slice", EARLY),
	TARGET("-.slice", "Root Slice", EARLY),
	/* The log writer: ring and acknowledgement page are handed over as descriptors 3 and 4. */
	{ "berth-log.service", NULL,
	  "[Unit]\nDescription=Log Writer\n" EARLY "StartLimitIntervalSec=0\n"
	  "[Service]\nExecStart=/usr/lib/berth/berth-log --ring 3 --ack 4 --dir /var/log/berth\n"
	  "User=daemon\nGroup=berth\nLogsDirectory=berth\nUMask=0027\nRestart=always\n"
	  "RestartSteps=8\nRestartMaxDelaySec=10\nTimeoutStopSec=5\nMemoryMax=16M\nTasksMax=4\n"
	  "[Container]\nIsolation=none\n" },
	ALIAS_OF("default.target", "multi-user.target"),
	ALIAS_OF("ctrl-alt-del.target", "reboot.target"),
	ALIAS_OF("runlevel0.target", "poweroff.target"),
	ALIAS_OF("runlevel1.target", "rescue.target"),
	ALIAS_OF("runlevel2.target", "multi-user.target"),
	ALIAS_OF("runlevel3.target", "multi-user.target"),
	ALIAS_OF("runlevel4.target", "multi-user.target"),
	ALIAS_OF("runlevel5.target", "graphical.target"),
	ALIAS_OF("runlevel6.target", "reboot.target"),
};

const struct builtin_unit *builtin_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (str_eq(units[i].name, name))
			return &units[i];
	}
	return NULL;
}

const struct builtin_unit *builtin_at(size_t n)
{
	return n < ARRAY_SIZE(units) ? &units[n] : NULL;
}
