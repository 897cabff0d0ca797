/*
 * find_choices.c: finds the closed set of each spec that it reads, one JSON string a line, and prints it as a JSON list a line.
 * With --signs it prints the best candidate, however doubtful, and after it on the line, each after a tab, the signs that its
 * points are made of, as 0 and 1, and the words of the spec, with | for labels and marks. For measuring and fitting
 * (training/corpus/choices_check.py, choices_fit.py) and for a look at single specs.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "compiler/choices_rules.h"

static void print_signs(const finder *f, void *context)
{
    bool v[SIGNS];
    size_t n = finder_signs(f, v);
    buffer *line = context;
    buffer_append_text(line, "\t");
    for (size_t i = 0; i < n; i++) {
        buffer_append_text(line, v[i] ? "1" : "0");
    }
    buffer_append_text(line, "\t");
    for (size_t i = 0; i < f->p.count; i++) {
        const piece *x = &f->p.at[i];
        bool word = piece_is(&f->p, i, MARK_WORD) && !finder_is_label(f, i);
        for (size_t k = x->begin; word && k < x->end; k++) {
            char c = (char)tolower((unsigned char)f->p.text[k]);
            buffer_append(line, &c, 1);
        }
        buffer_append_text(line, word ? " " : "| ");
    }
}

static int answer(const char *spec, bool signs)
{
    choice_list found;
    paw_error err;
    buffer line = {0};
    if (choices_read(spec, &found, signs ? print_signs : NULL, &line, &err) != PAW_OK) {
        fprintf(stderr, "find_choices: %s: %s\n", err.where, err.message);
        return 1;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < found.count; i++) {
        json_array_append_new(list, json_string(found.labels[i]));
    }
    json_dumpf(list, stdout, JSON_COMPACT);
    puts(line.size > 0 ? line.data : "");
    buffer_free(&line);
    json_decref(list);
    choices_free(&found);
    return 0;
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    int status = 0;
    bool signs = argc > 1 && strcmp(argv[1], "--signs") == 0;
    while (status == 0 && getline(&line, &room, stdin) > 0) {
        json_t *spec = json_loads(line, JSON_DECODE_ANY, NULL);
        if (!json_is_string(spec)) {
            fprintf(stderr, "find_choices: a line is not a JSON string\n");
            status = 1;
        } else {
            status = answer(json_string_value(spec), signs);
        }
        json_decref(spec);
    }
    free(line);
    return status;
}
