/* http.h: fetching over HTTPS. */
#ifndef PAW_REGISTRY_HTTP_H
#define PAW_REGISTRY_HTTP_H

#include <stdbool.h>

#include "base/error.h"

/* What takes the bytes as they come; false ends the transfer. */
typedef bool http_sink(void *context, const void *data, size_t size);

/* GETs `url` (https only, redirects followed). *ended: the sink said false, and the status is PAW_OK. */
paw_status http_get(const char *url, http_sink *sink, void *context, bool *ended, paw_error *err);

#endif
