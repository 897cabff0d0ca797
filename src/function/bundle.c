/* bundle.c: reading and writing `.paw` archives with minizip. Not for: what meta.json means. */
#include "function/bundle.h"

#include <errno.h>
#include <minizip/unzip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/utf8.h"
#include "function/zip_memory.h"

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

/* Whether the archive's end record and its comment end where the file ends: minizip takes bytes missing there for zeros. */
static bool ends_whole(unzFile archive, const char *path, int64_t file_size)
{
    enum { END_RECORD = 22 };
    unz_global_info64 all;
    char mark[4] = "";
    FILE *file = unzGetGlobalInfo64(archive, &all) == UNZ_OK ? fopen(path, "rb") : NULL;
    bool read = file != NULL && fseeko(file, (off_t)(file_size - END_RECORD - (int64_t)all.size_comment), SEEK_SET) == 0 &&
                fread(mark, sizeof mark, 1, file) == 1;
    if (file != NULL) {
        fclose(file);
    }
    return read && memcmp(mark, "PK\5\6", sizeof mark) == 0;
}

static paw_status check_limits(unzFile archive, const char *path, paw_error *err)
{
    unz_global_info64 all;
    unz_file_info64 member;
    uint64_t expanded = 0;
    bool sound = unzGetGlobalInfo64(archive, &all) == UNZ_OK;
    if (sound && all.number_entry > MAX_MEMBERS) {
        return paw_fail(err, PAW_ERR_FORMAT, path, "the archive has %llu members; a program has 3 to 5",
                        (unsigned long long)all.number_entry);
    }
    for (uint64_t i = 0; sound && i < all.number_entry; i++) {
        sound = (i == 0 ? unzGoToFirstFile(archive) : unzGoToNextFile(archive)) == UNZ_OK &&
                unzGetCurrentFileInfo64(archive, &member, NULL, 0, NULL, 0, NULL, 0) == UNZ_OK;
        if (!sound) {
            break;
        }
        if (member.uncompressed_size > MAX_EXPANDED - expanded) {
            return paw_fail(err, PAW_ERR_FORMAT, path, "the archive expands to over 512 MiB");
        }
        expanded += member.uncompressed_size;
    }
    return sound ? PAW_OK : paw_fail(err, PAW_ERR_FORMAT, path, "the archive's directory is damaged; fetch the program again");
}

/* Goes to a member; false if the archive has none of that name. */
static bool find_member(unzFile archive, const char *name, unz_file_info64 *out)
{
    return unzLocateFile(archive, name, 1) == UNZ_OK &&
           unzGetCurrentFileInfo64(archive, out, NULL, 0, NULL, 0, NULL, 0) == UNZ_OK;
}

/* All of the member that the archive is at; its checksum is compared at its end. */
static bool read_whole(unzFile archive, char *data, uint64_t size)
{
    if (unzOpenCurrentFile(archive) != UNZ_OK) {
        return false;
    }
    uint64_t at = 0;
    for (int n = 1; n > 0 && at < size; at += n > 0 ? (uint64_t)n : 0) {
        n = unzReadCurrentFile(archive, data + at, (unsigned)(size - at)); /* no larger than MAX_EXPANDED */
    }
    return unzCloseCurrentFile(archive) == UNZ_OK && at == size;
}

/* A member as a NUL-terminated buffer; *out stays NULL when it is missing and optional. */
static paw_status read_member(unzFile archive, const char *path, const char *name, uint64_t limit, bool required,
                              char **out, size_t *size, paw_error *err)
{
    unz_file_info64 member;
    if (!find_member(archive, name, &member)) {
        return required ? fail_member(err, path, name, "the member is missing; this is not a program") : PAW_OK;
    }
    uint64_t n = member.uncompressed_size;
    if (n > limit || n == 0) {
        return fail_member(err, path, name, n == 0 ? "the member is empty" : "the member is too large");
    }
    bool encrypted = (member.flag & 1) != 0;
    if (encrypted || (member.compression_method != 0 && member.compression_method != Z_DEFLATED)) {
        return fail_member(err, path, name, encrypted ? "the member is encrypted; programs are not"
                                                      : "the member is neither stored nor deflated; pack it anew");
    }
    char *data = malloc((size_t)n + 1);
    if (data == NULL) {
        return paw_fail_memory(err, (size_t)n);
    }
    if (!read_whole(archive, data, n)) {
        free(data);
        return fail_member(err, path, name, "the member is damaged or truncated; fetch the program again");
    }
    data[n] = '\0';
    *out = data;
    *size = (size_t)n;
    return PAW_OK;
}

static paw_status read_text(unzFile archive, const char *path, const char *name, bool required, char **out, paw_error *err)
{
    size_t size = 0;
    PAW_TRY(read_member(archive, path, name, MAX_TEXT, required, out, &size, err));
    if (*out != NULL && (memchr(*out, 0, size) != NULL || utf8_valid_length(*out, size) != size)) {
        return fail_member(err, path, name, "the text is not UTF-8");
    }
    return PAW_OK;
}

static paw_status read_members(unzFile archive, const char *path, bool with_adapter, bundle *out, paw_error *err)
{
    PAW_TRY(check_limits(archive, path, err));
    PAW_TRY(read_text(archive, path, NAME_META, true, &out->meta, err));
    PAW_TRY(read_text(archive, path, NAME_TEMPLATE, true, &out->prompt_template, err));
    PAW_TRY(read_text(archive, path, NAME_PSEUDO, false, &out->pseudo_program, err));
    char *first = strstr(out->prompt_template, BUNDLE_PLACEHOLDER);
    if (first == NULL || strstr(first + 1, BUNDLE_PLACEHOLDER) != NULL) {
        return fail_member(err, path, NAME_TEMPLATE, "must hold " BUNDLE_PLACEHOLDER " exactly once");
    }
    unz_file_info64 adapter;
    if (!find_member(archive, NAME_ADAPTER, &adapter)) {
        return fail_member(err, path, NAME_ADAPTER, "the member is missing; this is not a program");
    }
    out->adapter_size = (size_t)adapter.uncompressed_size;
    out->stamp.adapter_crc = adapter.crc;
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
    unzFile archive = unzOpen64(path);
    if (archive == NULL || !ends_whole(archive, path, (int64_t)st.st_size)) {
        unzClose(archive);
        return paw_fail(err, PAW_ERR_FORMAT, path, "not a program that can be read (no ZIP archive, or cut short)");
    }
    paw_status status = read_members(archive, path, with_adapter, out, err);
    unzClose(archive);
    if (status != PAW_OK) {
        bundle_free(out);
        return status;
    }
    out->file_size = (size_t)st.st_size;
    set_stamp(out, &st);
    return PAW_OK;
}

/* ---- writing ---- */

static bool add_members(zipFile archive, const bundle *b)
{
    return zip_memory_add(archive, NAME_META, b->meta, strlen(b->meta)) &&
           zip_memory_add(archive, NAME_TEMPLATE, b->prompt_template, strlen(b->prompt_template)) &&
           (b->pseudo_program == NULL ||
            zip_memory_add(archive, NAME_PSEUDO, b->pseudo_program, strlen(b->pseudo_program))) &&
           zip_memory_add(archive, NAME_ADAPTER, b->adapter, b->adapter_size);
}

paw_status bundle_write(const char *path, bundle *b, paw_error *err)
{
    zip_memory memory = {0};
    zipFile archive = zip_memory_open(&memory);
    bool built = archive != NULL && add_members(archive, b);
    built = archive != NULL && zipClose(archive, NULL) == ZIP_OK && built;
    paw_status status = built ? file_write_atomic(path, memory.bytes.data, memory.bytes.size, err)
                              : paw_fail(err, PAW_ERR_MEMORY, path, "cannot build the archive in memory");
    b->file_size = memory.bytes.size;
    buffer_free(&memory.bytes);
    return status;
}
