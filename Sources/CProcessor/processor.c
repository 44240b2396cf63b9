#define _GNU_SOURCE
#include "CProcessor.h"
#include <sched.h>

#if defined(__x86_64__)
bool CProcessor_supportsAVX2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}
bool CProcessor_supportsAVX512(void) {
    return CProcessor_supportsAVX2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
bool CProcessor_supportsVNNI(void) { return __builtin_cpu_supports("avx512vnni"); }
bool CProcessor_supportsBF16(void) { return __builtin_cpu_supports("avx512bf16"); }
#else
bool CProcessor_supportsAVX2(void) { return false; }
bool CProcessor_supportsAVX512(void) { return false; }
bool CProcessor_supportsVNNI(void) { return false; }
bool CProcessor_supportsBF16(void) { return false; }
#endif

int CProcessor_currentProcessingUnit(void) { return sched_getcpu(); }

void CProcessor_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
