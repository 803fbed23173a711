/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/host_name.h"

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static bool is_letter(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_hex(uint8_t c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

/* Takes what stands before the next dot, and the dot. */
static struct span label_take(struct span *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != '.')
        len++;
    struct span label = {rest->at, len};
    size_t used = len < rest->len ? len + 1 : len;
    *rest = span_of(rest->at + used, rest->len - used);
    return label;
}

static bool label_valid(struct span label)
{
    if (label.len == 0 || label.len > HOST_LABEL_BYTES_MAX || label.at[0] == '-' ||
        label.at[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_letter(label.at[i]) && !is_digit(label.at[i]) && label.at[i] != '-' &&
            label.at[i] != '_')
            return false;
    return true;
}

static bool all_digits(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.at[i]))
            return false;
    return s.len > 0;
}

/* "7", "0x7f": what inet_aton() takes for a part of an address. */
static bool label_numeric(struct span label)
{
    if (all_digits(label))
        return true;
    if (label.len < 2 || label.at[0] != '0' || (label.at[1] | 0x20) != 'x')
        return false;
    for (size_t i = 2; i < label.len; i++)
        if (!is_hex(label.at[i]))
            return false;
    return true;
}

static bool octet_valid(struct span s)
{
    unsigned v = 0;
    if (!all_digits(s) || s.len > 3 || (s.len > 1 && s.at[0] == '0'))
        return false;
    for (size_t i = 0; i < s.len; i++)
        v = v * 10 + (unsigned)(s.at[i] - '0');
    return v <= 255;
}

bool host_name_valid(struct span name)
{
    struct span rest = name, label = {NULL, 0};
    size_t labels = 0;
    bool octets = true;

    if (name.len == 0 || name.len > HOST_NAME_BYTES_MAX || name.at[name.len - 1] == '.')
        return false;
    for (; rest.len; labels++) {
        label = label_take(&rest);
        if (!label_valid(label))
            return false;
        octets = octets && octet_valid(label);
    }
    return !label_numeric(label) || (octets && labels == 4);
}
