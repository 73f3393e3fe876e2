// NULL where it makes no sense is an error that names the argument: every public function says so first.
#ifndef XSNR_API_GIVEN_H
#define XSNR_API_GIVEN_H
#include "base/error.h"

/// Returns XSNR_ERR_ARGUMENT from the calling function, which has an xsnr_error *err, if the argument is NULL.
#define XS_GIVEN(argument) XS_GIVEN_AS(argument, #argument)

/// The same, by the name that it has in xsnr.h.
#define XS_GIVEN_AS(argument, name)                                                                           \
    do {                                                                                                      \
        if (!(argument)) return xs_fail(err, XSNR_ERR_ARGUMENT, "%s: %s is NULL", __func__, name);            \
    } while (0)

/// The same of a list (count) and each of its strings; an empty list may be NULL.
#define XS_GIVEN_ALL(list, count)                                                                             \
    do {                                                                                                      \
        if (count) XS_GIVEN(list);                                                                            \
        for (size_t xs_i = 0; xs_i < (count); xs_i++)                                                         \
            if (!(list)[xs_i])                                                                                \
                return xs_fail(err, XSNR_ERR_ARGUMENT, "%s: %s[%zu] is NULL", __func__, #list, xs_i);         \
    } while (0)
#endif
