// The lists of everything that can be named in a study.  Adding a method is one file and one line in registry.c.
#ifndef XSNR_REGISTRY_H
#define XSNR_REGISTRY_H
#include "explain/explainer.h"
#include "model/model.h"

const xs_family *const *xs_families(void);      // NULL-terminated
const xs_explainer *const *xs_explainers(void); // NULL-terminated
/// By name; NULL with an error that names the nearest right one.
const xs_family *xs_family_find(const char *name, const char *file, long line, xsnr_error *err);
const xs_explainer *xs_explainer_find(const char *name, const char *file, long line, xsnr_error *err);
/// XSNR_ERR_UNSUPPORTED: what the method needs that `family` does not give, and which families give it.  `whose` is the
/// family in the reader's words.
int xs_explainer_refuse(const xs_explainer *method, const xs_family *family, const char *whose, const char *file, long line,
                        xsnr_error *err);
/// "NAME" or "NAME:key=value,key=value": the method, and its settings (freed by the caller if this succeeds).
int xs_explainer_parse(const char *spec, const xs_explainer **method, xs_settings *settings, xsnr_error *err);
#endif
