Figures as files: --figures DIR [--text ID]
$ printf 'text\tlabel\n' > train.tsv; for i in 1 2 3 4 5 6; do printf 'good fine %s day\ta\nbad poor %s night\tb\n' $i $i >> train.tsv; done; cp train.tsv test.tsv; printf 'corpus: {train: train.tsv, test: test.tsv, explain: {from: test, count: 4}}\nfamilies:\n  - {name: a, type: linear, models: 5}\n' > study.yaml; xsnr run study.yaml -q > /dev/null
$ xsnr report study.yaml -q --figures figures --text test:3 > /dev/null && ls figures | grep -v '^modes' && head -c 60 figures/snr.svg && head -2 figures/snr.csv | cut -d, -f1-2
agreement-a-contribution.csv
agreement-a-contribution.svg
convergence.csv
convergence.svg
information.csv
information.svg
orders.csv
orders.svg
snr-texts.csv
snr-texts.svg
snr.csv
snr.svg
spans.csv
spans.svg
words-signal-noise-test_3.csv
words-signal-noise-test_3.svg
words-test_3.csv
words-test_3.svg
<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://wwfamily,explainer
a,contribution
$ xsnr analyze study.xsnr --figures others > /dev/null && ls others | grep -c '^words-.*svg$'
8
$ for m in $(seq 100); do echo "{\"model\": \"m$m\", \"text_id\": \"t\", \"tokens\": [\"a\", \"b\", \"c\", \"d\"], \"attributions\": [$((m * 7919 % 83)), $((m * 104729 % 97)), $((m * 1299709 % 89)), 50]}"; done > many.jsonl; xsnr import many.jsonl -q -o many.xsnr; xsnr analyze many.xsnr --figures large > /dev/null; wc -l < large/agreement-*.csv; test $(wc -c < large/agreement-*.svg) -lt 120000 && echo small
10001
small
$ xsnr report study.yaml -q --figures figures --text test:99 > /dev/null
xsnr: there is no text 'test:99'; did you mean 'test:3'?
[1]
$ xsnr report study.yaml -q --text test:1
xsnr report: --text chooses texts for --figures DIR; see `xsnr help report`
[2]
$ xsnr run study.yaml --figures figures
xsnr run: --figures and --text are options of report; see `xsnr help run`
[2]
$ mkdir -p empty; real=$(command -v xsnr); PATH=$PWD/empty "$real" analyze study.xsnr --figures figures > /dev/null
xsnr: figures are drawn by Node.js, and there is no program 'node'; install it (Debian: apt install nodejs), or save figures from report.html in a browser
[1]
$ : > file; xsnr analyze study.xsnr --figures file/in > /dev/null
xsnr: the figures were not drawn: ENOTDIR: not a directory, mkdir 'file/in'
[1]
$ mkdir -p false; printf '#!/bin/sh\nexit 3\n' > false/node; chmod +x false/node; PATH=$PWD/false:$PATH; xsnr analyze study.xsnr --figures figures > /dev/null
xsnr: the figures were not drawn: node ended without a word (16 or newer is needed)
[1]
