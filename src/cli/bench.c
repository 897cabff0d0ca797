/*
 * bench.c: `paw bench`: speed of a base model; loading, calling and cold start of a program; memory of many programs.
 *
 * Medians over rounds, with the least and the most; times are of this machine at this moment. Comparing with other engines is
 * bench/compare.py's business, not this command's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

static const char HELP[] =
    "usage: paw bench [PROGRAM..] [OPTIONS]\n"
    "\n"
    "Measures prefill and decode of a base model, and with --program loading and calling it, its\n"
    "cold start (this command run anew, from start to answer, files in the page cache) and the\n"
    "memory of many programs. Medians over rounds, with the least and the most.\n"
    "\n"
    "  PROGRAM..          programs loaded side by side for the memory figure (files or ids;\n"
    "                     default: --program as often as --copies says)\n"
    "  --program FILE|ID  also measure this program\n"
    "  --input TEXT       for the calls (default: a message of about 30 tokens)\n"
    "  --max-tokens N     most tokens of an answer (default 512)\n"
    "  --prefill N        tokens of prefill (default 512)\n"
    "  --decode N         tokens of decode after that (default 64)\n"
    "  --copies N         programs loaded side by side for the memory figure (default 32)\n"
    "  --rounds N         default 7\n"
    "  --base FILE        base model file (default: the pulled smollm2-135m-q4_1)\n"
    "  --threads N        worker threads (default: all processors)\n"
    "  --json             one object instead of a table\n";

enum { MOST_ROUNDS = 100, MOST_PROGRAMS = 256 };

typedef struct arguments {
    const char *program, *input, *base;
    const char *programs[MOST_PROGRAMS]; /* n_programs of them, for the memory figure; none: copies of program */
    int n_programs;
    int prefill, decode, copies, rounds, threads, max_tokens;
    bool json;
} arguments;

typedef struct spread {
    double min, median, max;
} spread;

typedef struct figures {
    double base_ms, base_mib;     /* loading the base; resident after use */
    spread prefill, decode;       /* tokens/s */
    double first_ms;              /* a program's first load, which computes its prefix */
    spread load, call, cold;      /* ms: later loads, a call, cold start */
    int tokens_input, tokens_generated;
    double cold_mib;              /* most that the command had resident */
    int programs;                 /* side by side */
    double resident_mib, own_mib; /* of base and programs; of the base and the images of the programs; 0: unknown */
} figures;

/* What is measured with: the folder of programs' images is this run's own, so that first loads are first. */
typedef struct bench_run {
    const arguments *a;
    const registry *r;
    char *path, *model; /* of the program, or NULL; of the base model */
    char *images;
    paw_base *base;
    figures f;
} bench_run;

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
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static spread spread_of(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
    return (spread){values[0], n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2, values[n - 1]};
}

/* ---- this run's folder ---- */

static paw_status make_images_folder(bench_run *b, paw_error *err)
{
    const char *tmp = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    b->images = file_join(tmp, "paw-bench.XXXXXX");
    if (b->images == NULL) {
        return paw_fail_memory(err, strlen(tmp));
    }
    if (mkdtemp(b->images) == NULL) {
        free(b->images);
        b->images = NULL;
        return paw_fail_errno(err, errno, tmp, "cannot create a folder for the images of programs");
    }
    return PAW_OK;
}

/* Calls visit with each file in the folder; returns the sum of what it returns. */
static double each_image(const bench_run *b, double (*visit)(const char *path))
{
    double sum = 0;
    DIR *dir = opendir(b->images);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        char *path = e->d_name[0] != '.' ? file_join(b->images, e->d_name) : NULL;
        sum += path != NULL ? visit(path) : 0;
        free(path);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return sum;
}

static double size_of_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 ? (double)s.st_size : 0;
}

static double remove_file(const char *path)
{
    return unlink(path);
}

static void remove_images(bench_run *b)
{
    if (b->images != NULL) {
        each_image(b, remove_file);
        rmdir(b->images);
        free(b->images);
    }
}

/* ---- the base model ---- */

static paw_status find_model(bench_run *b, const char *runtime_id, paw_error *err)
{
    const runtime_info *runtime = runtime_id != NULL ? runtime_find(runtime_id) : NULL;
    if (b->a->base == NULL && runtime == NULL) {
        return paw_fail(err, PAW_ERR_NOT_FOUND, runtime_id, "the runtime is not known here; name its model file with --base");
    }
    b->model = b->a->base != NULL ? strdup(b->a->base) : registry_model_path(b->r, runtime);
    if (b->model == NULL) {
        return paw_fail_memory(err, 256);
    }
    if (b->a->base == NULL && access(b->model, F_OK) != 0) {
        return paw_fail(err, PAW_ERR_NOT_FOUND, b->model, "the base model is not there; fetch it with: paw pull %s", runtime->id);
    }
    return PAW_OK;
}

/* The program's path, if there is one, and that of the base model. */
static paw_status find_files(bench_run *b, paw_error *err)
{
    paw_program_info info = {0};
    char *runtime = NULL;
    paw_status status = PAW_OK;
    if (b->a->program != NULL) {
        status = registry_find_program(b->r, b->a->program, &b->path, err);
        status = status == PAW_OK ? paw_program_read(b->path, &info, err) : status;
        runtime = status == PAW_OK ? cli_program_runtime(info.json) : NULL;
    }
    status = status == PAW_OK ? find_model(b, b->a->program != NULL ? runtime : "smollm2-135m-q4_1", err) : status;
    paw_program_info_clear(&info);
    free(runtime);
    return status;
}

static paw_status load_base(bench_run *b, paw_error *err)
{
    paw_base_options options = {.threads = b->a->threads, .cache_dir = registry_prepared_dir(b->r), .state_dir = b->images};
    double start = now_ms();
    PAW_TRY(paw_base_load(b->model, &options, &b->base, err));
    b->f.base_ms = now_ms() - start;
    return PAW_OK;
}

static paw_status measure_base(bench_run *b, paw_error *err)
{
    double prefill[MOST_ROUNDS], decode[MOST_ROUNDS];
    for (int i = 0; i < b->a->rounds; i++) {
        paw_speed speed;
        cli_progress("prefill and decode, round %d of %d", i + 1, b->a->rounds);
        PAW_TRY(paw_base_measure(b->base, b->a->prefill, b->a->decode, &speed, err));
        prefill[i] = speed.prefill_tokens_per_s;
        decode[i] = speed.decode_tokens_per_s;
    }
    b->f.prefill = spread_of(prefill, b->a->rounds);
    b->f.decode = spread_of(decode, b->a->rounds);
    b->f.base_mib = resident_mib();
    return PAW_OK;
}

/* ---- one program ---- */

static paw_status call(const bench_run *b, paw_function *f, paw_answer *answer, paw_error *err)
{
    paw_call_options options = {.max_tokens = b->a->max_tokens};
    return paw_function_call(f, b->a->input, strlen(b->a->input), &options, answer, err);
}

static paw_status measure_calls(bench_run *b, paw_error *err)
{
    double load[MOST_ROUNDS], called[MOST_ROUNDS];
    for (int i = -1; i < b->a->rounds; i++) { /* round -1 computes and keeps the image */
        paw_function *function;
        paw_answer answer;
        cli_progress("loading and calling, round %d of %d", i + 1, b->a->rounds);
        double start = now_ms();
        PAW_TRY(paw_function_load(b->path, b->base, &function, err));
        double loaded = now_ms();
        paw_status status = call(b, function, &answer, err);
        double end = now_ms();
        paw_function_free(function);
        PAW_TRY(status);
        b->f.tokens_input = answer.tokens_input;
        b->f.tokens_generated = answer.tokens_generated;
        paw_answer_clear(&answer);
        if (i < 0) {
            b->f.first_ms = loaded - start;
        } else {
            load[i] = loaded - start;
            called[i] = end - loaded;
        }
    }
    b->f.load = spread_of(load, b->a->rounds);
    b->f.call = spread_of(called, b->a->rounds);
    return PAW_OK;
}

/* ---- cold start ---- */

/* Starts `paw run`, its standard output at *out, its standard error in a file, its input empty; 0, or an error number. */
static int start_command(const bench_run *b, const char *errors, pid_t *pid, int *out)
{
    char threads[16], tokens[16];
    snprintf(threads, sizeof threads, "%d", b->a->threads);
    snprintf(tokens, sizeof tokens, "%d", b->a->max_tokens);
    const char *words[] = {"paw",    "run",    "--program",    b->path, "--input", b->a->input,
                           "--base", b->model, "--max-tokens", tokens,  "--threads", threads, NULL};
    words[b->a->threads != 0 ? 12 : 10] = NULL;
    posix_spawn_file_actions_t actions;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int error = posix_spawn(pid, "/proc/self/exe", &actions, NULL, (char *const *)(uintptr_t)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *out = ends[0];
    if (error != 0) {
        close(ends[0]);
    }
    return error;
}

/* What the command said when it failed, without its own "paw: ". */
static paw_status say_why(const char *errors, paw_error *err)
{
    char *text = NULL, *rest;
    size_t size;
    paw_status status = file_read_all(errors, 1 << 16, &text, &size, err);
    rest = text;
    if (status == PAW_OK) {
        const char *line = cli_next_line(&rest);
        line = line == NULL ? "it ended without an answer" : strncmp(line, "paw: ", 5) == 0 ? line + 5 : line;
        status = paw_fail(err, PAW_ERR_IO, "paw run", "%.400s", line);
    }
    free(text);
    return status;
}

/* Milliseconds from the command's start to the end of its answer's line; its greatest memory goes to *mib. */
static paw_status run_once(const bench_run *b, const char *errors, double *ms, double *mib, paw_error *err)
{
    pid_t pid;
    int out = -1, status;
    char piece[4096];
    ssize_t n;
    struct rusage usage;
    *ms = 0;
    double start = now_ms();
    int error = start_command(b, errors, &pid, &out);
    if (error != 0) {
        return paw_fail_errno(err, error, "paw run", "cannot be started");
    }
    while ((n = read(out, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR)) {
        if (*ms == 0 && n > 0 && memchr(piece, '\n', (size_t)n) != NULL) {
            *ms = now_ms() - start;
        }
    }
    close(out);
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    *mib = (double)usage.ru_maxrss / 1024;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && *ms > 0 ? PAW_OK : say_why(errors, err);
}

/* Before anything large is in this process: a child's greatest memory counts from what its parent had when it was started. */
static paw_status measure_cold(bench_run *b, paw_error *err)
{
    double ms[MOST_ROUNDS];
    char *errors = file_join(b->images, "stderr");
    if (errors == NULL) {
        return paw_fail_memory(err, 64);
    }
    paw_status status = PAW_OK;
    for (int i = -1; i < b->a->rounds && status == PAW_OK; i++) { /* round -1 brings files into the page cache and keeps the image */
        cli_progress("cold start, round %d of %d", i + 1, b->a->rounds);
        status = run_once(b, errors, &ms[i < 0 ? 0 : i], &b->f.cold_mib, err);
    }
    if (status == PAW_OK) {
        b->f.cold = spread_of(ms, b->a->rounds);
    }
    unlink(errors);
    free(errors);
    return status;
}

/* ---- many programs ---- */

/* Loads and calls a program; adds what it cannot do without to *own: the bytes of its image, adapter and prefix. */
static paw_status load_one(bench_run *b, const char *path, paw_function **out, double *own, double *image, paw_error *err)
{
    paw_answer answer;
    double before = each_image(b, size_of_file);
    PAW_TRY(paw_function_load(path, b->base, out, err));
    PAW_TRY(call(b, *out, &answer, err));
    paw_answer_clear(&answer);
    double grown = each_image(b, size_of_file) - before;
    *image = grown > 0 ? grown : *image; /* none: a program that was loaded before */
    *own += *image;
    return PAW_OK;
}

static paw_status measure_memory(bench_run *b, paw_error *err)
{
    paw_function *functions[MOST_PROGRAMS] = {0};
    const arguments *a = b->a;
    double own = 0, image = each_image(b, size_of_file);
    paw_status status = PAW_OK;
    b->f.programs = a->n_programs > 0 ? a->n_programs : a->copies;
    for (int i = 0; i < b->f.programs && status == PAW_OK; i++) {
        char *path = NULL;
        cli_progress("program %d of %d", i + 1, b->f.programs);
        status = registry_find_program(b->r, a->n_programs > 0 ? a->programs[i] : b->path, &path, err);
        status = status == PAW_OK ? load_one(b, path, &functions[i], &own, &image, err) : status;
        free(path);
    }
    b->f.resident_mib = resident_mib();
    b->f.own_mib = image > 0 ? b->f.base_mib + own / (1 << 20) : 0;
    for (int i = 0; i < b->f.programs; i++) {
        paw_function_free(functions[i]);
    }
    return status;
}

/* ---- printing ---- */

static void put_spread(json_t *o, const char *name, const spread *s)
{
    char key[64];
    json_object_set_new(o, name, json_real(s->median));
    snprintf(key, sizeof key, "%s_min", name);
    json_object_set_new(o, key, json_real(s->min));
    snprintf(key, sizeof key, "%s_max", name);
    json_object_set_new(o, key, json_real(s->max));
}

static void print_json(const arguments *a, const figures *f)
{
    json_t *o = json_pack("{s:f, s:f, s:i, s:i}", "base_load_ms", f->base_ms, "base_resident_mib", f->base_mib, "prefill_tokens",
                          a->prefill, "decode_tokens", a->decode);
    put_spread(o, "prefill_tokens_per_s", &f->prefill);
    put_spread(o, "decode_tokens_per_s", &f->decode);
    if (a->program != NULL) {
        json_object_set_new(o, "program_first_load_ms", json_real(f->first_ms));
        put_spread(o, "program_load_ms", &f->load);
        put_spread(o, "call_ms", &f->call);
        json_object_set_new(o, "call_tokens_input", json_integer(f->tokens_input));
        json_object_set_new(o, "call_tokens_generated", json_integer(f->tokens_generated));
        put_spread(o, "cold_start_ms", &f->cold);
        json_object_set_new(o, "cold_start_resident_mib", json_real(f->cold_mib));
    }
    if (f->programs > 0) {
        json_object_set_new(o, "programs", json_integer(f->programs));
        json_object_set_new(o, "program_resident_mib", json_real((f->resident_mib - f->base_mib) / f->programs));
        json_object_set_new(o, "programs_resident_mib", json_real(f->resident_mib));
        json_object_set_new(o, "programs_own_mib", f->own_mib > 0 ? json_real(f->own_mib) : json_null());
    }
    json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(o);
}

static void print_spread(const char *name, const spread *s, const char *unit)
{
    printf("%-25s %9.1f %-9s %9.1f .. %.1f\n", name, s->median, unit, s->min, s->max);
}

static void print_table(const arguments *a, const figures *f)
{
    char name[40];
    printf("%-25s %9.1f ms, %.0f MiB resident after use\n", "load the base", f->base_ms, f->base_mib);
    snprintf(name, sizeof name, "prefill %d", a->prefill);
    print_spread(name, &f->prefill, "tokens/s");
    snprintf(name, sizeof name, "decode after %d", a->prefill);
    print_spread(name, &f->decode, "tokens/s");
    if (a->program != NULL) {
        printf("%-25s %9.1f ms\n", "load the program, first", f->first_ms);
        print_spread("load the program, later", &f->load, "ms");
        print_spread("call it", &f->call, "ms");
        printf("%-25s %9d tokens of input, %d of answer\n", "", f->tokens_input, f->tokens_generated);
        print_spread("cold start", &f->cold, "ms");
        printf("%-25s %9.1f MiB resident at most\n", "", f->cold_mib);
    }
    if (f->programs > 0) {
        snprintf(name, sizeof name, "base and %d programs", f->programs);
        printf("%-25s %9.1f MiB, %.1f a program\n", name, f->resident_mib, (f->resident_mib - f->base_mib) / f->programs);
        if (f->own_mib > 0) {
            printf("%-25s %9.1f MiB are the base and the images of adapters and prefixes (%+.1f %%)\n", "", f->own_mib,
                   100 * (f->resident_mib / f->own_mib - 1));
        }
    }
}

static paw_status measure(bench_run *b, paw_error *err)
{
    PAW_TRY(make_images_folder(b, err));
    PAW_TRY(find_files(b, err));
    PAW_TRY(b->path != NULL ? measure_cold(b, err) : PAW_OK);
    PAW_TRY(load_base(b, err));
    PAW_TRY(measure_base(b, err));
    PAW_TRY(b->path != NULL ? measure_calls(b, err) : PAW_OK);
    return b->path != NULL || b->a->n_programs > 0 ? measure_memory(b, err) : PAW_OK;
}

int cmd_bench(int argc, char **argv)
{
    arguments a = {.input = "Hello, I was charged twice for my order last week, and the second payment has not been returned "
                            "to me so far. Could you please look into it?",
                   .prefill = 512, .decode = 64, .copies = 32, .rounds = 7, .max_tokens = 512};
    const cli_option options[] = {
        {"--program", CLI_TEXT, &a.program},
        {"--input", CLI_TEXT, &a.input},
        {"--base", CLI_TEXT, &a.base},
        {"--prefill", CLI_NUMBER, &a.prefill, 1, 1 << 20},
        {"--decode", CLI_NUMBER, &a.decode, 0, 1 << 20},
        {"--copies", CLI_NUMBER, &a.copies, 1, MOST_PROGRAMS},
        {"--rounds", CLI_NUMBER, &a.rounds, 1, MOST_ROUNDS},
        {"--threads", CLI_NUMBER, &a.threads, 1, 64},
        {"--max-tokens", CLI_NUMBER, &a.max_tokens, 1, 1 << 20},
        {"--json", CLI_FLAG, &a.json},
    };
    int status = cli_parse(argc, argv, HELP, options, sizeof options / sizeof options[0], a.programs, MOST_PROGRAMS,
                           &a.n_programs);
    if (status != -1) {
        return status;
    }
    paw_error err;
    registry *r;
    if (registry_open(&r, &err) != PAW_OK) {
        return cli_fail(&err);
    }
    bench_run b = {.a = &a, .r = r};
    paw_status outcome = measure(&b, &err);
    cli_progress_done();
    if (outcome == PAW_OK) {
        a.json ? print_json(&a, &b.f) : print_table(&a, &b.f);
    }
    paw_base_free(b.base);
    remove_images(&b);
    registry_close(r);
    free(b.path);
    free(b.model);
    return outcome == PAW_OK ? CLI_OK : cli_fail(&err);
}
