#pragma once
#include <stdbool.h>
#include <stdint.h>

/// A program that links this counts what it takes from the heap (law 7). Host only.

/// How many blocks the calling thread has taken from the heap, growing a block included.
uint64_t allocation_count(void) __attribute__((swift_name("allocationCount()")));

/// Whether it counts: under a sanitizer, whose own heap this would break, it does not.
bool allocation_counter_works(void) __attribute__((swift_name("allocationCounterWorks()")));
