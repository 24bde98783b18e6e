// Counts the heap allocations of the calling thread, by standing in for malloc and its relatives (glibc only).
#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// False under the thread sanitizer: there it leaves malloc alone.
bool allocation_counter_counts(void);

/// Allocations that this thread has made so far.
uint64_t allocation_counter_count(void);

#endif
