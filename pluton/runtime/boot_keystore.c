/* SPDX-License-Identifier: BSD-2-Clause */
/* Where no loader ran before: the runtime itself takes the keystore of this boot. */
#include "pluton/runtime/pluton.h"

int pluton_boot_keystore(struct pluton *p, struct span file)
{
    struct image image;
    int err = image_parse(file, &image);
    if (!err)
        err = pluton_trust_keystore(p, file);
    return err ? err : pluton_measure_image(p, &image);
}
