#ifndef CEPOLL_H
#define CEPOLL_H

#include <stddef.h>
#include <sys/epoll.h>

/// memmem of glibc, a GNU extension that the Glibc module does not show.
const void *cepoll_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);

#endif
