// The kernel and the C library as Swift needs them: what Swift cannot import (macros with
// parameters, variadic functions, extern variables) has a static inline function here. One header
// a topic; functions of ours are named lichen_….
#pragma once
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "LinuxErrno.h"
#include "LinuxFile.h"
#include "LinuxPoll.h"
#include "LinuxProcess.h"
#include "LinuxSPI.h"
#include "LinuxSerial.h"
#include "LinuxSignal.h"
#include "LinuxSocket.h"
#include "LinuxTime.h"
