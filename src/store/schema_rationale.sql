-- Rationales: words that people marked as the reason for a text's class.  A study file has this table from its first rationale
-- on.
CREATE TABLE IF NOT EXISTS rationale (
  text      INTEGER NOT NULL REFERENCES text (text),
  annotator TEXT NOT NULL,    -- who marked; "" if nobody is named
  class     INTEGER NOT NULL, -- the class that the words speak for; -1: whatever class is explained
  marks     BLOB NOT NULL,    -- a byte a word, 1: marked
  PRIMARY KEY (text, annotator, class)
) STRICT, WITHOUT ROWID;
