Bad input: file, line, what is wrong, what would be right; nothing is written.
$ plan() { printf 'corpus: {train: %s, test: test.tsv}\nfamilies:\n  - {name: a, type: linear, models: 2}\n' "$1" > study.yaml; }; plan train.tsv; printf 'text\tlabel\none two\tx\nthree four\ty\n' > test.tsv; declare -f plan > plan.sh
$ xsnr run study.yaml
study.yaml:1: corpus.train: cannot open 'train.tsv': No such file or directory
[1]
$ mkdir train.tsv; xsnr run study.yaml; rmdir train.tsv
train.tsv: this is a folder; a file is needed
$ : > train.tsv; xsnr run study.yaml
train.tsv: this file is empty
[1]
$ printf 'text\tlabel\n' > train.tsv; xsnr run study.yaml
train.tsv:1: no rows below the header
[1]
$ printf 'text\tlabel\none\tx\ntwo\tx\n' > train.tsv; xsnr run study.yaml
train.tsv: every text has the label 'x'; at least two classes are needed
[1]
$ printf 'text\tlabel\none\tx\ntwo\tz\n' > train.tsv; xsnr run study.yaml
test.tsv:3: label 'y' is not one of x, z
[1]
$ printf 'text\tlabel\none\tx\nt\xffwo\ty\n' > train.tsv; xsnr run study.yaml
train.tsv:3: invalid UTF-8 at byte offset 18 (0xFF); the file must be UTF-8
[1]
$ printf 'text\tlabel\none\tx\nt\0wo\ty\n' > train.tsv; xsnr run study.yaml
train.tsv:3: NUL byte at byte offset 18; text in UTF-8 is needed
[1]
$ printf 'text\tlabel\none\tx\ntwo\tthree\ty\n' > train.tsv; xsnr run study.yaml
train.tsv:3: 3 fields where the header has 2 (text, label): a tab in the wrong place
[1]
$ printf 'text\tclass\none\tx\ntwo\ty\n' > train.tsv; xsnr run study.yaml
train.tsv:1: no column 'label'; there are: text, class
[1]
$ printf 'text,label\n"one,x\ntwo,y\n' > train.csv; . ./plan.sh; plan train.csv; xsnr run study.yaml
train.csv:2: the quote that opens a field here is never closed
[1]
$ printf '{"text": "one", "label": "x"}\n{"text": "two", "label": }\n' > train.jsonl; . ./plan.sh; plan train.jsonl; xsnr run study.yaml
train.jsonl:2: not JSON: unexpected token (column 26)
[1]
$ . ./plan.sh; plan train.txt; cp train.tsv train.txt; xsnr run study.yaml
train.txt: the name must say what is inside: it has to end in .csv, .tsv, .jsonl or .ndjson
[1]
$ (printf 'text\tlabel\none\tx\n'; head -c 50000000 /dev/zero | tr '\0' a; printf '\ty\n') > train.tsv; . ./plan.sh; plan train.tsv; xsnr run study.yaml
train.tsv:3: 'text' has 50000000 bytes here; a text may have at most 1048576
[1]
$ printf 'text\tlabel\none two\tx\nthree four\ty\n' > train.tsv; printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: liner}\n' > study.yaml; xsnr run study.yaml
study.yaml:3: unknown family 'liner'; did you mean 'linear'?
[1]
$ printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: linear, model: 3}\n' > study.yaml; xsnr run study.yaml
study.yaml:3: unknown key 'model'; did you mean 'models'?
[1]
$ printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: linear, models: -3}\n' > study.yaml; xsnr run study.yaml
study.yaml:3: models: -3 is outside 1 to 100000
[1]
$ printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: linear, models: lots}\n' > study.yaml; xsnr run study.yaml
study.yaml:3: models: 'lots' is not a whole number
[1]
$ printf 'corpus: {train: train.tsv}\nfamilies:\n\t- {name: a}\n' > study.yaml; xsnr run study.yaml
study.yaml:3: a tab in the indentation; YAML is indented with spaces only
[1]
$ printf 'corpus: {train: train.tsv}\n' > study.yaml; xsnr run study.yaml
study.yaml: families is missing; it lists the families of models to train
[1]
$ xsnr run nowhere.yaml
nowhere.yaml: cannot open: No such file or directory
[1]
$ xsnr run .
.: this is a folder; a file is needed
[1]
$ xsnr check nowhere.xsnr
nowhere.xsnr: there is no such study file
[1]
$ printf 'not a database, however long it may be' > a.xsnr; xsnr check a.xsnr; xsnr show a.xsnr; xsnr analyze a.xsnr
a.xsnr: this is not a study file of xsnr (such a file is a SQLite database)
a.xsnr: this is not a study file of xsnr (such a file is a SQLite database)
a.xsnr: this is not a study file of xsnr (such a file is a SQLite database)
[1]
$ xsnr analyze nowhere.npy
nowhere.npy: cannot open: No such file or directory
[1]
$ printf 'nothing' > a.npy; xsnr analyze a.npy
a.npy: this is neither a .npy nor an .npz file of NumPy
[1]
$ ls
a.npy
a.xsnr
plan.sh
study.yaml
test.tsv
train.csv
train.jsonl
train.tsv
train.txt
$ xsnr explain --model nowhere --ids 1,2,3
nowhere: there is no such folder; a model is a folder of Hugging Face's
[1]
$ xsnr explain --model nowhere
xsnr explain: --model needs one of --text and --ids; see `xsnr help explain`
[2]
$ xsnr explain --model nowhere --ids 1 --text a
xsnr explain: --model needs one of --text and --ids; see `xsnr help explain`
[2]
$ xsnr explain --model nowhere --ids 1 --target -1
xsnr explain: --target takes a whole number from 0 to 1000000, not '-1'; see `xsnr help explain`
[2]
$ xsnr explain --model nowhere --ids 1 two.yaml
xsnr explain: 'two.yaml' is too much: --model takes one text, by --text or --ids; see `xsnr help explain`
[2]
$ mkdir empty; xsnr explain --model empty --text hello; rmdir empty
empty: the folder has no config.json; a model is a folder with config.json, model.safetensors and tokenizer.json or vocab.txt
$ xsnr tokenize < /dev/null
xsnr tokenize: --model is needed: a folder, a tokenizer.json or a vocab.txt; see `xsnr help tokenize`
[2]
$ xsnr tokenize --model nowhere < /dev/null
nowhere: cannot open: No such file or directory
[1]
$ printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##s\n' > vocab.txt; printf 'Hello worlds!\n\n' | xsnr tokenize --model vocab.txt
[CLS] hello world ##s [UNK] [SEP]
[CLS] [SEP]
$ printf 'Hello worlds\n' | xsnr tokenize --model vocab.txt --json
{"ids":[2,5,6,7,3],"tokens":["[CLS]","hello","world","##s","[SEP]"],"offsets":[[0,0],[0,5],[6,11],[11,12],[0,0]]}
$ printf 'a\n\xff\n' | xsnr tokenize --model vocab.txt; rm vocab.txt
[CLS] [UNK] [SEP]
line 2: invalid UTF-8 at byte offset 0 (0xFF); the file must be UTF-8
$ xsnr train study.yaml --explainer saliency
xsnr train: --explainer is an option of run and explain; see `xsnr help train`
[2]
$ (echo text,label; for i in $(seq 30); do echo "good film $i,pos"; echo "bad film $i,neg"; done) > own.csv
$ printf 'corpus: {train: own.csv, test: own.csv, explain: {count: 100}}\nfamilies:\n  - {name: tfidf, type: linear, models: 2}\n' > own.yaml && xsnr run own.yaml > /dev/null 2> said; head -n 1 said
corpus.explain.count is 100, the split has 60 texts: all of them are explained
$ printf 'corpus: {train: own.csv, test: own.csv}\nfamilies:\n  - {name: tfidf, type: linear, features: {min_count: 61}, models: 2}\n' > own.yaml && xsnr run own.yaml -o elsewhere; ls elsewhere
own.yaml:3: features.min_count: 61 leaves no n-gram: none is in so many of the 60 training texts; a smaller number, or more texts
$ printf 'corpus: {train: own.csv, test: own.csv}\nfamilies:\n  - {name: tfidf, type: linear, rate: 1e6, models: 2}\n' > own.yaml && xsnr run -q own.yaml -o elsewhere; ls elsewhere
own.yaml:3: rate: 1e+06 is too long a step for l2 1e-05
$ for seed in 18446744073709551615 9223372036854775807 -1 -99999999999999999999 1.5; do printf "seed: $seed\ncorpus: {train: own.csv}\nfamilies:\n  - {name: tfidf, type: linear, models: 99999999999999999999}\n" > own.yaml; xsnr run -q own.yaml -o elsewhere; done
own.yaml:1: seed: 18446744073709551615 is too large; at most 9223372036854775807
own.yaml:4: models: 99999999999999999999 is outside 1 to 100000
own.yaml:1: seed: -1 is too small; at least 0
own.yaml:1: seed: -99999999999999999999 is too small; at least 0
own.yaml:1: seed: '1.5' is not a whole number
[1]
$ printf 'corpus:\n  train: own.csv\n  test: nowhere.csv\nfamilies:\n  - {name: tfidf, type: linear, models: 2}\n' > own.yaml && xsnr run -q own.yaml -o elsewhere
own.yaml:3: corpus.test: cannot open 'nowhere.csv': No such file or directory
[1]
