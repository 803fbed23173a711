/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/front/route_choice.h"

#include <string.h>

static const struct {
    enum http_method http;
    enum route_method route;
    const char *name;
} methods[] = {{HTTP_GET, ROUTE_GET, "GET"},       {HTTP_HEAD, ROUTE_HEAD, "HEAD"},
               {HTTP_PUT, ROUTE_PUT, "PUT"},       {HTTP_PATCH, ROUTE_PATCH, "PATCH"},
               {HTTP_POST, ROUTE_POST, "POST"},    {HTTP_DELETE, ROUTE_DELETE, "DELETE"}};
enum { METHODS = sizeof methods / sizeof methods[0] };

int route_choose(const struct request *r, struct route_match *match)
{
    for (size_t i = 0; i < METHODS; i++) {
        if (methods[i].http != (enum http_method)r->parser.method)
            continue;
        switch (route_find(methods[i].route, request_path(r), match)) {
        case 0:
            return 0;
        case E_NOT_FOUND:
            return match->path_known ? 405 : 404;
        case E_LIMIT:
            return 414;
        default:
            return 400;
        }
    }
    struct route_match any; /* a method that no route has */
    if (route_find(ROUTE_GET, request_path(r), &any) != 0 && !any.path_known)
        return 404;
    return 405;
}

const char *allow_list(struct span path, char text[static 64])
{
    text[0] = '\0';
    for (size_t i = 0; i < METHODS; i++) {
        struct route_match match;
        if (route_find(methods[i].route, path, &match) != 0)
            continue;
        if (text[0])
            strcat(text, ", ");
        strcat(text, methods[i].name);
    }
    return text;
}
