#pragma once
#include <spawn.h>
#include <stddef.h>

/// What of glibc Swift does not see.

/// In the child, closes all descriptors from `first` on.
int spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// In the child, changes to a folder before the program starts.
int spawn_in_folder(posix_spawn_file_actions_t *actions, const char *folder);

/// A pair of pseudo-terminals. Returns a descriptor of the one, and leaves the path of the other.
int open_line(char *path, size_t size);
