/*
 * classify.c: compile a spec and call the function, with the public header alone.
 *
 *   cc classify.c $(pkg-config --cflags --libs paw) -o classify
 *   ./classify BASE.gguf COMPILER.gguf "Label the message as spam or ham. Print only the label." "You won!"
 */
#include <paw/paw.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    paw_base *base = NULL;
    paw_compiler *compiler = NULL;
    paw_function *classify = NULL;
    paw_answer answer = {0};
    paw_error err = {0};
    if (argc != 5) {
        fprintf(stderr, "usage: %s BASE COMPILER SPEC INPUT\n", argv[0]);
        return 2;
    }
    const char *program = "classify.paw", *input = argv[4];
    paw_compile_request request = {.spec = argv[3]};
    paw_status status = paw_base_load(argv[1], NULL, &base, &err);
    if (status == PAW_OK) {
        status = paw_compiler_load(argv[2], base, &compiler, &err);
    }
    if (status == PAW_OK) {
        status = paw_compile(compiler, &request, program, NULL, &err); /* once: the program is a file */
    }
    if (status == PAW_OK) {
        status = paw_function_load(program, base, &classify, &err);
    }
    if (status == PAW_OK) {
        status = paw_function_call(classify, input, strlen(input), NULL, &answer, &err);
    }
    if (status == PAW_OK) {
        printf("%s\n", answer.text);
    } else {
        fprintf(stderr, "%s: %s: %s\n", paw_status_name(status), err.where, err.message);
    }
    paw_answer_clear(&answer);
    paw_function_free(classify);
    paw_compiler_free(compiler);
    paw_base_free(base);
    return status == PAW_OK ? 0 : 1;
}
