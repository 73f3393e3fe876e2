Models that have learned only which class is frequent are named: their accuracy may be the highest of all.
$ printf 'text\tlabel\n' > train.tsv; for i in 1 2 3 4 5 6 7 8; do echo "dull $i slow	no"; echo "dull $i grey	no"; echo "fine $i bright	yes"; done >> train.tsv
$ printf 'text\tlabel\n' > test.tsv; for i in 1 2 3 4 5; do echo "dull slow $i	no"; echo "grey dull	no"; echo "fine bright $i	yes"; done >> test.tsv
$ printf 'corpus: {train: train.tsv, test: test.tsv, explain: {count: 4}}\nfamilies:\n  - {name: learned, type: linear, solver: liblinear, vary: [sample], models: 3}\n  - {name: blind, type: linear, solver: liblinear, l2: 1000, vary: [sample], models: 3}\nexplainers: [contribution]\n' > study.yaml
$ xsnr run -q -j 2 study.yaml | grep -A 1 'one class'
- blind: 3 of 3 models predict one class for nearly all test texts: what their explanations say is
  not what tells the classes apart
