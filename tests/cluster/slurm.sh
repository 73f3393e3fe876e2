#!/bin/bash
# The batch scripts of docs/cluster.md, from its own text, on a real Slurm of one node: with MPI, and as an array of shards.
#   slurm.sh SOURCE BUILD
set -eu
source=$(realpath "$1") build=$(realpath "$2")
for program in slurmctld slurmd munged sbatch mpirun; do
    command -v $program > /dev/null || { echo "no $program; skipped"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "a Slurm is started by root; skipped"; exit 77; }
[ -e "$build/xsnr-mpi.so" ] || { echo "a build without MPI; skipped"; exit 77; }
grep -q '^XSNR_SANITIZE:STRING=$' "$build/CMakeCache.txt" || { echo "not under a sanitizer; skipped"; exit 77; }
work=$(mktemp -d)
slurm() { "$source/scripts/slurm-single-node" "$work/slurm" "$1"; }
trap 'slurm stop; rm -rf "$work"' EXIT
export PATH="$build/bin:$PATH" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1764158400
slurm start > "$work/log" 2>&1 || { cat "$work/log"; echo "Slurm does not start here; skipped"; exit 77; }
export SLURM_CONF=$work/slurm/slurm.conf

block() { # the block of docs/cluster.md that holds the line $1
    awk -v wanted="$1" '/^    /{ text = text substr($0, 5) "\n"; if (index($0, wanted)) found = 1; next }
        { if (found) exit; text = "" } END { if (found) printf "%s", text }' "$source/docs/cluster.md"
}
block '#SBATCH --requeue' > "$work/xsnr.sbatch"
block '#SBATCH --array' > "$work/shards.sbatch"
[ -s "$work/xsnr.sbatch" ] && [ -s "$work/shards.sbatch" ] || { echo "docs/cluster.md has no batch script"; exit 1; }
cd "$work"
xsnr init demo --models 20 > /dev/null
cp -r demo whole && cp -r demo parts
(cd whole && xsnr run -q study.yaml > table && xsnr export study.xsnr --format npz -o scores.npz)

send() { timeout 200 sbatch --wait "$@" > sent || { cat sent slurm-*.out; echo "sbatch: $*"; exit 1; }; }
same() { # the job's study is the whole's
    xsnr check study.xsnr > checked || { cat checked; exit 1; }
    xsnr export study.xsnr --format npz -o scores.npz && cmp scores.npz ../whole/scores.npz
}
(cd demo && send ../xsnr.sbatch && cmp slurm-*.out ../whole/table && same && cmp report.html ../whole/report.html)
echo "mpirun, $(grep -o 'ntasks=[0-9]*' xsnr.sbatch): $(head -3 demo/slurm-*.out | tail -1)"
(cd parts && send ../shards.sbatch && ls study.*-of-*.xsnr > ../made && xsnr merge -q study.*-of-*.xsnr -o study.xsnr &&
    xsnr run -q study.yaml > table && cmp table ../whole/table && same)
echo "an array of $(wc -l < made) shards, merged: the same bits"
