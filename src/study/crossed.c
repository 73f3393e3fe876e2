// The key `crossed` of a family; see crossed.h.
#include "study/crossed.h"
#include <stdio.h>

enum { MOST_MODELS = 100000 };

static const char *const names[XS_STREAMS] = {"init", "order", "dropout", "sample"};

int xs_crossed_read(const xs_settings *common, const xs_yaml *family, const char *path, uint32_t levels[XS_STREAMS],
                    uint32_t *models, xsnr_error *err) {
    uint64_t product = 1;
    unsigned crossed = 0;
    const xs_yaml *map = xs_yaml_child(family, "crossed");
    long line = map ? map->key_line : family->line;
    for (unsigned k = 0; k < XS_STREAMS; k++) {
        char key[24];
        snprintf(key, sizeof key, "crossed.%s", names[k]);
        levels[k] = (uint32_t)xs_settings_int(common, key);
        if (levels[k] == 1)
            return xs_fail_at(err, XSNR_ERR_CONFIG, path, line, "%s: one seed does not vary; at least 2, or leave it out", key);
        if (!levels[k]) continue;
        crossed++;
        product *= levels[k];
        if (product > MOST_MODELS)
            return xs_fail_at(err, XSNR_ERR_CONFIG, path, line, "crossed: more than %d models", MOST_MODELS);
    }
    if (!crossed && map) return xs_fail_at(err, XSNR_ERR_CONFIG, path, line, "crossed: nothing is crossed, as in {init: 5, order: 5}");
    if (!crossed) return XSNR_OK;
    if (crossed == 1)
        return xs_fail_at(err, XSNR_ERR_CONFIG, path, line, "crossed: one stream alone crosses nothing; use vary and models");
    static const char *const instead[] = {"models", "vary"};
    for (size_t i = 0; i < 2; i++) {
        const xs_yaml *other = xs_yaml_child(family, instead[i]);
        if (other)
            return xs_fail_at(err, XSNR_ERR_CONFIG, path, other->key_line, "%s: crossed says it already (%u models); leave it out",
                              instead[i], (unsigned)product);
    }
    *models = (uint32_t)product;
    return XSNR_OK;
}

uint32_t xs_crossed_level(const uint32_t levels[XS_STREAMS], unsigned stream, uint32_t index) {
    for (unsigned k = XS_STREAMS; k-- > stream + 1;)
        if (levels[k]) index /= levels[k];
    return levels[stream] ? index % levels[stream] : 0;
}
