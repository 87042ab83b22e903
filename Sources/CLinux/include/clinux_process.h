#pragma once
// The process: its arguments, its options, its end.
#include <getopt.h>
#include <stdint.h>
#include <unistd.h>

/// The arguments, which Embedded Swift has no other way to learn.
int clinux_argc(void);
char **clinux_argv(void);

static inline int clinux_optind(void) { return optind; }
static inline char *clinux_optarg(void) { return optarg; }

/// Starts option parsing anew at the argument `first`, without messages of its own.
static inline void clinux_options_begin(int first) {
    optind = first;
    opterr = 0;
}

/// Writes the address of a trap to standard error: traps are mute in Embedded Swift.
void clinux_report_traps(void);

/// The next option of lichen's command line, as getopt_long returns it.
int clinux_next_option(int argc, char **argv);
