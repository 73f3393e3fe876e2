The command line: what is wrong is said in one line, with the way out.
$ xsnr
xsnr: how much of a model's word-level explanation is signal, and how much the noise of training?

usage: xsnr COMMAND …

  init      an example study, ready to run
  run       everything: train, explain, analyse, report; picks up where it stopped
  train     only train the models that are missing
  explain   only explain: the texts of a study, or one text by one model
  analyze   signal, noise and SNR of a study, a study file, or bare arrays
  report    only write report.html from what is there
  show      one text as a heat map with its uncertainty
  export    explanations as JSONL, CSV, npz or ERASER predictions
  check     is a study file whole and consistent
  corpus    generate a corpus whose cues are known
  list      families, explainers, statistics, normalizations, plan
  tokenize  texts on standard input, a line each, become tokens
  import    explanations made elsewhere become a study file
  compare   families, studies, or groups of texts against each other
  power     how many models are enough
  merge     parts of a study, made by run --shard, become one
  help      this page, or that of a command: xsnr help COMMAND

A first study: xsnr init demo && xsnr run demo/study.yaml
[2]
$ xsnr --version
xsnr 0.1.0
$ xsnr help nothing
xsnr: there is no command 'nothing'; see `xsnr help`
[2]
$ xsnr help help | cmp - <(xsnr help) && xsnr help --version
xsnr: there is no command '--version'; see `xsnr help`
[2]
$ xsnr analyse scores.npy
xsnr: there is no command 'analyse'; did you mean 'analyze'?
[2]
$ xsnr run
xsnr run: one study.yaml is needed; see `xsnr help run`
[2]
$ xsnr run a.yaml b.yaml
xsnr run: one study.yaml is needed; see `xsnr help run`
[2]
$ xsnr run study.xsnr
xsnr run: this takes the study's .yaml; `xsnr analyze study.xsnr` reads a study file; see `xsnr help run`
[2]
$ xsnr run -j 0 study.yaml
xsnr run: -j takes a whole number from 1 to 1024, not '0'; see `xsnr help run`
[2]
$ xsnr run -j many study.yaml
xsnr run: -j takes a whole number from 1 to 1024, not 'many'; see `xsnr help run`
[2]
$ xsnr run --threds 2 study.yaml
xsnr run: unknown option '--threds'; see `xsnr help run`
[2]
$ xsnr run study.yaml -o
xsnr run: option '-o' needs a value; see `xsnr help run`
[2]
$ xsnr analyze
xsnr analyze: a study.yaml, a study file (.xsnr) or arrays (.npy, .npz) are needed; see `xsnr help analyze`
[2]
$ xsnr analyze scores.txt
xsnr analyze: 'scores.txt' is no .yaml, .xsnr, .npy or .npz; see `xsnr help analyze`
[2]
$ xsnr analyze scores.npy --normalize l3
xsnr: unknown normalization 'l3'; did you mean 'l1'?
[2]
$ xsnr analyze scores.npy --reliability 1
xsnr analyze: --reliability takes a number from 0.01 to 0.9999, not '1'; see `xsnr help analyze`
[2]
$ xsnr analyze study.yaml --normalize none
xsnr analyze: a study says in its .yaml how it is analysed; these options are for arrays; see `xsnr help analyze`
[2]
$ xsnr show study.xsnr --color sometimes
xsnr show: --color is auto, always or never, not 'sometimes'; see `xsnr help show`
[2]
$ xsnr show study.xsnr --palette green
xsnr show: --palette is red-blue or captum, not 'green'; see `xsnr help show`
[2]
$ xsnr export study.xsnr
xsnr export: -o FILE is needed; see `xsnr help export`
[2]
$ xsnr export study.xsnr -o scores.txt
xsnr export: 'scores.txt' ends in none of .jsonl, .csv, .npz; say --format; see `xsnr help export`
[2]
$ xsnr corpus
xsnr corpus: the name of a generator is needed: gazette; see `xsnr help corpus`
[2]
$ xsnr corpus novel
xsnr corpus: there is no generator 'novel'; it is gazette; see `xsnr help corpus`
[2]
$ xsnr corpus gazette --redundancy 9
xsnr corpus: --redundancy takes a whole number from 1 to 6, not '9'; see `xsnr help corpus`
[2]
$ xsnr corpus gazette --language de
xsnr: gazette writes en and fr, not 'de'
[2]
$ xsnr corpus gazette -n -4
xsnr corpus: -n takes a whole number from 1 to 10000000, not '-4'; see `xsnr help corpus`
[2]
$ xsnr list
xsnr list: what to list is needed: families, explainers, statistics, normalizations or plan; see `xsnr help list`
[2]
$ xsnr list family
xsnr: nothing called 'family' to list; did you mean 'families'?
[2]
$ xsnr help run
usage: xsnr run STUDY.yaml [-j N] [-o DIR] [-q] [--json]

Trains the families of STUDY.yaml, explains the chosen texts by every model, and writes STUDY.xsnr,
results.json, words.csv and report.html.  A run that was stopped, or killed, goes on where it was.

  -j, --threads N    use N threads (default: all processors); the results do not depend on it
  -o, --output DIR   write the study file and the results there (default: beside STUDY.yaml)
  -q, --quiet        no progress
      --profile      say where the training's time went, by kind of operation
      --json         print results as JSON in the place of a table
      --table        print the one table, family by explainer by analysis, in the place of the short one
      --page-mb N    room for the page's data in MB (default: report.page_mb of STUDY.yaml, 24)
      --shard I/N    only the models of shard I of N, into STUDY.I-of-N.xsnr; see `xsnr help merge`
      --explainer X  explain by X too: NAME, or NAME:key=value,key=value; may be repeated
$ xsnr help run > /dev/full
xsnr: cannot write to standard output: No space left on device
[1]
$ xsnr explain --text "a day"; xsnr explain study.yaml --seed=3
xsnr explain: --text is of one text by one model: --model DIR is needed; see `xsnr help explain`
xsnr explain: --seed is of one text by one model: --model DIR is needed; see `xsnr help explain`
[2]
$ xsnr list plan --jsn
xsnr list: unknown option '--jsn'; see `xsnr help list`
[2]
$ xsnr run -z study.yaml
xsnr run: unknown option '-z'; see `xsnr help run`
[2]
