/* SPDX-License-Identifier: BSD-2-Clause */
/* peri manual create: pages that groff reads without a warning, one for each noun. */
#include "cli/command.h"
#include "cli/run_fixture_test.h"

int main(void)
{
    run_begin();
    CHECK_INT(PERI("manual", "create", at("man")), 0);
    CHECK(exists(at("man/peri.1")) && exists(at("man/peri-device-group.1")));
    CHECK_INT(PERI("manual", "create", at("man")), 0); /* again: the same */
    CHECK_INT(PERI("manual", "create", at("none/man")), 1);
    CHECK_HAS(run_err, "cannot make");
    /* Every page of every noun that help lists. */
    char command[1024];
    snprintf(command, sizeof command,
             "for p in %s/*.1; do groff -man -Tutf8 -ww \"$p\" 2>&1 >/dev/null; done; ls %s | wc -l; grep -c 'os.-feed' "
             "%s/peri-device-group.1",
             at("man"), at("man"), at("man"));
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    CHECK_INT(run_argv(argv, NULL), 0);
    int pages = 0, options = 0;
    CHECK_INT(sscanf(run_out, "%d\n%d", &pages, &options), 2); /* and so not one warning before them */
    CHECK(pages > 15 && options >= 1);
    /* What apropos and whatis show: each noun has a line of its own, and man-db reads it. */
    size_t rows = 0;
    for (const struct noun *row = noun_rows; row->name; row++, rows++) {
        CHECK(command_exists(row->name, NULL));
        CHECK(rows == 0 || strcmp(row[-1].name, row->name) < 0); /* each once */
        snprintf(command, sizeof command, "lexgrog '%s/peri-%s.1'", at("man"), row->name);
        CHECK_INT(run_argv(argv, NULL), 0);
        CHECK_HAS(run_out, row->help);
    }
    CHECK_INT((int)rows + 1, pages); /* and peri(1) */
    return check_done();
}
