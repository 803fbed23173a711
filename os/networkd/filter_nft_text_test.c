/* SPDX-License-Identifier: BSD-2-Clause */
/* Rule text of the filter: what it allows, in order, and that all else ends in
 * a refusal. */
#include "os/networkd/filter_nft_text.h"
#include "tests/check.h"
#include "tests/own_network.h"

static char text[FILTER_TEXT_MAX];

static const char *finish(struct writer *w)
{
    REQUIRE(w->err == 0);
    text[w->len] = '\0';
    return text;
}

static void test_policy(void)
{
    static struct os_policy p = {.uid = 61203, .host_count = 2, .tcp_count = 1, .udp_count = 1,
                                 .tcp = {8080}, .udp = {5353}};
    static struct os_addresses a = {.uid = 61203, .host_count = 2};
    a.host[0].count = 1;
    a.host[0].at[0] = (struct os_address){4, {192, 0, 2, 1}};
    a.host[1].count = 1;
    a.host[1].at[0] = (struct os_address){6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    struct writer w = writer_of(text, sizeof text - 1);
    filter_text_policy(&w, 61200, &p, &a);
    CHECK_STR(finish(&w),
              "add chain inet perisphere_61200 u61203\n"
              "flush chain inet perisphere_61200 u61203\n"
              "add rule inet perisphere_61200 u61203 ip daddr 192.0.2.1 meta l4proto { tcp, udp } accept\n"
              "add rule inet perisphere_61200 u61203 ip6 daddr 2001:db8::1 meta l4proto { tcp, udp } accept\n"
              "add rule inet perisphere_61200 u61203 tcp sport 8080 ct direction reply accept\n"
              "add rule inet perisphere_61200 u61203 udp sport 5353 ct direction reply accept\n"
              "add rule inet perisphere_61200 u61203 meta l4proto tcp reject with icmpx type admin-prohibited\n"
              "add rule inet perisphere_61200 u61203 drop\n"
              "add element inet perisphere_61200 owner { 61203 : jump u61203 }\n");
}

static void test_table(void)
{
    struct writer w = writer_of(text, sizeof text - 1);
    filter_text_table(&w, 61200, 64);
    const char *t = finish(&w);
    /* the known owners first, then every other uid of the range is refused */
    const char *map = strstr(t, "output meta skuid vmap @owner\n");
    const char *rest = strstr(t, "output meta skuid 61200-61263 drop\n");
    CHECK(map && rest && map < rest);
}

static void test_room(void)
{
    char small[40];
    struct writer w = writer_of(small, sizeof small);
    filter_text_table(&w, 61200, 64);
    CHECK_INT(w.err, E_FULL);
    /* the largest policy fits */
    static struct os_policy p = {.uid = 2000000063, .host_count = OS_HOSTS_MAX,
                                 .tcp_count = OS_PORTS_MAX, .udp_count = OS_PORTS_MAX};
    static struct os_addresses a = {.host_count = OS_HOSTS_MAX};
    for (size_t h = 0; h < OS_HOSTS_MAX; h++) {
        a.host[h].count = OS_ADDRESSES_MAX;
        for (size_t i = 0; i < OS_ADDRESSES_MAX; i++) {
            a.host[h].at[i].family = 6;
            memset(a.host[h].at[i].bytes, 0xFE, 16);
        }
    }
    w = writer_of(text, sizeof text - 1);
    filter_text_policy(&w, 2000000000, &p, &a);
    CHECK_INT(w.err, 0);
}

int main(void)
{
    own_network();
    test_policy();
    test_table();
    test_room();
    return check_done();
}
