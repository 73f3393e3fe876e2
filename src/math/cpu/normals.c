// Standard normal numbers in vectors; backend.h says which bits each comes from.
//
//     r = √(−2 ln u),  z = r cos 2πv and r sin 2πv          (Box and Muller 1958)
#include "math/cpu/philox.h"
#include "math/cpu/vector_math.h"

enum { GROUP = 4 * SIDE }; // numbers of one group of blocks

// In (0, 1].
static void units(const uint32_t word[SIDE], real x[SIDE]) {
    for (int i = 0; i < SIDE; i++) x[i] = ((real)(int32_t)(word[i] >> 8) + (real)0.5) * (real)0x1p-24;
}

static void draw(uint64_t seed, uint32_t stream, uint32_t a, uint32_t b, uint32_t group, real z[GROUP]) {
    uint32_t word[4][SIDE];
    draw_blocks(seed, group * SIDE, stream, a, b, word);
    for (int pair = 0; pair < 2; pair++, z += 2 * SIDE) {
        real r[SIDE], turn[SIDE];
        units(word[2 * pair], r);
        units(word[2 * pair + 1], turn);
        for (int i = 0; i < SIDE; i += LANES) {
            vec angle = load(turn + i) * (real)6.283185307179586476925;
            store(r + i, -2 * SLEEF(log, load(r + i)));
            store(z + i, SLEEF(cos, angle));
            store(z + SIDE + i, SLEEF(sin, angle));
        }
        for (int i = 0; i < SIDE; i++) r[i] = (real)sqrt((double)r[i]);
        for (int i = 0; i < SIDE; i++) z[i] *= r[i], z[SIDE + i] *= r[i];
    }
}

static void cpu_normals(uint64_t seed, uint32_t stream, uint32_t a, uint32_t b, size_t n, double *out) {
    for (size_t i = 0; i < n; i += GROUP) {
        real z[GROUP];
        draw(seed, stream, a, b, (uint32_t)(i / GROUP), z);
        for (size_t k = 0; k < GROUP && i + k < n; k++) out[i + k] = (double)z[k];
    }
}

void XS_KERNEL(xs_cpu_add_normals)(xs_backend *b) { b->normals = cpu_normals; }
