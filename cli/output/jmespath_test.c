/* SPDX-License-Identifier: BSD-2-Clause */
/* Each rule of the JMESPath specification by an expression and its result. */
#include "cli/output/jmespath.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check.h"

static const char document[] =
    "{\"name\":\"DW100\",\"count\":3,\"none\":null,\"yes\":true,\"half\":0.5,\"\":1,\"a b\":\"c\","
    "\"list\":[0,1,2,3,4,5],\"nested\":[[1,2],[3,[4]],5,[]],\"words\":[\"pear\",\"apple\",\"fig\"],"
    "\"devices\":[{\"id\":\"b\",\"os\":{\"version\":\"26.10\"},\"n\":2,\"tags\":[\"x\"]},"
    "{\"id\":\"a\",\"os\":{\"version\":\"26.11\"},\"n\":1,\"tags\":[\"y\",\"z\"]},{\"id\":\"c\",\"n\":1}],"
    "\"groups\":{\"one\":{\"size\":1},\"two\":{\"size\":2},\"text\":\"t\"}}";

static const struct {
    const char *expression, *result; /* result NULL: refused, by either half */
} rows[] = {
    /* names and chains */
    {"name", "\"DW100\""}, {"\"name\"", "\"DW100\""}, {"\"a b\"", "\"c\""}, {"\"\\u006eame\"", "\"DW100\""},
    {"absent", "null"}, {"name.absent", "null"}, {"groups.one.size", "1"}, {"@", NULL}, {"@.name", "\"DW100\""},
    {" groups . two ", "{\"size\":2}"},
    /* index and slice */
    {"list[0]", "0"}, {"list[-1]", "5"}, {"list[6]", "null"}, {"list[-7]", "null"}, {"name[0]", "null"},
    {"list[1:3]", "[1,2]"}, {"list[:2]", "[0,1]"}, {"list[4:]", "[4,5]"}, {"list[::2]", "[0,2,4]"},
    {"list[::-1]", "[5,4,3,2,1,0]"}, {"list[-2:]", "[4,5]"}, {"list[10:]", "[]"}, {"list[5:1:-2]", "[5,3]"},
    {"list[::9223372036854775807]", "[0]"}, {"list[::-9223372036854775808]", "[5]"}, {"name[:1]", "null"},
    {"list[::0]", NULL}, {"list[1:2:3:4]", NULL}, {"list[99999999999999999999]", NULL}, {"list[-]", NULL},
    {"nested[0][1]", "2"}, {"devices[1].os.version", "\"26.11\""}, {"list[1 2]", NULL},
    /* projections */
    {"devices[*].id", "[\"b\",\"a\",\"c\"]"}, {"devices[*].os.version", "[\"26.10\",\"26.11\"]"},
    {"devices[].tags[]", "[\"x\",\"y\",\"z\"]"}, {"devices[*].tags[0]", "[\"x\",\"y\"]"},
    {"devices[*].tags | [0]", "[\"x\"]"}, {"(devices[*].id)[0]", "\"b\""}, {"name[*]", "null"},
    {"groups.*.size", "[1,2]"}, {"*.size", "[]"}, {"groups.*", "[{\"size\":1},{\"size\":2},\"t\"]"},
    {"nested[]", "[1,2,3,[4],5]"}, {"nested[][]", "[1,2,3,4,5]"}, {"name[]", "null"}, {"devices[:2].n", "[2,1]"},
    {"devices[*].[id,n]", "[[\"b\",2],[\"a\",1],[\"c\",1]]"},
    {"devices[*].{i:id,\"v\":os.version}", "[{\"i\":\"b\",\"v\":\"26.10\"},{\"i\":\"a\",\"v\":\"26.11\"},{\"i\":\"c\",\"v\":null}]"},
    {"none.[a,b]", "null"}, {"{a:name,b:count}", "{\"a\":\"DW100\",\"b\":3}"}, {"[name,count]", "[\"DW100\",3]"},
    {"[*]", "null"}, {"[0]", "null"},
    /* filters and comparison */
    {"devices[?n==`1`].id", "[\"a\",\"c\"]"}, {"devices[?id=='b'].n | [0]", "2"}, {"devices[?n>`1`].id", "[\"b\"]"},
    {"devices[?os].id", "[\"b\",\"a\"]"}, {"devices[?!os].id", "[\"c\"]"}, {"devices[?n<=`1` && os].id", "[\"a\"]"},
    {"devices[?id=='b' || id=='c'].id", "[\"b\",\"c\"]"}, {"devices[?id<'b']", "[]"}, {"count>=`3`", "true"},
    {"count<`3.5`", "true"}, {"count==`3.0`", "true"}, {"name!='x'", "true"}, {"name<'x'", "null"},
    {"`9007199254740993` == `9007199254740992`", "false"}, {"list[?@>`3`]", "[4,5]"}, {"groups[?size]", "null"},
    {"devices[?tags[?@=='z']].id", "[\"a\"]"},
    /* or, and, not, literals, pipes */
    {"absent || name", "\"DW100\""}, {"yes && count", "3"}, {"none && name", "null"}, {"!yes", "false"},
    {"!none", "true"}, {"!list[9:]", "true"}, {"'it\\'s'", "\"it's\""}, {"`\"x\"`", "\"x\""}, {"`[1,{}]`", "[1,{}]"},
    {"'a\\b'", "\"a\\\\b\""}, {"devices | length(@)", "3"}, {"absent || none || `false`", "false"},
    {"yes || none && none", "true"},
    /* functions */
    {"abs(`-3`)", "3"}, {"abs(`-0.5`)", "0.5"}, {"avg(list)", "2.5"}, {"avg(`[]`)", "null"}, {"ceil(half)", "1"},
    {"floor(half)", "0"}, {"contains(words,'fig')", "true"}, {"contains(name,'W1')", "true"},
    {"contains(name,`1`)", "false"}, {"starts_with(name,'DW')", "true"}, {"ends_with(name,'00')", "true"},
    {"ends_with('a','ba')", "false"}, {"join('-',words)", "\"pear-apple-fig\""}, {"join('-',`[]`)", "\"\""},
    {"keys(groups)", "[\"one\",\"two\",\"text\"]"}, {"values(groups.one)", "[1]"}, {"length('\xc3\xa4\xc3\xb6')", "2"},
    {"length(groups)", "3"}, {"map(&n,devices)", "[2,1,1]"}, {"map(&os,devices)[2]", "null"}, {"max(list)", "5"},
    {"max(words)", "\"pear\""}, {"max(`[]`)", "null"}, {"min(list)", "0"}, {"max_by(devices,&n).id", "\"b\""},
    {"min_by(devices,&n).id", "\"a\""}, {"merge(groups.one,{b:count})", "{\"size\":1,\"b\":3}"},
    {"not_null(absent,none,name)", "\"DW100\""}, {"not_null(none)", "null"}, {"reverse(words)", "[\"fig\",\"apple\",\"pear\"]"},
    {"reverse('a\xc3\xa4')", "\"\xc3\xa4\x61\""}, {"sort(words)", "[\"apple\",\"fig\",\"pear\"]"},
    {"sort_by(devices,&n)[*].id", "[\"a\",\"c\",\"b\"]"}, {"sort_by(devices,&id)[0].id", "\"a\""}, {"sort(`[]`)", "[]"},
    {"sum(list)", "15"}, {"sum(`[]`)", "0"}, {"to_array(name)", "[\"DW100\"]"}, {"to_array(list[:1])", "[0]"},
    {"to_number('12')", "12"}, {"to_number('x')", "null"}, {"to_number(yes)", "null"}, {"to_string(list[:2])", "\"[0,1]\""},
    {"to_string(name)", "\"DW100\""}, {"type(half)", "\"number\""}, {"type(none)", "\"null\""}, {"type(groups)", "\"object\""},
    {"devices[?starts_with(os.version || '', '26.1')] | length(@)", "2"},
    /* refused */
    {"", NULL}, {" ", NULL}, {".", NULL}, {"name.", NULL}, {".name", NULL}, {"name name", NULL}, {"a[", NULL}, {"a[*", NULL},
    {"a[?b", NULL}, {"a]", NULL}, {"{", NULL}, {"{a}", NULL}, {"{a:}", NULL}, {"{}", NULL}, {"[]x", NULL}, {"'x", NULL}, {"`x`", NULL},
    {"`1", NULL}, {"\"x", NULL}, {"\"\\q\"", NULL}, {"a||", NULL}, {"||a", NULL}, {"a=b", NULL}, {"a==", NULL}, {"&a", NULL},
    {"#", NULL}, {"a.1", NULL}, {"a.'b'", NULL}, {"nosuch(a)", NULL}, {"length()", NULL}, {"length(a,b)", NULL}, {"not_null()", NULL},
    {"\"length\"(a)", NULL}, {"a.b(c)", NULL}, {"length(`1`)", NULL}, {"abs('x')", NULL}, {"sum(words)", NULL},
    {"max(`[1,\"a\"]`)", NULL}, {"sort_by(devices,&os)", NULL}, {"sort_by(devices,&absent)", NULL}, {"join('-',list)", NULL},
    {"map(list,&a)", NULL}, {"map(&abs('x'),list)", NULL}, {"(a", NULL}, {"a)", NULL}, {"!", NULL}, {"a[b]", NULL}, {"@@", NULL},
};

static struct jmes jmes;

static void check_row(json_t *doc, const char *expression, const char *result)
{
    char error[JMES_ERROR_MAX] = "";
    json_t *got = jmes_parse(&jmes, expression, error) == 0 ? jmes_search(&jmes, doc, error) : NULL;
    char *text = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (strcmp(expression, "@") == 0)
        CHECK(got == doc);
    else if (!result) {
        CHECK(!got && error[0]);
        if (got)
            fprintf(stderr, "   %s gives %s\n", expression, text);
    } else {
        json_t *want = json_loads(result, JSON_DECODE_ANY, NULL);
        CHECK(want && got && (json_equal(want, got)));
        if (!got || !json_equal(want, got))
            fprintf(stderr, "   %s: %s, expected %s (%s)\n", expression, text ? text : "-", result, error);
        json_decref(want);
    }
    free(text);
    json_decref(got);
    jmes_release(&jmes);
}

static void limits(json_t *doc)
{
    static char text[20000];
    char error[JMES_ERROR_MAX];
    size_t n = 0;
    for (int i = 0; i < JMES_DEPTH_MAX; i++)
        text[n++] = '(';
    text[n] = 0;
    CHECK(jmes_parse(&jmes, text, error) != 0 && strstr(error, "deep"));
    jmes_release(&jmes);
    strcpy(text, "a");
    while (strlen(text) + 3 < sizeof text)
        strcat(text, ".a");
    CHECK(jmes_parse(&jmes, text, error) != 0 && strstr(error, "too long"));
    jmes_release(&jmes);
    strcpy(text, "a"); /* as long a chain as is taken */
    for (int i = 0; i < JMES_NODES_MAX / 2 - 1; i++)
        strcat(text, ".a");
    REQUIRE(jmes_parse(&jmes, text, error) == 0);
    json_t *got = jmes_search(&jmes, doc, error);
    CHECK(json_is_null(got));
    json_decref(got);
    jmes_release(&jmes);
    CHECK(jmes_parse(&jmes, "ab.[", error) != 0 && strstr(error, "at character 5"));
    jmes_release(&jmes);
}

int main(void)
{
    json_t *doc = json_loads(document, 0, NULL);
    REQUIRE(doc != NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(doc, rows[i].expression, rows[i].result);
    limits(doc);
    json_decref(doc);
    return check_done();
}
