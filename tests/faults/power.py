"""The power fails: a model of a disk that keeps only what was fsynced, and the way back to it.

A small library stands before fsync and fdatasync of the processes that it is loaded into. After each of them on a file
of the database it copies that file aside, whole, so that the copies are what a disk would hold if it lost all else.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

NAME = "smsgw.sqlite"
KEPT = (NAME, f"{NAME}-wal")
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep(int fd) {
    char link[64], path[PATH_MAX], to[PATH_MAX], part[PATH_MAX], lock[PATH_MAX];
    const char *folder = getenv("FAULTS_FOLDER"), *shadow = getenv("FAULTS_SHADOW");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0 || !folder || !shadow) return;
    path[n] = 0;
    if (strncmp(path, folder, strlen(folder)) || !strstr(path, "smsgw.sqlite")) return;
    snprintf(lock, sizeof lock, "%s/lock", shadow);
    snprintf(to, sizeof to, "%s/%s", shadow, strrchr(path, '/') + 1);
    snprintf(part, sizeof part, "%s.part", to);
    int guard = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    flock(guard, LOCK_EX);
    int in = open(path, O_RDONLY | O_CLOEXEC), out = open(part, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    char piece[1 << 16];
    while ((n = read(in, piece, sizeof piece)) > 0)
        if (write(out, piece, n) != n) abort();
    close(in);
    close(out);
    if (n < 0 || rename(part, to)) abort();
    close(guard);
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int end = real(fd);
    if (!end) keep(fd);
    return end;
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int end = real(fd);
    if (!end) keep(fd);
    return end;
}
"""


def compiler() -> str | None:
    """The C compiler, where there is one."""
    return shutil.which("cc") or shutil.which("gcc")


def build(folder: Path) -> Path:
    """The library, built into `folder`."""
    source, library = folder / "power.c", folder / "power.so"
    source.write_text(SOURCE, encoding="ascii")
    command = [compiler() or "cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return library


def environment(library: Path, folder: Path, shadow: Path) -> Mapping[str, str]:
    """The environment of a process whose database in `folder` is shadowed. The first shadow is what is there now."""
    if not shadow.exists():
        shadow.mkdir()
        for name in KEPT:
            if (folder / name).exists():
                shutil.copyfile(folder / name, shadow / name)
    return {"LD_PRELOAD": str(library), "FAULTS_FOLDER": str(folder.resolve()), "FAULTS_SHADOW": str(shadow)}


def restore(folder: Path, shadow: Path) -> None:
    """Put back what the disk holds after the power has failed."""
    for name in KEPT:
        (folder / name).unlink(missing_ok=True)
        if (shadow / name).exists():
            shutil.copyfile(shadow / name, folder / name)
    (folder / f"{NAME}-shm").unlink(missing_ok=True)
