// Crossed families: every combination of so many seeds of each stream has one model (statistics, section 7).
#ifndef XSNR_STUDY_CROSSED_H
#define XSNR_STUDY_CROSSED_H
#include "base/param.h"
#include "study/yaml.h"

enum { XS_STREAMS = 4 }; // init, order, dropout, sample

/// Reads the key `crossed` of a family: levels of each stream, 0 where it is the same for all; *models their product.  Not crossed:
/// all 0, and *models stays.  With `crossed`, `models` and `vary` have nothing to say, and are errors.
int xs_crossed_read(const xs_settings *common, const xs_yaml *family, const char *path, uint32_t levels[XS_STREAMS],
                    uint32_t *models, xsnr_error *err);
/// Which level of a stream model `index` has; the last stream runs fastest.
uint32_t xs_crossed_level(const uint32_t levels[XS_STREAMS], unsigned stream, uint32_t index);
#endif
