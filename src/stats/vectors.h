// Vectors as wide as the processor has them, for loops whose arithmetic is the same on all of them: sums in a fixed number of
// parts, products and sums never fused.  The bits do not depend on which is taken.
#ifndef XSNR_STATS_VECTORS_H
#define XSNR_STATS_VECTORS_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define XS_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define XS_WIDE
#endif
#define XS_INLINE static inline __attribute__((always_inline))
#endif
