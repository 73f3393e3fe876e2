// Numbers below the smallest normal one are zeros, between the two calls: arithmetic on them is slow on x86.
#ifndef XSNR_MATH_CPU_FLUSH_H
#define XSNR_MATH_CPU_FLUSH_H
#ifdef __x86_64__
#include <xmmintrin.h>
#endif

static inline unsigned flush_denormals(void) {
#ifdef __x86_64__
    unsigned old = _mm_getcsr();
    _mm_setcsr(old | 0x8040); // flush to zero, denormals are zero
    return old;
#else
    return 0;
#endif
}

static inline void restore_denormals(unsigned old) {
#ifdef __x86_64__
    _mm_setcsr(old);
#else
    (void)old;
#endif
}
#endif
