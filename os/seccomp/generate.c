/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generate FILE: writes the policies that this program is linked with as programs for
 * the MCU, one `const struct seccomp_program NAME_program` for each in
 * PERI_SECCOMP_POLICIES, which the build defines as X(name) X(name)...
 */
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/seccomp/policy.h"

#define X(name) seccomp_policy name;
PERI_SECCOMP_POLICIES
#undef X

enum { INSTRUCTIONS_MAX = BPF_MAXINSNS };

static int program_write(FILE *out, const char *name, seccomp_policy *policy)
{
    static struct sock_filter at[INSTRUCTIONS_MAX + 1];
    FILE *binary = tmpfile();
    scmp_filter_ctx f = seccomp_policy_begin(SCMP_ARCH_ARM);
    if (!binary || !f || policy(f) || seccomp_export_bpf(f, fileno(binary)))
        return -1;
    seccomp_release(f);
    rewind(binary);
    size_t count = fread(at, sizeof *at, sizeof at / sizeof *at, binary);
    fclose(binary);
    if (count == 0 || count > INSTRUCTIONS_MAX)
        return -1;
    fprintf(out, "\nstatic const struct sock_filter %s_at[] = {\n", name);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "    {0x%04x, %u, %u, 0x%08x},\n", at[i].code, at[i].jt, at[i].jf, at[i].k);
    fprintf(out, "};\nextern const struct seccomp_program %s_program;\n"
                 "const struct seccomp_program %s_program = {%s_at, %zu};\n", name, name, name, count);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
    int failed = !out;
    if (out)
        fputs("/* SPDX-License-Identifier: BSD-2-Clause */\n/* Made by os/seccomp/generate.c. */\n"
              "#include \"os/seccomp/program.h\"\n", out);
#define X(name) failed = failed || program_write(out, #name, name);
    PERI_SECCOMP_POLICIES
#undef X
    failed = failed || fclose(out) != 0;
    if (failed)
        fprintf(stderr, "generate: cannot make the filters of \"%s\"\n", argc == 2 ? argv[1] : "");
    return failed;
}
