//! The door to other programs: runs one, feeds it, reads both pipes, and always comes back.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the one module that may start programs"
)]

#[cfg(unix)]
mod poll;
// Where there is `poll`, only the tests use these, so that they hold for both.
#[cfg(any(not(unix), test))]
mod threads;

use std::ffi::OsString;
use std::io::{self, PipeReader, PipeWriter};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use self::poll::PolledPipes as NativePipes;
#[cfg(not(unix))]
use self::threads::ThreadedPipes as NativePipes;

use crate::sandbox::Sandbox;
use crate::sys;

/// How often a child that is silent is looked at.
const TICK: Duration = Duration::from_millis(10);

/// A program that has closed its pipes mostly ends within this.
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);

/// How long a pipe is read on after the child itself has ended: what it wrote is in the pipe by then,
/// and who still holds the other end is somebody that it left behind.
const GRACE: Duration = Duration::from_millis(250);

/// A program to run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) program: PathBuf,
    pub(crate) dir: PathBuf,
    /// The whole environment.
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) limits: Limits,
    pub(crate) group: Group,
    pub(crate) sandbox: Sandbox,
    pub(crate) interrupt: Interrupt,
}

/// How much a program may say, and how long it may take.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) stdout: usize,
    pub(crate) stderr: usize,
    pub(crate) time: Duration,
}

/// Which process group a child is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Its own, which we end with it; the terminal's Ctrl-C does not reach it, so we must.
    Own,
    /// Ours: the terminal's Ctrl-C reaches it where we are not asked.
    Shared,
}

/// Set when the user wants to stop.
pub type Interrupt = Arc<AtomicBool>;

/// A program that ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// A program that did not, or was not even started.
#[derive(Debug)]
pub(crate) enum Failure {
    Start(io::Error),
    /// Reading from it or waiting for it failed.
    Io(io::Error),
    TooLong {
        stderr: Vec<u8>,
    },
    TooMuch {
        stderr: Vec<u8>,
    },
    Interrupted,
}

/// Runs a program to its end, or ends it.
pub(crate) fn run(run: Run) -> Result<Ended, Failure> {
    run_with::<NativePipes>(run)
}

fn run_with<P: Pipes>(run: Run) -> Result<Ended, Failure> {
    let deadline = Instant::now() + run.limits.time;
    let (child, ends) = spawn(&run).map_err(Failure::Start)?;
    let mut watch = Watch {
        pipes: P::new(ends, run.stdin, &run.limits),
        child,
        group: run.group,
    };
    let outcome = watch.until_the_end(deadline, &run.interrupt);
    if outcome.is_err() {
        watch.kill();
    }
    let Said { stdout, stderr } = watch.pipes.into_said();
    match outcome {
        Ok(status) => Ok(Ended {
            status,
            stdout,
            stderr,
        }),
        Err(End::Interrupted) => Err(Failure::Interrupted),
        Err(End::Io(error)) => Err(Failure::Io(error)),
        Err(End::Deadline) => Err(Failure::TooLong { stderr }),
        Err(End::TooMuch) => Err(Failure::TooMuch { stderr }),
    }
}

/// The ends of a child's pipes that are ours.
struct Ends {
    stdin: PipeWriter,
    stdout: PipeReader,
    stderr: PipeReader,
}

/// The pipes are made here, in this thread's table of descriptors: the child may be started from another.
fn spawn(run: &Run) -> io::Result<(Child, Ends)> {
    #[cfg(pacto_faults)]
    crate::faults::look("start", &run.program)?;
    let (its_stdin, stdin) = io::pipe()?;
    let (stdout, its_stdout) = io::pipe()?;
    let (stderr, its_stderr) = io::pipe()?;
    let mut command = Command::new(&run.program);
    command
        .current_dir(&run.dir)
        .env_clear()
        .envs(run.env.iter().map(|(name, value)| (name, value)));
    command
        .stdin(its_stdin)
        .stdout(its_stdout)
        .stderr(its_stderr);
    #[cfg(unix)]
    if run.group == Group::Own {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    // With `command`, our copies of the child's ends go: its end is to be the last of them.
    let child = run.sandbox.spawn(&mut command)?;
    let ends = Ends {
        stdin,
        stdout,
        stderr,
    };
    Ok((child, ends))
}

/// The pipes of a child, all served at the same time: who waits for one alone waits for ever once
/// another is full.
trait Pipes: Sized {
    /// Begins to feed `input` to the child, which may end without having read it.
    fn new(ends: Ends, input: Vec<u8>, limits: &Limits) -> Self;

    /// Whether the child, or somebody that it left behind, may still say something.
    fn is_talking(&self) -> bool;

    /// Whether there is anything left to serve.
    fn is_open(&self) -> bool;

    /// Serves what is ready, or waits for `time`; whether there was anything.
    fn exchange(&mut self, time: Duration) -> Result<bool, End>;

    fn into_said(self) -> Said;
}

/// What a child has said, as far as it was kept.
#[derive(Debug, Default)]
struct Said {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Why we stop waiting for a child.
#[derive(Debug)]
enum End {
    Deadline,
    Interrupted,
    TooMuch,
    Io(io::Error),
}

/// A child that runs.
struct Watch<P> {
    child: Child,
    group: Group,
    pipes: P,
}

impl<P: Pipes> Watch<P> {
    fn until_the_end(
        &mut self,
        deadline: Instant,
        interrupt: &Interrupt,
    ) -> Result<ExitStatus, End> {
        let mut pause = SHORTEST_PAUSE;
        let mut next_look = Instant::now() + TICK;
        loop {
            if self.pipes.is_open() {
                let is_busy = self.pipes.exchange(TICK)? && self.pipes.is_open();
                // Who talks or listens is alive, as a rule: it need not be asked after every word.
                if is_busy && Instant::now() < next_look {
                    continue;
                }
                next_look = Instant::now() + TICK;
            } else {
                // It closed its pipes and is about to end, or lives on in silence. std cannot wait for a process until a
                // deadline, so that it is asked, and ever less often.
                thread::sleep(pause);
                pause = (pause * 2).min(TICK);
            }
            if let Some(status) = self.child.try_wait().map_err(End::Io)? {
                self.hear_out()?;
                // Whoever it started and left behind in its group ends with it.
                self.kill_group();
                return Ok(status);
            }
            if interrupt.load(Ordering::Relaxed) {
                return Err(End::Interrupted);
            }
            if Instant::now() >= deadline {
                return Err(End::Deadline);
            }
        }
    }

    /// After the child's end: waits for what is in the pipes, but not for who else holds them.
    fn hear_out(&mut self) -> Result<(), End> {
        let end = Instant::now() + GRACE;
        while self.pipes.is_talking() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.pipes.exchange(left)?;
        }
        Ok(())
    }

    /// Ends the child, and hears its last words.
    fn kill(&mut self) {
        self.kill_group();
        // Both fail only for a child that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Whatever is wrong with its words, the reason for ending it is the one to report.
        let _ = self.hear_out();
    }

    fn kill_group(&self) {
        if self.group == Group::Own {
            sys::kill_group(self.child.id());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::env::Env;

    use super::poll::PolledPipes;
    use super::threads::ThreadedPipes;

    type Way = fn(Run) -> Result<Ended, Failure>;
    const WAYS: [Way; 2] = [run_with::<PolledPipes>, run_with::<ThreadedPipes>];

    fn shell(script: &str, stdin: &str, time: Duration, group: Group) -> Run {
        Run {
            program: "/bin/sh".into(),
            dir: "/".into(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            stdin: format!("{script}\n{stdin}").into_bytes(),
            limits: Limits {
                stdout: 1 << 20,
                stderr: 1 << 10,
                time,
            },
            group,
            sandbox: Sandbox::new(None, Path::new("/"), &Env::of(&[])),
            interrupt: Interrupt::default(),
        }
    }

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(100);

    #[test]
    fn a_program_that_talks_before_it_listens_is_heard() {
        let script = "head -c 1000000 /dev/zero | tr '\\0' e >&2; head -c 900000 /dev/zero; exit 3";
        for way in WAYS {
            let ended = way(shell(script, &"x".repeat(1 << 20), LONG, Group::Own));
            let ended = ended.expect("it ends by itself");
            assert_eq!(
                (ended.status.code(), ended.stdout.len(), ended.stderr.len()),
                (Some(3), 900_000, 1 << 10)
            );
        }
    }

    #[test]
    fn a_program_that_listens_after_its_last_word_is_fed() {
        let script = "exec >&- 2>&-; test $(wc -c) -gt 900000; exit";
        for way in WAYS {
            let ended = way(shell(script, &"x".repeat(1_000_000), LONG, Group::Own));
            assert_eq!(ended.expect("it ends by itself").status.code(), Some(0));
        }
    }

    #[test]
    fn a_program_that_never_listens_is_fine() {
        for way in WAYS {
            let script = "exec </dev/null; echo done; exit";
            let ended = way(shell(script, &"x".repeat(4 << 20), LONG, Group::Own));
            assert_eq!(ended.expect("it ends by itself").stdout, b"done\n");
        }
    }

    #[test]
    fn what_does_not_end_is_ended() {
        for (way, group) in WAYS
            .into_iter()
            .flat_map(|way| [(way, Group::Own), (way, Group::Shared)])
        {
            for script in [
                "trap '' TERM; while :; do sleep 1; done",
                "exec >&- 2>&-; sleep 60",
                "exec <&- >&- 2>&-; sleep 60",
                "while :; do echo words >&2; done",
                "sleep 60",
            ] {
                let failure = way(shell(script, "", SHORT, group));
                assert!(matches!(failure, Err(Failure::TooLong { .. })), "{script}");
            }
            let failure = way(shell("echo words >&2; yes", "", LONG, group));
            assert!(matches!(failure, Err(Failure::TooMuch { stderr }) if stderr == b"words\n"));
        }
    }

    #[test]
    fn who_holds_the_pipes_does_not_hold_us() {
        for way in WAYS {
            for script in [
                "sleep 600 & echo done; exit",
                "setsid sleep 600 & echo done; exit",
                "echo done; setsid sh -c 'sleep 0.1; for i in $(seq 100000); do echo words >&2; done' & exit",
            ] {
                let start = Instant::now();
                let ended = way(shell(script, "", LONG, Group::Own)).expect("it ends by itself");
                assert_eq!(ended.stdout, b"done\n", "{script}");
                assert!(start.elapsed() < LONG, "{script}");
            }
        }
    }

    #[test]
    fn an_interrupt_is_obeyed() {
        for way in WAYS {
            let mut run = shell("sleep 60", "", LONG, Group::Own);
            run.interrupt = Arc::new(AtomicBool::new(true));
            assert!(matches!(way(run), Err(Failure::Interrupted)));
        }
    }
}
