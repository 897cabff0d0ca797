/* bench.c: `paw bench`. Medians over rounds; times are of this machine at this moment. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

static const char HELP[] =
    "usage: paw bench [OPTIONS]\n"
    "\n"
    "Measures prefill and decode of a base model, and with --program loading, calling and memory. Medians over rounds.\n"
    "\n"
    "  --program FILE|ID  also: load it cold and warm, call it, load copies of it\n"
    "  --input TEXT       for the calls (default: a sentence of about 20 tokens)\n"
    "  --prefill N        tokens of prefill (default 512)\n"
    "  --decode N         tokens of decode after that (default 64)\n"
    "  --copies N         programs loaded side by side for the memory figure (default 32)\n"
    "  --rounds N         default 7\n"
    "  --base FILE        base model file (default: the pulled smollm2-135m-q4_1)\n"
    "  --threads N        worker threads (default: all processors)\n"
    "  --json             one object instead of a table\n";

enum { MOST_ROUNDS = 100, MOST_COPIES = 256 };

typedef struct arguments {
    const char *program, *input, *base;
    int prefill, decode, copies, rounds, threads;
    bool json;
} arguments;

typedef struct figures {
    double base_ms, prefill, decode; /* loading the base; tokens/s */
    double first_ms, load_ms, call_ms; /* a program: first load, later loads, a call */
    double base_mib, program_mib;
} figures;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Memory that belongs to this process alone, and mapped files' pages that it has touched. */
static double resident_mib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2) {
        resident = 0;
    }
    if (f != NULL) {
        fclose(f);
    }
    return (double)resident * 4096 / (1 << 20);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static paw_status measure_base(const arguments *a, paw_base *base, figures *f, paw_error *err)
{
    double prefill[MOST_ROUNDS], decode[MOST_ROUNDS];
    for (int i = 0; i < a->rounds; i++) {
        paw_speed speed;
        cli_progress("prefill and decode, round %d of %d", i + 1, a->rounds);
        PAW_TRY(paw_base_measure(base, a->prefill, a->decode, &speed, err));
        prefill[i] = speed.prefill_tokens_per_s;
        decode[i] = speed.decode_tokens_per_s;
    }
    f->prefill = median(prefill, a->rounds);
    f->decode = median(decode, a->rounds);
    return PAW_OK;
}

static paw_status measure_calls(const arguments *a, paw_base *base, const char *path, figures *f, paw_error *err)
{
    double load[MOST_ROUNDS], call[MOST_ROUNDS];
    for (int i = -1; i < a->rounds; i++) { /* round -1 computes and keeps the prefix's state */
        paw_function *function;
        paw_answer answer;
        double start = now_ms();
        PAW_TRY(paw_function_load(path, base, &function, err));
        double loaded = now_ms();
        paw_status status = paw_function_call(function, a->input, strlen(a->input), NULL, &answer, err);
        double called = now_ms();
        paw_function_free(function);
        PAW_TRY(status);
        paw_answer_clear(&answer);
        if (i < 0) {
            f->first_ms = loaded - start;
        } else {
            load[i] = loaded - start;
            call[i] = called - loaded;
        }
    }
    f->load_ms = median(load, a->rounds);
    f->call_ms = median(call, a->rounds);
    return PAW_OK;
}

static paw_status measure_memory(const arguments *a, paw_base *base, const char *path, figures *f, paw_error *err)
{
    paw_function *functions[MOST_COPIES] = {0};
    paw_status status = PAW_OK;
    double before = resident_mib();
    int n = 0;
    for (; n < a->copies && status == PAW_OK; n++) {
        paw_answer answer;
        status = paw_function_load(path, base, &functions[n], err);
        if (status == PAW_OK) {
            status = paw_function_call(functions[n], a->input, strlen(a->input), NULL, &answer, err);
        }
        if (status == PAW_OK) {
            paw_answer_clear(&answer);
        }
    }
    f->program_mib = (resident_mib() - before) / a->copies;
    for (int i = 0; i < n; i++) {
        paw_function_free(functions[i]);
    }
    return status;
}

static void print(const arguments *a, const figures *f)
{
    if (a->json) {
        json_t *o = json_pack("{s:f, s:f, s:f, s:f}", "base_load_ms", f->base_ms, "prefill_tokens_per_s", f->prefill,
                              "decode_tokens_per_s", f->decode, "base_resident_mib", f->base_mib);
        if (a->program != NULL) {
            json_object_set_new(o, "program_first_load_ms", json_real(f->first_ms));
            json_object_set_new(o, "program_load_ms", json_real(f->load_ms));
            json_object_set_new(o, "call_ms", json_real(f->call_ms));
            json_object_set_new(o, "program_resident_mib", json_real(f->program_mib));
        }
        json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(o);
        return;
    }
    printf("load the base            %8.1f ms, %.0f MiB resident after use\n", f->base_ms, f->base_mib);
    printf("prefill %-4d             %8.1f tokens/s\n", a->prefill, f->prefill);
    printf("decode after %-4d        %8.1f tokens/s\n", a->prefill, f->decode);
    if (a->program != NULL) {
        printf("load the program, first  %8.1f ms\n", f->first_ms);
        printf("load the program, later  %8.1f ms\n", f->load_ms);
        printf("call it                  %8.1f ms\n", f->call_ms);
        printf("each of %-3d programs     %8.1f MiB\n", a->copies, f->program_mib);
    }
}

static paw_status bench(const arguments *a, const registry *r, paw_error *err)
{
    figures f = {0};
    char *path = NULL, *runtime = NULL;
    paw_base *base = NULL;
    paw_program_info info = {0};
    paw_status status = a->program != NULL ? registry_find_program(r, a->program, &path, err) : PAW_OK;
    if (status == PAW_OK && path != NULL) {
        status = paw_program_read(path, &info, err);
        runtime = status == PAW_OK ? cli_program_runtime(info.json) : NULL;
    }
    double start = now_ms();
    if (status == PAW_OK) {
        status = cli_load_base(r, path != NULL ? runtime : "smollm2-135m-q4_1", a->base, a->threads, true, &base, err);
    }
    f.base_ms = now_ms() - start;
    status = status == PAW_OK ? measure_base(a, base, &f, err) : status;
    f.base_mib = resident_mib();
    if (status == PAW_OK && path != NULL) {
        status = measure_calls(a, base, path, &f, err);
        status = status == PAW_OK ? measure_memory(a, base, path, &f, err) : status;
    }
    cli_progress_done();
    if (status == PAW_OK) {
        print(a, &f);
    }
    paw_base_free(base);
    paw_program_info_clear(&info);
    free(path);
    free(runtime);
    return status;
}

int cmd_bench(int argc, char **argv)
{
    arguments a = {.input = "Hello, I was charged twice for my order last week, could you please look into it?",
                   .prefill = 512, .decode = 64, .copies = 32, .rounds = 7};
    const cli_option options[] = {
        {"--program", CLI_TEXT, &a.program},
        {"--input", CLI_TEXT, &a.input},
        {"--base", CLI_TEXT, &a.base},
        {"--prefill", CLI_NUMBER, &a.prefill, 1, 1 << 20},
        {"--decode", CLI_NUMBER, &a.decode, 0, 1 << 20},
        {"--copies", CLI_NUMBER, &a.copies, 1, MOST_COPIES},
        {"--rounds", CLI_NUMBER, &a.rounds, 1, MOST_ROUNDS},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64},
        {"--json", CLI_FLAG, &a.json},
    };
    int n;
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], NULL, 0, &n);
    if (status != -1) {
        return status;
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    paw_status outcome = bench(&a, r, &err);
    registry_close(r);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
