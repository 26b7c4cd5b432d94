//! The system calls that std lacks.
#![cfg_attr(
    unix,
    expect(
        unsafe_code,
        reason = "the one module that may call the system directly"
    )
)]

#[cfg(target_os = "linux")]
pub(crate) mod landlock;

/// Which version of Landlock this system has; 0 for none.
pub(crate) fn landlock_version() -> u32 {
    #[cfg(target_os = "linux")]
    return landlock::version();
    #[cfg(not(target_os = "linux"))]
    return 0;
}

/// Ends every process of the group that `leader` leads. A group that is gone already is no fault.
#[cfg(unix)]
pub(crate) fn kill_group(leader: u32) {
    const SIGKILL: i32 = 9;
    unsafe extern "C" {
        fn kill(pid: i32, signal: i32) -> i32;
    }
    let Ok(leader) = i32::try_from(leader) else {
        return;
    };
    // 0 would be our own group, and -1 everybody.
    if leader > 1 {
        // SAFETY: `kill` takes two integers and touches no memory of ours.
        let _ = unsafe { kill(-leader, SIGKILL) };
    }
}

/// Without groups, the leader's own end (`Child::kill`) has to do.
#[cfg(not(unix))]
pub(crate) fn kill_group(_: u32) {}

/// What is to be done with a file.
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    Write,
}

/// Waits until one of `files` can be read or written without waiting, or `time` is over; tells which.
/// `None` stands for a file that nobody waits for.
#[cfg(unix)]
pub(crate) fn poll<const N: usize>(
    files: [(Option<std::os::fd::RawFd>, Interest); N],
    time: std::time::Duration,
) -> std::io::Result<[bool; N]> {
    #[repr(C)]
    struct PollFd {
        fd: i32,
        events: i16,
        revents: i16,
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    type Count = std::ffi::c_ulong;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    type Count = std::ffi::c_uint;
    const POLLIN: i16 = 1;
    const POLLOUT: i16 = 4;
    unsafe extern "C" {
        fn poll(fds: *mut PollFd, count: Count, timeout: i32) -> i32;
    }
    let mut fds = files.map(|(fd, interest)| PollFd {
        // A negative one is left out.
        fd: fd.unwrap_or(-1),
        events: match interest {
            Interest::Read => POLLIN,
            Interest::Write => POLLOUT,
        },
        revents: 0,
    });
    let milliseconds = i32::try_from(time.as_millis().max(1)).unwrap_or(i32::MAX);
    // SAFETY: the pointer and the count are those of an array that outlives the call, laid out as C has it.
    let ready = unsafe { poll(fds.as_mut_ptr(), N as Count, milliseconds) };
    if ready >= 0 {
        return Ok(fds.map(|fd| fd.revents != 0));
    }
    match std::io::Error::last_os_error() {
        error if error.kind() == std::io::ErrorKind::Interrupted => Ok([false; N]),
        error => Err(error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::process::Command;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a real process is what is tested"
    )]
    fn a_group_is_ended() {
        let mut child = Command::new("sleep")
            .arg("60")
            .process_group(0)
            .spawn()
            .expect("sleep is everywhere");
        super::kill_group(child.id());
        assert_eq!(child.wait().expect("it is ours").signal(), Some(9));
    }
}
