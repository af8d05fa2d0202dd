"""The system calls that a guest has no use for: their numbers on x86_64 and aarch64."""

from __future__ import annotations

__all__ = ["DENIED", "MACHINES", "NUMBERS"]

# How the kernel names an architecture to a filter (AUDIT_ARCH_*), by platform.machine().
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# "name x86_64 aarch64"; "-" where the architecture has no such call (old calls that newer kernels leave out).
_DENIED = """
# other programs
fork 57 -, vfork 58 -, execve 59 221, execveat 322 281
# processes
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440
process_mrelease 448 448, kcmp 312 272, pidfd_open 434 434, pidfd_getfd 438 438, pidfd_send_signal 424 424
rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, tkill 200 130, setpgid 109 154, setsid 112 157
# network
socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242
# namespaces and mounts
unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, fsopen 430 430
fsconfig 431 431, fsmount 432 432, fspick 433 433, open_tree 428 428, move_mount 429 429
mount_setattr 442 442, open_by_handle_at 304 265, name_to_handle_at 303 264
# owners and modes (Landlock does not watch them)
chmod 90 -, fchmod 91 52, fchmodat 268 53, chown 92 -, lchown 94 -, fchown 93 55, fchownat 260 54
setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15
fremovexattr 199 16, utime 132 -, utimes 235 -, utimensat 280 88, futimesat 261 -, mknod 133 -, mknodat 259 33
# memory outside all limits
shmget 29 194, shmat 30 196, shmctl 31 195, shmdt 67 197, msgget 68 186, msgsnd 69 189, msgrcv 70 188
msgctl 71 187, semget 64 190, semop 65 193, semctl 66 191, semtimedop 220 192, mq_open 240 180
mq_unlink 241 181, memfd_create 319 279, memfd_secret 447 447
# the kernel itself
bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425, io_uring_enter 426 426
io_uring_register 427 427, keyctl 250 219, add_key 248 217, request_key 249 218, init_module 175 105
finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294, reboot 169 142
swapon 167 224, swapoff 168 225, quotactl 179 60, acct 163 89, syslog 103 116, settimeofday 164 170
clock_settime 227 112, clock_adjtime 305 266, adjtimex 159 171, sethostname 170 161, setdomainname 171 162
personality 135 92, iopl 172 -, ioperm 173 -, modify_ldt 154 -, lookup_dcookie 212 18, nfsservctl 180 42
uselib 134 -, ustat 136 -, sysfs 139 -, _sysctl 156 -, vhangup 153 58, fanotify_init 300 262
move_pages 279 239, migrate_pages 256 238, mbind 237 235, set_mempolicy 238 237
"""

# Those whose arguments decide.
_LOOKED_AT = """
clone 56 220, clone3 435 435, socketpair 53 199, kill 62 129, tgkill 234 131, prlimit64 302 261
"""


def _read(text: str) -> dict[str, dict[str, int]]:
    numbers: dict[str, dict[str, int]] = {machine: {} for machine in MACHINES}
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for entry in ",".join(filter(None, lines)).split(","):
        name, *found = entry.split()
        for machine, number in zip(MACHINES, found, strict=True):
            if number != "-":
                numbers[machine][name] = int(number)
    return numbers


# By machine, then by name.
DENIED = _read(_DENIED)
NUMBERS = _read(_LOOKED_AT)
