#pragma once
#include <errno.h>
#include <stdlib.h>

#include "clinux_clock.h"
#include "clinux_events.h"
#include "clinux_files.h"
#include "clinux_process.h"
#include "clinux_sockets.h"
