/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/host_name.h"
#include "tests/check.h"

#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void names(void)
{
    static const struct {
        const char *name;
        bool valid;
    } rows[] = {
        {"example.com", true}, {"EXAMPLE.com", true}, {"a", true}, {"a-b.c-d", true},
        {"_http._tcp.local", true}, {"_http._tcp.home", true}, {"xn--bcher-kva.example", true},
        {"3com.com", true}, {"1.2.3.example", true}, {"1.2.3.4", true}, {"255.255.255.255", true},
        {"0.0.0.0", true}, {SIXTY "abc.com", true}, {"a.0x", false}, {"0xyz", true},
        {"", false}, {".", false}, {"a.", false}, {".a", false}, {"a..b", false},
        {"-a.com", false}, {"a-.com", false}, {"a.-", false}, {SIXTY "abcd.com", false},
        {"http://a.com", false}, {"a.com:443", false}, {"*.a.com", false}, {"*", false},
        {"a.com/x", false}, {"a b", false}, {"$HOST", false}, {"b\xc3\xbc.de", false},
        {"a@b", false}, {"fe80::1", false}, {"[::1]", false},
        {"1.2.3", false}, {"1.2.3.4.5", false}, {"256.1.1.1", false}, {"1.2.3.04", false},
        {"1.2.3.0x4", false}, {"0x7f000001", false}, {"0X7F.1", false}, {"2130706433", false},
        {"a.1", false}, {"1.2.3.999", false}, {"1.2.3.4000", false}, {"127.1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool valid = host_name_valid(span_of(rows[i].name, strlen(rows[i].name)));
        if (valid != rows[i].valid)
            fprintf(stderr, "%s\n", rows[i].name);
        CHECK_INT(valid, rows[i].valid);
    }
    CHECK(!host_name_valid(span_of("a\0b", 3)));
    CHECK(!host_name_valid(span_of(NULL, 0)));
}

static void longest(void)
{
    char name[HOST_NAME_BYTES_MAX + 1];
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 2 ? '.' : 'a';
    CHECK(host_name_valid(span_of(name, HOST_NAME_BYTES_MAX)));
    name[HOST_NAME_BYTES_MAX - 1] = 'b';
    name[HOST_NAME_BYTES_MAX] = 'b';
    CHECK(!host_name_valid(span_of(name, HOST_NAME_BYTES_MAX + 1)));
}

int main(void)
{
    names();
    longest();
    return check_done();
}
