// What is inside a hub (crew.h), for the files that are it.
#ifndef XSNR_STUDY_HUB_H
#define XSNR_STUDY_HUB_H
#include "study/message.h"

struct xs_hub {
    int fd;                   // listens
    char token[XS_TOKEN_HEX]; // what a process must know to be let in
    char address[512];        // what xs_study_join takes
};
#endif
