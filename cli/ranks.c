// xsnr under mpirun: rank 0 runs the study, every other rank keeps a process alive that takes jobs from it.
//
// A rank other than 0 does no work itself.  It starts `xsnr` anew with the address of rank 0 in its environment and waits
// for it: if that process is killed (kill -9, out of memory, a crash), another one is started, and mpirun, which would
// end the whole job with a rank, has not noticed.  If the rank itself is killed, its process dies with it, and mpirun ends
// the job unless it was started with --enable-recovery.  In no case is anything lost that was finished.
#include "command.h"
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RESTARTS = 1000, HASTY = 10 }; // of a worker; in a row of less than two seconds each

static volatile sig_atomic_t worker, ending; // process id; a signal that ends the rank

static int number_of(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

// Was this started as one of several?  Open MPI's mpirun, or a PMI of Slurm, says so in the environment.
static bool one_of_several(void) {
    return number_of("OMPI_COMM_WORLD_SIZE") > 1 || (getenv("PMIX_RANK") && number_of("SLURM_NTASKS") > 1);
}

bool ranks_start(ranks *r) {
    *r = (ranks){.size = 1, .join = getenv("XSNR_JOIN")};
    if (r->join || !one_of_several()) return true;
    void *module = dlopen("xsnr-mpi.so", RTLD_NOW | RTLD_GLOBAL); // beside libxsnr.so
    r->layer = module ? dlsym(module, "xsnr_ranks_mpi") : NULL;
    if (!r->layer) {
        if (number_of("OMPI_COMM_WORLD_RANK") > 0 || number_of("PMIX_RANK") > 0) return false;
        fputs("xsnr: this build has no Open MPI; rank 0 does all the work itself, the others end\n", stderr);
        return true;
    }
    if (!r->layer->start(&r->rank, &r->size)) {
        fputs("xsnr: MPI does not start\n", stderr);
        exit(EXIT_FAILED);
    }
    if (r->size == 1) r->layer->end();
    return true;
}

bool ranks_are_near(const ranks *r) { return number_of("OMPI_COMM_WORLD_LOCAL_SIZE") == r->size || number_of("SLURM_NNODES") == 1; }

int ranks_threads(void) {
    int local = number_of("OMPI_COMM_WORLD_LOCAL_SIZE"), given = number_of("SLURM_CPUS_ON_NODE");
    cpu_set_t set;
    if (local <= 1 || sched_getaffinity(0, sizeof set, &set)) return 0;
    int online = (int)sysconf(_SC_NPROCESSORS_ONLN), bound = CPU_COUNT(&set);
    if (given > 0 && given < online) online = given;
    int share = online / local;
    return share < 1 ? 1 : share < bound ? share : bound;
}

void ranks_tell(const ranks *r, const char *address) {
    char text[RANKS_ADDRESS] = "";
    if (r->size == 1) return;
    snprintf(text, sizeof text, "%s", address);
    r->layer->tell(text, sizeof text);
    r->layer->end();
}

/* ------------------------------------------------------------ the other ranks */

static void pass_on(int signal_) {
    ending = signal_;
    if (worker > 0) kill((pid_t)worker, signal_);
}

static pid_t start_worker(char **argv) {
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1); // by its name, which ps then shows
    if (n < 0) return -1;
    path[n] = '\0';
    pid_t parent = getpid(), child = fork();
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILED); // it was killed before the line above
    execv(path, argv);
    _exit(EXIT_FAILED);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Runs workers until one ends by itself.
static void keep_worker(const ranks *r, char **argv) {
    int hasty = 0;
    for (int i = 0; i < RESTARTS && hasty < HASTY && !ending; i++) {
        double begun = now();
        worker = start_worker(argv);
        if (worker < 0) break;
        int status;
        while (waitpid((pid_t)worker, &status, 0) < 0 && errno == EINTR) {}
        worker = 0;
        if (WIFEXITED(status)) return; // it has said itself what was wrong, if anything
        if (!ending) fprintf(stderr, "xsnr: rank %d: its process was ended by signal %d; starting another\n", r->rank, WTERMSIG(status));
        hasty = now() - begun < 2 ? hasty + 1 : 0;
    }
    if (!ending) fprintf(stderr, "xsnr: rank %d: its processes die too often; it takes no further part\n", r->rank);
}

int ranks_serve(const ranks *r, int argc, char **argv) {
    char address[RANKS_ADDRESS] = "";
    bool told = r->layer->tell(address, sizeof address);
    address[sizeof address - 1] = '\0';
    r->layer->end();
    if (!told || !*address) return 0; // rank 0 says what is wrong
    char **again = calloc((size_t)argc + 2, sizeof *again);
    if (!again || setenv("XSNR_JOIN", address, 1)) {
        free(again);
        return 0;
    }
    again[0] = (char[]){"xsnr"};
    memcpy(again + 1, argv, (size_t)argc * sizeof *argv);
    struct sigaction action = {.sa_handler = pass_on};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    keep_worker(r, again);
    free(again);
    return 0; // always: mpirun ends the whole job when a rank fails
}
