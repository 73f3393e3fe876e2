Parts of a study made apart and joined: what one run would have made.  A run that is killed before its first model leaves a
file that says nothing yet, or whose it is (stopped.py); an import says that it is one.
$ xsnr init demo --models 4 && cp -r demo whole
An example study is in demo; run it with:  xsnr run demo/study.yaml
$ cd whole && xsnr run -q -j 2 study.yaml > table && xsnr export study.xsnr --format npz -o arrays.npz
$ cd demo && for i in 1 2 3; do xsnr run -q -j 2 study.yaml --shard $i/3 || exit; done; ls *.xsnr; ls | grep -c -e results -e words -e report
study.1-of-3.xsnr
study.2-of-3.xsnr
study.3-of-3.xsnr
0
[1]
$ cd demo && xsnr check study.1-of-3.xsnr
study.1-of-3.xsnr: whole and consistent
$ cd demo && xsnr merge study.1-of-3.xsnr study.3-of-3.xsnr -o study.xsnr
5 of 8 models are in study.xsnr
shard missing: 2/3
models missing: 1 of tfidf, 2 of linguistic
$ cd demo && xsnr merge study.1-of-3.xsnr study.2-of-3.xsnr study.1-of-3.xsnr -o study.xsnr
8 of 8 models are in study.xsnr
$ cd demo && xsnr check study.xsnr && xsnr run -j 2 study.yaml > table
study.xsnr: whole and consistent
8 of 8 models are there already
$ cd demo && xsnr export study.xsnr --format npz -o arrays.npz && cmp arrays.npz ../whole/arrays.npz && cmp table ../whole/table
$ cmp demo/words.csv whole/words.csv && cmp demo/report.html whole/report.html; diff demo/results.json whole/results.json
$ cd demo && rm study.xsnr && xsnr merge -q study.2-of-3.xsnr study.1-of-3.xsnr -o study.xsnr && xsnr run -q study.yaml | cmp - ../whole/table
$ cd demo && xsnr export study.xsnr --format npz -o arrays.npz && cmp arrays.npz ../whole/arrays.npz
$ sed 's/^seed: .*/seed: 8/' demo/study.yaml > demo/other.yaml; cd demo; xsnr train -q other.yaml --shard 2/2 && xsnr merge study.1-of-3.xsnr other.2-of-2.xsnr -o new.xsnr; ls new*
other.2-of-2.xsnr: this is a part of another study than study.1-of-3.xsnr: it has another plan
ls: cannot access 'new*': No such file or directory
[2]
$ cp demo/study.1-of-3.xsnr changed.xsnr; /usr/bin/python3 -c "import sqlite3; c = sqlite3.connect('changed.xsnr'); c.execute('UPDATE model SET loss = 2 WHERE position = 0'); c.commit()"
$ xsnr merge demo/study.1-of-3.xsnr changed.xsnr -o new.xsnr; ls new*
changed.xsnr: model 0 of family 'tfidf' is here and in demo/study.1-of-3.xsnr, and differs; parts must come from the same version of xsnr on processors of the same kind
ls: cannot access 'new*': No such file or directory
[2]
$ xsnr merge demo/study.1-of-3.xsnr -o demo/study.2-of-3.xsnr
demo/study.2-of-3.xsnr: this is a part itself (2/3); join the parts in another file
[2]
$ xsnr merge demo/study.1-of-3.xsnr -o demo/study.1-of-3.xsnr
demo/study.1-of-3.xsnr: this is a part itself (1/3); join the parts in another file
[2]
$ printf '%s\n' 'import sqlite3, sys' 'c = sqlite3.connect(sys.argv[1])' 'for table in "faithfulness explanation explainer saved model family gold word text label".split(): c.execute("DELETE FROM " + table)' 'for key, in c.execute("SELECT key FROM fact").fetchall(): key in sys.argv or c.execute("DELETE FROM fact WHERE key = ?", [key])' 'c.commit()' > stopped.py
$ for left in "" identity "identity data_sha256 plan"; do cp demo/study.2-of-3.xsnr killed.xsnr; /usr/bin/python3 stopped.py killed.xsnr $left; xsnr merge demo/study.1-of-3.xsnr killed.xsnr -o new.xsnr; done; ls new*
killed.xsnr: this part was stopped before its first model; run it again
killed.xsnr: this part was stopped before its first model; run it again
killed.xsnr: this part was stopped before its first model; run it again
ls: cannot access 'new*': No such file or directory
[2]
$ for left in "" identity "identity data_sha256 plan"; do cp demo/study.2-of-3.xsnr new.xsnr; /usr/bin/python3 stopped.py new.xsnr $left; xsnr merge -q demo/study.[123]-of-3.xsnr -o new.xsnr && xsnr export new.xsnr --format npz -o arrays.npz && cmp arrays.npz whole/arrays.npz; done; rm new.xsnr
$ xsnr export demo/study.xsnr --format jsonl -o in.jsonl && xsnr import -q in.jsonl -o imported.xsnr && xsnr merge demo/study.1-of-3.xsnr imported.xsnr -o new.xsnr; ls new*
imported.xsnr: this study file was not made by `xsnr run` from a study.yaml; only such parts can be joined
ls: cannot access 'new*': No such file or directory
[2]
$ xsnr merge nothing.xsnr -o new.xsnr; ls new*
nothing.xsnr: there is no such study file
ls: cannot access 'new*': No such file or directory
[2]
$ printf 'text\ntable\n' > text.xsnr; xsnr merge text.xsnr -o new.xsnr; ls new*
text.xsnr: this is not a study file of xsnr (such a file is a SQLite database)
ls: cannot access 'new*': No such file or directory
[2]
$ xsnr merge demo/study.1-of-3.xsnr -o missing/new.xsnr
missing/new.xsnr.lock: cannot make the lock file: No such file or directory
[1]
$ xsnr merge demo/study.1-of-3.xsnr -o new.npz
xsnr merge: the name of a study file ends in .xsnr, 'new.npz' does not; see `xsnr help merge`
[2]
$ xsnr merge demo/study.1-of-3.xsnr
xsnr merge: -o STUDY.xsnr is needed; see `xsnr help merge`
[2]
$ xsnr merge -o new.xsnr
xsnr merge: parts of a study are needed; see `xsnr help merge`
[2]
$ xsnr run demo/study.yaml --shard 4/3
xsnr run: --shard takes I/N, 1 to N of at most 10000, as 2/3, not '4/3'; see `xsnr help run`
[2]
$ xsnr run demo/study.yaml --shard 0/3
xsnr run: --shard takes I/N, 1 to N of at most 10000, as 2/3, not '0/3'; see `xsnr help run`
[2]
$ xsnr run demo/study.yaml --shard 1
xsnr run: --shard takes I/N, 1 to N of at most 10000, as 2/3, not '1'; see `xsnr help run`
[2]
$ xsnr run demo/study.yaml --shard 1/3x
xsnr run: --shard takes I/N, 1 to N of at most 10000, as 2/3, not '1/3x'; see `xsnr help run`
[2]
$ xsnr report demo/study.yaml --shard 1/3
xsnr report: --shard is an option of run and train; see `xsnr help report`
[2]
$ xsnr run demo/study.yaml -q --shard 1/99999
xsnr run: --shard takes I/N, 1 to N of at most 10000, as 2/3, not '1/99999'; see `xsnr help run`
[2]
