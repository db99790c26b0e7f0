// What the GNU C library has beyond POSIX to start a process that inherits nothing by accident. Its own headers
// show these only where _GNU_SOURCE is defined, which the module that Swift makes of them does not.
#ifndef VALENCE_SPAWN_H
#define VALENCE_SPAWN_H

#include <spawn.h>
#include <sys/eventfd.h>

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int pipe2(int ends[2], int flags);

#endif
