Bad input: file, line, what is wrong, what would be right; nothing is written.
$ plan() { printf 'corpus: {train: %s, test: test.tsv}\nfamilies:\n  - {name: a, type: linear, models: 2}\n' "$1" > study.yaml; }; plan train.tsv; printf 'text\tlabel\none two\tx\nthree four\ty\n' > test.tsv; declare -f plan > plan.sh
$ xsnr run study.yaml
$ mkdir train.tsv; xsnr run study.yaml; rmdir train.tsv
$ : > train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\n' > train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\none\tx\ntwo\tx\n' > train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\none\tx\ntwo\tz\n' > train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\none\tx\nt\xffwo\ty\n' > train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\none\tx\nt\0wo\ty\n' > train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\none\tx\ntwo\tthree\ty\n' > train.tsv; xsnr run study.yaml
$ printf 'text\tclass\none\tx\ntwo\ty\n' > train.tsv; xsnr run study.yaml
$ printf 'text,label\n"one,x\ntwo,y\n' > train.csv; . ./plan.sh; plan train.csv; xsnr run study.yaml
$ printf '{"text": "one", "label": "x"}\n{"text": "two", "label": }\n' > train.jsonl; . ./plan.sh; plan train.jsonl; xsnr run study.yaml
$ . ./plan.sh; plan train.txt; cp train.tsv train.txt; xsnr run study.yaml
$ (printf 'text\tlabel\none\tx\n'; head -c 50000000 /dev/zero | tr '\0' a; printf '\ty\n') > train.tsv; . ./plan.sh; plan train.tsv; xsnr run study.yaml
$ printf 'text\tlabel\none two\tx\nthree four\ty\n' > train.tsv; printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: liner}\n' > study.yaml; xsnr run study.yaml
$ printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: linear, model: 3}\n' > study.yaml; xsnr run study.yaml
$ printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: linear, models: -3}\n' > study.yaml; xsnr run study.yaml
$ printf 'corpus: {train: train.tsv}\nfamilies:\n  - {name: a, type: linear, models: lots}\n' > study.yaml; xsnr run study.yaml
$ printf 'corpus: {train: train.tsv}\nfamilies:\n\t- {name: a}\n' > study.yaml; xsnr run study.yaml
$ printf 'corpus: {train: train.tsv}\n' > study.yaml; xsnr run study.yaml
$ xsnr run nowhere.yaml
$ xsnr run .
$ xsnr check nowhere.xsnr
$ printf 'not a database, however long it may be' > a.xsnr; xsnr check a.xsnr; xsnr show a.xsnr; xsnr analyze a.xsnr
$ xsnr analyze nowhere.npy
$ printf 'nothing' > a.npy; xsnr analyze a.npy
$ ls
