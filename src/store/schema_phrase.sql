-- Phrases of the explained texts that the data give.  A study file has this table from its first phrase on.
CREATE TABLE IF NOT EXISTS phrase (
  text  INTEGER NOT NULL REFERENCES text (text),
  first INTEGER NOT NULL, -- position of its first word
  last  INTEGER NOT NULL, -- and of the word after its last one
  PRIMARY KEY (text, first, last)
) STRICT, WITHOUT ROWID;
