#ifndef CROOST_H
#define CROOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// CRC32C (Castagnoli), the checksum of every record, batch and header of the log. Chained like zlib's crc32: start
// with 0, pass the last result on. Hardware instructions (SSE4.2, ARMv8 CRC) are chosen once, when the image is loaded.
uint32_t croost_crc32c(uint32_t crc, const void *bytes, size_t count);

// The checksum of a log record in one call: sequence, the first twelve bytes of the frame (head, rest), the payload.
// The same as three chained calls over the little-endian bytes of the three parts.
uint32_t croost_crc32c_record(uint32_t seed, uint64_t sequence, uint64_t head, uint32_t rest, const void *payload,
                              size_t count);

// The checksum of the eight little-endian bytes of `word`.
uint32_t croost_crc32c_word(uint32_t seed, uint64_t word);

// The same as croost_crc32c without special instructions; tests compare the two.
uint32_t croost_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

bool croost_crc32c_uses_hardware(void);

// flock(2), exclusive, without waiting. 0, or the error number: EWOULDBLOCK when somebody else holds the lock.
// Here because Swift takes the name for the struct.
int croost_lock_file(int descriptor);

// preadv2(2) with RWF_NOWAIT: reads what is in the page cache and never waits for the medium. The count of bytes, which
// may be short, or -1 when nothing is cached or the file system cannot tell.
ssize_t croost_read_cached(int descriptor, void *bytes, size_t count, off_t offset);

// Turns O_DIRECT on or off for the next writes: past the page cache, for memory, offsets and lengths of whole blocks.
// 0, or -1 where the file system has no such thing. Here because its value differs between processors.
int croost_set_direct(int descriptor, bool is_direct);

// Lets the allocator keep up to so many bytes at the end of the heap, where there is glibc. By default it gives back a
// few hundred kilobytes at once, and the lists of one turn are as long: each turn would fault them in again.
void croost_keep_heap(int bytes);

// malloc_trim(3) or what the allocator has for it: hands memory that was freed back to the system.
void croost_trim_heap(void);

#endif
