/*
 * paw.h: the public interface of libpaw, usable from C and C++.
 *
 * A *spec* (English) is compiled once into a *program* (a `.paw` file: a pseudo-program and a LoRA adapter). A program
 * loaded over its *base* model is a *function*: text in, text out, the same answer every time.
 *
 * Conventions
 *  - A call that can fail returns a paw_status and, if `err` is not NULL, fills it when the status is not PAW_OK.
 *    Nothing in the library prints, exits or aborts.
 *  - Text is UTF-8. Lengths are in bytes. Strings that are returned are NUL-terminated.
 *  - A handle is freed by its own `_free`, which accepts NULL. What a handle was made from must outlive it.
 *  - Handles may be used from any thread. A paw_base and a paw_compiler serve one call at a time, and so do all functions
 *    over one base; further callers wait.
 */
#ifndef PAW_PAW_H
#define PAW_PAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PAW_API __attribute__((visibility("default")))
#else
#define PAW_API
#endif

#define PAW_VERSION_MAJOR 0
#define PAW_VERSION_MINOR 1
#define PAW_VERSION_PATCH 0

/* Library version as "major.minor.patch"; static storage. */
PAW_API const char *paw_version(void);

/* ---- errors ---------------------------------------------------------------------------------------------------- */

typedef enum paw_status {
    PAW_OK = 0,
    PAW_ERR_ARGUMENT = 1,    /* the caller's argument is out of range: a spec too short, text that is not UTF-8 */
    PAW_ERR_NOT_FOUND = 2,   /* a file, program or model that is not there */
    PAW_ERR_IO = 3,          /* the system refused: permission, full disk */
    PAW_ERR_FORMAT = 4,      /* a file that is damaged, truncated or not what it claims to be */
    PAW_ERR_UNSUPPORTED = 5, /* well-formed, but of an architecture, block format or version unknown here */
    PAW_ERR_MISMATCH = 6,    /* two things that do not belong together: an adapter and another base */
    PAW_ERR_CONTEXT = 7,     /* text that does not fit the model's context */
    PAW_ERR_MEMORY = 8       /* out of memory */
} paw_status;

typedef struct paw_error {
    paw_status status;
    char message[480]; /* what is wrong and what to do, one line */
    char where[288];   /* file, and the field or tensor in it; may be empty */
} paw_error;

/* Short name of a status ("format", "not found"); static storage. */
PAW_API const char *paw_status_name(paw_status status);

/* ---- base models ----------------------------------------------------------------------------------------------- */

typedef struct paw_base paw_base;

typedef struct paw_base_options {
    int threads;             /* worker threads, 1 to 64; 0: one per processor that this process may use */
    int context;             /* tokens of context, 64 up to what the model was trained with; 0: 2048 or the model's limit */
    const char *cache_dir; /* where prepared weights are kept; NULL: beside the model file, or not at all */
    const char *state_dir; /* where the states of programs' prefixes are kept, so that only the first load computes them;
                              NULL: nowhere */
} paw_base_options;

/*
 * Maps the GGUF model at `path`. The first load of a file lays its weights out for the processor and keeps them in
 * `cache_dir` (written atomically; not an error when that cannot be done). `options` may be NULL.
 */
PAW_API paw_status paw_base_load(const char *path, const paw_base_options *options, paw_base **out, paw_error *err);
PAW_API void paw_base_free(paw_base *base);

/* Hex SHA-256 of the model file (64 digits), computed on the first call. Owned by the base. */
PAW_API paw_status paw_base_sha256(paw_base *base, const char **out, paw_error *err);

typedef struct paw_speed {
    double prefill_tokens_per_s;
    double decode_tokens_per_s;
} paw_speed;

/* Computes `prefill` tokens at once and then `decode` tokens one by one, and tells how fast that went. */
PAW_API paw_status paw_base_measure(paw_base *base, int prefill, int decode, paw_speed *out, paw_error *err);

/* ---- compiling ------------------------------------------------------------------------------------------------- */

#define PAW_SPEC_MIN_CHARS 10
#define PAW_SPEC_MAX_CHARS 16000
#define PAW_EXAMPLES_MAX 16
#define PAW_CHOICES_MAX 1000

typedef struct paw_compiler paw_compiler;

typedef struct paw_example {
    const char *input;
    const char *output;
} paw_example;

typedef struct paw_compile_request {
    const char *spec;            /* 10 to 16,000 characters of UTF-8 */
    const paw_example *examples; /* may be NULL */
    size_t n_examples;           /* 0 to PAW_EXAMPLES_MAX */
    const char *const *choices;  /* the closed set that answers come from; may be NULL */
    size_t n_choices;            /* 0: the set that the spec itself names, if it does; or 2 to PAW_CHOICES_MAX */
    bool open;                   /* do not look for a closed set in the spec */
    bool untuned;                /* show the examples to the compiler and to the program, but do not tune the program on them */
    const char *format_type;     /* "json_schema", "regex" or "gbnf": the format that answers always have; NULL: none */
    const char *format_source;   /* the schema (JSON), regular expression or grammar (llama.cpp's GBNF) */
} paw_compile_request;

typedef struct paw_compile_result {
    char program_id[65];        /* 20 lower-case hex digits: the same for the same compiler, spec and examples */
    size_t size_bytes;          /* of the `.paw` */
    size_t n_choices;           /* the closed set that the program's answers come from; 0: they are open */
    bool choices_found;         /* it was found in the spec, not given */
    double seconds_pseudo;      /* writing the pseudo-program */
    double seconds_encode;      /* the encoding pass */
    double seconds_map;         /* hidden states to adapter */
    double seconds_tune;        /* tuning the adapter on the examples */
    double seconds_write;       /* bundling */
    double seconds_total;
} paw_compile_result;

/* Loads the compiler file at `path` over the base model that it names. The base must outlive it. */
PAW_API paw_status paw_compiler_load(const char *path, paw_base *base, paw_compiler **out, paw_error *err);
PAW_API void paw_compiler_free(paw_compiler *compiler);

/* Reads which runtime's base model the compiler file at `path` wants, e.g. "smollm2-135m-q4_1"; freed by the caller. */
PAW_API paw_status paw_compiler_runtime(const char *path, char **out, paw_error *err);

/*
 * Compiles a spec and writes the program to `out_path` atomically: the file appears whole or not at all.
 * The same request gives the same bytes.
 */
PAW_API paw_status paw_compile(paw_compiler *compiler, const paw_compile_request *request, const char *out_path,
                               paw_compile_result *result, paw_error *err);

/* ---- functions ------------------------------------------------------------------------------------------------- */

typedef struct paw_function paw_function;

typedef struct paw_call_options {
    int max_tokens; /* most tokens of an answer, 1 or more; 0: 512 */
    bool no_lookup; /* decode token by token instead of checking proposals copied from the input: the same answer, slower
                       where answers repeat their inputs */
    bool free_running;    /* generate freely although the program's answers have a type (closed set or format) */
    bool exact;           /* compute the probability of every choice (so does abstain_below); else those of choices that have
                             fallen behind are estimates. The answer is the same */
    double abstain_below; /* an answer out of a closed set that is less probable than this is marked as abstained */
} paw_call_options;

typedef struct paw_answer {
    char *text;           /* the answer, stripped of surrounding white space; freed by paw_answer_clear */
    int tokens_input;     /* tokens of input and prompt suffix (the program's prefix is not among them) */
    int tokens_generated; /* tokens generated, the end token not counted */
    int passes;           /* forward passes after the input's: fewer than tokens where lookup helped */
    bool complete;        /* false: stopped by max_tokens or by the end of the context */
    double latency_ms;    /* of the call */
    /* of a program whose answers come from a closed set; else n_choices is 0 */
    size_t n_choices;
    const char *const *choices;  /* [n_choices], owned by the function */
    double *probabilities;       /* [n_choices], of all choices, calibrated; their sum is 1 */
    int choice;                  /* which one `text` is */
    double probability;          /* of `text` */
    bool abstained;              /* probability is below abstain_below: better ask somebody else */
} paw_answer;

/* Loads the program at `path` over `base` and computes the state of its prefix. The base must outlive it. */
PAW_API paw_status paw_function_load(const char *path, paw_base *base, paw_function **out, paw_error *err);

/* A function without a program: the bare model prompted with `instructions`, then the input, in its chat form. */
PAW_API paw_status paw_function_prompted(const char *instructions, paw_base *base, paw_function **out,
                                         paw_error *err);

/*
 * The bare model as a function: what stands for {INPUT_PLACEHOLDER} in `prompt_template` is the input; NULL: one user turn in
 * the model's own chat form (GPT-2: the input alone). The published client's base mode.
 */
PAW_API paw_status paw_function_base(const char *prompt_template, paw_base *base, paw_function **out, paw_error *err);
PAW_API void paw_function_free(paw_function *function);

/* The closed set that the function's answers come from, owned by it; *n is 0 where answers are open. */
PAW_API const char *const *paw_function_choices(const paw_function *function, size_t *n);

/* Runs the function on `input` (`length` bytes). `options` may be NULL. Greedy decoding up to the end token. */
PAW_API paw_status paw_function_call(paw_function *function, const char *input, size_t length,
                                     const paw_call_options *options, paw_answer *answer, paw_error *err);
PAW_API void paw_answer_clear(paw_answer *answer);

/* ---- probabilities that can be trusted --------------------------------------------------------------------------- */

#define PAW_CASES_MAX 100000

typedef struct paw_calibration {
    double temperature;  /* over 1: the function was too sure of itself */
    size_t cases;
    double accuracy_before, accuracy_after; /* on the cases: share of right answers */
    double log_loss_before, log_loss_after; /* mean of -ln(probability of the right answer) */
} paw_calibration;

/*
 * Learns from cases how far the probabilities of the program at `path` can be trusted and which answers it gives too readily,
 * and writes the program with what was learnt to `out_path` (which may be the same), atomically. Its answers come from a
 * closed set, and so must the cases' outputs; 20 cases say something, 100 a lot. `result` may be NULL.
 */
PAW_API paw_status paw_calibrate(const char *path, paw_base *base, const paw_example *cases, size_t n_cases,
                                 const char *out_path, paw_calibration *result, paw_error *err);

#define PAW_INPUTS_LEAST 4

/*
 * The same from inputs alone, whose answers nobody needs to know: learns which choices the program gives too readily, supposing
 * that all are right about equally often among the inputs (do not use it where they are not). 4 to PAW_CASES_MAX inputs; 15
 * are enough. The temperature stays as it is. *changed (may be NULL) becomes the number of these inputs that get another answer.
 */
PAW_API paw_status paw_calibrate_inputs(const char *path, paw_base *base, const char *const *inputs, size_t n_inputs,
                                        const char *out_path, size_t *changed, paw_error *err);

/* ---- looking into a program ------------------------------------------------------------------------------------ */

typedef struct paw_program_info {
    char *json;            /* meta.json as stored, one JSON object */
    char *prompt_template; /* with {INPUT_PLACEHOLDER} once */
    char *pseudo_program;  /* may be NULL */
    size_t size_bytes;     /* of the bundle */
    size_t adapter_bytes;  /* of the adapter inside */
} paw_program_info;

/* Reads a bundle without any model; checks its parts. Free with paw_program_info_clear. */
PAW_API paw_status paw_program_read(const char *path, paw_program_info *out, paw_error *err);
PAW_API void paw_program_info_clear(paw_program_info *info);

#ifdef __cplusplus
}
#endif

#endif
