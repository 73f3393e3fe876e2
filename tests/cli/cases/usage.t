The command line: what is wrong is said in one line, with the way out.
$ xsnr
$ xsnr --version
$ xsnr help nothing
$ xsnr analyse scores.npy
$ xsnr run
$ xsnr run a.yaml b.yaml
$ xsnr run study.xsnr
$ xsnr run -j 0 study.yaml
$ xsnr run -j many study.yaml
$ xsnr run --threds 2 study.yaml
$ xsnr run study.yaml -o
$ xsnr analyze
$ xsnr analyze scores.txt
$ xsnr analyze scores.npy --normalize l3
$ xsnr analyze scores.npy --reliability 1
$ xsnr analyze study.yaml --normalize none
$ xsnr show study.xsnr --color sometimes
$ xsnr show study.xsnr --palette green
$ xsnr export study.xsnr
$ xsnr export study.xsnr -o scores.txt
$ xsnr corpus
$ xsnr corpus novel
$ xsnr corpus gazette --redundancy 9
$ xsnr corpus gazette --language de
$ xsnr corpus gazette -n -4
$ xsnr list
$ xsnr list family
$ xsnr help run
$ xsnr help run | head -1 > /dev/full
