/*
 * error.h: the one error convention of the house.
 *
 * A function that can fail returns paw_status and takes a `paw_error *err` last, which may be NULL. It fails with
 * `return paw_fail(err, PAW_ERR_X, where, "message")`; a caller passes a failure on unchanged with PAW_TRY.
 */
#ifndef PAW_BASE_ERROR_H
#define PAW_BASE_ERROR_H

#include "paw/paw.h"

/* Fills `err` (if not NULL) and returns `status`. `where` names file and field, and may be NULL. */
paw_status paw_fail(paw_error *err, paw_status status, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As paw_fail with PAW_ERR_IO, adding the text of `errnum`; ENOENT becomes PAW_ERR_NOT_FOUND. */
paw_status paw_fail_errno(paw_error *err, int errnum, const char *where, const char *action);

paw_status paw_fail_memory(paw_error *err, size_t bytes);

/* Passes a failure on, with `file` put in front of its `where` unless it stands there already; PAW_OK stays PAW_OK. */
paw_status paw_fail_in(paw_error *err, paw_status status, const char *file);

#define PAW_TRY(call)                         \
    do {                                      \
        paw_status try_status_ = (call);      \
        if (try_status_ != PAW_OK) {          \
            return try_status_;               \
        }                                     \
    } while (0)

/* The same, jumping to `label` with the status in the local variable `status`. */
#define PAW_GOTO(label, call)        \
    do {                             \
        status = (call);             \
        if (status != PAW_OK) {      \
            goto label;              \
        }                            \
    } while (0)

#endif
