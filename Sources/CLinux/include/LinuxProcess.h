#pragma once
// The process: its arguments, its options, its end.
#include <getopt.h>
#include <stdint.h>
#include <unistd.h>

/// The arguments, which Embedded Swift has no other way to learn.
int lichen_argc(void);
char **lichen_argv(void);

static inline int lichen_optind(void) { return optind; }
static inline int lichen_optopt(void) { return optopt; }
static inline char *lichen_optarg(void) { return optarg; }

/// Starts option parsing anew at the argument `first`, without messages of its own.
static inline void lichen_options_begin(int first) {
    optind = first;
    opterr = 0;
}

/// Writes the address of a trap to standard error: traps are mute in Embedded Swift.
void lichen_report_traps(void);

/// The next option of lichen's command line, as getopt_long returns it.
int lichen_next_option(int argc, char **argv);
