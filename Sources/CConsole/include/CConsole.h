#ifndef CCONSOLE_H
#define CCONSOLE_H

#include <stddef.h>
#include <stdint.h>

/// A file of the console as it stands in `assets`; lives as long as the process.
typedef struct {
    /// Its path below `assets`.
    const char *_Nonnull path;
    const uint8_t *_Nonnull bytes;
    size_t count;
} console_file;

/// How many files there are.
size_t console_file_count(void);

/// The file at an index below `console_file_count()`.
console_file console_file_at(size_t index);

/// The most bytes that `console_gzip` makes of `count` bytes.
size_t console_gzip_bound(size_t count);

/// Compresses `count` bytes into `out`, which has room for `capacity`. The bytes written, or 0 when it did not work.
size_t console_gzip(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out, size_t capacity);

#endif
