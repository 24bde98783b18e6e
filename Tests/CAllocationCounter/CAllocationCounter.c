#include "CAllocationCounter.h"

#include <errno.h>
#include <stddef.h>

// The thread sanitizer brings an allocator of its own, and there can be one only.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COUNTS_NOTHING
#endif
#endif

#ifdef COUNTS_NOTHING

bool allocation_counter_counts(void) { return false; }
uint64_t allocation_counter_count(void) { return 0; }

#else

bool allocation_counter_counts(void) { return true; }

// The names under which glibc keeps its own allocator when a program brings another one.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static __thread uint64_t count;

uint64_t allocation_counter_count(void) { return count; }

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    count++;
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **pointer, size_t alignment, size_t size) {
    void *memory = memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *pointer = memory;
    return 0;
}

#endif
