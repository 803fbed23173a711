/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The api process: management resources over store and issuer.
 * Source: docs/spec/management-api.md.
 *
 * One struct api_call a request.  A handler's start function checks everything,
 * asks the store (or the issuer) once, and a finish function answers; a handler
 * that needs a second question asks it from its finish function.  Every call
 * ends in exactly one of api_answer(), api_fail(), api_fail_status().
 * Trust: front has matched the route and authenticated; names, query and body
 * are hostile until api_begin() and the body's checks have passed.
 * Lifetime: parameters and identity are copied into the call; the request's
 * body lives only during start.
 */
#ifndef PERI_SERVICE_API_API_H
#define PERI_SERVICE_API_API_H

#include <jansson.h>

#include "abi/crash_dump.h"
#include "service/api/body.h"
#include "service/api/contract.h"
#include "service/api/names.h"
#include "service/api/query.h"
#include "service/api/routes.h"
#include "service/ipc/channel.h"
#include "service/ipc/http_message.h"
#include "service/ipc/store_access_ops.h"

/* code in the answer, status */
#define API_ERROR_TABLE(X)                                        \
    X(MISSING_API_VERSION, 400, "MissingApiVersionParameter")     \
    X(INVALID_API_VERSION, 400, "InvalidApiVersionParameter")     \
    X(INVALID_QUERY, 400, "InvalidQueryParameter")                \
    X(FILTER_UNSUPPORTED, 400, "FilterNotSupported")              \
    X(INVALID_FILTER, 400, "InvalidFilterInQueryString")          \
    X(INVALID_NAME, 400, "InvalidResourceName")                   \
    X(INVALID_CONTENT, 400, "InvalidRequestContent")              \
    X(VALIDATION, 400, "ResourceCreationValidateFailed")          \
    X(UNAUTHENTICATED, 401, "AuthenticationFailed")               \
    X(FORBIDDEN, 403, "AuthorizationFailed")                      \
    X(NOT_FOUND, 404, "ResourceNotFound")                         \
    X(PARENT_NOT_FOUND, 404, "ParentResourceNotFound")            \
    X(CONFLICT, 409, "Conflict")                                  \
    X(ROLE_EXISTS, 409, "RoleAssignmentExists")                   \
    X(INTERNAL, 500, "InternalServerError")                       \
    X(STORAGE_FULL, 507, "InsufficientStorage")                   \
    X(BUSY, 503, "ServiceUnavailable")

enum api_error {
#define API_ERROR_ENUM(name, status, text) API_##name,
    API_ERROR_TABLE(API_ERROR_ENUM)
#undef API_ERROR_ENUM
    API_ERROR_COUNT
};

struct api_call;

struct api {
    struct channel *store, *issuer;
    struct api_call *jobs;         /* that are under way here: their leases are renewed */
    uint64_t holds;                /* how often one was */
    size_t running, running_bytes; /* operations that run on, and what they hold */
    bool looking;                  /* for operations that nobody is at */
    uint64_t answered[6];          /* requests by the first digit of their status */
    const char *base_url; /* without a trailing slash */
    const char *login_url, *audience; /* of the OpenID Connect provider; NULL: there is none */
};

/* What the parameters of the pattern are, in order. */
enum api_shape {
    SHAPE_NONE,
    SHAPE_SUBSCRIPTION,
    SHAPE_RESOURCE_GROUP, /* and its subscription, and so on downwards */
    SHAPE_CATALOG,
    SHAPE_PRODUCT,
    SHAPE_GROUP,
    SHAPE_CATALOG_NAME, /* catalog, then a name */
    SHAPE_GROUP_NAME,   /* group, then a name */
    SHAPE_NAME,         /* a name alone */
    SHAPE_PRODUCT_NAME,
    SHAPE_DEVICE, /* group, then a device */
    SHAPE_DEVICE_NAME,
    SHAPE_OPERATION,    /* subscription, location, operation */
    SHAPE_SUBSCRIPTION_NAME,
    SHAPE_RESOURCE_GROUP_NAME,
};

enum api_flag {
    API_LIST = 1,          /* answers a page */
    API_DELETES = 2,       /* nothing there is success too: 204 */
    API_BODY = 4,          /* needs a JSON object */
    API_BODY_OPTIONAL = 8, /* may have one */
    API_FILTERS = 32,      /* looks at $filter itself */
    API_PUBLIC = 16,       /* for anybody: nothing of a tenant, and nobody is asked who he is */
};

/* Makes the JSON of one row; NULL for lack of memory. */
typedef json_t *api_render(struct api_call *call, const void *row);

struct api_handler {
    enum route_id route;
    enum api_shape shape;
    enum name_rule name; /* of the last parameter, where the shape has a name */
    unsigned flags;
    void (*start)(struct api_call *call);
    /* for the start and finish functions that are shared */
    uint16_t operation; /* of the store */
    const struct record_type *row;
    api_render *render;
};

struct api_call {
    struct api *api;
    struct channel_request *request;
    const struct api_handler *handler;
    struct span param[HTTP_PARAMS_MAX];
    uint16_t param_count;
    struct span actor;
    struct span principal, request_id; /* printable ASCII */
    uint8_t serial[16];                /* of the caller's certificate */
    struct span device;                /* hex, where the path names one */
    uint16_t action;                   /* of the question under way; 0: the route's */
    struct query query;
    struct store_scope scope; /* from the parameters */
    json_t *body;             /* NULL without one */
    void (*finish)(struct api_call *call, struct span payload);
    void (*allowed)(struct api_call *call);
    int body_error;        /* of the body, said once the call is allowed */
    char body_reason[160];
    bool recorded;         /* the audit log has this call's failure */
    const char *conflict;  /* what E_CONFLICT means here, or NULL */
    const char *given;     /* what E_EXISTS means of a role, or NULL */
    char detail[STORE_DETAIL_MAX]; /* of the change, for the audit log; UTF-8 */
    const char *absent;    /* what E_NOT_FOUND means here, or NULL */
    const char *early;     /* what E_STATE means here, or NULL */
    const char *unnamed;   /* what E_RANGE means here, or NULL */
    const char *malformed, *foreign; /* what E_MALFORMED and E_BINDING mean here, or NULL */
    const char *unfit;     /* what E_UNSUPPORTED means here, or NULL */
    const char *mixed;     /* what E_BINDING means here, or NULL */
    /* jobs.c */
    bool reserved, running; /* running: there is nobody to answer any more, but an operation to end */
    size_t reserved_bytes;
    uint8_t operation[16];
    struct api_call *next_job; /* of api->jobs */
    unsigned looks;            /* since it began or was taken up */
    /* kept between two questions */
    json_t *held;
    uint16_t capability[4];
    uint16_t capability_count;
    char code[65];
    uint8_t tenant[16];
    uint8_t public_key[CRASH_DUMP_ENC_BYTES];
    uint8_t text[]; /* bytes of param and actor */
};

extern const struct api_handler api_handlers[];
extern const size_t api_handler_count;

/* The channel operation of front: parses, finds the handler, starts it. */
void api_request(struct api *api, struct channel_request *request, struct span payload);

/* Ask; on error the call has been ended.  finish runs with the reply of a
 * success; any other status is answered by the table in call.c. */
void api_ask_store(struct api_call *call, uint16_t operation, const struct record_type *type,
                   const void *record, void (*finish)(struct api_call *call, struct span payload));
void api_ask_issuer(struct api_call *call, uint16_t operation, struct span payload,
                    void (*finish)(struct api_call *call, struct span payload));

/* The audit log's head: store_row_audit_head. */
void api_ask_head(struct api_call *call, void (*finish)(struct api_call *call, struct span payload));
/* Has the head sealed, on nobody's behalf. */
void api_seal(struct api *api);

/* Without a caller: what concerns the api's own rows. */
void api_ask_store_directly(struct api_call *call, uint16_t operation, const struct record_type *type,
                            const void *record, void (*finish)(struct api_call *call, struct span payload));
/* The request as encoded for the store, on the heap; NULL and *err. */
uint8_t *api_ask_encode(const struct api_call *call, uint16_t operation, const struct record_type *type,
                        const void *record, size_t *len, int *err);

/* -- operations that run on: jobs.c -------------------------------------------- */

/* Keeps the request in the store, answers 202, and has the store carry it out; the reply's
 * rows are nobody's. */
void api_ask_store_later(struct api_call *call, uint16_t operation, const struct record_type *type, const void *record);
/* A share of what may run at once; bytes: what it holds.  False: the call has been ended, 503. */
bool api_job_reserve(struct api_call *call, size_t bytes);
/* Answers 201 with held: from now on the call ends call->operation, which the store has begun. */
bool api_job_answer(struct api_call *call);
/* Goes on with operations that a process left behind. */
void api_jobs_look(struct api *api);
/* What the codes that a request of this kind was refused with mean. */
void api_job_words(struct api_call *call, struct span kind);
/* For call.c: the end of a running one, error as JSON from status 400 on; and of the share. */
void api_job_end(struct api_call *call, uint16_t status, const char *error);
void api_job_release(struct api_call *call);
/* False: what failed may pass, and the operation is taken up again; see api_jobs_look(). */
bool api_job_fails(int status);
/* The address of an operation: kind is operationStatuses or operationResults. */
json_t *api_job_address(const struct api_call *call, const char *kind, const uint8_t operation[static 16]);
enum { API_POLL_S = 1 };

/* Adds to what the audit log says of the change, beyond who, where and when; what does not
 * fit ends in "...". */
void api_detail(struct api_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For jobs.c: a call that nobody asked for, and the end of one whose operation needs none. */
struct api_call *api_call_bare(struct api *api, enum route_id route);
void api_call_drop(struct api_call *call);

/* End the call.  body is taken; NULL: out of memory, unless status has no body. */
void api_answer(struct api_call *call, uint16_t status, json_t *body);
void api_answer_empty(struct api_call *call, uint16_t status);
void api_respond(struct api_call *call, const struct http_response *response);
void api_fail(struct api_call *call, enum api_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From a code of lib/err.h. */
void api_fail_status(struct api_call *call, int status);
/* The same as an error that a poll shows, without ending the call: {"code","message"}; its status. */
json_t *api_error_json(const struct api_call *call, int code, uint16_t *status);

/* The images that an array of image resources names, in the original's forms; false: the call
 * has been ended. */
bool api_images_take(struct api_call *call, const json_t *images, struct store_id image[static STORE_DEPLOY_MAX],
                     uint16_t *count);
/* The images inside another resource. */
json_t *render_images(struct api_call *call, struct span rows);
json_t *render_image_ids(struct api_call *call, struct span rows);
/* Is the condition one that the list can answer?  False: the call has been ended. */
bool api_filter_check(struct api_call *call, const char *text);
/* The page a list asks for; false: the call has been ended, since nothing is wanted. */
bool api_page(struct api_call *call, struct store_query *query);
/* Shared start: a store_query of the scope and the page. */
void api_start_query(struct api_call *call);
/* The same for lists of what has tags. */
void api_start_tagged(struct api_call *call);
/* Shared finishes: one row (201 when created, else 200), a page, nothing. */
void api_finish_row(struct api_call *call, struct span payload);
void api_finish_page(struct api_call *call, struct span payload);
void api_finish_empty(struct api_call *call, struct span payload);
/* "tags" of the body as text on the heap, NULL without; false: the call has been ended. */
bool api_tags(struct api_call *call, char **text);
/* The first row of a reply, as JSON; false: the call has been ended. */
bool api_row(struct api_call *call, struct span payload, const struct record_type *type, void *row,
             struct store_rows *rows);
/* Number of the text member in the names; absent: fallback.  false: ended. */
bool api_choice(struct api_call *call, const json_t *properties, const char *member,
                const char *const *names, size_t count, uint16_t fallback, uint16_t *value, bool *present);

/* -- rows to JSON (render.c) ------------------------------------------------- */

api_render render_catalog, render_product, render_group, render_device, render_factory_device,
    render_image, render_os_image, render_deployment, render_release, render_insight, render_crash, render_dump, render_count,
    render_status, render_role, render_audit, render_checkpoint, render_resource_group, render_subscription, render_resource, render_rollout, render_os_rollout, render_crash_device,
    render_token, render_revoked, render_revoked_device;
extern const char *const api_feeds[2], *const api_policies[2], *const api_switches[2],
    *const api_boundaries[2], *const api_states[4];
json_t *render_time_ms(uint64_t ms); /* null for 0 */
json_t *render_guid(const uint8_t guid[static 16]);
json_t *render_text(struct span text);
json_t *render_base64(struct span bytes);
json_t *render_catalog_id(struct api_call *call, const char *rest, struct span name);

/* -- starts that are not shared ------------------------------------------------ */

void api_operations_list(struct api_call *call);
void api_catalog_put(struct api_call *call);
void api_catalog_patch(struct api_call *call);
/* The rest of a catalog's creation: call->tenant's CA. */
void api_catalog_ca(struct api_call *call);
void api_product_put(struct api_call *call);
void api_product_defaults(struct api_call *call);
void api_group_put(struct api_call *call);
void api_groups_of_catalog(struct api_call *call);
void api_deployment_put(struct api_call *call);
void api_device_put(struct api_call *call);
void api_device_patch(struct api_call *call);
void api_devices_claim(struct api_call *call);
void api_device_capability(struct api_call *call);
void api_device_register(struct api_call *call);
void api_image_put(struct api_call *call);
void api_image_upload(struct api_call *call);
void api_certificate(struct api_call *call);
void api_certificate_activate(struct api_call *call);
void api_certificate_revoke(struct api_call *call);
void api_device_revoke(struct api_call *call);
void api_operator_revoke(struct api_call *call);
void api_crl(struct api_call *call);
/* 16 bytes from up to 32 hexadecimal digits, odd numbers of them too. */
bool certificate_serial_parse(struct span name, uint8_t serial[static 16]);
/* "reason" of a body (RFC 5280's words); false: the call has been ended. */
bool api_reason(struct api_call *call, const json_t *from, uint16_t *reason);
void api_release_put(struct api_call *call);
void api_role_definitions(struct api_call *call);
void api_role_definition(struct api_call *call);
void api_role_query(struct api_call *call);
void api_role_put(struct api_call *call);
void api_audit_seals(struct api_call *call);
void api_audit_prune(struct api_call *call);
void api_operation_status(struct api_call *call);
void api_operation_result(struct api_call *call);
void api_metrics(struct api_call *call);
void api_description(struct api_call *call);
void api_resource_group_put(struct api_call *call);
void api_resource_group_delete(struct api_call *call);
void api_rollout_put(struct api_call *call);
void api_rollout_state(struct api_call *call);
void api_os_rollout_put(struct api_call *call);
void api_os_rollout_state(struct api_call *call);
void api_device_release(struct api_call *call);
void api_device_take(struct api_call *call);
void api_dump_download(struct api_call *call);
void api_metadata_endpoints(struct api_call *call);
void api_tenants_list(struct api_call *call);
void api_locations_list(struct api_call *call);
void api_providers_list(struct api_call *call);
void api_provider(struct api_call *call);

#endif
