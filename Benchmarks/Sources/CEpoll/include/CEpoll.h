#ifndef CEPOLL_H
#define CEPOLL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/// memmem of glibc, a GNU extension that the Glibc module does not show.
const void *cepoll_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);

/// epoll_wait with a timeout finer than milliseconds.
int cepoll_wait(int epoll, struct epoll_event *events, int capacity, uint64_t nanoseconds);

#endif
