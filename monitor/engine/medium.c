/* SPDX-License-Identifier: BSD-2-Clause */
/* One function a row of struct medium_ops: the only places that call through it. */
#include "monitor/medium.h"

int medium_state_read(const struct medium *m, unsigned which, uint8_t *to, size_t len)
{
    return m->ops->state_read(m->context, which, to, len);
}

int medium_state_write(const struct medium *m, unsigned which, struct span bytes)
{
    return m->ops->state_write(m->context, which, bytes);
}

int medium_erase(const struct medium *m, struct medium_area area)
{
    return m->ops->erase(m->context, area);
}

int medium_write(const struct medium *m, struct medium_area area, uint32_t offset,
                 struct span bytes)
{
    return m->ops->write(m->context, area, offset, bytes);
}

int medium_finish(const struct medium *m, struct medium_area area, uint32_t len)
{
    return m->ops->finish(m->context, area, len);
}

int medium_view(const struct medium *m, struct medium_area area, uint32_t len, struct span *view)
{
    return m->ops->view(m->context, area, len, view);
}

int medium_sync(const struct medium *m)
{
    return m->ops->sync(m->context);
}
