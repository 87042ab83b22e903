// errno is a macro for a variable of the thread.
#pragma once
#include <errno.h>

static inline int lichen_errno(void) { return errno; }
