/* SPDX-License-Identifier: BSD-2-Clause */
#include "service/perisphered/uid.h"

#include <grp.h>
#include <unistd.h>

int uid_take(unsigned uid)
{
    if (uid == 0)
        return 0;
    return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0 ? 0 : E_DENIED;
}
