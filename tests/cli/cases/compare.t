xsnr compare: families, studies, groups of texts
$ printf 'text\tlabel\tpaper\n' > train.tsv; for i in 1 2 3 4 5 6 7 8; do printf 'good fine %s day, today!\ta\tdaily\nbad poor %s night today\tb\tweekly\n' $i $i >> train.tsv; done; cp train.tsv test.tsv; printf 'corpus: {train: train.tsv, test: test.tsv, explain: {from: test, count: 8}}\nfamilies:\n  - {name: one, type: linear, models: 8}\n  - {name: two, type: linear, models: 8, features: {kind: bow}}\n' > study.yaml; xsnr run study.yaml -q > /dev/null
$ xsnr compare study.xsnr --permutations 99 | cut -c1-60
explainer     a    b    texts  SNR a  SNR b  a / b  95 % by 
contribution  one  two      8   46.2   32.4   1.42   [0.93, 

p: 99 permutations of what each text has in a and in b; adju
Cliff: P(SNR a > SNR b) - P(SNR a < SNR b) of texts
$ xsnr compare study.xsnr --by class --permutations 99 | head -3 | cut -c1-50
family  explainer     group  texts   SNR  all alik
one     contribution  b          4  52.0       0.5
                      a          4  36.5
$ xsnr compare study.xsnr --by paper --families one --permutations 99 | head -3 | cut -c1-50
family  explainer     group   texts   SNR  all ali
one     contribution  weekly      4  52.0       0.
                      daily       4  36.5
$ xsnr compare study.xsnr --by part --families two --permutations 99 | head -4 | cut -c1-40
family  explainer     group      texts  
two     contribution  beginning      8  
                      middle         8  
                      end            4  
$ xsnr compare study.xsnr --by type --families two --permutations 99 | head -1 | cut -c1-40
family  explainer     group        texts
$ sed 's/^\(good fine [12] .*\)\ta\t/\1\tb\t/' test.tsv > wrong.tsv; printf 'corpus: {train: train.tsv, test: wrong.tsv, explain: {from: test, count: 16}}\nfamilies:\n  - {name: one, type: linear, models: 8}\n' > wrong.yaml; xsnr train wrong.yaml -q && xsnr explain wrong.yaml -q
$ xsnr compare wrong.xsnr --by correct --permutations 99 | head -3 | cut -c1-38
family  explainer     group  texts   S
one     contribution  right     14  44
                      wrong      2  55
$ xsnr compare wrong.xsnr --by predicted --permutations 99 | head -3 | cut -c1-38
family  explainer     group  texts   S
one     contribution  a          8  42
                      b          8  45
$ xsnr compare wrong.xsnr --by split
xsnr: by split: all texts are test; there is nothing to compare
[2]
$ cp study.xsnr same.xsnr; xsnr compare study.xsnr same.xsnr --permutations 99 --json | grep -E '"(ratio|p)"'
   "ratio": 1.0,
   "p": 1.0,
   "ratio": 1.0,
   "p": 1.0,
$ printf 'id,tone\n' > tone.csv; xsnr compare study.xsnr --by tone --data tone.csv
tone.csv:1: no rows below the header
[1]
$ xsnr compare study.xsnr --by tone
test.tsv:1: no column 'tone'; there are: text, label, paper
[1]
$ xsnr compare study.xsnr --families one,three
xsnr: study has no family 'three'
[1]
$ xsnr compare study.xsnr --explainer shap
xsnr: study has no explainer 'shap'
[1]
$ xsnr compare study.yaml
xsnr compare: 'study.yaml' is no study file (.xsnr); see `xsnr help compare`
[2]
$ xsnr compare study.xsnr same.xsnr --by class
xsnr compare: --by compares inside one study file; see `xsnr help compare`
[2]
$ xsnr compare
xsnr compare: one study file (.xsnr) is needed, or two; see `xsnr help compare`
[2]
$ xsnr compare study.xsnr --permutations 3
xsnr compare: --permutations takes a whole number from 19 to 10000000, not '3'; see `xsnr help compare`
[2]
$ xsnr compare none.xsnr
none.xsnr: there is no such study file
[1]
