Phrases that the data give: a row of the one table, results.json, an import; what is refused
$ xsnr corpus gazette -n 60 -o all.tsv --truth truth.jsonl && head -41 all.tsv > train.tsv && (head -1 all.tsv; tail -20 all.tsv) > test.tsv
$ for i in $(seq 41 60); do printf '{"id": "g%06d", "spans": [[0, 6], [2, 14], [16, 30]]}\n' $i; done > phrases.jsonl
$ printf 'corpus: {train: train.tsv, test: test.tsv, id: id, phrases: phrases.jsonl, explain: {count: 4}}\nfamilies:\n  - {name: tfidf, type: linear, models: 6}\nexplainers: [contribution]\n' > study.yaml
$ xsnr run study.yaml -q --table | grep -c ' phrase '
1
$ xsnr analyze study.xsnr --table --format csv | grep -c ',phrase,first order,4,'
1
$ xsnr check study.xsnr
study.xsnr: whole and consistent
$ xsnr export study.xsnr -o scores.jsonl && xsnr import scores.jsonl -o imported.xsnr --phrases phrases.jsonl && xsnr analyze imported.xsnr --table | grep -c ' phrase '
6 models in 1 family, 4 texts, 24 explanations; tokens joined: none
1
$ echo '{"id": "g000041", "spans": [[3, 1]]}' > bad.jsonl; xsnr import scores.jsonl -o wrong.xsnr --phrases bad.jsonl; ls wrong.xsnr*
bad.jsonl:1: a span is [start, end], code points of the text, start before end
ls: cannot access 'wrong.xsnr*': No such file or directory
[2]
$ sed -i 's/phrases.jsonl/nowhere.jsonl/' study.yaml; xsnr analyze study.yaml
nowhere.jsonl: cannot open: No such file or directory
[1]
