A first study as a new user meets it.
$ xsnr init demo --models 5
An example study is in demo; run it with:  xsnr run demo/study.yaml
$ ls demo
study.yaml
test.tsv
train.tsv
truth.jsonl
valid.tsv
$ xsnr init demo
demo/study.yaml: this file is there already and is not overwritten; give another folder
[1]
$ head -3 demo/train.tsv
id	text	label
g000001	The electronics group Zenith will move its pending warehouse from Hartsea to Winterbourne, the 12th entry on the agenda. According to the census, Mabel Larsen, who founded the electronics group Zenith, has sold the last of the shares. Prices in the river delta moved little between January and October.	report
g000002	The initial verdict in the fraud case leaves one question open. I am convinced that a night porter from Clayford will stand trial for fraud in June. The files of the fraud inquiry fill a whole room of the courthouse, as in 20 other municipalities.	opinion
$ xsnr run -q -j 2 demo/study.yaml
family      models  accuracy      min to max   signal    noise  SNR  95 % interval    ICC  needed
tfidf          5/5     0.903  0.899 to 0.906  0.00123  3.6e-06  346     [307, 385]  0.997       1
linguistic     5/5     0.863  0.859 to 0.866  0.00339  7.3e-06  466     [144, 789]  0.998       1
explainer: contribution; needed: models whose mean explanation is as reliable as 0.9

tfidf, contribution: one model's explanation is mostly signal: SNR 346 [307, 385]; its reliability
  is 0.997, more than 0.9
linguistic, contribution: one model's explanation is mostly signal: SNR 466 [144, 789]; its
  reliability is 0.998, more than 0.9
the SNR of tfidf is 0.74 times [0.38, 1.44] that of linguistic (contribution, 40 texts, Wilcoxon p <
  0.001)

- tfidf: models that predict another class dropped in 2 of 40 texts: g003964, g003984
- linguistic, contribution: 37 % of an explanation belongs to no word (unattributed)
$ ls demo
report.html
results.json
study.xsnr
study.yaml
test.tsv
train.tsv
truth.jsonl
valid.tsv
words.csv
$ xsnr check demo/study.xsnr
demo/study.xsnr: whole and consistent
$ xsnr show demo/study.xsnr | wc -l
40
$ xsnr show demo/study.xsnr --text "$(xsnr show demo/study.xsnr | head -1)" --family tfidf
text g003213, class opinion, from test

tfidf, contribution, for class opinion
5 models, SNR 197 [31, 363]

I++ believe+++ that+++ a+ ~former~ ~accountant~ from+ Pendle++ Cross+ will+ stand- trial- for+
theft+ in+ September-,+ which+++ nobody+++ should+++ accept+++.+ Shame++ on- us++:+++ Dennis-
Kowalski-,- who+ defends- a- ~former~ accountant+,- asked- for- ~more~ ~time~.-

word                         mean       95 % interval       SNR  sign
which                      0.0900    [0.0869, 0.0930]      1323 100 %
nobody                     0.0816    [0.0771, 0.0861]       513 100 %
should                     0.0816    [0.0785, 0.0847]      1058 100 %
accept                     0.0755    [0.0730, 0.0780]      1412 100 %
believe                    0.0653    [0.0616, 0.0690]       478 100 %
that                       0.0629    [0.0595, 0.0663]       532 100 %
:                          0.0605    [0.0596, 0.0614]      6859 100 %
Pendle                     0.0585    [0.0548, 0.0622]       388 100 %

scale: word+ word++ word+++ for the class, word- word-- word--- against it, by thirds of 0.0900;
~word~ the 95 % interval of the mean covers 0; ?word? no interval; mean over models of the word's
score, normalisation l1, one scale for all panels
$ xsnr show demo/study.xsnr --text nothing
xsnr: there is no text 'nothing'; there are 40, from 'g003213' to 'g003984'
[1]
$ xsnr run -q demo/study.yaml --json > again.json; cmp again.json demo/results.json
$ xsnr export demo/study.xsnr -o scores.jsonl && wc -l < scores.jsonl
400
$ xsnr export demo/study.xsnr -o scores.csv && head -2 scores.csv
family,model,explainer,text,word_index,word,start,end,score,label,prediction,target
tfidf,0,contribution,g003213,0,I,0,1,0.38106927,opinion,opinion,opinion
$ xsnr export demo/study.xsnr -o nowhere/scores.csv
nowhere/scores.csv: cannot write: No such file or directory
[1]
$ cp demo/study.xsnr cut.xsnr && truncate -s 20000 cut.xsnr && xsnr check cut.xsnr > /dev/null
cut.xsnr: the study file was cut short: 20000 of its 651264 bytes are left; copy it again
[1]
$ sed -i 's/seed: 1/seed: 2/' demo/study.yaml && xsnr run -q demo/study.yaml
demo/study.xsnr: this study file was made by another plan: seed was 1 and is 2; give another folder (-o) or remove the file
[1]
