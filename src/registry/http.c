/*
 * http.c: HTTPS through libcurl, which is loaded when it is first needed: with the thirty libraries that it brings along it
 * takes longer to load than a short answer takes to compute, and most runs of the command fetch nothing.
 */
#include "registry/http.h"

#include <curl/curl.h>
#include <dlfcn.h>

typedef struct library {
    void *handle;
    CURL *(*init)(void);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    void (*cleanup)(CURL *);
    const char *(*strerror)(CURLcode);
} library;

typedef struct transfer {
    http_sink *sink;
    void *context;
    bool ended;
} transfer;

/* ISO C has no cast from an object pointer to a function's, POSIX has this one. */
#define LOOK_UP(l, member, name) (*(void **)(&(l)->member) = dlsym((l)->handle, name)) != NULL

static paw_status load(library *l, paw_error *err)
{
    l->handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (l->handle == NULL) {
        return paw_fail(err, PAW_ERR_UNSUPPORTED, "libcurl.so.4", "cannot be loaded (%s): install libcurl4", dlerror());
    }
    if (LOOK_UP(l, init, "curl_easy_init") && LOOK_UP(l, setopt, "curl_easy_setopt") &&
        LOOK_UP(l, perform, "curl_easy_perform") && LOOK_UP(l, cleanup, "curl_easy_cleanup") &&
        LOOK_UP(l, strerror, "curl_easy_strerror")) {
        return PAW_OK;
    }
    return paw_fail(err, PAW_ERR_UNSUPPORTED, "libcurl.so.4", "lacks a function (%s)", dlerror());
}

static size_t on_data(char *data, size_t one, size_t n, void *context)
{
    transfer *t = context;
    t->ended = t->ended || !t->sink(t->context, data, one * n);
    return t->ended ? 0 : n;
}

static CURLcode perform(const library *l, CURL *curl, const char *url, transfer *t, char *text)
{
    l->setopt(curl, CURLOPT_URL, url);
    l->setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    l->setopt(curl, CURLOPT_MAXREDIRS, 5L);
    l->setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    l->setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    l->setopt(curl, CURLOPT_FAILONERROR, 1L);
    l->setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
    l->setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);
    l->setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    l->setopt(curl, CURLOPT_ERRORBUFFER, text);
    l->setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    l->setopt(curl, CURLOPT_WRITEDATA, t);
    return l->perform(curl);
}

paw_status http_get(const char *url, http_sink *sink, void *context, bool *ended, paw_error *err)
{
    library l = {0};
    transfer t = {sink, context, false};
    char text[CURL_ERROR_SIZE] = "";
    paw_status status = load(&l, err);
    CURL *curl = status == PAW_OK ? l.init() : NULL;
    if (status == PAW_OK && curl == NULL) {
        status = paw_fail_memory(err, 4096);
    }
    if (status == PAW_OK) {
        CURLcode code = perform(&l, curl, url, &t, text);
        l.cleanup(curl);
        if (code != CURLE_OK && !t.ended) {
            status = paw_fail(err, PAW_ERR_IO, url, "cannot fetch: %s; or fetch it elsewhere and use --from FILE",
                              text[0] != '\0' ? text : l.strerror(code));
        }
    }
    *ended = t.ended;
    if (l.handle != NULL) {
        dlclose(l.handle);
    }
    return status;
}
