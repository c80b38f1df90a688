/* Makes fdatasync and fsync fail with EIO once the file named by FAIL_FSYNC_WHEN exists: a disk that loses its cache. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int broken(void) {
    const char *flag = getenv("FAIL_FSYNC_WHEN");
    return flag != NULL && access(flag, F_OK) == 0;
}

int fdatasync(int descriptor) {
    if (broken()) { errno = EIO; return -1; }
    return (int)syscall(SYS_fdatasync, descriptor);
}

int fsync(int descriptor) {
    if (broken()) { errno = EIO; return -1; }
    return (int)syscall(SYS_fsync, descriptor);
}
