#define _GNU_SOURCE // preadv2

#include "CRoost.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>

// Everything here loads integers with memcpy and takes them as little-endian.
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "CRoost is written for little-endian machines"
#endif

// MARK: portable, eight bytes a step (slicing-by-8)

static uint32_t tables[8][256];

static void fill_tables(void) {
    const uint32_t polynomial = 0x82F63B78; // CRC32C, bits reflected
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (polynomial & (0u - (crc & 1)));
        tables[0][byte] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t before = tables[slice - 1][byte];
            tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
}

static uint32_t portable_word(uint32_t state, uint64_t word) {
    word ^= state;
    return tables[7][word & 0xFF] ^ tables[6][(word >> 8) & 0xFF] ^ tables[5][(word >> 16) & 0xFF] ^
           tables[4][(word >> 24) & 0xFF] ^ tables[3][(word >> 32) & 0xFF] ^ tables[2][(word >> 40) & 0xFF] ^
           tables[1][(word >> 48) & 0xFF] ^ tables[0][word >> 56];
}

static uint32_t portable_bytes(uint32_t state, const unsigned char *next, size_t count) {
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = portable_word(state, word);
    }
    for (; count > 0; count--) state = (state >> 8) ^ tables[0][(state ^ *next++) & 0xFF];
    return state;
}

static uint32_t portable_half(uint32_t state, uint32_t half) {
    unsigned char bytes[4];
    memcpy(bytes, &half, 4);
    return portable_bytes(state, bytes, 4);
}

// MARK: hardware

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2")))
#define STEP64(state, word) ((uint32_t)_mm_crc32_u64((state), (word)))
#define STEP32(state, half) _mm_crc32_u32((state), (half))
#define STEP8(state, byte) _mm_crc32_u8((state), (byte))
static bool hardware_present(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2");
}
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define HARDWARE __attribute__((target("crc")))
#define STEP64(state, word) __crc32cd((state), (word))
#define STEP32(state, half) __crc32cw((state), (half))
#define STEP8(state, byte) __crc32cb((state), (byte))
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
static bool hardware_present(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#endif

#ifdef HARDWARE
HARDWARE static uint32_t hardware_bytes(uint32_t state, const unsigned char *next, size_t count) {
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = STEP64(state, word);
    }
    for (; count > 0; count--) state = STEP8(state, *next++);
    return state;
}

HARDWARE static uint32_t hardware_record(uint32_t state, uint64_t sequence, uint64_t head, uint32_t rest,
                                         const unsigned char *payload, size_t count) {
    state = STEP64(state, sequence);
    state = STEP64(state, head);
    state = STEP32(state, rest);
    return hardware_bytes(state, payload, count);
}

HARDWARE static uint32_t hardware_word(uint32_t state, uint64_t word) { return STEP64(state, word); }
#endif

// MARK: choice

static bool has_hardware;

// Runs before main, so that no call needs a lock or a check of "initialised".
__attribute__((constructor)) static void choose(void) {
    fill_tables();
#ifdef HARDWARE
    has_hardware = hardware_present();
#endif
}

bool croost_crc32c_uses_hardware(void) { return has_hardware; }

uint32_t croost_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    return ~portable_bytes(~crc, bytes, count);
}

uint32_t croost_crc32c(uint32_t crc, const void *bytes, size_t count) {
#ifdef HARDWARE
    if (has_hardware) return ~hardware_bytes(~crc, bytes, count);
#endif
    return ~portable_bytes(~crc, bytes, count);
}

uint32_t croost_crc32c_record(uint32_t seed, uint64_t sequence, uint64_t head, uint32_t rest, const void *payload,
                              size_t count) {
#ifdef HARDWARE
    if (has_hardware) return ~hardware_record(~seed, sequence, head, rest, payload, count);
#endif
    uint32_t state = portable_word(~seed, sequence);
    state = portable_word(state, head);
    state = portable_half(state, rest);
    return ~portable_bytes(state, payload, count);
}

uint32_t croost_crc32c_word(uint32_t seed, uint64_t word) {
#ifdef HARDWARE
    if (has_hardware) return ~hardware_word(~seed, word);
#endif
    return ~portable_word(~seed, word);
}

// MARK: system calls

int croost_lock_file(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno; }

ssize_t croost_read_cached(int descriptor, void *bytes, size_t count, off_t offset) {
    struct iovec area = {.iov_base = bytes, .iov_len = count};
    ssize_t got;
    do got = preadv2(descriptor, &area, 1, offset, RWF_NOWAIT);
    while (got < 0 && errno == EINTR);
    return got;
}

int croost_set_direct(int descriptor, bool is_direct) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

void croost_keep_heap(int bytes) {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, bytes);
    // Above this a block is mapped, and unmapped when it is freed.
    mallopt(M_MMAP_THRESHOLD, bytes / 4);
#else
    (void)bytes;
#endif
}

// There when the program is linked with jemalloc, which then is malloc.
extern int mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) __attribute__((weak));

// Read by jemalloc before the program begins; MALLOC_CONF in the environment comes after it. Pages that came free go
// back to the system after a second: thousands of clients that connect anew would otherwise need memory twice.
const char *malloc_conf = "dirty_decay_ms:1000";

void croost_trim_heap(void) {
    if (mallctl) {
        // 4096: all arenas (MALLCTL_ARENAS_ALL of jemalloc(3)).
        mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
        return;
    }
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
