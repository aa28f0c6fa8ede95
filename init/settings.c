/* SPDX-License-Identifier: MIT */
#include "init/settings.h"

#include "init/console.h"
#include "init/manager.h"
#include "init/network.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "units/load.h"
#include "units/manager.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define SYSTEM_CONF "/etc/berth/system.conf"
#define NETWORK_DIR "/etc/berth/network"

static void tell(struct diag_sink *sink, const struct diag *diag)
{
	char text[600];

	(void)sink;
	diag_format_plain(diag, text, sizeof(text));
	log_msg(diag->level == DIAG_ERROR ? LOG_ERR : LOG_WARNING, "%s", text);
}

static struct diag_sink sink = { .emit = tell };

void settings_read(struct manager *m)
{
	/* Lives as long as PID 1: the units' defaults point into it. */
	static struct unit *settings;
	int r = settings_load_file(SYSTEM_CONF, SECTION_MANAGER, &sink, &settings);

	if (r < 0 && r != -ENOENT && r != -EBADMSG)
		log_err("%s: %s", SYSTEM_CONF, diag_errno(-r));
	static const struct unit nothing;
	const struct unit *u = settings ? settings : &nothing;
	uint64_t bridge = unit_u64(u, K_BridgeAddress);

	/* What the kernel command line says counts for this boot, hence more; a mere "quiet" does not. */
	if (settings && unit_setting(settings, K_LogLevel) && !m->config.log_level_given)
		console_outlet.max_priority = (int)unit_u64(settings, K_LogLevel);
	units_set_manager(settings);
	m->config.default_isolation = (uint8_t)unit_u64(u, K_DefaultIsolation);
	m->config.default_timeout_start = unit_u64(u, K_DefaultTimeoutStartSec);
	m->config.default_timeout_stop = unit_u64(u, K_DefaultTimeoutStopSec);
	m->config.default_restart = unit_u64(u, K_DefaultRestartSec);
	m->config.bridge_address = (uint32_t)(bridge >> 8);
	m->config.bridge_prefix = (uint8_t)(bridge & 0xff);
}

static void apply_network(struct manager *m, const char *path)
{
	struct unit *u = NULL;
	int r = settings_load_file(path, SECTION_MATCH | SECTION_NETWORK, &sink, &u);

	if (r < 0) {
		if (r != -EBADMSG)
			log_err("%s: %s", path, diag_errno(-r));
		return;
	}
	network_static_link(m, path, u);
	unit_free(u);
}

static int is_network_file(const struct dirent *e)
{
	return str_ends(e->d_name, ".network") && e->d_name[0] != '.';
}

void settings_read_networks(struct manager *m)
{
	struct dirent **files;
	int n = scandir(NETWORK_DIR, &files, is_network_file, alphasort);

	for (int i = 0; i < n; i++) {
		char path[400];
		struct strbuf b = STRBUF_INIT(path);

		strbuf_printf(&b, NETWORK_DIR "/%s", files[i]->d_name);
		apply_network(m, path);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
}
