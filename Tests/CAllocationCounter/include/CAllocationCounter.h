// Counts the heap allocations of the calling thread, by standing in for malloc and its relatives (glibc only).
#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

#include <stdint.h>

/// Allocations that this thread has made so far.
uint64_t allocation_counter_count(void);

#endif
