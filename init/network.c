/* SPDX-License-Identifier: MIT */
#include "init/network.h"

#include "init/jobs.h"
#include "init/manager.h"
#include "init/modules.h"
#include "init/plan.h"
#include "init/pod.h"
#include "init/rootview.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/match.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "netcfg/apply.h"
#include "netcfg/missing.h"
#include "netcfg/names.h"
#include "netcfg/nft.h"
#include "netcfg/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BRIDGE		"berth0"
#define LINK_GROUP	0xbe47 /* host ends of services' pairs */
#define MODULES_TIMEOUT (20 * USEC_PER_SEC)
#define RETRY_AFTER	USEC_PER_SEC /* what failed once is not tried for each of many that start */

struct network {
	struct net_host host;
	struct net_pool pool;
	uint32_t generation; /* of the last veth pair made */
	bool bridge_ready;
	bool settled; /* bridge, hosts file and table have been tried, for so many services: */
	uint32_t addressed;
	bool published;	   /* the nftables table is ours and in place */
	char links[8][16]; /* that `.network` files have configured */
	unsigned int n_links;
	int error; /* why the bridge could not be made, -errno */
	usec_t failed_at;
	char text[NET_TEXT];
	const char *hint;
	struct manager *manager;
	struct module_load load;
	int load_result;
	bool loading;
	bool tried_bridge,
		tried_nft; /* whether their modules have been loaded, with what success ever */
};

/*
 * Before there are peers to name the file says what the host's does: whoever starts by then has it bound,
 * and later reads in it of those who came. Before the loop: it may be on a disk.
 */
static void keep_hosts(void)
{
	static char text[16384];
	ssize_t len = fd_read_file_at(AT_FDCWD, "/etc/hosts", text, sizeof(text));

	if (len < 0)
		return;
	autoclose int fd = open(HOSTS_PATH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, (size_t)len);

	if (r < 0 && r != -EEXIST)
		log_err("%s: %s", HOSTS_PATH, diag_errno(-r));
}

void network_boot(struct manager *m)
{
	struct network *n = calloc(1, sizeof(*n));
	char text[NET_TEXT];

	if (!n) {
		log_err("network: no memory");
		return;
	}
	m->network = n;
	n->manager = m;
	int r = net_pool_init(&n->pool, m->config.bridge_address, m->config.bridge_prefix);

	if (r < 0)
		log_err("BridgeAddress: %s", diag_errno(-r));
	r = net_host_setup(&n->host, NULL, text);
	if (r < 0)
		log_err("loopback: %s: %s", text, diag_errno(-r));
	keep_hosts();
}

static void make_bridge(struct manager *m)
{
	struct network *n = m->network;
	struct net_host_spec spec = {
		.bridge = BRIDGE,
		.addr = m->config.bridge_address,
		.prefix = m->config.bridge_prefix,
		.forward = 1,
	};

	if (n->load_result == -ETIMEDOUT) {
		n->error = n->load_result;
		n->hint = n->load.failed;
		n->failed_at = clock_now(CLOCK_MONOTONIC);
		return; /* see set_up() */
	}
	nl_close(&n->host.nl);
	n->error = net_host_setup(&n->host, &spec, n->text);
	n->bridge_ready = n->error == 0;
	if (n->bridge_ready)
		return;
	n->failed_at = clock_now(CLOCK_MONOTONIC);
	/* A module that was listed and did not load says more than what the kernel lacks then. */
	n->hint =
		n->load.failed[0] ? n->load.failed : net_missing_hint(n->error, NET_FEATURE_BRIDGE);
	log_err("bridge %s: %s: %s%s%s", BRIDGE, n->text, diag_errno(-n->error),
		n->hint ? "; " : "", n->hint ? n->hint : "");
}

/* 0, or the -errno of the pool. */
static int assign_address(struct network *n, struct service *s)
{
	struct node *node = manager_node(s->manager, s->index);
	const struct setting *ip = unit_setting(node->unit, K_IP);
	uint32_t addr = 0;

	struct service *leader = pod_leader(s);

	if (leader != s) {
		int r = assign_address(n, leader);

		if (ip && (uint32_t)ip->value.u != leader->address)
			return -EXDEV;
		/* One that is up has the network that it was started with. */
		if (r == 0 && (s->address == 0 || node->active == ACTIVE_INACTIVE ||
			       node->active == ACTIVE_FAILED))
			s->address = leader->address;
		return r;
	}
	if (s->address != 0)
		return 0;
	int r = ip ? net_pool_reserve(&n->pool, (uint32_t)ip->value.u)
		   : net_pool_draw(&n->pool, node->unit->id, &addr);

	if (r == 0)
		s->address = ip ? (uint32_t)ip->value.u : addr;
	return r;
}

/* Every service under its unit's name, with and without the suffix; the host is "host". */
static int write_hosts(struct manager *m)
{
	const char *tmp = HOSTS_PATH ".new";
	FILE *f = fopen(tmp, "we");
	char addr[16];

	if (!f)
		return -errno;
	format_ipv4(m->config.bridge_address, addr, sizeof(addr));
	fprintf(f, "127.0.0.1\tlocalhost\n%s\thost\n", addr);
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct service *s = m->nodes[i].service;
		const char *id = m->nodes[i].unit->id;

		if (!s || s->address == 0)
			continue;
		format_ipv4(s->address, addr, sizeof(addr));
		fprintf(f, "%s\t%.*s %s\n", addr, (int)(strlen(id) - strlen(".service")), id, id);
	}
	bool bad = ferror(f) != 0;

	if (fclose(f) != 0 || bad)
		return -EIO;
	/*
	 * Written over in place, not renamed: the root view of running services has the file bound.
	 */
	autofree char *text = malloc(1 << 20);
	ssize_t len = text ? fd_read_file_at(AT_FDCWD, tmp, text, 1 << 20) : -ENOMEM;

	unlink(tmp);
	if (len < 0)
		return (int)len;
	autoclose int fd = open(HOSTS_PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	int r = fd_write_all(fd, text, (size_t)len);

	return r < 0 || ftruncate(fd, len) == 0 ? r : -errno;
}

static unsigned int collect_published(struct manager *m, struct nft_publish *out, unsigned int max)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct service *s = m->nodes[i].service;
		const struct setting *set =
			s ? unit_setting(m->nodes[i].unit, K_PublishPort) : NULL;
		const struct published_ports *ports = set ? set->value.p : NULL;

		for (uint32_t k = 0; ports && s->address != 0 && k < ports->n; k++, n++) {
			if (!out || n >= max)
				continue;
			out[n] = (struct nft_publish){
				.host_addr = ports->v[k].ip,
				.addr = s->address,
				.host_port = ports->v[k].host,
				.port = ports->v[k].container,
				.proto = (uint8_t)ports->v[k].protocol,
			};
		}
	}
	return n;
}

static int replace_table(struct manager *m, const struct nft_publish *publish, unsigned int n,
			 struct nl_error *err)
{
	struct nft_spec spec = {
		.bridge = BRIDGE,
		.subnet = m->config.bridge_address,
		.prefix = m->config.bridge_prefix,
		.guard = true,
		.publish = publish,
		.n_publish = n,
	};
	size_t size = nft_size(&spec);
	struct nl_sock nf;
	int r = nl_open(&nf, NETLINK_NETFILTER);

	if (r < 0)
		return r;
	void *buf = malloc(size);

	r = buf ? nft_replace(&nf, &spec, buf, size, err) : -ENOMEM;
	free(buf);
	nl_close(&nf);
	return r;
}

static void forward_link(const char *name)
{
	int r = net_link_forward(name);

	if (r < 0)
		log_err("forwarding on %s: %s", name, diag_errno(-r));
}

/* Links to the outside need the table too: it masquerades what leaves and keeps the rest out. */
static bool wants_table(struct manager *m)
{
	const struct network *net = m->network;

	return net->published || net->n_links > 0 || collect_published(m, NULL, 0) > 0;
}

static void publish_ports(struct manager *m)
{
	struct network *net = m->network;
	unsigned int n = collect_published(m, NULL, 0);
	struct nl_error err = { 0 };
	struct nft_publish *publish = calloc(n + 1, sizeof(*publish));
	int r = -ENOMEM;

	if (publish) {
		n = collect_published(m, publish, n);
		r = replace_table(m, publish, n, &err);
	}
	free(publish);

	if (r == 0 && !net->published) {
		/* The table is in place: now the outer links may pass on what it lets through. */
		for (unsigned int i = 0; i < net->n_links; i++)
			forward_link(net->links[i]);
		net->published = true;
	}
	if (r < 0) {
		const char *hint = net_missing_hint(r, NET_FEATURE_NAT);

		log_err("published ports: nftables table %s: %s%s%s", NFT_TABLE, diag_errno(-r),
			hint ? "; " : "", hint ? hint : "");
	}
}

static void set_up(struct manager *m);

static void wake_units(struct manager *m)
{
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct service *s = manager_node(m, i)->service;

		if (s && plan_wants_veth(s))
			jobs_unit_settled(m, i);
	}
}

static void on_modules(struct module_load *l, int result)
{
	struct network *n = container_of(l, struct network, load);

	n->loading = false;
	n->load_result = result;
	set_up(n->manager);
	if (!n->loading)
		wake_units(n->manager);
}

/* Whether @group is being loaded now. What cannot be loaded may be there all the same: try. */
static bool load_modules(struct network *n, const char *group, bool *tried)
{
	if (*tried)
		return false;
	*tried = true;
	n->load.group = group;
	n->load.timeout = MODULES_TIMEOUT;
	n->load.done = on_modules;
	int r = modules_load_begin(&n->load);

	n->load_result = r;
	n->loading = r == 0;
	if (r < 0)
		log_err("modules: group %s: %s", group, diag_errno(-r));
	return n->loading;
}

/*
 * Called again for what is left when modules have been loaded. One that hangs in its start may hold
 * the lock that netlink takes: what needs it is not tried then, PID 1 would hang as well.
 */
static void set_up(struct manager *m)
{
	struct network *n = m->network;

	if (!n->bridge_ready && load_modules(n, "bridge", &n->tried_bridge))
		return;
	if (!n->bridge_ready)
		make_bridge(m);
	bool table = n->bridge_ready && wants_table(m);

	if (table && load_modules(n, "nft", &n->tried_nft))
		return;
	if (table && (n->published || n->load_result != -ETIMEDOUT))
		publish_ports(m);
}

void network_units_loaded(struct manager *m)
{
	struct network *n = m->network;
	uint32_t addressed = 0;
	bool any = false;

	if (!n)
		return;
	/* Fixed addresses first, so that no drawn one is in their way. What fails is told by the start. */
	for (int fixed = 1; fixed >= 0; fixed--) {
		for (uint32_t i = 0; i < m->n_nodes; i++) {
			struct service *s = m->nodes[i].service;

			if (!s || !plan_wants_veth(s))
				continue;
			if ((unit_setting(m->nodes[i].unit, K_IP) != NULL) == fixed)
				(void)assign_address(n, s);
			any = true;
			addressed += fixed == 0 && s->address != 0;
		}
	}
	/* Any look at a unit may load one: what takes modules and netlink is done for new ones only. */
	if (!any || (n->settled && addressed == n->addressed))
		return;
	n->settled = true;
	n->addressed = addressed;
	/* At once: the root of services that do not wait has it bound if there is one (rootview.c). */
	int r = write_hosts(m);

	if (r < 0)
		log_err("%s: %s", HOSTS_PATH, diag_errno(-r));
	/* What is under way comes to the new ones in the end; what failed is tried again for them. */
	if (n->loading)
		return;
	n->tried_bridge = n->bridge_ready;
	n->tried_nft = n->published;
	set_up(m);
}

/*
 * What was missing may be there by now. But a module that hung still does: to try that again would
 * cost an errand each time (errand.h: ERRANDS_STUCK).
 */
static void try_again(struct network *n)
{
	if (n->bridge_ready || n->loading || n->failed_at == 0 || n->load_result == -ETIMEDOUT ||
	    clock_now(CLOCK_MONOTONIC) < usec_add(n->failed_at, RETRY_AFTER))
		return;
	n->tried_bridge = false;
	n->tried_nft = n->published;
	set_up(n->manager);
}

int network_prepare(struct service *s)
{
	struct network *n = s->manager->network;

	if (!n || !plan_wants_veth(s))
		return 0;
	try_again(n);
	return n->loading;
}

int network_address(struct manager *m, struct service *s, struct diag *diag)
{
	int r = assign_address(m->network, s);

	if (r == -EEXIST)
		return diag_set(diag, DIAG_ERROR, 0, "the address is taken by another unit");
	if (r == -EXDEV)
		return diag_set(diag, DIAG_ERROR, 0, "not the address of its pod");
	if (r == -ERANGE)
		return diag_set(diag, DIAG_ERROR, 0, "not a host of the subnet of bridge %s",
				BRIDGE);
	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "no address on bridge %s", BRIDGE) : 0;
}

void network_join(struct service *s, uint32_t address)
{
	if (!s->manager->network || s->address == address)
		return;
	/* It was not known to be a member, its name stands for another address now. */
	s->address = address;
	s->manager->network->settled = false;
	network_units_loaded(s->manager);
}

int network_ready(struct manager *m, struct diag *diag)
{
	struct network *n = m->network;

	if (!n)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "network");
	/* A restart waits for nobody, the next one may have it; a start did (network_prepare()). */
	try_again(n);
	if (!n->bridge_ready && n->loading)
		return diag_set(diag, DIAG_ERROR, EAGAIN,
				"kernel modules for bridge %s are being loaded", BRIDGE);
	if (!n->bridge_ready)
		return diag_set(diag, DIAG_ERROR, n->error ? -n->error : ENETDOWN,
				"no bridge %s for a veth pair%s%s", BRIDGE, n->hint ? ": " : "",
				n->hint ? n->hint : "");
	return 0;
}

void network_spec(struct manager *m, struct service *s, struct net_spec *out)
{
	struct network *n = m->network;
	const char *id = manager_node(m, s->index)->unit->id;

	*out = (struct net_spec){
		.bridge = n->host.bridge,
		.group = LINK_GROUP,
		.addr = s->address,
		.gateway = m->config.bridge_address,
		.prefix = m->config.bridge_prefix,
		.flags = NET_ISOLATED_PORT | NET_ROUTED,
	};
	s->veth_generation = ++n->generation;
	out->host_index = net_host_index(s->veth_generation);
	net_host_name(out->host_name, id, s->veth_generation);
	str_copy(out->name, sizeof(out->name), "eth0");
	net_host_mac(out->host_mac, id);
	net_unit_mac(out->mac, id);
}

/* All addresses of the file onto one link. */
static void apply_static(struct network *n, const char *path, const char *link,
			 const struct unit *u)
{
	const struct strings *addresses = unit_list(u, K_Address);
	char text[NET_TEXT];

	for (uint32_t i = 0; i < addresses->n; i++) {
		unsigned int prefix;
		uint32_t addr;
		/* Checked when the file was read. */
		int r = parse_ipv4_prefix(addresses->v[i], &addr, &prefix);

		if (r == 0)
			r = net_link_static(&n->host, link, addr, prefix,
					    i == 0 ? (uint32_t)unit_u64(u, K_Gateway) : 0, text);
		if (r < 0)
			log_err("%s: %s: %s", path, text, diag_errno(-r));
	}
	if (n->n_links < ARRAY_SIZE(n->links))
		str_copy(n->links[n->n_links++], sizeof(n->links[0]), link);
	else
		log_err("%s: %s: more than %zu links", path, link, ARRAY_SIZE(n->links));
}

static bool matches(const struct strings *patterns, const char *link)
{
	for (uint32_t i = 0; i < patterns->n; i++) {
		if (match_text(patterns->v[i], link, 0))
			return true;
	}
	return false;
}

void network_static_link(struct manager *m, const char *path, const struct unit *u)
{
	struct network *n = m->network;
	const struct strings *patterns = unit_list(u, K_MatchName);
	DIR *dir = n ? opendir("/sys/class/net") : NULL;
	bool any = false;
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.' || str_eq(e->d_name, "lo") || !matches(patterns, e->d_name))
			continue;
		any = true;
		apply_static(n, path, e->d_name, u);
	}
	closedir(dir);
	if (!any)
		log_warn("%s: no link matches", path);
}
