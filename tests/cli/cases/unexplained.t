A family that none of the explainers serves is said before it is trained, and in what comes out; of a crossed one what its numbers are of.
$ xsnr corpus gazette -n 60 -o all.tsv && head -41 all.tsv > train.tsv && (head -1 all.tsv; tail -20 all.tsv) > test.tsv
$ printf 'corpus: {train: train.tsv, test: test.tsv, explain: {count: 4}}\nfamilies:\n  - {name: tfidf, type: linear, models: 3}\n  - {name: deep, type: bag, models: 3}\nexplainers: [contribution]\n' > study.yaml
$ xsnr run -j 1 study.yaml 2>&1 > told.txt | grep -c 'deep: none of the explainers serves this family: its models are judged, not explained (`xsnr list explainers`)'
1
$ grep -A 1 'deep: not' told.txt
- deep: not explained: the study has no explainer that serves it (`xsnr list explainers` says which
  do)
$ sed -i 's/\[contribution\]/[contribution, saliency]/' study.yaml; xsnr run -j 1 study.yaml 2>&1 | grep -c -e 'none of the explainers' -e 'not explained'
0
[1]
$ printf 'corpus: {train: train.tsv, test: test.tsv, explain: {count: 4}}\nfamilies:\n  - {name: deep, type: bag, crossed: {init: 2, order: 3}}\nexplainers: [input_x_gradient]\n' > crossed.yaml; xsnr train crossed.yaml -q && xsnr explain crossed.yaml -q && xsnr analyze crossed.xsnr | grep -c "crossed (init 2 × order 3): signal and noise are of pairs"
1
