#define _GNU_SOURCE
#include "CEpoll.h"

#include <string.h>
#include <time.h>

const void *cepoll_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length) {
    return memmem(haystack, haystack_length, needle, needle_length);
}

int cepoll_wait(int epoll, struct epoll_event *events, int capacity, uint64_t nanoseconds) {
    struct timespec timeout = {
        .tv_sec = (time_t)(nanoseconds / 1000000000),
        .tv_nsec = (long)(nanoseconds % 1000000000),
    };
    return epoll_pwait2(epoll, events, capacity, &timeout, NULL);
}
