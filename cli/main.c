#include <stdio.h>
#include <xsnr/xsnr.h>

int main(void) {
    printf("xsnr %s\n", xsnr_version());
    return 0;
}
