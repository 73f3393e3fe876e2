A first study as a new user meets it.
$ xsnr init demo --models 5
$ ls demo
$ xsnr init demo
$ head -3 demo/train.tsv
$ xsnr run -q -j 2 demo/study.yaml
$ ls demo
$ xsnr check demo/study.xsnr
$ xsnr show demo/study.xsnr | wc -l
$ xsnr show demo/study.xsnr --text "$(xsnr show demo/study.xsnr | head -1)" --family tfidf
$ xsnr show demo/study.xsnr --text nothing
$ xsnr run -q demo/study.yaml --json > again.json; cmp again.json demo/results.json
$ xsnr export demo/study.xsnr -o scores.jsonl && wc -l < scores.jsonl
$ xsnr export demo/study.xsnr -o scores.csv && head -2 scores.csv
$ xsnr export demo/study.xsnr -o nowhere/scores.csv
$ cp demo/study.xsnr cut.xsnr && truncate -s 20000 cut.xsnr && xsnr check cut.xsnr > /dev/null
$ sed -i 's/seed: 1/seed: 2/' demo/study.yaml && xsnr run -q demo/study.yaml
