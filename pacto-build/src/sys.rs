//! The system calls that std lacks.
#![expect(
    unsafe_code,
    reason = "the one module that may call the system directly"
)]

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
