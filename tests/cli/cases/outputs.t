Where results go: never over what a study is read from, over a study file, over each other, or over another study's results.
$ printf 'text\tlabel\n' > train.tsv; for i in 1 2 3 4 5 6; do printf 'good fine %s day\ta\nbad poor %s night\tb\n' $i $i >> train.tsv; done; cp train.tsv test.tsv; cp train.tsv kept; printf 'a word\n' > lists.txt; mkdir model sub; echo '{}' > model/config.json
$ printf '%s\n' 'plan() { printf "report: {%s}\ncorpus: {train: train.tsv, test: test.tsv, rationales: [marks.jsonl, more.jsonl], phrases: phrases.jsonl, explain: {count: 4}}\nfamilies:\n  - {name: one, type: linear, models: 3}\n$2" "$1" > study.yaml; }' > plan.sh
$ . ./plan.sh; for to in train.tsv ./test.tsv sub/../train.tsv study.yaml study.xsnr study.xsnr-wal study.xsnr-shm study.xsnr.lock marks.jsonl more.jsonl phrases.jsonl sub "$PWD/train.tsv"; do plan "html: $to"; xsnr run study.yaml 2>&1 | sed "s:$PWD:HERE:g"; done; cmp train.tsv kept
study.yaml:1: report.html: 'train.tsv' is corpus.train, which is not overwritten; give it another name
study.yaml:1: report.html: './test.tsv' is corpus.test, which is not overwritten; give it another name
study.yaml:1: report.html: 'sub/../train.tsv' is corpus.train, which is not overwritten; give it another name
study.yaml:1: report.html: 'study.yaml' is the plan itself, which is not overwritten; give it another name
study.yaml:1: report.html: 'study.xsnr' is the study file, which is not overwritten; give it another name
study.yaml:1: report.html: 'study.xsnr-wal' is a part of the study file, which is not overwritten; give it another name
study.yaml:1: report.html: 'study.xsnr-shm' is a part of the study file, which is not overwritten; give it another name
study.yaml:1: report.html: 'study.xsnr.lock' is a part of the study file, which is not overwritten; give it another name
study.yaml:1: report.html: 'marks.jsonl' is corpus.rationales, which is not overwritten; give it another name
study.yaml:1: report.html: 'more.jsonl' is corpus.rationales, which is not overwritten; give it another name
study.yaml:1: report.html: 'phrases.jsonl' is corpus.phrases, which is not overwritten; give it another name
study.yaml:1: report.html: 'sub' is a folder; give it another name
study.yaml:1: report.html: 'HERE/train.tsv' is corpus.train, which is not overwritten; give it another name
$ . ./plan.sh; ln -s train.tsv link; ln test.tsv hard; for to in link hard; do plan "json: $to"; xsnr run study.yaml; done
study.yaml:1: report.json: 'link' is corpus.train, which is not overwritten; give it another name
study.yaml:1: report.json: 'hard' is corpus.test, which is not overwritten; give it another name
[1]
$ . ./plan.sh; plan "html: out, json: sub/../out"; xsnr run study.yaml; plan "words: report.html"; xsnr train study.yaml; plan "html: x, words: ./x"; xsnr run study.yaml -o new; ls new
study.yaml:1: report.json: 'sub/../out' is report.html, too; give it another name
study.yaml:1: report.words: 'report.html' is report.html, too; give it another name
study.yaml:1: report.words: 'new/./x' is report.html, too; give it another name
$ . ./plan.sh; printf '  - {name: two, type: linear, features: {kind: linguistic, lists: lists.txt}, models: 3}\n  - {name: three, type: encoder, folder: model, models: 3}\n' >> plan.sh; plan "words: lists.txt" "$(tail -n 2 plan.sh)\n"; xsnr run study.yaml; plan "words: model/config.json" "$(tail -n 2 plan.sh)\n"; xsnr run study.yaml
study.yaml:1: report.words: 'lists.txt' is features.lists of family 'two', which is not overwritten; give it another name
study.yaml:1: report.words: 'model/config.json' is of the model that family 'three' starts from, which is not overwritten; give it another name
[1]
$ printf 'corpus: {train: words.csv}\nfamilies:\n  - {name: one, type: linear, models: 3}\n' > study.yaml; cp train.tsv words.csv; xsnr run study.yaml; rm words.csv
study.yaml: report.words: 'words.csv' is corpus.train, which is not overwritten; give it another name
$ printf 'study: the same\ncorpus: {train: train.tsv, test: test.tsv, explain: {count: 4}}\nfamilies:\n  - {name: one, type: linear, models: 3}\n' > first.yaml; cp first.yaml second.yaml; xsnr run -q first.yaml > table; cat results.json report.html words.csv > before
$ for command in run analyze report; do xsnr $command -q second.yaml; done; ls second*; xsnr train -q second.yaml; mv results.json aside; xsnr run -q second.yaml; mv aside results.json; cat results.json report.html words.csv | cmp - before
results.json: this is a result of another study (first.yaml) and is not overwritten; give those of second.yaml other names (report: {html: …, json: …, words: …}), or another folder (-o)
results.json: this is a result of another study (first.yaml) and is not overwritten; give those of second.yaml other names (report: {html: …, json: …, words: …}), or another folder (-o)
results.json: this is a result of another study (first.yaml) and is not overwritten; give those of second.yaml other names (report: {html: …, json: …, words: …}), or another folder (-o)
second.yaml
report.html: this is a result of another study (first.yaml) and is not overwritten; give those of second.yaml other names (report: {html: …, json: …, words: …}), or another folder (-o)
$ (cat second.yaml; echo 'report: {html: 2.html, json: 2.json}') > third.yaml; xsnr run -q third.yaml; sed -i 's/2.json/2.json, words: 2.csv/' third.yaml; xsnr run -q third.yaml > table; xsnr run -q third.yaml | cmp - table; xsnr run -q second.yaml -o other > table; ls other *2*; cat results.json report.html words.csv | cmp - before
words.csv: this is a result of another study (first.yaml) and is not overwritten; give those of third.yaml other names (report: {html: …, json: …, words: …}), or another folder (-o)
2.csv
2.html
2.json

other:
report.html
results.json
second.xsnr
words.csv
$ for to in 'html: first.xsnr' 'json: other/second.xsnr' 'html: kept' 'json: kept' 'words: kept'; do (cat second.yaml; echo "report: {html: 3.html, json: 3.json, words: 3.csv, $to}" | sed -E 's/(html|json|words): 3[^,]*,(.*\1)/\2/') > fourth.yaml; xsnr run -q fourth.yaml; done; ls *3*; cmp kept train.tsv
fourth.yaml:5: report.html: 'first.xsnr' is a study file or another database, which is not overwritten; give it another name
fourth.yaml:5: report.json: 'other/second.xsnr' is a study file or another database, which is not overwritten; give it another name
kept: this is no result of `xsnr run` and is not overwritten; give report.html of fourth.yaml another name, or another folder (-o)
kept: this is no result of `xsnr run` and is not overwritten; give report.json of fourth.yaml another name, or another folder (-o)
kept: this is no result of `xsnr run` and is not overwritten; give report.words of fourth.yaml another name, or another folder (-o)
ls: cannot access '*3*': No such file or directory
$ (cat second.yaml; echo 'report: {html: /dev/null, json: /dev/null, words: ""}') > none.yaml; xsnr run -q none.yaml > table; xsnr report -q none.yaml | cmp - table; : > empty.json; (cat second.yaml; echo 'report: {html: "", json: empty.json, words: ""}') > empty.yaml; xsnr run -q empty.yaml > table; grep -c '"study": "the same"' empty.json
1
$ mv first.yaml first.yml; xsnr analyze -q first.yml > table; cat results.json report.html words.csv | cmp - before | grep -c differ; cd /; xsnr report -q "$OLDPWD/first.yml" | cmp - "$OLDPWD/table"
0
$ (cat second.yaml; echo "report: {html: nodir/5.html, json: 5.json, words: 5.csv}") > fifth.yaml; xsnr run -q fifth.yaml; ls *5* fifth.xsnr
nodir/5.html: cannot write: No such file or directory
ls: cannot access '*5*': No such file or directory
ls: cannot access 'fifth.xsnr': No such file or directory
[2]
