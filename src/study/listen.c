// Where a hub listens, and the address by which others find it: "token@port@host@address,address,…".
//
// The token is a secret of this run: who does not know it is not let in (hub.c).
#include "base/alloc.h"
#include "study/hub.h"
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int make_token(char token[XS_TOKEN_HEX], xsnr_error *err) {
    unsigned char bytes[(XS_TOKEN_HEX - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return xs_fail(err, XSNR_ERR_IO, "the system gives no random bytes: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return XSNR_OK;
}

// The others try these addresses in turn, for nobody knows which network they share.
static void write_address(xs_hub *hub, const char *only, unsigned port) {
    char host[128] = "";
    struct ifaddrs *all = NULL;
    if (gethostname(host, sizeof host - 1)) host[0] = '\0';
    int n = snprintf(hub->address, sizeof hub->address, "%s@%u@%s@", hub->token, port, host);
    if (only || getifaddrs(&all)) all = NULL;
    for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
        char text[INET_ADDRSTRLEN];
        if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || (a->ifa_flags & IFF_LOOPBACK) || !(a->ifa_flags & IFF_UP))
            continue;
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)a->ifa_addr;
        if (!inet_ntop(AF_INET, &in->sin_addr, text, sizeof text)) continue;
        if ((size_t)n + sizeof text + 16 > sizeof hub->address) break;
        n += snprintf(hub->address + n, sizeof hub->address - (size_t)n, "%s,", text);
    }
    if (all) freeifaddrs(all);
    snprintf(hub->address + n, sizeof hub->address - (size_t)n, "%s", only ? only : "127.0.0.1");
}

int xs_hub_open(const char *listen_, xs_hub **out, xsnr_error *err) {
    *out = NULL;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
    if (listen_ && inet_pton(AF_INET, listen_, &any.sin_addr) != 1)
        return xs_fail(err, XSNR_ERR_ARGUMENT, "'%s' is not an IPv4 address to listen at, such as 127.0.0.1", listen_);
    xs_hub *hub = XS_NEW(xs_hub);
    if (!hub) return xs_nomem(err);
    socklen_t size = sizeof any;
    hub->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = make_token(hub->token, err);
    if (rc == XSNR_OK && (hub->fd < 0 || bind(hub->fd, (struct sockaddr *)&any, sizeof any) || listen(hub->fd, BACKLOG) ||
                          getsockname(hub->fd, (struct sockaddr *)&any, &size)))
        rc = xs_fail(err, XSNR_ERR_IO, "cannot listen for other processes: %s", strerror(errno));
    if (rc < 0) {
        xs_hub_close(hub);
        return rc;
    }
    write_address(hub, listen_, ntohs(any.sin_port));
    *out = hub;
    return XSNR_OK;
}

const char *xs_hub_address(const xs_hub *hub) { return hub->address; }

void xs_hub_close(xs_hub *hub) {
    if (!hub) return;
    if (hub->fd >= 0) close(hub->fd);
    xs_free(hub);
}
