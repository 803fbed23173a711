/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images, deployments, releases of the OS and their rollouts by the management API, against a real store
 * (docs/spec/management-api.md).
 */
#include "service/api/resources_fixture_test.h"

static int put_image(const char *method, const char *path, uint16_t type, uint8_t component, uint8_t image,
                     uint8_t filling, size_t len)
{
    char *body = harness_image_body(type, component, image, filling, len);
    int status = ask(method, path, body)->status;
    free(body);
    return status;
}

static void test_images(void)
{
    CHECK_INT(put_image("PUT", C "/images/" IMAGE("11"), 10, 0xc1, 0x11, 'a', 100), 201);
    CHECK_INT(put_image("PUT", C "/images/" IMAGE("11"), 10, 0xc1, 0x11, 'a', 100), 200);
    CHECK_INT(put_image("PUT", C "/images/" IMAGE("11"), 10, 0xc1, 0x11, 'b', 100), 409);
    CHECK_INT(put_image("PUT", C "/images/" IMAGE("12"), 10, 0xc1, 0x11, 'a', 100), 400);
    CHECK_INT(put_image("PUT", C "/images/" IMAGE("12"), 9, 0xc1, 0x12, 'a', 100), 400);
    CHECK_INT(put_image("PUT", C "/images/" IMAGE("12"), 21, 0xc2, 0x12, 'a', 0), 201);
    CHECK_INT(put_image("PUT", C2 "/images/" IMAGE("11"), 10, 0xc1, 0x11, 'z', 5), 201);
    const struct harness_answer *a = ask("GET", C "/images/" IMAGE("11"), NULL);
    CHECK_INT(a->status, 200);
    check_resource(a->json, "Microsoft.AzureSphere/catalogs/images");
    CHECK_STR(text_at(a->json, "properties", "image"), "test_image");
    CHECK_STR(text_at(a->json, "properties", "imageType"), "Applications");
    CHECK_STR(text_at(a->json, "properties", "componentId"), IMAGE("c1"));
    EXPECT("PUT", C "/images/" IMAGE("13"), "{\"properties\":{\"image\":\"????\"}}", 400, "InvalidRequestContent");
    EXPECT("PUT", C "/images/" IMAGE("13"), "{\"properties\":{\"image\":\"YWJj\"}}", 400, "ResourceCreationValidateFailed");
    EXPECT("PUT", C "/images/" IMAGE("13"), "{\"properties\":{}}", 400, "InvalidRequestContent");
    EXPECT("GET", C "/images/" IMAGE("13"), NULL, 404, "ResourceNotFound");
    EXPECT("GET", C "/images/x", NULL, 400, "InvalidResourceName");

    char *body = harness_image_body(10, 0xc1, 0x14, 'd', 70000);
    a = ask("POST", C "/uploadImage", body);
    CHECK_INT(a->status, 202);
    char location[4096];
    strcpy(location, a->location);
    CHECK_INT(poll_end(location)->status, 204);
    free(body);
    OK("GET", C "/images/" IMAGE("14"), NULL, 200);
    body = harness_image_body(9, 0xc1, 0x15, 'd', 7);
    a = ask("POST", C "/uploadImage", body);
    CHECK_INT(a->status, 202);
    strcpy(location, a->location);
    poll_end(location);
    EXPECT("GET", location, NULL, 400, "ResourceCreationValidateFailed");
    free(body);
    CHECK_INT(count_of(ask("GET", C "/images", NULL)), 3);
    CHECK_INT(count_of(ask("GET", C2 "/images", NULL)), 1);
}

/* One image of 16 MiB passes; one byte more does not. */
static void test_image_largest(void)
{
    enum { OVERHEAD = 4 + 4 + 40 + 28 + 44 + 4 + 64 };
    size_t body_len = STORE_IMAGE_BYTES_MAX - OVERHEAD;
    CHECK_INT(put_image("PUT", C2 "/images/" IMAGE("16"), 10, 0xc6, 0x16, 'L', body_len), 201);
    CHECK_INT(put_image("PUT", C2 "/images/" IMAGE("17"), 10, 0xc7, 0x17, 'L', body_len + 1), 400);
    OK("DELETE", C2 "/images/" IMAGE("16"), NULL, 200);
}

static void test_deployments(void)
{
    char body[1024], first[64], path[1024];
    EXPECT("GET", G "/deployments/.default", NULL, 404, "ResourceNotFound");
    EXPECT("PUT", G "/deployments/.default", "{\"properties\":{}}", 400, "InvalidRequestContent");
    EXPECT("PUT", G "/deployments/.default", "{\"properties\":{\"deployedImages\":[{}]}}", 400, "InvalidRequestContent");
    EXPECT("PUT", G "/deployments/.default", "{\"properties\":{\"deployedImages\":[{\"name\":\"" IMAGE("99") "\"}]}}",
           400, "ResourceCreationValidateFailed");
    EXPECT("PUT", G "/deployments/.default",
           "{\"properties\":{\"deployedImages\":[{\"name\":\"" IMAGE("11") "\"},{\"name\":\"" IMAGE("14") "\"}]}}", 400,
           "ResourceCreationValidateFailed");
    EXPECT("PUT", UNASSIGNED "/deployments/.default", "{\"properties\":{\"deployedImages\":[]}}", 400,
           "ResourceCreationValidateFailed");
    const struct harness_answer *a =
        ask("PUT", G "/deployments/.default",
            "{\"properties\":{\"deployedImages\":[{\"id\":\"" C "/images/" IMAGE("11") "\"},"
            "{\"name\":\"x\",\"properties\":{\"imageId\":\"" IMAGE("12") "\"}}]}}");
    CHECK_INT(a->status, 201);
    check_resource(a->json, "Microsoft.AzureSphere/catalogs/products/deviceGroups/deployments");
    strcpy(first, text_at(a->json, "name", NULL));
    CHECK_STR(text_at(a->json, "properties", "deploymentId"), first);
    const json_t *images = json_object_get(json_object_get(a->json, "properties"), "deployedImages");
    CHECK_INT(json_array_size(images), 2);
    check_resource(json_array_get(images, 0), "Microsoft.AzureSphere/catalogs/images");
    snprintf(path, sizeof path, "%s/deployments/%s", G, first);
    CHECK_STR(text_at(a->json, "id", NULL), path);
    OK("GET", path, NULL, 200);
    /* the same name again with the same images is the same; other images contradict */
    OK("PUT", path,
       "{\"properties\":{\"deployedImages\":[{\"name\":\"" IMAGE("12") "\"},{\"name\":\"" IMAGE("11") "\"}]}}", 200);
    EXPECT("PUT", path, "{\"properties\":{\"deployedImages\":[]}}", 409, "Conflict");
    EXPECT("DELETE", path, NULL, 409, "Conflict");
    EXPECT("DELETE", C "/images/" IMAGE("11"), NULL, 409, "Conflict");
    OK("PUT", G "/deployments/.default", "{\"properties\":{\"deployedImages\":[{\"name\":\"" IMAGE("14") "\"}]}}", 201);
    a = ask("GET", G "/deployments/.default", NULL);
    CHECK(strcmp(text_at(a->json, "name", NULL), first) != 0);
    CHECK_INT(count_of(ask("GET", G "/deployments", NULL)), 2);
    CHECK_INT(count_of(ask("POST", C "/listDeployments", NULL)), 2);
    CHECK_INT(count_of(ask("POST", C2 "/listDeployments", NULL)), 0);
    a = ask("GET", G, NULL);
    CHECK(json_is_true(json_object_get(json_object_get(a->json, "properties"), "hasDeployment")));
    OK("DELETE", path, NULL, 200);
    OK("DELETE", path, NULL, 204);
    OK("DELETE", C "/images/" IMAGE("11"), NULL, 200);
    OK("DELETE", C "/images/" IMAGE("11"), NULL, 204);
    /* another catalog's group cannot deploy this catalog's images */
    OK("PUT", C2 "/products/Theirs", "{}", 201);
    OK("PUT", C2 "/products/Theirs/deviceGroups/G1", "{}", 201);
    snprintf(body, sizeof body, "{\"properties\":{\"deployedImages\":[{\"id\":\"%s/images/%s\"}]}}", C, IMAGE("14"));
    EXPECT("PUT", C2 "/products/Theirs/deviceGroups/G1/deployments/.default", body, 400,
           "ResourceCreationValidateFailed");
}

static void test_releases(void)
{
    CHECK_INT(put_image("PUT", OURS "/osImages/" IMAGE("21"), 9, 0xd1, 0x21, 'o', 50), 201);
    CHECK_INT(put_image("PUT", OURS "/osImages/" IMAGE("22"), 2, 0xd2, 0x22, 'p', 50), 201);
    CHECK_INT(put_image("PUT", OURS "/osImages/" IMAGE("23"), 10, 0xd3, 0x23, 'p', 50), 400);
    EXPECT("PUT", OURS "/osReleases/1", "{}", 400, "InvalidResourceName");
    EXPECT("PUT", OURS "/osReleases/26.11", "{\"properties\":{}}", 400, "InvalidRequestContent");
    EXPECT("PUT", OURS "/osReleases/26.11", "{\"properties\":{\"state\":\"Good\"}}", 400, "InvalidRequestContent");
    EXPECT("PUT", OURS "/osReleases/26.11", "{\"properties\":{\"state\":\"Trusted\"}}", 400,
           "ResourceCreationValidateFailed");
    EXPECT("PUT", OURS "/osReleases/26.11",
           "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("14") "\"]}}", 400,
           "ResourceCreationValidateFailed");
    const struct harness_answer *a =
        ask("PUT", OURS "/osReleases/26.11",
            "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("21") "\"]}}");
    CHECK_INT(a->status, 400);
    CHECK(strstr(text_at(a->json, "error", "message"), "for which hardware") != NULL);
    a = ask("PUT", OURS "/osReleases/26.11",
            "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("21") "\",\"" IMAGE("22") "\"]}}");
    CHECK_INT(a->status, 201);
    json_int_t sequence = json_integer_value(json_object_get(json_object_get(a->json, "properties"), "sequence"));
    CHECK(sequence > 0);
    OK("PUT", OURS "/osReleases/26.11",
       "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("22") "\",\"" IMAGE("21") "\"]}}", 200);
    EXPECT("PUT", OURS "/osReleases/26.11",
           "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("22") "\"]}}", 409, "Conflict");
    a = ask("PUT", OURS "/osReleases/26.11",
            "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("22") "\"]}}");
    CHECK(strstr(text_at(a->json, "error", "message"), "a release of this version is there with other images") != NULL);
    a = ask("PUT", OURS "/osReleases/26.19",
            "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("99") "\"]}}");
    CHECK_INT(a->status, 400);
    CHECK_STR(text_at(a->json, "error", "message"), "something that the request names was not found");
    a = ask("PUT", OURS "/osReleases/26.11", "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Outdated\"}}");
    CHECK_INT(a->status, 200);
    CHECK(json_integer_value(json_object_get(json_object_get(a->json, "properties"), "sequence")) > sequence);
    CHECK_INT(count_of(ask("GET", OURS "/osReleases", NULL)), 1);
    a = ask("GET", OURS "/osReleases/26.11", NULL);
    CHECK_STR(text_at(a->json, "properties", "state"), "Outdated");
    CHECK_STR(text_at(a->json, "properties", "hardware"), "linux-x86_64");
    EXPECT("GET", OURS "/osReleases/26.12", NULL, 404, "ResourceNotFound");
    OK("PUT", OURS "/osReleases/26.11", "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\"}}", 200);
}

static void test_os_rollouts(void)
{
    const char *one = OURS "/osRollouts/" IMAGE("e1");
    CHECK_INT(put_image("PUT", OURS "/osImages/" IMAGE("24"), 9, 0xd1, 0x24, 'q', 50), 201);
    OK("PUT", OURS "/osReleases/26.12",
       "{\"properties\":{\"feed\":\"RetailEval\",\"state\":\"Trusted\",\"images\":[\"" IMAGE("24") "\",\"" IMAGE("22") "\"]}}", 201);
    EXPECT("PUT", one, "{\"properties\":{}}", 400, "InvalidRequestContent");
    EXPECT("PUT", one, "{\"properties\":{\"osVersion\":\"x\"}}", 400, "InvalidRequestContent");
    EXPECT("PUT", one, "{\"properties\":{\"osVersion\":\"26.12\",\"silentChecks\":1001}}", 400, "InvalidRequestContent");
    EXPECT("PUT", one, "{\"properties\":{\"osVersion\":\"26.13\"}}", 400, "ResourceCreationValidateFailed");
    CHECK_STR(text_at(ask("PUT", one, "{\"properties\":{\"osVersion\":\"26.13\"}}")->json, "error", "message"),
              "there is no OS release of this version");
    EXPECT("PUT", one, "{\"properties\":{\"osVersion\":\"26.11\"}}", 409, "Conflict");
    EXPECT("PUT", OURS "/osRollouts/x", "{\"properties\":{\"osVersion\":\"26.12\"}}", 400, "InvalidResourceName");
    const struct harness_answer *a =
        ask("PUT", one, "{\"properties\":{\"osVersion\":\"26.12\",\"steps\":[5,100],\"silentChecks\":2}}");
    CHECK_INT(a->status, 201);
    CHECK_STR(text_at(a->json, "type", NULL), "Perisphere/osRollouts");
    CHECK_STR(text_at(a->json, "properties", "osVersion"), "26.12");
    CHECK_STR(text_at(a->json, "properties", "state"), "Active");
    CHECK_INT(json_array_size(json_object_get(json_object_get(a->json, "properties"), "images")), 2);
    CHECK_INT(json_integer_value(json_object_get(json_object_get(a->json, "properties"), "silentChecks")), 2);
    EXPECT("PUT", OURS "/osRollouts/" IMAGE("e2"), "{\"properties\":{\"osVersion\":\"26.12\"}}", 409, "Conflict");
    EXPECT("PUT", OURS "/osReleases/26.12", "{\"properties\":{\"feed\":\"Retail\",\"state\":\"Trusted\"}}", 409, "Conflict");
    CHECK_STR(text_at(ask("POST", OURS "/osRollouts/" IMAGE("e1") "/pause", NULL)->json, "properties", "state"), "Paused");
    CHECK_STR(text_at(ask("POST", OURS "/osRollouts/" IMAGE("e1") "/resume", NULL)->json, "properties", "state"), "Active");
    CHECK_STR(text_at(ask("POST", OURS "/osRollouts/" IMAGE("e1") "/abort", NULL)->json, "properties", "state"), "Aborted");
    EXPECT("POST", OURS "/osRollouts/" IMAGE("e1") "/resume", NULL, 409, "Conflict");
    a = ask("GET", one, NULL);
    CHECK_INT(a->status, 200);
    CHECK_INT(json_integer_value(json_object_get(json_object_get(a->json, "properties"), "percent")), 0);
    CHECK_INT(count_of(ask("GET", OURS "/osRollouts", NULL)), 1);
    EXPECT("GET", OURS "/osRollouts/" IMAGE("e3"), NULL, 404, "ResourceNotFound");
}

/* What was acknowledged is there after the store was killed. */
static void test_restart(void)
{
    harness_store_restart();
    OK("GET", OURS "/osReleases/26.11", NULL, 200);
    OK("GET", C "/images/" IMAGE("14"), NULL, 200);
}

int main(void)
{
    harness_start(false);
    OK("PUT", C, "{\"location\":\"global\"}", 201);
    OK("PUT", C2, "{\"location\":\"global\"}", 201);
    OK("PUT", P, "{}", 201);
    OK("PUT", G, "{}", 201);
    test_images();
    test_image_largest();
    test_deployments();
    test_releases();
    test_os_rollouts();
    test_restart();
    harness_stop();
    return check_done();
}
