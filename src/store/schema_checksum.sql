-- What the arrays and numbers of a model, and its explanations, were when they were written (store/checksum.c): `xsnr check`
-- finds what changed since.  Models of older files have none.
CREATE TABLE IF NOT EXISTS checksum (
  model     INTEGER NOT NULL,
  explainer INTEGER NOT NULL, -- 0: the model itself
  sum       INTEGER NOT NULL,
  PRIMARY KEY (model, explainer)
) STRICT, WITHOUT ROWID;
