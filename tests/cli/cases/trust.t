Nothing that a study file holds makes xsnr run a program: only the user's own study.yaml names one.
$ printf '#!/bin/sh\ntouch ran\nwhile read -r line; do echo "[0.25, 0.75]"; done\n' > predict.sh; chmod +x predict.sh; printf 'text\tlabel\none two\tx\nthree four\ty\nfive six\tx\n' > a.tsv
$ printf 'corpus: {train: a.tsv, test: a.tsv, explain: {from: test, count: 2}}\nfamilies:\n  - {name: own, type: command, command: "./predict.sh {model}", models: 2}\nexplainers: [occlusion]\nreport: {html: "", json: "", words: ""}\n' > study.yaml
$ xsnr run -q study.yaml > /dev/null; ls ran study.xsnr
ran
study.xsnr
$ mkdir given; cp study.xsnr given/; rm ran; for c in analyze show check "export -o out.jsonl" "report -o page.html" power compare explain; do (cd given; xsnr $c study.xsnr > /dev/null 2>&1); done; (cd given; xsnr explain study.xsnr --explainer lime); ls ran given/ran 2> /dev/null
xsnr explain: this takes the study's .yaml; `xsnr analyze study.xsnr` reads a study file; see `xsnr help explain`
[2]
$ /usr/bin/python3 -c 'import sqlite3; d = sqlite3.connect("study.xsnr"); d.execute("UPDATE saved SET bytes = ?", (b"touch evil; ./predict.sh 0",)); d.commit()'
$ xsnr explain study.yaml --explainer lime; ls evil ran 2> /dev/null
xsnr: the study file has the program 'touch evil; ./predict.sh 0' for a model, which study.yaml does not name; it was not run
[2]
