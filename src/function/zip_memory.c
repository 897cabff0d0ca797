/* zip_memory.c: minizip's file functions over a buffer that grows. Reading is not among them: a new archive is only written. */
#include "function/zip_memory.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { MADE_BY_UNIX = 3 << 8 | 20, NAME_IS_UTF8 = 1 << 11, EPOCH = 0x21 << 16 };
static const uint32_t MODE = 0100644u << 16;

static voidpf open_memory(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return opaque;
}

static uLong read_memory(voidpf opaque, voidpf stream, void *data, uLong size)
{
    (void)opaque;
    (void)stream;
    (void)data;
    (void)size;
    return 0;
}

static uLong write_memory(voidpf opaque, voidpf stream, const void *data, uLong size)
{
    zip_memory *m = stream;
    (void)opaque;
    size_t room = m->bytes.size - m->at, over = size < room ? size : room;
    if (over > 0) {
        memcpy(m->bytes.data + m->at, data, over);
    }
    buffer_append(&m->bytes, (const char *)data + over, size - over);
    if (m->bytes.failed) {
        return 0;
    }
    m->at += size;
    return size;
}

static ZPOS64_T tell_memory(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return ((const zip_memory *)stream)->at;
}

static long seek_memory(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    zip_memory *m = stream;
    (void)opaque;
    size_t from = origin == ZLIB_FILEFUNC_SEEK_SET ? 0 : origin == ZLIB_FILEFUNC_SEEK_CUR ? m->at : m->bytes.size;
    if (offset > m->bytes.size - from) {
        return -1;
    }
    m->at = from + (size_t)offset;
    return 0;
}

static int close_memory(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

static int failed_memory(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return ((const zip_memory *)stream)->bytes.failed;
}

zipFile zip_memory_open(zip_memory *memory)
{
    zlib_filefunc64_def functions = {open_memory, read_memory, write_memory,  tell_memory,
                                     seek_memory, close_memory, failed_memory, memory};
    return zipOpen2_64(NULL, APPEND_STATUS_CREATE, NULL, &functions);
}

bool zip_memory_add(zipFile archive, const char *name, const void *data, size_t size)
{
    zip_fileinfo info = {.dosDate = EPOCH, .external_fa = MODE};
    if (size > UINT_MAX || zipOpenNewFileInZip4_64(archive, name, &info, NULL, 0, NULL, 0, NULL, 0, 0, 0, -MAX_WBITS,
                                                   DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0, MADE_BY_UNIX, NAME_IS_UTF8,
                                                   0) != ZIP_OK) {
        return false;
    }
    bool written = zipWriteInFileInZip(archive, data, (unsigned)size) == ZIP_OK;
    return zipCloseFileInZip(archive) == ZIP_OK && written;
}
