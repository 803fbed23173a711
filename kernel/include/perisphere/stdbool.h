/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See stdint.h. */
#include <linux/types.h>
