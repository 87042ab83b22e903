#include <lmdb.h>
#include <errno.h>
