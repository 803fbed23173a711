/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RSA engine: abi/mt3620_hsp.h, RFC 8017 5.2.2.  The key pair was made for this test. */
#include "abi/mt3620.h"
#include "machine/tests/engine.h"
#include "tests/check.h"

static struct bus b;

static const uint32_t at = MT3620_HSP_RSA;

static const char modulus[] =
    "b723dce67ea73da3eae5ccce5ac48068d419efaa9ab5d0f7a9fe98b3bf757c18"
    "b7bad326cf6d61653eb2395e3ea06bb605b90098f6023ca5d9d8e61c4fdc9e99"
    "4254109ee4ff914682fa85321797c42840a062ba5df1c527ff930209ac62e431"
    "36e63ef0e1272e5004a09456011f5d426e00bebf9e0a67bdc290c3bdfecda872"
    "5b9d912a1a2d49966172cf8e4e67804de58efdf916a7c778963a3a240fe21fa0"
    "c37e593b30174b89c24ad059c9d6d10490e2a3a6f1887a2baedbbdf0ec329e82"
    "ec3ff7b5cc3cf7222c7550f1ccab65d129723751aa1552d22e6032a007dd2430"
    "f8f92f1035da94f6647c76045d49303cf48ccf2a0acb34f6a4974a05560b9069";
/* PKCS #1 v1.5, SHA-256 of "perisphere rsa" */
static const char signature[] =
    "8dc6b56ee35e474b19266812870c30d5735d1b827165a5a9dd92515d8a5ed428"
    "322f3d0bdc300dc478c2953e43a5ecf0d61c986d9b43401717e2c894d8df90ac"
    "5ba846c151054fdf7b849dc7c37b50d8acb2a1dd745a7c315965790727f62297"
    "047a60448dd4c8a0ea8bc2a8e7424f9b5aea5a951a6bf1586395163f03acec21"
    "6471679c744566d69ce0cf690328c84c278ac1f74c53340332a85255102eef91"
    "656e69e5fd1f28aeeed8127deb020c80e1fb7b2826cc771ad9dee5484921b443"
    "a22c04eedaab4a5635333b40fe608db67189e2fb92f9a91bc1140864688370aa"
    "9429d565ee1913764b5b8ef796cd1a118d7f616e8aaa89d1b60066435dcd9758";
static const char message[] =
    "0001ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffff003031300d060960864801650304020105000420"
    "46116c054b42ba9d424efc9c5063c1cc44ffd7b0ba4c9eaf4f28a79ffdd0a647";

static void operands(void)
{
    engine_put_text(&b, at + HSP_RSA_MODULUS, modulus);
    engine_put_text(&b, at + HSP_RSA_SIGNATURE, signature);
}

static void refused(uint32_t command, uint32_t status)
{
    CHECK_INT(engine_run(&b, at, command), status);
    CHECK(engine_all_zero(&b, at + HSP_RSA_MESSAGE, 256));
}

static void reset_values(void)
{
    CHECK(engine_all_zero(&b, at, 0x400));
    CHECK(engine_hidden(&b, at));
    CHECK(engine_hidden(&b, at + HSP_RSA_MESSAGE));
    CHECK(bus_words_only(&b, "pluton", at + HSP_STATUS));
    CHECK(bus_words_only(&b, "pluton", at + HSP_RSA_MODULUS));
    CHECK(bus_words_only(&b, "pluton", at + HSP_RSA_MESSAGE + 252));
}

static void known_answer(void)
{
    operands();
    CHECK_INT(engine_run(&b, at, HSP_RSA_PUBLIC), HSP_OK);
    CHECK(engine_holds(&b, at + HSP_RSA_MESSAGE, message));
    CHECK(engine_holds(&b, at + HSP_RSA_MODULUS, modulus)); /* operands stay */
    CHECK(engine_holds(&b, at + HSP_RSA_SIGNATURE, signature));
    bus_set(&b, "pluton", at + HSP_RSA_MESSAGE, 1); /* the result is not written from outside */
    CHECK(engine_holds(&b, at + HSP_RSA_MESSAGE, message));
}

/* Small numbers fill the front with zeroes: 1 ^ e = 1, 0 ^ e = 0. */
static void small_numbers(void)
{
    operands();
    for (unsigned i = 0; i < 256; i += 4) {
        bus_set(&b, "pluton", at + HSP_RSA_SIGNATURE + i, i == 252 ? 0x01000000 : 0);
    }
    CHECK_INT(engine_run(&b, at, HSP_RSA_PUBLIC), HSP_OK);
    CHECK(engine_all_zero(&b, at + HSP_RSA_MESSAGE, 252));
    CHECK_INT(bus_get(&b, "pluton", at + HSP_RSA_MESSAGE + 252), 0x01000000);
    bus_set(&b, "pluton", at + HSP_RSA_SIGNATURE + 252, 0);
    CHECK_INT(engine_run(&b, at, HSP_RSA_PUBLIC), HSP_OK);
    CHECK(engine_all_zero(&b, at + HSP_RSA_MESSAGE, 256));
}

static void bad_operands(void)
{
    operands();
    engine_put_text(&b, at + HSP_RSA_SIGNATURE, modulus); /* not below it */
    refused(HSP_RSA_PUBLIC, HSP_BAD_SIGNATURE);
    operands();
    bus_set(&b, "pluton", at + HSP_RSA_MODULUS + 252, 0x68900b56); /* even */
    refused(HSP_RSA_PUBLIC, HSP_BAD_SIGNATURE);
    operands();
    bus_set(&b, "pluton", at + HSP_RSA_MODULUS, 0xe6dc2337); /* 2,046 bits */
    refused(HSP_RSA_PUBLIC, HSP_BAD_SIGNATURE);
    operands();
    for (unsigned i = 0; i < 256; i += 4) {
        bus_set(&b, "pluton", at + HSP_RSA_MODULUS + i, 0);
    }
    refused(HSP_RSA_PUBLIC, HSP_BAD_SIGNATURE);
    operands();
    CHECK_INT(engine_run(&b, at, HSP_RSA_PUBLIC), HSP_OK);
    refused(2, HSP_BAD_COMMAND);
    refused(0, HSP_BAD_COMMAND);
}

int main(void)
{
    bus_start(&b, BUS_STEPS, "", NULL);
    reset_values();
    known_answer();
    small_numbers();
    bad_operands();
    bus_reset(&b);
    reset_values();
    bus_stop(&b);
    return check_done();
}
