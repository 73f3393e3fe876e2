Rationales: gazette's truth, several annotators, an import; the one table; what is refused
$ xsnr corpus gazette -n 60 -o all.tsv --truth truth.jsonl && head -41 all.tsv > train.tsv && (head -1 all.tsv; tail -20 all.tsv) > test.tsv
$ printf 'corpus: {train: train.tsv, test: test.tsv, id: id, rationales: truth.jsonl, explain: {count: 4}}\nfamilies:\n  - {name: tfidf, type: linear, models: 6}\nexplainers: [contribution]\nfaithfulness: [mask]\n' > study.yaml
$ xsnr run study.yaml -q --table | cut -c1-80
family  explainer     unit      analysis                   SNR  95 % interval  b
tfidf   contribution  word      first order               52.1   [44.9, 59.4]   
tfidf   contribution  2-gram    first order               62.2                  
tfidf   contribution  3-gram    first order               68.8                  
tfidf   contribution  4-gram    first order               70.1                  
tfidf   contribution  5-gram    first order               71.4                  
tfidf   contribution  sentence  first order                216                  
tfidf   contribution  word      second order             0.415                  
tfidf   contribution  word      third order             -0.117                  
tfidf   contribution  word      fourth order            -0.135                  
tfidf   contribution  pair      second order            0.0180                  
tfidf   contribution  word      information, means        13.1                 1
tfidf   contribution  word      information, variances    27.5                 2
token F1 to AUROC: how well the mean explanation finds what people marked; compr
  the probability loses without the strongest words, and with these alone; words
  of words, or spans, that carry the mean explanation; --format csv has every co
$ xsnr analyze study.xsnr | grep -A3 'people marked'
- tfidf, contribution: against what people marked (4 texts, 36.3 % of the words): AUPRC 0.614, token
  F1 0.588, IOU F1 0.213 of the mean explanation; 0.605, 0.559, 0.209 of single models'
$ xsnr analyze study.xsnr --table --format csv | head -2 | cut -d, -f1-5
family,explainer,unit,analysis,texts
tfidf,contribution,word,first order,4
$ xsnr analyze study.xsnr --table --json
xsnr analyze: --table is printed as a table or as csv; results.json has it under "table"; see `xsnr help analyze`
[2]
$ xsnr report study.yaml --table --json
xsnr report: --table or --json; results.json has the table under "table"; see `xsnr help report`
[2]
$ head -2 words.csv | tr -d '\r' | sed 's/.*,//'
marked
0
$ for who in ann ben; do sed 's/^{/{"annotator":"'$who'",/' truth.jsonl; done > two.jsonl; sed -i 's/truth.jsonl/two.jsonl/' study.yaml; xsnr analyze study.yaml | grep '^human'
human   rationale        2/2  0.00167        0  undefined                 undefined  undefined
human, rationale: undefined: all annotators give the same rationale, so the noise is 0
$ printf '{"id": "g000045", "annotator": "%s", "spans": [[0, %d]]}\n' ann 20 ben 40 > two.jsonl; xsnr analyze study.yaml | grep '^human\|human,'; xsnr compare study.xsnr --by class | grep human
human   rationale        2/2            0.00440  0.00223  1.97                 0.663       5
human, rationale: signal is not established: SNR 1.97 (interval undefined)
human   rationale     opinion      1       1.97  undefined  undefined
human   rationale     opinion  report      1   1.97  undefined  undefined  undefined  undefined  undefined
$ echo '{"id": "g000041", "spans": [[3, 1]]}' > bad.jsonl; sed -i 's/two.jsonl/bad.jsonl/' study.yaml; xsnr analyze study.yaml
bad.jsonl:1: a span is [start, end], code points of the text, start before end
[1]
$ sed -i 's/bad.jsonl/nowhere.jsonl/' study.yaml; xsnr analyze study.yaml
nowhere.jsonl: cannot open: No such file or directory
[1]
$ sed -i 's/rationales: nowhere.jsonl/docs: nowhere.jsonl/' study.yaml; xsnr analyze study.yaml
study.yaml:1: corpus.docs: only corpus.format: eraser has documents apart
[1]
$ xsnr check study.xsnr
study.xsnr: whole and consistent
$ xsnr export study.xsnr -o scores.jsonl && xsnr import scores.jsonl -o imported.xsnr --rationales truth.jsonl && xsnr analyze imported.xsnr | grep -c 'people marked'
6 models in 1 family, 4 texts, 24 explanations; tokens joined: none
1
$ xsnr import scores.jsonl -o wrong.xsnr --rationales bad.jsonl; ls wrong.xsnr*
bad.jsonl:1: a span is [start, end], code points of the text, start before end
ls: cannot access 'wrong.xsnr*': No such file or directory
[2]
