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

#define NETWORK_DIR "/etc/berth/network"

static void tell(struct diag_sink *sink, const struct diag *diag)
{
	char text[600];

	(void)sink;
	diag_format_plain(diag, text, sizeof(text));
	log_msg(diag->level == DIAG_ERROR ? LOG_ERR : LOG_WARNING, "%s", text);
}

static struct diag_sink sink = { .emit = tell };

static const struct unit nothing;
static struct unit *at_boot; /* on the heap */
static int level;	     /* of the console, where system.conf says nothing */

static void apply(struct manager *m, const struct unit *settings)
{
	const struct unit *u = settings ? settings : &nothing;

	units_set_manager(settings);
	/* What the kernel command line says counts for this boot, hence more; a mere "quiet" does not. */
	if (!m->config.log_level_given)
		console_outlet.max_priority =
			unit_setting(u, K_LogLevel) ? (int)unit_u64(u, K_LogLevel) : level;
	m->config.default_isolation = (uint8_t)unit_u64(u, K_DefaultIsolation);
	m->config.default_timeout_start = unit_u64(u, K_DefaultTimeoutStartSec);
	m->config.default_timeout_stop = unit_u64(u, K_DefaultTimeoutStopSec);
	m->config.default_restart = unit_u64(u, K_DefaultRestartSec);
}

void settings_read(struct manager *m)
{
	int r = settings_load_file(SYSTEM_CONF, SECTION_MANAGER, &sink, NULL, &at_boot);
	uint64_t bridge = unit_u64(at_boot ? at_boot : &nothing, K_BridgeAddress);

	if (r < 0 && r != -ENOENT && r != -EBADMSG)
		log_err("%s: %s", SYSTEM_CONF, diag_errno(-r));
	level = console_outlet.max_priority;
	apply(m, at_boot);
	m->config.bridge_address = (uint32_t)(bridge >> 8);
	m->config.bridge_prefix = (uint8_t)(bridge & 0xff);
}

void settings_replace(struct manager *m, const struct unit *settings)
{
	uint64_t bridge = unit_u64(settings ? settings : &nothing, K_BridgeAddress);

	apply(m, settings);
	unit_free(at_boot);
	at_boot = NULL;
	if (bridge != ((uint64_t)m->config.bridge_address << 8 | m->config.bridge_prefix))
		log_notice("%s: BridgeAddress= is taken at the next boot", SYSTEM_CONF);
}

static void apply_network(struct manager *m, const char *path)
{
	struct unit *u = NULL;
	int r = settings_load_file(path, SECTION_MATCH | SECTION_NETWORK, &sink, NULL, &u);

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
