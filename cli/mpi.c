// Open MPI, as far as xsnr needs it: which rank this is, of how many, and where the others find rank 0.
//
// A module of its own, which the program loads when it was started under mpirun and never else: neither the library nor
// the program is linked with MPI.  MPI is over before any work begins.  Jobs and explanations go over TCP connections of
// xsnr's own (xsnr_study_share), since an MPI job does not survive a rank that is killed: a send to it hangs or aborts
// (Open MPI 4.1 has no ULFM), while the end of a connection is a fact that the kernel tells at once.
#include "command.h"
#include <mpi.h>
#include <stdio.h>

static bool start(int *rank, int *size) {
    return MPI_Init(NULL, NULL) == MPI_SUCCESS && MPI_Comm_rank(MPI_COMM_WORLD, rank) == MPI_SUCCESS &&
           MPI_Comm_size(MPI_COMM_WORLD, size) == MPI_SUCCESS;
}

static bool tell(char *text, size_t size) {
    return MPI_Bcast(text, (int)size, MPI_CHAR, 0, MPI_COMM_WORLD) == MPI_SUCCESS;
}

static void end(void) { MPI_Finalize(); }

extern const rank_layer xsnr_ranks_mpi;
XSNR_API const rank_layer xsnr_ranks_mpi = {start, tell, end};
