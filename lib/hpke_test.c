/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 9180 appendix A.3.1, and what must not open.  Built over OpenSSL and over wolfCrypt:
 * both give the same bytes.
 */
#include "lib/hex.h"
#include "lib/hpke.h"
#include "lib/hpke_parts.h"
#include "tests/check.h"

static struct span hex(const char *text, uint8_t *to)
{
    REQUIRE(hex_decode(span_of(text, strlen(text)), to, strlen(text) / 2) == 0);
    return span_of(to, strlen(text) / 2);
}

static const char seed_e[] = "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
                  seed_r[] = "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
                  public_e[] = "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b"
                               "7f951c0900be863c403ce65c9bfcb9382657222d18c4",
                  public_r[] = "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539"
                               "c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
                  private_r[] = "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
                  message_key[] = "868c066ef58aae6dc589b6cfdd18f97e", message_nonce[] = "4e0bc5018beba4bf004cca59",
                  info[] = "4f6465206f6e2061204772656369616e2055726e", bound[] = "436f756e742d30",
                  plain[] = "4265617574792069732074727574682c20747275746820626561757479",
                  sealed[] = "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f395134"
                             "34";

static void published(void)
{
    uint8_t a[128], b[128], c[128], d[128], e[128], enc[HPKE_PUBLIC_BYTES], private[HPKE_PRIVATE_BYTES],
        public[HPKE_PUBLIC_BYTES], out[128];
    struct hpke_secret secret;
    hex(seed_r, a);
    hex(private_r, b);
    hex(public_r, c);
    CHECK_INT(hpke_pair(a, private, public), 0);
    CHECK_MEM(private, b, sizeof private);
    CHECK_MEM(public, c, sizeof public);

    struct span what = hex(info, d);
    hex(seed_e, a);
    CHECK_INT(hpke_encap(c, what, a, enc, &secret), 0);
    hex(public_e, e);
    CHECK_MEM(enc, e, sizeof enc);
    hex(message_key, a);
    CHECK_MEM(secret.key, a, sizeof secret.key);
    hex(message_nonce, a);
    CHECK_MEM(secret.nonce, a, sizeof secret.nonce);

    struct span to = hex(bound, a), in = hex(plain, e);
    CHECK_INT(hpke_seal(&secret, to, in, out), 0);
    uint8_t want[128];
    struct span whole = hex(sealed, want);
    CHECK_INT(whole.len, in.len + HPKE_TAG_BYTES);
    CHECK_MEM(out, want, whole.len);

    struct hpke_secret other;
    CHECK_INT(hpke_decap(b, enc, what, &other), 0);
    CHECK_MEM(&other, &secret, sizeof secret);
    CHECK_INT(hpke_open(&other, to, whole, out), 0);
    CHECK_MEM(out, in.at, in.len);
}

static void foreign(void)
{
    uint8_t seed[HPKE_SEED_BYTES] = {7}, private[HPKE_PRIVATE_BYTES], public[HPKE_PUBLIC_BYTES],
            enc[HPKE_PUBLIC_BYTES], out[64], back[64];
    static const uint8_t zero[64];
    struct hpke_secret secret, other;
    const struct span what = span_of("info", 4), to = span_of("to", 2), in = span_of("a message", 9);
    REQUIRE(hpke_pair(seed, private, public) == 0);
    seed[0] = 8;
    REQUIRE(hpke_encap(public, what, seed, enc, &secret) == 0 && hpke_seal(&secret, to, in, out) == 0);
    CHECK_INT(hpke_decap(private, enc, span_of("infu", 4), &other), 0);
    CHECK_INT(hpke_open(&other, to, span_of(out, 25), back), E_CRYPTO);
    CHECK_MEM(back, zero, 9);
    CHECK_INT(hpke_open(&secret, span_of("ta", 2), span_of(out, 25), back), E_CRYPTO);
    CHECK_INT(hpke_open(&secret, to, span_of(out, 15), back), E_MORE);
    for (size_t bit = 0; bit < 25 * 8; bit++) {
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_INT(hpke_open(&secret, to, span_of(out, 25), back), E_CRYPTO);
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 16; cut < 25; cut++)
        CHECK_INT(hpke_open(&secret, to, span_of(out, cut), back), E_CRYPTO);
    CHECK_INT(hpke_open(&secret, to, span_of(out, 25), back), 0);
    CHECK_MEM(back, "a message", 9);

    /* points that are none, on both sides; and a key that is none */
    for (size_t bit = 0; bit < 8 * sizeof enc; bit += 7) {
        enc[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_INT(hpke_decap(private, enc, what, &other), E_RANGE);
        CHECK_MEM(&other, zero, sizeof other);
        enc[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_INT(hpke_public_check(enc), 0);
    enc[64] ^= 1;
    CHECK_INT(hpke_public_check(enc), E_RANGE);
    enc[64] ^= 1;
    uint8_t nothing[HPKE_PUBLIC_BYTES] = {0};
    CHECK_INT(hpke_encap(nothing, what, seed, enc, &other), E_RANGE);
    nothing[0] = 4;
    CHECK_INT(hpke_encap(nothing, what, seed, enc, &other), E_RANGE);
    CHECK_INT(curve_public(zero, public), E_RANGE);
    uint8_t order[32];
    hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", order);
    CHECK_INT(curve_public(order, public), E_RANGE);
    order[31]--;
    CHECK_INT(curve_public(order, public), 0);
    static const uint8_t long_info[HPKE_INFO_MAX + 1];
    CHECK_INT(hpke_decap(private, enc, span_of(long_info, sizeof long_info), &other), E_LIMIT);
}

/* In pieces, whichever: the same bytes; a piece may be sealed in its own place. */
static void in_pieces(void)
{
    static const size_t cuts[] = {0, 1, 15, 16, 17, 31, 33, 64, 99};
    const struct hpke_secret secret = {{1, 2}, {3}};
    const struct span to = span_of("a head that is no multiple of a block", 37);
    uint8_t in[99], whole[99 + HPKE_TAG_BYTES], out[99 + HPKE_TAG_BYTES];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7);
    REQUIRE(hpke_seal(&secret, to, span_of(in, sizeof in), whole) == 0);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        for (size_t k = i; k < sizeof cuts / sizeof *cuts; k++) {
            struct hpke_sealer *s;
            const size_t at[] = {0, cuts[i], cuts[k], sizeof in};
            memcpy(out, in, sizeof in);
            REQUIRE(hpke_sealer_new(&secret, to, &s) == 0);
            for (size_t n = 0; n < 3; n++)
                CHECK_INT(hpke_sealer_put(s, span_of(out + at[n], at[n + 1] - at[n]), out + at[n]), 0);
            CHECK_INT(hpke_sealer_end(s, out + sizeof in), 0);
            hpke_sealer_free(s);
            CHECK_MEM(out, whole, sizeof whole);
        }
    hpke_sealer_free(NULL);
}

int main(void)
{
    published();
    foreign();
    in_pieces();
    return check_done();
}
