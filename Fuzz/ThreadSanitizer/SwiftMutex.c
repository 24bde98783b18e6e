// Tells the thread sanitizer of what it cannot see on Linux. Loaded before a test program by scripts/tsan.
//
// `Mutex` of the Swift standard library takes a free lock in the caller's code, which is instrumented, and goes
// through these two functions when threads meet, which is not. The order that such a meeting makes is announced
// here. And tasks:
// the Swift runtime announces their order by itself, when it hears that there is a sanitizer, which on Linux it does
// not.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));
void __tsan_on_initialize(void) __attribute__((weak));

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

static SWIFT void (*next_lock)(uint32_t, SELF);
static SWIFT void (*next_unlock)(SELF);

__attribute__((constructor)) static void find(void) {
    next_lock = (SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK);
    next_unlock = (SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_acquire && __tsan_on_initialize) __tsan_on_initialize();
}

SWIFT void lock_slow(uint32_t thread, SELF) {
    next_lock(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF) {
    if (__tsan_release) __tsan_release(self);
    next_unlock(self);
}
