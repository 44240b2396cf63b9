#include <papi.h>

/// PAPI_VER_CURRENT is a function-like macro, which Swift does not import.
static inline int CPAPI_currentVersion(void) { return PAPI_VER_CURRENT; }
