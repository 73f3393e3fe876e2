Imports: what is wrong in files of other tools is said with its place and its cure; classes that nobody told are not made up
$ row() { printf '{"model":1,"text_id":"a","tokens":%s,"attributions":%s%s}\n' "$@" > in.jsonl; xsnr import in.jsonl -o out.xsnr; rm -f out.xsnr; }; declare -f row > row.sh; row '["x"]' '[1]' ''
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
$ . ./row.sh; row '["x",2]' '[1,2]' ''; row '["x","y"]' '[1,2]' ',"offsets":[[0,1],[2,"3"]]'; row '["x","y"]' '[1,2]' ',"offsets":[[0,1],[2,2.5]]'
in.jsonl:1: a number where a string should be (column 40)
in.jsonl:1: a string where a number should be (column 86)
in.jsonl:1: an offset is a whole number of code points (column 86)
$ . ./row.sh; row '["x","y"]' '[1,null]' ''; row '["x","y"]' '[1,"2"]' ''; row '["x","y"]' '[[1,2]]' ''; row '"x"' '[1]' ''; row '["x","y"]' '[1,,2]' ''
in.jsonl:1: null where a number should be (column 63)
in.jsonl:1: a string where a number should be (column 63)
in.jsonl:1: a list where a number should be (column 61)
in.jsonl:1: a string where a list, [ should be (column 35)
in.jsonl:1: not JSON: ',' where a number should be (column 63)
$ . ./row.sh; row '["x","y"]' '[1e-60,2e-60]' ''; row '["x","y"]' '[1,2e-60]' ''; row '["x","y"]' '[0,-0.0e9]' ''
in.jsonl:1: text 'a': all scores are nearer to 0 than a float32 tells apart (1.2e-38); multiply those of all models by the same number
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
$ . ./row.sh; row '["été","bon"]' '[1,2]' ',"text":"été bon","offsets":[[0,5],[6,9]]'
in.jsonl:1: text 'a': token 1 is 'été', at its offsets [0, 5) the text has 'été b': offsets count bytes; code points are wanted, as Python's str counts
$ printf 'model\ttext\tword\tscore\n1\ta\t"\t0.5\n1\ta\t"say ""x"""\t2\n2\ta\t"\t0.5\n2\ta\t"say ""x"""\t1\n' > in.tsv; xsnr import in.tsv -o out.xsnr && xsnr export out.xsnr -o out.csv && cat out.csv; rm out.xsnr
2 models in 1 family, 1 text, 2 explanations; tokens joined: none
family,model,explainer,text,word_index,word,start,end,score,label,prediction,target
imported,1,imported,a,0,"""",0,1,0.5,,,
imported,1,imported,a,1,"say ""x""",2,9,2,,,
imported,2,imported,a,0,"""",0,1,0.5,,,
imported,2,imported,a,1,"say ""x""",2,9,1,,,
$ printf '"model"\t"text"\t"word"\t"score"\r\n"1"\t"a"\t"x"\t"0.5"\r\n' > in.tsv; xsnr import in.tsv -o out.xsnr && xsnr export out.xsnr -o out.csv && cat out.csv; rm out.xsnr
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
family,model,explainer,text,word_index,word,start,end,score,label,prediction,target
imported,1,imported,a,0,x,0,1,0.5,,,
$ cp in.tsv in.txt; xsnr import in.txt --format csv -o out.xsnr; gzip in.tsv; xsnr import in.tsv.gz -o again.xsnr; rm -f out.xsnr again.xsnr
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
$ printf 'model;text;word;score\n1;a;"x;y";0.5\n1;a;z;1\n' > in.csv; xsnr import in.csv -o out.xsnr && xsnr export out.xsnr -o out.csv && cat out.csv; rm out.xsnr
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
family,model,explainer,text,word_index,word,start,end,score,label,prediction,target
imported,1,imported,a,0,x;y,0,3,0.5,,,
imported,1,imported,a,1,z,4,5,1,,,
$ printf 'model;text;word;score\n1;a;x;0,5\n' > in.csv; xsnr import in.csv -o out.xsnr
in.csv:2: '0,5' is no score; a finite number is needed, with a point and no comma
[1]
$ printf 'model;text;word;score\n1;a;"x"y;0.5\n' > in.csv; xsnr import in.csv -o out.xsnr
in.csv:2: after the quote that closes a field comes a semicolon
[1]
$ printf 'Model,Text,Word,Score\n1,a,x,1\n' > in.csv; xsnr import in.csv -o out.xsnr; printf 'text,score,wrd\n' > in.csv; xsnr import in.csv -o out.xsnr; printf 'a,b\n' > in.csv; xsnr import in.csv -o out.xsnr
in.csv:1: no column 'text'; did you mean 'Text'? (there are: Model, Text, Word, Score)
in.csv:1: one column is named 'word' or, if its cells are to be joined to words, 'token'; did you mean 'wrd'? (there are: text, score, wrd)
in.csv:1: no column 'text'; there are: a, b
[1]
$ printf 'text,word,start,end,score\na,xyz,5,3,1\n' > in.csv; xsnr import in.csv -o out.xsnr; printf 'text,word,start,end,score\na,xyz,0,3,1\na,q,0,4,1\n' > in.csv; xsnr import in.csv -o out.xsnr
in.csv:2: text 'a': the offsets [5, 3) of word 1 end before they begin
in.csv:2: text 'a': the offsets [0, 4) of word 2 overlap [0, 3) of the one before
[1]
$ printf 'text,word,score\na,x,1e-50\na,y,2e-50\n' > in.csv; xsnr import in.csv -o out.xsnr
in.csv:2: text 'a': all scores are nearer to 0 than a float32 tells apart (1.2e-38); multiply those of all models by the same number
[1]
$ mkdir docs; echo 'an unusual , funny film' > docs/a; evidence() { echo '{"annotation_id": "a", "classification": "POS", "evidences": [[{"docid": "a", "start_token": 1, "end_token": '$1', "text": "'"$2"'"}]]}' > ann.jsonl; xsnr import --format eraser ann.jsonl -o out.xsnr; rm -f out.xsnr; }; evidence 2 boring; evidence 3 'unusual ,'; evidence 1 boring
ann.jsonl:1: tokens 1 to 2 of 'a' are not "boring"; these are evidences of other documents (column 130)
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
$ lists() { echo '{"sequence_attributions": [{"source": [{"token": "a"}, {"token": "b"}], "target": [{"token": "c"}], "source_attributions": {"__ndarray__": [[1], [2]], "dtype": "float32", "shape": '"$1"'}}]}' > in.json; xsnr import in.json -o out.xsnr; rm -f out.xsnr; }; lists '[1, 2]'; lists '[2]'; lists '[2, 1]'
in.json:1: the lists of an array are not of the shape that it says (column 181)
in.json:1: the lists of an array are not of the shape that it says (column 181)
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
$ echo '{"dataset": "imdb", "model": "bert", "explainer": "LIG", "idx": 0, "input_ids": [2, 4, 3, 0], "attributions": [0, 0.5, 0, 0]}' > in.jsonl; xsnr import --format thermostat in.jsonl -o out.xsnr; rm out.xsnr
1 model in 1 family, 1 text, 1 explanation; tokens joined: none
thermostat names tokens by their ids: without --tokenizer the words are numbers, and [CLS], [SEP] and [PAD] are among them
$ for m in 1 2 3; do echo '{"model":'$m',"text_id":"a","tokens":["good","film"],"attributions":['$m',2]}'; done > in.jsonl; xsnr import in.jsonl -o out.xsnr && xsnr check out.xsnr && xsnr export out.xsnr -o again.jsonl && head -n 1 again.jsonl && xsnr show out.xsnr --text a | head -n 2
3 models in 1 family, 1 text, 3 explanations; tokens joined: none
out.xsnr: whole and consistent
{"model": 1, "text_id": "a", "family": "imported", "explainer": "imported", "text": "good film", "split": "test", "unit": "word", "tokens": ["good", "film"], "offsets": [[0, 4], [5, 9]], "label": null, "prediction": null, "target": null, "attributions": [1, 2]}
text a, from test

$ xsnr import again.jsonl -o again.xsnr > said; xsnr export again.xsnr -o twice.jsonl && cmp again.jsonl twice.jsonl && xsnr export out.xsnr -o out.csv && head -n 2 out.csv && xsnr export out.xsnr -o out.npz && xsnr import out.npz -o third.xsnr > said && xsnr export third.xsnr -o third.jsonl && cut -d, -f2- third.jsonl > a && cut -d, -f2- again.jsonl > b && cmp a b
family,model,explainer,text,word_index,word,start,end,score,label,prediction,target
imported,1,imported,a,0,good,0,4,1,,,
$ cat in.jsonl in.jsonl > twice.jsonl; xsnr import twice.jsonl --duplicates first -o fourth.xsnr; for t in a b; do echo '{"model":4,"text_id":"'$t'","tokens":["good","film"],"attributions":[1,2]}'; done >> in.jsonl; xsnr import in.jsonl --missing drop-texts -o fifth.xsnr; xsnr import in.jsonl --missing drop-models -o sixth.xsnr
3 models in 1 family, 1 text, 3 explanations; tokens joined: none
3 explanations were left out: they were there already
4 models in 1 family, 1 text, 4 explanations; tokens joined: none
1 text was left out: not every model explains it
1 model in 1 family, 2 texts, 2 explanations; tokens joined: none
3 models were left out: they do not explain every text
$ printf 'text,word,token,score\n' > in.csv; xsnr import in.csv -o seventh.xsnr
in.csv:1: one column is named 'word' or, if its cells are to be joined to words, 'token'; here are both
[1]
