/* error.c: filling paw_error. Not for: printing, which belongs to the command. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *paw_version(void)
{
#define STRINGIFY2(x) #x
#define STRINGIFY(x) STRINGIFY2(x)
    return STRINGIFY(PAW_VERSION_MAJOR) "." STRINGIFY(PAW_VERSION_MINOR) "." STRINGIFY(PAW_VERSION_PATCH);
}

const char *paw_status_name(paw_status status)
{
    switch (status) {
    case PAW_OK: return "ok";
    case PAW_ERR_ARGUMENT: return "argument";
    case PAW_ERR_NOT_FOUND: return "not found";
    case PAW_ERR_IO: return "input/output";
    case PAW_ERR_FORMAT: return "format";
    case PAW_ERR_UNSUPPORTED: return "unsupported";
    case PAW_ERR_MISMATCH: return "mismatch";
    case PAW_ERR_CONTEXT: return "context";
    case PAW_ERR_MEMORY: return "memory";
    }
    return "unknown";
}

paw_status paw_fail(paw_error *err, paw_status status, const char *where, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        err->status = status;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        snprintf(err->where, sizeof err->where, "%s", where != NULL ? where : "");
    }
    return status;
}

paw_status paw_fail_errno(paw_error *err, int errnum, const char *where, const char *action)
{
    char text[160];
    /* XSI strerror_r: fills the buffer and returns 0. */
    if (strerror_r(errnum, text, sizeof text) != 0) {
        snprintf(text, sizeof text, "error %d", errnum);
    }
    return paw_fail(err, errnum == ENOENT ? PAW_ERR_NOT_FOUND : PAW_ERR_IO, where, "%s: %s", action, text);
}

paw_status paw_fail_memory(paw_error *err, size_t bytes)
{
    return paw_fail(err, PAW_ERR_MEMORY, NULL, "out of memory (%zu bytes wanted)", bytes);
}

paw_status paw_fail_in(paw_error *err, paw_status status, const char *file)
{
    if (status != PAW_OK && err != NULL && strncmp(err->where, file, strlen(file)) != 0) {
        char inner[sizeof err->where];
        memcpy(inner, err->where, sizeof inner);
        size_t n = (size_t)snprintf(err->where, sizeof err->where, "%s", file);
        if (inner[0] != '\0' && n < sizeof err->where) {
            snprintf(err->where + n, sizeof err->where - n, ": %s", inner);
        }
    }
    return status;
}
