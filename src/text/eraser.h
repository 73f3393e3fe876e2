// Corpora of ERASER (DeYoung and others: "ERASER: A benchmark to evaluate rationalized NLP models", ACL 2020).
//
// A line is an annotation: {"annotation_id", "classification", "evidences": [[{"docid", "start_token", "end_token", "text"}…]…]};
// the documents lie apart, in docs.jsonl ({"docid", "document"} a line) or as files of a folder.  The text is the document, the
// class the classification, and the text's id ANNOTATION, or ANNOTATION/DOCUMENT where the two names differ (as xsnr import
// has it).  An annotation of several documents is refused: a text is one.  A query is not part of the text.
#ifndef XSNR_TEXT_ERASER_H
#define XSNR_TEXT_ERASER_H
#include "base/str.h"
#include "text/table.h"
#include <jansson.h>

/// The columns are text, class, id.  `documents`: docs.jsonl or the folder; NULL: docs.jsonl or docs/ beside the file.
int xs_eraser_read(const char *path, const char *documents, xs_table *out, xsnr_error *err);
/// The id of an annotation's text; `document` NULL: it has the annotation's name.
void xs_eraser_id(const char *annotation, const char *document, xs_str *out);
/// The document that an annotation is about: of its evidences, else of its docids, else NULL; two of them are an error.
int xs_eraser_document(const json_t *annotation, const char *file, long line, const char **out, xsnr_error *err);
#endif
