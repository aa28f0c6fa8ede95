/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_NOTIFY_H
#define BERTH_INIT_NOTIFY_H

struct service;

/* sd_notify(3): one datagram socket per service, so the socket itself names the unit (PITFALLS 131). */
#define NOTIFY_DIR "/run/berth/notify"
/* Where an isolated service finds it, in its private /run. */
#define NOTIFY_INNER "/run/notify"

/* Opens the socket of a service that may send (Type=notify or NotifyAccess=) and watches it. 0 or -errno. */
int notify_open(struct service *s);
void notify_close(struct service *s);

/* Takes what is there already: before a process' end is looked at (PITFALLS 133). */
void notify_drain(struct service *s);

/* The program behind a stub is known now: what waited for that is judged. */
void notify_resume(struct service *s);

#endif
