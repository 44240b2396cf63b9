#ifndef CPROCESSOR_H
#define CPROCESSOR_H
#include <stdbool.h>

/// What Swift cannot ask for itself: CPUID feature bits (compiler builtins) and GNU extensions of sched.h.

/// Whether this processor and operating system run the x86-64-v3 instructions that the AVX2 kernels are built with.
bool CProcessor_supportsAVX2(void);
/// Whether they run the x86-64-v4 instructions that the AVX-512 kernels are built with.
bool CProcessor_supportsAVX512(void);
/// Whether they run AVX-512 VNNI (8-bit dot products).
bool CProcessor_supportsVNNI(void);
/// Whether they run AVX-512 BF16 (bfloat16 dot products).
bool CProcessor_supportsBF16(void);
/// The processing unit that the calling thread runs on, or -1.
int CProcessor_currentProcessingUnit(void);
/// Tells the processor that a loop waits for another thread: saves power and leaves the core to its other hardware thread.
void CProcessor_pause(void);
#endif
