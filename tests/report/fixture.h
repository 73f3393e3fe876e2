// A small study for the tests of report; see fixture.c.
#ifndef XSNR_TESTS_REPORT_FIXTURE_H
#define XSNR_TESTS_REPORT_FIXTURE_H
#include "stats/results.h"

/// Two families, three explanations, six texts, 30 models.  Release with fixture_free.
xs_results fixture_study(void);
/// The same shape of a bare array: one family "array", no words, no texts' text, no facts.
xs_results fixture_array(void);
/// Every number that can be undefined is; every optional string is absent.
xs_results fixture_undefined(void);
void fixture_free(xs_results *r);
#endif
