// What only GNU's headers declare: _GNU_SOURCE would have to be the first word that the compiler
// sees, and in a header that Swift imports it is not.
#define _GNU_SOURCE
#include "CLinux.h"

#include <signal.h>
#include <ucontext.h>

#include <poll.h>

int lichen_wait_readable(int fd, int64_t nanoseconds) {
    struct pollfd entry = {fd, POLLIN, 0};
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return ppoll(&entry, 1, &timeout, 0);
}

int lichen_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int argument_count;
static char **arguments;

// glibc hands argc and argv to every constructor, in static and dynamic programs alike.
__attribute__((constructor)) static void remember(int argc, char **argv) {
    argument_count = argc;
    arguments = argv;
}

int lichen_argc(void) { return argument_count; }
char **lichen_argv(void) { return arguments; }

static void report(int signal, siginfo_t *info, void *context) {
    (void)info;
    uintptr_t pc = 0;
#if defined(__aarch64__)
    pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#elif defined(__x86_64__)
    pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#endif
    char text[] = "lichen: a fault of ours at 0x0000000000000000; please report it\n";
    char *digit = strstr(text, "0x") + 17;
    for (int i = 0; i < 16; i++, pc >>= 4) *digit-- = "0123456789abcdef"[pc & 15];
    ssize_t ignored = write(2, text, sizeof text - 1);
    (void)ignored;
    struct sigaction plain;
    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    sigaction(signal, &plain, NULL);
    raise(signal);
}

void lichen_report_traps(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = report;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER;
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGILL, &action, NULL);
}

int lichen_next_option(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},         {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},      {"count", required_argument, NULL, 'n'},
        {"interval", required_argument, NULL, 'i'}, {"urgency", required_argument, NULL, 'u'},
        {"counter", no_argument, NULL, 'C'},      {"set", no_argument, NULL, 'S'},
        {"conflicts", no_argument, NULL, 'X'},    {"remove", no_argument, NULL, 'R'},
        {NULL, 0, NULL, 0},
    };
    return getopt_long(argc, argv, ":c:s:jh", options, NULL);
}
