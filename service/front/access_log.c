/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/access_log.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static const char *const kinds[] = {"none", "operator", "os", "update-only", "application", "token"};

/* The only text not of our making is a name; it is printable ASCII already. */
static void escape(const char *name, char *out, size_t cap)
{
    size_t len = 0;
    for (; *name && len + 3 < cap; name++) {
        if (*name == '"' || *name == '\\')
            out[len++] = '\\';
        out[len++] = *name;
    }
    out[len] = '\0';
}

static char kept[ACCESS_LOG_KEPT]; /* one loop */
static size_t kept_bytes;

void access_log(const struct access_entry *e)
{
    char name[600], line[1400];
    struct timeval now;
    struct tm tm = {0};
    gettimeofday(&now, NULL);
    gmtime_r(&now.tv_sec, &tm);
    escape(e->name, name, sizeof name);
    int len = snprintf(line, sizeof line,
                       "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"request\":\"%s\","
                       "\"method\":\"%s\",\"route\":\"%s\",\"status\":%d,\"bytes\":%llu,\"ms\":%.1f,"
                       "\"identity\":\"%s\",\"name\":\"%s\"}\n",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                       tm.tm_sec, (int)(now.tv_usec / 1000), e->request_id, e->method, e->route,
                       e->status, (unsigned long long)e->bytes, e->ms,
                       e->identity < 6 ? kinds[e->identity] : "?", name);
    if (len <= 0 || (size_t)len >= sizeof line)
        return;
    if (kept_bytes + (size_t)len > sizeof kept)
        access_log_flush();
    memcpy(kept + kept_bytes, line, (size_t)len);
    kept_bytes += (size_t)len;
    if (e->status >= 400) /* whoever then brings this process down leaves at least what he was refused */
        access_log_flush();
}

void access_log_flush(void)
{
    if (kept_bytes)
        fwrite(kept, 1, kept_bytes, stderr); /* one write, of whole lines: they do not mix with others' */
    kept_bytes = 0;
}
