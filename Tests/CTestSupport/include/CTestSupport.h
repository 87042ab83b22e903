#pragma once
#include <spawn.h>

/// Two of glibc's functions that Swift does not see, since they are not in POSIX.

/// In the child, closes all descriptors from `first` on.
int spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// In the child, changes to a folder before the program starts.
int spawn_in_folder(posix_spawn_file_actions_t *actions, const char *folder);
