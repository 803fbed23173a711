/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the codes, for tools and tests: firmware says their text. */
#include "lib/err.h"

const char *err_name(int code)
{
    switch (code) {
#define ERR_NAME(name, number, category, text) case number: return #name;
        ERR_TABLE(ERR_NAME)
#undef ERR_NAME
    default: return "E_UNKNOWN";
    }
}
