-- The study file of xsnr: a SQLite database, and this text is its documentation.  Any SQLite shell reads it.
--
-- Seeds are 64-bit patterns: a negative number n stands for the seed 2^64 + n.  Blobs of numbers are
-- little-endian, without a header: their length says how many there are.  NULL is "undefined" or "was not
-- done".  A model's row, its bytes and its explanations are written in one transaction.

PRAGMA application_id = 2020830834; -- "xsnr"
PRAGMA user_version = 1;            -- version of this schema; a program refuses a later one

-- How the study was made: plan, name, seed, hash of the data, version of xsnr, …
CREATE TABLE fact (
  key   TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The classes.
CREATE TABLE label (
  class INTEGER PRIMARY KEY NOT NULL CHECK (class >= 0), -- 0, 1, …: index of the class in logits
  name  TEXT NOT NULL UNIQUE                             -- as it stands in the data
) STRICT;

-- The texts that are explained.
CREATE TABLE text (
  text    INTEGER PRIMARY KEY NOT NULL CHECK (text >= 0), -- 0, 1, …: position among the explained texts
  name    TEXT NOT NULL UNIQUE,                           -- id of the document in the data
  split   TEXT NOT NULL,                                  -- "train", "valid" or "test"
  class   INTEGER REFERENCES label (class),               -- gold class; NULL: none
  words   INTEGER NOT NULL CHECK (words >= 0),            -- how many words it has: the length of its scores
  content TEXT NOT NULL                                   -- the text itself, UTF-8
) STRICT;

-- The words of these texts, in order.  Offsets are half-open.
CREATE TABLE word (
  text       INTEGER NOT NULL REFERENCES text (text),
  position   INTEGER NOT NULL CHECK (position >= 0), -- 0, 1, …: index in the scores
  word       TEXT NOT NULL,                          -- as it stands in the text
  start      INTEGER NOT NULL,                       -- first code point in text.content
  end        INTEGER NOT NULL,                       -- code point after the last
  byte_start INTEGER NOT NULL,                       -- the same in bytes of UTF-8
  byte_end   INTEGER NOT NULL,
  sentence   INTEGER NOT NULL,                       -- 0, 1, …: which sentence of the text
  PRIMARY KEY (text, position)
) STRICT, WITHOUT ROWID;

-- Gold classes of a whole split: what the models' test logits are compared with.
CREATE TABLE gold (
  split   TEXT PRIMARY KEY NOT NULL,
  classes BLOB NOT NULL -- int32, one a text of the split, in its order; -1: none
) STRICT, WITHOUT ROWID;

-- Families: models that differ in training randomness alone.
CREATE TABLE family (
  family   INTEGER PRIMARY KEY NOT NULL,
  name     TEXT NOT NULL UNIQUE,                  -- in the plan
  type     TEXT NOT NULL,                         -- "linear", …
  settings TEXT NOT NULL,                         -- every setting, one line of JSON
  models   INTEGER NOT NULL CHECK (models >= 0)   -- how many the plan wants; not fewer than there are
) STRICT;

-- Explainers of a family, in the order in which they were first used.
CREATE TABLE explainer (
  explainer INTEGER PRIMARY KEY NOT NULL,
  family    INTEGER NOT NULL REFERENCES family (family),
  name      TEXT NOT NULL,
  settings  TEXT NOT NULL, -- every setting, one line of JSON
  UNIQUE (family, name)
) STRICT;

-- Trained models.  The long columns come last: who does not ask for them does not read them.
CREATE TABLE model (
  model                   INTEGER PRIMARY KEY NOT NULL,
  family                  INTEGER NOT NULL REFERENCES family (family),
  position                INTEGER NOT NULL CHECK (position >= 0), -- 0, 1, …: index in the family
  seed_init               INTEGER NOT NULL, -- of the initial weights
  seed_order              INTEGER NOT NULL, -- of the order of the training texts
  seed_dropout            INTEGER NOT NULL,
  seed_sample             INTEGER NOT NULL, -- of the bootstrap of the training texts
  failure                 TEXT,             -- why training failed; NULL: it did not
  loss                    REAL,             -- training loss at the end
  steps                   INTEGER NOT NULL, -- updates made
  epochs                  INTEGER NOT NULL, -- passes over the training texts
  converged               INTEGER NOT NULL, -- 1: the solver reached its tolerance
  seconds                 REAL,             -- of training
  valid_texts             INTEGER,          -- quality on the validation texts, all NULL: there are none
  valid_accuracy          REAL,             --   share of texts classified right, 0 to 1
  valid_macro_f1          REAL,             --   unweighted mean of F1 over the classes
  valid_log_loss          REAL,             --   mean negative log probability of the gold class, nats
  valid_calibration_error REAL,             --   expected calibration error, 15 bins of equal width
  test_texts              INTEGER,          -- the same on the test texts
  test_accuracy           REAL,
  test_macro_f1           REAL,
  test_log_loss           REAL,
  test_calibration_error  REAL,
  explain_logits          BLOB, -- float32 (explained texts, classes)
  test_logits             BLOB, -- float32 (test texts, classes)
  UNIQUE (family, position)
) STRICT;

-- The models themselves, if the study keeps them.
CREATE TABLE saved (
  model INTEGER PRIMARY KEY NOT NULL REFERENCES model (model),
  bytes BLOB NOT NULL -- in the format of the family's type
) STRICT;

-- Explanations.  The key begins with the model, so that a model is appended in one place.
CREATE TABLE explanation (
  model          INTEGER NOT NULL REFERENCES model (model),
  explainer      INTEGER NOT NULL REFERENCES explainer (explainer),
  text           INTEGER NOT NULL REFERENCES text (text),
  target         INTEGER NOT NULL, -- the class that is explained; -1: not known (of imports)
  seed           INTEGER NOT NULL, -- of the explainer's random stream
  f_input        REAL,             -- the model's output for the target, of the text
  f_baseline     REAL,             -- and of the baseline (the text without its words, …)
  gap            REAL,             -- sum of the scores - (f_input - f_baseline)
  unattributed   REAL,             -- part of the output that no word answers for
  standard_error REAL,             -- sampling error of the explainer itself, root mean square over the words
  outside        REAL,             -- share of the tokens' scores that tokens of no word had ([CLS], </s>, …)
  scores         BLOB NOT NULL,    -- float32 (words of the text)
  PRIMARY KEY (model, explainer, text)
) STRICT, WITHOUT ROWID;

-- How faithful explanations are to their models (DeYoung et al. 2020).
CREATE TABLE faithfulness (
  model     INTEGER NOT NULL REFERENCES model (model),
  explainer INTEGER NOT NULL REFERENCES explainer (explainer),
  text      INTEGER NOT NULL REFERENCES text (text),
  removal   TEXT NOT NULL,    -- "mask" or "delete"
  models    INTEGER NOT NULL, -- how many models the mean explanation is of
  judged    BLOB NOT NULL,    -- float32 (3, 2, 5): words ranked by the model's own scores, by the mean over models, at
                              -- random; comprehensiveness, sufficiency; the top 1, 5, 10, 20, 50 % of the words
  PRIMARY KEY (model, explainer, text, removal)
) STRICT, WITHOUT ROWID;
