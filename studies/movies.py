#!/usr/bin/python3
"""Film reviews of the ERASER benchmark as JSON lines {"id", "text", "label"}: studies/movies.py FOLDER train|val|test"""
import json, pathlib, sys

folder, part = pathlib.Path(sys.argv[1]), sys.argv[2]
for line in open(folder / f"{part}.jsonl", encoding="utf-8"):
    row = json.loads(line)
    names = {e["docid"] for group in row["evidences"] for e in group} or {row["annotation_id"]}
    (name,) = names  # one document a review
    text = (folder / "docs" / name).read_text(encoding="utf-8")
    print(json.dumps({"id": row["annotation_id"], "text": " ".join(text.split()), "label": row["classification"]}))
