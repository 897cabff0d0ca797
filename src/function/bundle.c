/* bundle.c: reading and writing `.paw` archives with libzip. Not for: what meta.json means. */
#include "function/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/file.h"
#include "base/utf8.h"

enum { MAX_MEMBERS = 256, MAX_TEXT = 1 << 20 };
static const uint64_t MAX_ARCHIVE = UINT64_C(256) << 20, MAX_EXPANDED = UINT64_C(512) << 20;

static const char *const NAME_META = "meta.json", *const NAME_TEMPLATE = "prompt_template.txt",
                         *const NAME_PSEUDO = "pseudo_program.txt", *const NAME_ADAPTER = "adapter.gguf";

void bundle_free(bundle *b)
{
    free(b->meta);
    free(b->prompt_template);
    free(b->pseudo_program);
    free(b->adapter);
    memset(b, 0, sizeof *b);
}

static paw_status fail_member(paw_error *err, const char *path, const char *name, const char *what)
{
    char where[280];
    snprintf(where, sizeof where, "%s: %s", path, name);
    return paw_fail(err, PAW_ERR_FORMAT, where, "%s", what);
}

static paw_status check_limits(zip_t *archive, const char *path, paw_error *err)
{
    zip_int64_t n = zip_get_num_entries(archive, 0);
    uint64_t expanded = 0;
    if (n > MAX_MEMBERS) {
        return paw_fail(err, PAW_ERR_FORMAT, path, "the archive has %lld members; a program has 3 to 5", (long long)n);
    }
    for (zip_int64_t i = 0; i < n; i++) {
        zip_stat_t st;
        if (zip_stat_index(archive, (zip_uint64_t)i, 0, &st) != 0 || (st.valid & ZIP_STAT_SIZE) == 0) {
            return paw_fail(err, PAW_ERR_FORMAT, path, "the archive's directory is damaged; fetch the program again");
        }
        expanded = st.size > MAX_EXPANDED - expanded ? MAX_EXPANDED + 1 : expanded + st.size;
        if (expanded > MAX_EXPANDED) {
            return paw_fail(err, PAW_ERR_FORMAT, path, "the archive expands to over 512 MiB");
        }
    }
    return PAW_OK;
}

/* A member as a NUL-terminated buffer; *out stays NULL when it is missing and optional. */
static paw_status read_member(zip_t *archive, const char *path, const char *name, uint64_t limit, bool required,
                              char **out, size_t *size, paw_error *err)
{
    zip_stat_t st;
    if (zip_stat(archive, name, 0, &st) != 0) {
        return required ? fail_member(err, path, name, "the member is missing; this is not a program") : PAW_OK;
    }
    if (st.size > limit || st.size == 0) {
        return fail_member(err, path, name, st.size == 0 ? "the member is empty" : "the member is too large");
    }
    char *data = malloc((size_t)st.size + 1);
    if (data == NULL) {
        return paw_fail_memory(err, (size_t)st.size);
    }
    zip_file_t *file = zip_fopen(archive, name, 0);
    zip_int64_t n = file != NULL ? zip_fread(file, data, st.size) : -1;
    /* Reading on to the end makes libzip compare the checksum. */
    char extra;
    bool sound = n == (zip_int64_t)st.size && zip_fread(file, &extra, 1) == 0;
    if (file != NULL) {
        sound = zip_fclose(file) == 0 && sound;
    }
    if (!sound) {
        free(data);
        return fail_member(err, path, name, "the member is damaged or truncated; fetch the program again");
    }
    data[st.size] = '\0';
    *out = data;
    *size = (size_t)st.size;
    return PAW_OK;
}

static paw_status read_text(zip_t *archive, const char *path, const char *name, bool required, char **out, paw_error *err)
{
    size_t size = 0;
    PAW_TRY(read_member(archive, path, name, MAX_TEXT, required, out, &size, err));
    if (*out != NULL && (memchr(*out, 0, size) != NULL || utf8_valid_length(*out, size) != size)) {
        return fail_member(err, path, name, "the text is not UTF-8");
    }
    return PAW_OK;
}

static paw_status read_members(zip_t *archive, const char *path, bool with_adapter, bundle *out, paw_error *err)
{
    PAW_TRY(check_limits(archive, path, err));
    PAW_TRY(read_text(archive, path, NAME_META, true, &out->meta, err));
    PAW_TRY(read_text(archive, path, NAME_TEMPLATE, true, &out->prompt_template, err));
    PAW_TRY(read_text(archive, path, NAME_PSEUDO, false, &out->pseudo_program, err));
    char *first = strstr(out->prompt_template, BUNDLE_PLACEHOLDER);
    if (first == NULL || strstr(first + 1, BUNDLE_PLACEHOLDER) != NULL) {
        return fail_member(err, path, NAME_TEMPLATE, "must hold " BUNDLE_PLACEHOLDER " exactly once");
    }
    zip_stat_t st;
    if (zip_stat(archive, NAME_ADAPTER, 0, &st) != 0) {
        return fail_member(err, path, NAME_ADAPTER, "the member is missing; this is not a program");
    }
    out->adapter_size = (size_t)st.size;
    out->stamp.adapter_crc = (st.valid & ZIP_STAT_CRC) != 0 ? st.crc : 0;
    if (with_adapter) {
        char *data = NULL;
        PAW_TRY(read_member(archive, path, NAME_ADAPTER, MAX_EXPANDED, true, &data, &out->adapter_size, err));
        out->adapter = (uint8_t *)data;
        return PAW_OK;
    }
    return PAW_OK;
}

static void set_stamp(bundle *b, const struct stat *st)
{
    b->stamp.device = (uint64_t)st->st_dev;
    b->stamp.inode = (uint64_t)st->st_ino;
    b->stamp.mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
    b->stamp.file_size = (uint64_t)st->st_size;
    b->stamp.adapter_size = b->adapter_size;
}

paw_status bundle_read(const char *path, bool with_adapter, bundle *out, paw_error *err)
{
    struct stat st;
    int code = 0;
    memset(out, 0, sizeof *out);
    if (stat(path, &st) != 0) {
        return paw_fail_errno(err, errno, path, "cannot open the program");
    }
    if (!S_ISREG(st.st_mode)) {
        return paw_fail(err, PAW_ERR_ARGUMENT, path, "not a regular file");
    }
    if ((uint64_t)st.st_size > MAX_ARCHIVE) {
        return paw_fail(err, PAW_ERR_FORMAT, path, "the archive is larger than 256 MiB");
    }
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (archive == NULL) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        paw_status status = paw_fail(err, PAW_ERR_FORMAT, path, "not a program that can be read (%s)",
                                     zip_error_strerror(&error));
        zip_error_fini(&error);
        return status;
    }
    paw_status status = read_members(archive, path, with_adapter, out, err);
    zip_discard(archive);
    if (status != PAW_OK) {
        bundle_free(out);
        return status;
    }
    out->file_size = (size_t)st.st_size;
    set_stamp(out, &st);
    return PAW_OK;
}

/* ---- writing ---- */

/* Stored, not deflated: quantised weights do not compress, and the texts are small. */
static bool add_member(zip_t *archive, const char *name, const void *data, size_t size)
{
    zip_source_t *source = zip_source_buffer(archive, data, size, 0);
    if (source == NULL) {
        return false;
    }
    zip_int64_t index = zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(archive, (zip_uint64_t)index, 0, 0x21, 0) == 0 && /* 1980-01-01, the format's zero */
           zip_file_set_external_attributes(archive, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX, 0100644u << 16) == 0;
}

static bool add_members(zip_t *archive, const bundle *b)
{
    return add_member(archive, NAME_META, b->meta, strlen(b->meta)) &&
           add_member(archive, NAME_TEMPLATE, b->prompt_template, strlen(b->prompt_template)) &&
           (b->pseudo_program == NULL || add_member(archive, NAME_PSEUDO, b->pseudo_program, strlen(b->pseudo_program))) &&
           add_member(archive, NAME_ADAPTER, b->adapter, b->adapter_size);
}

static paw_status copy_source(zip_source_t *source, const char *path, size_t *size, paw_error *err)
{
    zip_stat_t st;
    if (zip_source_stat(source, &st) != 0 || zip_source_open(source) != 0) {
        return paw_fail(err, PAW_ERR_IO, path, "cannot read the new archive back");
    }
    char *data = malloc((size_t)st.size + 1);
    paw_status status = data == NULL ? paw_fail_memory(err, (size_t)st.size) : PAW_OK;
    if (status == PAW_OK && zip_source_read(source, data, st.size) != (zip_int64_t)st.size) {
        status = paw_fail(err, PAW_ERR_IO, path, "cannot read the new archive back");
    }
    zip_source_close(source);
    if (status == PAW_OK) {
        status = file_write_atomic(path, data, (size_t)st.size, err);
    }
    free(data);
    *size = (size_t)st.size;
    return status;
}

paw_status bundle_write(const char *path, bundle *b, paw_error *err)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *archive = source != NULL ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    if (archive == NULL) {
        zip_source_free(source);
        zip_error_fini(&error);
        return paw_fail_memory(err, b->adapter_size);
    }
    zip_source_keep(source); /* closing the archive would free it */
    paw_status status = PAW_OK;
    if (!add_members(archive, b)) {
        status = paw_fail(err, PAW_ERR_MEMORY, path, "cannot build the archive (%s)", zip_strerror(archive));
        zip_discard(archive);
    } else if (zip_close(archive) != 0) {
        status = paw_fail(err, PAW_ERR_MEMORY, path, "cannot build the archive (%s)", zip_strerror(archive));
        zip_discard(archive);
    } else {
        status = copy_source(source, path, &b->file_size, err);
    }
    zip_source_free(source);
    zip_error_fini(&error);
    return status;
}
