xsnr power: how many models are enough
$ xsnr power --snr 0.4 --models 50 --repeats 50 --texts 5
models  texts    SNR  for 0.8  for 0.9  for 0.95  width 20 %  top stays
    50      5  0.400       10       23        48          44       > 50

models  mean SNR  2.5 %  97.5 %  ranks alike  top alike
     2     0.408  0.143   0.756        0.649    0.00400
     3     0.418  0.242   0.555        0.711    0.00800
     5     0.378  0.261   0.489        0.778     0.0200
     7     0.388  0.301   0.485        0.833     0.0320
    10     0.401  0.333   0.491        0.872     0.0400
    15     0.392  0.313   0.466        0.902     0.0960
    20     0.404  0.335   0.467        0.925      0.128
    30     0.405  0.366   0.471        0.945      0.244
    50     0.399  0.373   0.437        0.964      0.292

for R: models whose mean explanation has the reliability R; interval: of the last
width: models for a 95 % interval of the SNR of 20 % of it, end to end
top stays: from so many models on the 5 strongest words are those of the truth in 95 % of the
  draws, text by text; ranks alike: Spearman's correlation of the mean scores with the truth
$ xsnr power --snr 0 --models 5 --repeats 10 --texts 2 --json
{
 "xsnr": "0.1.0",
 "width": 0.20000000000000001,
 "probability": 0.94999999999999996,
 "series": [
  {
   "models": 5,
   "texts": 2,
   "snr": 0.0,
   "snr_ci": [
    0.0,
    0.0
   ],
   "top": 5,
   "reliability": {
    "0.8": {
     "models": null,
     "ci": [
      null,
      null
     ]
    },
    "0.9": {
     "models": null,
     "ci": [
      null,
      null
     ]
    },
    "0.95": {
     "models": null,
     "ci": [
      null,
      null
     ]
    }
   },
   "models_for_width": null,
   "models_top_stable": null,
   "models_judged": 5,
   "curve": [
    {
     "models": 2,
     "snr": 0.020522454380205644,
     "sd": 0.12949835003725194,
     "snr_range": [
      -0.14449286372738315,
      0.23547975454709097
     ],
     "spearman": -7.8334966246817071e-17,
     "top_same": 0.0
    },
    {
     "models": 3,
     "snr": 0.037355466269452436,
     "sd": 0.058770574382397342,
     "snr_range": [
      -0.07361517404405063,
      0.098303115994427495
     ],
     "spearman": -1.8721564260245607e-17,
     "top_same": 0.0
    },
    {
     "models": 5,
     "snr": -0.00075560477208597848,
     "sd": 0.03836048742250675,
     "snr_range": [
      -0.071885894260785899,
      0.044749442278331289
     ],
     "spearman": 3.4487092058347102e-18,
     "top_same": 0.0
    }
   ]
  }
 ]
}
$ printf 'text\tlabel\n' > train.tsv; for i in 1 2 3 4 5 6 7 8; do printf 'good fine %s day, today!\ta\nbad poor %s night today\tb\n' $i $i >> train.tsv; done; cp train.tsv test.tsv; printf 'corpus: {train: train.tsv, test: test.tsv, explain: {from: test, count: 8}}\nfamilies:\n  - {name: one, type: linear, models: 12}\n' > study.yaml; xsnr run study.yaml -q > /dev/null
$ xsnr power study.xsnr --top 2 | cut -c1-48
family  explainer     models  texts  SNR      95
one     contribution      12      8   37  [20, 5

family  explainer     models  mean SNR  2.5 %  9
one     contribution       2      48.8   14.1   
                           3      42.8   21.7   
                           5      39.8   25.9   
                           7      38.7   29.1   
                          10      37.6   32.7   
                          12      37.2   37.2   

for R: models whose mean explanation has the rel
width: models for a 95 % interval of the SNR of 
top stays: from so many models on the 2 stronges
  draws, text by text; ranks alike: Spearman's c
the curve nears 1 at all models as a matter of c
$ xsnr power study.xsnr -j 1 --json > a; xsnr power study.xsnr -j 2 --json > b; cmp a b
$ xsnr power study.xsnr --family two
xsnr: study has no family 'two' with an explainer '(any)'; `xsnr analyze` lists them
[1]
$ xsnr power study.xsnr --snr 1
xsnr power: a study file (.xsnr) or --snr S is needed, one of them; see `xsnr help power`
[2]
$ xsnr power
xsnr power: a study file (.xsnr) or --snr S is needed, one of them; see `xsnr help power`
[2]
$ xsnr power study.yaml
xsnr power: 'study.yaml' is no study file (.xsnr); see `xsnr help power`
[2]
$ xsnr power --snr -1
xsnr power: --snr takes a number from 0 to 1e+12, not '-1'; see `xsnr help power`
[2]
$ xsnr power --snr 1 --models 1
xsnr power: --models takes a whole number from 2 to 10000, not '1'; see `xsnr help power`
[2]
$ xsnr power study.xsnr --words 5
xsnr power: --words, --texts and --models go with --snr; a study has its own; see `xsnr help power`
[2]
$ xsnr power none.xsnr
none.xsnr: there is no such study file
[1]
