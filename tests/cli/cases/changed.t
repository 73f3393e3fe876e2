A plan that changed after the study was made: what would give other models or explanations is refused by every command that
reads the plan; what the study holds beside the plan is analysed, and said; what it lacks is said in every result.
$ xsnr init demo --models 3 > /dev/null; cd demo; sed -i 's/explainers: .*/explainers: [contribution, {name: shapley, pairs: 5, exact_words: 2}]/; s/count: 40/count: 6/' study.yaml; cp study.yaml first.yaml; xsnr run -q study.yaml > table; /usr/bin/python3 -c "import json; print([(e['name'], e['settings'].get('pairs')) for e in json.load(open('results.json'))['families'][0]['explainers']])"
[('contribution', None), ('shapley', 5)]
$ cd demo; sed -i 's/pairs: 5/pairs: 500/' study.yaml; for command in run train explain analyze report; do xsnr $command -q study.yaml; done; xsnr check study.xsnr
study.yaml:34: explainer 'shapley': pairs was 5 and is 500, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
study.yaml:34: explainer 'shapley': pairs was 5 and is 500, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
study.yaml:34: explainer 'shapley': pairs was 5 and is 500, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
study.yaml:34: explainer 'shapley': pairs was 5 and is 500, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
study.yaml:34: explainer 'shapley': pairs was 5 and is 500, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
study.xsnr: whole and consistent
$ cd demo; cp first.yaml study.yaml; for command in run explain; do xsnr $command -q study.yaml --explainer shapley:pairs=9; done
study.xsnr: explainer 'shapley': exact_words was 2 and is 10, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
study.xsnr: explainer 'shapley': exact_words was 2 and is 10, but study.xsnr keeps what it explained before; give another folder (-o) or remove the file
[1]
$ cd demo; xsnr explain study.yaml --explainer shapley:pairs=5,exact_words=2
6 of 6 models are there already
$ cd demo; sed -i 's/seed: 1/seed: 7/; s/count: 6/count: 4/' study.yaml; cp results.json before; for command in run train explain analyze report; do xsnr $command study.yaml; done; cmp results.json before
study.xsnr: this study file was made by another plan: seed was 1 and is 7; give another folder (-o) or remove the file
study.xsnr: this study file was made by another plan: seed was 1 and is 7; give another folder (-o) or remove the file
study.xsnr: this study file was made by another plan: seed was 1 and is 7; give another folder (-o) or remove the file
study.xsnr: this study file was made by another plan: seed was 1 and is 7; give another folder (-o) or remove the file
study.xsnr: this study file was made by another plan: seed was 1 and is 7; give another folder (-o) or remove the file
$ cd demo; sed 's/models: 3/models: 2/; s/explainers: .*/explainers: [contribution]/' first.yaml > study.yaml; for command in train analyze report run; do echo "= $command"; xsnr $command study.yaml > fewer || exit; done; grep -c shapley fewer; xsnr analyze -q study.yaml | cmp - fewer
= train
tfidf: the study has 3 models, the plan asks for 2: all 3 of them are analysed
linguistic: the study has 3 models, the plan asks for 2: all 3 of them are analysed
the study has explanations by shapley, too, which the plan does not name: they are analysed all the same
4 of 4 models are there already
= analyze
tfidf: the study has 3 models, the plan asks for 2: all 3 of them are analysed
linguistic: the study has 3 models, the plan asks for 2: all 3 of them are analysed
the study has explanations by shapley, too, which the plan does not name: they are analysed all the same
= report
tfidf: the study has 3 models, the plan asks for 2: all 3 of them are analysed
linguistic: the study has 3 models, the plan asks for 2: all 3 of them are analysed
the study has explanations by shapley, too, which the plan does not name: they are analysed all the same
= run
tfidf: the study has 3 models, the plan asks for 2: all 3 of them are analysed
linguistic: the study has 3 models, the plan asks for 2: all 3 of them are analysed
the study has explanations by shapley, too, which the plan does not name: they are analysed all the same
4 of 4 models are there already
7
$ cd demo; xsnr check study.xsnr; /usr/bin/python3 -c "import sqlite3; print(sqlite3.connect('study.xsnr').execute('SELECT name, models FROM family').fetchall())"
study.xsnr: whole and consistent
[('tfidf', 3), ('linguistic', 3)]
$ cd demo; sed 's/models: 3/models: 10/' first.yaml > study.yaml; xsnr analyze study.yaml | grep finished; grep -e finished -e planned results.json; xsnr report -q study.yaml | grep -c finished; grep -c '"not finished: 7 of 10 models missing' report.html
- tfidf: not finished: 7 of 10 models missing; `xsnr run` of its study.yaml makes them
- linguistic: not finished: 7 of 10 models missing; `xsnr run` of its study.yaml makes them
   "models_planned": 10,
    "not finished: 7 of 10 models missing; `xsnr run` of its study.yaml makes them"
   "models_planned": 10,
    "not finished: 7 of 10 models missing; `xsnr run` of its study.yaml makes them"
2
1
$ cd demo; cp first.yaml study.yaml; xsnr analyze study.yaml | grep finished; xsnr run -q study.yaml | cmp - table; cmp results.json before
$ cd demo; for i in 1 3; do xsnr run -q first.yaml --shard $i/3; done; xsnr merge -q first.[13]-of-3.xsnr -o parts.xsnr; xsnr analyze parts.xsnr | grep finished; xsnr show parts.xsnr | wc -l
- tfidf: not finished: 1 of 3 models missing; `xsnr run` of its study.yaml makes them
- linguistic: not finished: 1 of 3 models missing; `xsnr run` of its study.yaml makes them
6
$ cd demo; sed 's/normalize: l1/normalize: none/' first.yaml > study.yaml; xsnr analyze -q study.yaml > other; /usr/bin/python3 -c "import json; r = json.load(open('results.json')); print(r['normalize'], 'normalize: none' in r['made']['plan'], r['made']['seed'])"
none True 1
$ cd demo; xsnr export study.xsnr -o in.jsonl && xsnr import -q in.jsonl -o imported.xsnr && sed 's/html: report.html/html: "", json: "", words: ""/' first.yaml > imported.yaml; for command in run analyze report; do xsnr $command -q imported.yaml; done; xsnr check imported.xsnr
imported.xsnr: the explanations in this study file were imported and belong to no study.yaml; `xsnr analyze imported.xsnr` reads it
imported.xsnr: the explanations in this study file were imported and belong to no study.yaml; `xsnr analyze imported.xsnr` reads it
imported.xsnr: the explanations in this study file were imported and belong to no study.yaml; `xsnr analyze imported.xsnr` reads it
imported.xsnr: whole and consistent
