/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "cli/output/jmespath.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct jmes jmes;
    static json_t *doc;
    char text[512], error[JMES_ERROR_MAX];
    if (!doc)
        doc = json_loads("{\"a\":[{\"b\":1,\"c\":[1,2]},{\"b\":2}],\"s\":\"text\",\"n\":null}", 0, NULL);
    if (len >= sizeof text)
        return 0;
    memcpy(text, bytes, len);
    text[len] = 0;
    if (jmes_parse(&jmes, text, error) == 0)
        json_decref(jmes_search(&jmes, doc, error));
    jmes_release(&jmes);
    return 0;
}
