/* main.c: the command's entry: names of subcommands, nothing else. */
#include <string.h>

#include "cli/cli.h"

static const char HELP[] =
    "paw: fuzzy functions, written in English, compiled once, run anywhere\n"
    "\n"
    "usage: paw COMMAND [OPTIONS]      (paw COMMAND --help says more)\n"
    "\n"
    "  compile   turn a spec into a program (a .paw file)\n"
    "  run       run a program on inputs\n"
    "  test      compile spec files and run the tests in them\n"
    "  diff      show which answers two programs give differently\n"
    "  calibrate make a program's probabilities agree with cases\n"
    "  eval      compile the specs of a suite and score their cases\n"
    "  info      look into a program, or list programs and base models\n"
    "  pull      fetch and verify a base model\n"
    "  bench     measure speed and memory on this machine\n"
    "\n"
    "  --version, --help\n";

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int, char **);
        int failed; /* exit status when the output cannot be written */
    } commands[] = {{"compile", cmd_compile, CLI_FAILED}, {"run", cmd_run, CLI_FAILED},   {"test", cmd_test, CLI_ERROR},
                    {"diff", cmd_diff, CLI_ERROR},        {"eval", cmd_eval, CLI_FAILED}, {"info", cmd_info, CLI_FAILED},
                    {"pull", cmd_pull, CLI_FAILED},       {"bench", cmd_bench, CLI_FAILED}, {"calibrate", cmd_calibrate, CLI_FAILED}};
    if (argc < 2) {
        fputs(HELP, stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        fputs(HELP, stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("paw %s\n", paw_version());
        return CLI_OK;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            int status = commands[i].run(argc - 2, argv + 2);
            if (fflush(stdout) != 0 || ferror(stdout)) {
                fputs("paw: cannot write to standard output\n", stderr);
                return commands[i].failed;
            }
            return status;
        }
    }
    fprintf(stderr, "paw: no command \"%s\"; paw --help lists them\n", argv[1]);
    return CLI_USAGE;
}
