#include <linux/perf_event.h>
#include <papi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// PAPI_VER_CURRENT is a function-like macro, which Swift does not import.
static inline int CPAPI_currentVersion(void) { return PAPI_VER_CURRENT; }

/// perf_event_open has no wrapper in the C library, and syscall is variadic, which Swift does not import.
/// Counts one event of a thread from now on; a reading is value, time enabled, time running. Returns a descriptor, or -1 with errno.
static inline int CPAPI_openKernelEvent(unsigned type, unsigned long long config, int thread, int excludesKernel) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = type;
    attributes.config = config;
    attributes.exclude_kernel = excludesKernel != 0;
    attributes.exclude_hv = excludesKernel != 0;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return (int)syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}
