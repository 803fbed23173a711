/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS answers: addresses through compression and chains; every lie that the parser can see. */
#include "os/networkd/dns_message.h"

#include "os/networkd/dns_client.h"
#include "tests/check.h"

enum { ID = 0x1234 };
static const char question[] = "\1a\7example"; /* and its end */

static uint8_t bytes[DNS_MESSAGE_MAX];
static struct writer w;

static void begin(unsigned flags, unsigned answers)
{
    w = writer_of(bytes, sizeof bytes);
    writer_u16be(&w, ID);
    writer_u16be(&w, (uint16_t)flags);
    writer_u16be(&w, 1);
    writer_u16be(&w, (uint16_t)answers);
    writer_zero(&w, 4);
    writer_bytes(&w, question, sizeof question);
    writer_u16be(&w, 1);
    writer_u16be(&w, 1);
}

static void record(const char *name, size_t name_len, unsigned type, const void *data, size_t len)
{
    writer_bytes(&w, name, name_len);
    writer_u16be(&w, (uint16_t)type);
    writer_u16be(&w, 1);
    writer_u32be(&w, 60);
    writer_u16be(&w, (uint16_t)len);
    writer_bytes(&w, data, len);
}

static int parse(struct dns_answer *a)
{
    REQUIRE(w.err == 0);
    return dns_answer_parse(writer_view(&w), ID, "A.example", a);
}

static void test_good(void)
{
    struct dns_answer a;
    begin(0x8180, 2);
    record("\xC0\x0C", 2, 1, "\x0A\x00\x00\x07", 4);
    record("\xC0\x0C", 2, 28, "0123456789abcdef", 16); /* another family: skipped */
    CHECK_INT(parse(&a), 0);
    CHECK(a.count == 1 && a.address[0] == 0x0A000007);
    begin(0x8180, 2); /* a -> b.example -> address; b is "b" and the question's "example" */
    record("\xC0\x0C", 2, 5, "\1b\xC0\x0E", 4);
    record("\1b\xC0\x0E", 4, 1, "\x0A\x00\x00\x08", 4);
    CHECK_INT(parse(&a), 0);
    CHECK(a.count == 1 && a.address[0] == 0x0A000008);
    begin(0x8180, 20); /* more than are kept */
    for (int i = 0; i < 20; i++)
        record("\xC0\x0C", 2, 1, "\x0A\x00\x00\x07", 4);
    CHECK_INT(parse(&a), 0);
    CHECK_INT(a.count, DNS_ADDRESSES_MAX);
}

static void test_lies(void)
{
    struct dns_answer a;
    static const char *const own[] = {"\x7F\0\0\1", "\0\0\0\0", "\xE0\0\0\1", "\xFF\xFF\xFF\xFF"};
    for (size_t i = 0; i < 4; i++) {
        begin(0x8180, 1);
        record("\xC0\x0C", 2, 1, own[i], 4);
        CHECK_INT(parse(&a), E_NOT_FOUND);
    }
    begin(0x8180, 1); /* an address of a name that nobody asked for */
    record("\1x\xC0\x0E", 4, 1, "\x0A\x00\x00\x07", 4);
    CHECK_INT(parse(&a), E_NOT_FOUND);
    begin(0x8183, 0);
    CHECK_INT(parse(&a), E_NOT_FOUND);
    begin(0x8182, 0);
    CHECK_INT(parse(&a), E_NETWORK);
    begin(0x0180, 0); /* a question */
    CHECK_INT(parse(&a), E_BINDING);
    begin(0x8180, 1);
    record("\xC0\x0C", 2, 1, "\x0A\x00\x00\x07", 4);
    bytes[1] ^= 1;
    CHECK_INT(parse(&a), E_BINDING);
    bytes[1] ^= 1;
    bytes[13] = 'z';
    CHECK_INT(parse(&a), E_BINDING);
}

static void test_malformed(void)
{
    struct dns_answer a;
    begin(0x8180, 1);
    record("\xC0\x0C", 2, 1, "\x0A\x00\x00\x07", 4);
    for (size_t cut = 0; cut < w.len; cut++)
        CHECK_INT(dns_answer_parse(span_of(bytes, cut), ID, "a.example", &a), E_MORE);
    begin(0x8180, 1); /* a pointer to itself, then one forward */
    record("\xC0\x1B", 2, 1, "\x0A\x00\x00\x07", 4);
    CHECK_INT(parse(&a), E_MALFORMED);
    begin(0x8180, 1);
    record("\xC0\x40", 2, 1, "\x0A\x00\x00\x07", 4);
    CHECK_INT(parse(&a), E_MALFORMED);
    begin(0x8180, 1); /* two bits that mean nothing */
    record("\x80", 1, 1, "\x0A\x00\x00\x07", 4);
    CHECK_INT(parse(&a), E_MALFORMED);
    begin(0x8180, 1); /* an address of three bytes */
    record("\xC0\x0C", 2, 1, "\x0A\x00\x00", 3);
    CHECK(parse(&a) < 0);
    begin(0x8180, 12); /* a chain without end */
    for (int i = 0; i < 12; i++)
        record("\xC0\x0C", 2, 5, "\xC0\x0C", 2);
    CHECK_INT(parse(&a), E_LIMIT);
}

static void test_query(void)
{
    char name[DNS_NAME_MAX + 2];
    w = writer_of(bytes, sizeof bytes);
    CHECK_INT(dns_query_write(ID, "a.Example", &w), 0);
    CHECK(w.len == 12 + sizeof question + 4 && memcmp(bytes + 12, question, sizeof question) == 0);
    static const char *const bad[] = {"", ".", "a..b", ".a", "a.",
        "0123456789012345678901234567890123456789012345678901234567890123.example"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        w = writer_of(bytes, sizeof bytes);
        CHECK_INT(dns_query_write(ID, bad[i], &w), E_RANGE);
        CHECK_INT(w.len, 0);
    }
    memset(name, 'a', sizeof name);
    for (size_t i = 60; i < DNS_NAME_MAX; i += 60)
        name[i] = '.';
    name[DNS_NAME_MAX + 1] = '\0';
    CHECK_INT(dns_query_write(ID, name, &w), E_RANGE);
    name[DNS_NAME_MAX] = '\0';
    CHECK_INT(dns_query_write(ID, name, &w), 0);
}

static void test_servers(void)
{
    static const char text[] = "# none\nnameserver 10.0.0.2\nnameserver x\nsearch a\n"
                               "nameserver 10.0.0.3\nnameserver 10.0.0.4\nnameserver 10.0.0.5";
    struct dns_servers s;
    dns_servers_parse(span_of(text, sizeof text - 1), &s);
    CHECK(s.count == DNS_SERVERS_MAX && s.at[0] == 0x0A000002 && s.at[2] == 0x0A000004);
    dns_servers_parse(span_of(text, 0), &s);
    CHECK_INT(s.count, 0);
}

int main(void)
{
    test_good();
    test_lies();
    test_malformed();
    test_query();
    test_servers();
    return check_done();
}
