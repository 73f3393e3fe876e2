// Statistics of explanations that a C++ program has at hand: four models, three words.
//
//     c++ analyze.cpp -o analyze $(pkg-config --cflags --libs xsnr) && ./analyze
#include <cstdio>
#include <memory>
#include <vector>
#include <xsnr/xsnr.h>

int main() {
    const std::size_t models = 4, words = 3;
    const std::vector<double> scores = {0.9, -0.2, 0.1, 0.8, -0.1, 0.0, 1.1, -0.3, 0.2, 0.7, -0.2, 0.1}; // (models, words)
    xsnr_error err = {};
    xsnr_results *made = nullptr;
    if (xsnr_analyze(scores.data(), models, words, nullptr, &made, &err) < 0) {
        std::fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    const std::unique_ptr<xsnr_results, void (*)(xsnr_results *)> results(made, xsnr_results_free);
    char *json = nullptr;
    if (xsnr_results_text(results.get(), XSNR_JSON, nullptr, &json, &err) < 0) {
        std::fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    const std::unique_ptr<char, void (*)(void *)> text(json, xsnr_free);
    std::puts(text.get());
    return 0;
}
