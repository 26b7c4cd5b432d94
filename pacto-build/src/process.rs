//! The door to other programs: runs one, feeds it, reads both pipes, and always comes back.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the one module that may start programs"
)]

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

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
    let deadline = Instant::now() + run.limits.time;
    let child = spawn(&run).map_err(Failure::Start)?;
    let mut watch = Watch::new(child, run.group, run.stdin, &run.limits);
    let outcome = watch.until_the_end(deadline, &run.interrupt);
    if outcome.is_err() {
        watch.kill();
    }
    let (stdout, stderr) = (watch.stdout.take(), watch.stderr.take());
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

fn spawn(run: &Run) -> io::Result<Child> {
    let mut command = Command::new(&run.program);
    command
        .current_dir(&run.dir)
        .env_clear()
        .envs(run.env.iter().map(|(name, value)| (name, value)));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    if run.group == Group::Own {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    run.sandbox.spawn(&mut command)
}

/// A child and what it has said so far.
struct Watch {
    child: Child,
    group: Group,
    news: Receiver<News>,
    stdout: Pipe,
    stderr: Pipe,
}

/// The end of a pipe that a thread reads.
struct Pipe {
    /// Shared, so that what was said is there even if somebody holds the pipe open for ever.
    content: Arc<Mutex<Vec<u8>>>,
    is_open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

/// What a thread at a pipe tells.
enum News {
    Closed(Stream),
    TooMuch,
    Failed(io::Error),
}

/// Why we stop waiting for a child.
enum End {
    Deadline,
    Interrupted,
    TooMuch,
    Io(io::Error),
}

impl Watch {
    /// Puts a thread at each pipe: who waits for one pipe alone waits for ever once another is full.
    fn new(mut child: Child, group: Group, input: Vec<u8>, limits: &Limits) -> Self {
        let (sender, news) = mpsc::channel();
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its input is fine; its exit status says what it thinks.
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let stdout = Pipe::read_from(child.stdout.take(), Stream::Stdout, limits.stdout, &sender);
        let stderr = Pipe::read_from(child.stderr.take(), Stream::Stderr, limits.stderr, &sender);
        Self {
            child,
            group,
            news,
            stdout,
            stderr,
        }
    }

    fn until_the_end(
        &mut self,
        deadline: Instant,
        interrupt: &Interrupt,
    ) -> Result<ExitStatus, End> {
        let mut pause = SHORTEST_PAUSE;
        loop {
            if self.is_talking() {
                self.listen(TICK)?;
            } else {
                // It closed its pipes and is about to end, or lives on in silence.
                thread::sleep(pause);
                pause = (pause * 2).min(TICK);
            }
            if let Some(status) = self.child.try_wait().map_err(End::Io)? {
                self.hear_out()?;
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

    fn is_talking(&self) -> bool {
        self.stdout.is_open || self.stderr.is_open
    }

    /// Takes one piece of news, or waits for `time`.
    fn listen(&mut self, time: Duration) -> Result<(), End> {
        match self.news.recv_timeout(time) {
            Ok(News::Closed(Stream::Stdout)) => self.stdout.is_open = false,
            Ok(News::Closed(Stream::Stderr)) => self.stderr.is_open = false,
            Ok(News::TooMuch) => return Err(End::TooMuch),
            Ok(News::Failed(error)) => return Err(End::Io(error)),
            Err(_) => {}
        }
        Ok(())
    }

    /// After the child's end: waits for what is in the pipes, but not for who else holds them.
    fn hear_out(&mut self) -> Result<(), End> {
        let end = Instant::now() + GRACE;
        while self.is_talking() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.kill_group();
                return Ok(());
            }
            self.listen(left)?;
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

impl Pipe {
    fn read_from(
        pipe: Option<impl Read + Send + 'static>,
        stream: Stream,
        limit: usize,
        news: &Sender<News>,
    ) -> Self {
        let content = Arc::new(Mutex::new(Vec::new()));
        let Some(pipe) = pipe else {
            return Self {
                content,
                is_open: false,
            };
        };
        let (kept, news) = (Arc::clone(&content), news.clone());
        // The receiver is gone only when nobody wants to know any more.
        thread::spawn(move || drop(news.send(keep(pipe, stream, limit, &kept))));
        Self {
            content,
            is_open: true,
        }
    }

    fn take(&self) -> Vec<u8> {
        // A reader that panicked leaves what it had read.
        std::mem::take(&mut *self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads to the end and keeps the first `limit` bytes; more on stdout is an end of its own, more on
/// stderr is dropped, so that a talkative program is not held up.
fn keep(mut pipe: impl Read, stream: Stream, limit: usize, kept: &Mutex<Vec<u8>>) -> News {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = match pipe.read(&mut chunk) {
            Ok(0) => return News::Closed(stream),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return News::Failed(error),
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = limit - kept.len();
        kept.extend(&chunk[..read.min(room)]);
        if read > room && stream == Stream::Stdout {
            return News::TooMuch;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, stdin: &str, time: Duration, group: Group) -> Result<Ended, Failure> {
        interruptible(script, stdin, time, group, Interrupt::default())
    }

    fn interruptible(
        script: &str,
        stdin: &str,
        time: Duration,
        group: Group,
        interrupt: Interrupt,
    ) -> Result<Ended, Failure> {
        run(Run {
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
            sandbox: Sandbox::new(None),
            interrupt,
        })
    }

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(300);

    #[test]
    fn a_program_that_talks_before_it_listens_is_heard() {
        let script = "head -c 1000000 /dev/zero | tr '\\0' e >&2; head -c 900000 /dev/zero; exit 3";
        let ended =
            shell(script, &"x".repeat(1 << 20), LONG, Group::Own).expect("it ends by itself");
        assert_eq!(
            (ended.status.code(), ended.stdout.len(), ended.stderr.len()),
            (Some(3), 900_000, 1 << 10)
        );
    }

    #[test]
    fn a_program_that_never_listens_is_fine() {
        let ended = shell(
            "exec </dev/null; echo done; exit",
            &"x".repeat(4 << 20),
            LONG,
            Group::Own,
        );
        assert_eq!(ended.expect("it ends by itself").stdout, b"done\n");
    }

    #[test]
    fn what_does_not_end_is_ended() {
        for script in [
            "trap '' TERM; while :; do sleep 1; done",
            "exec >&- 2>&-; sleep 60",
            "sleep 60",
        ] {
            for group in [Group::Own, Group::Shared] {
                let failure =
                    shell(script, "", SHORT, group).expect_err("it does not end by itself");
                assert!(matches!(failure, Failure::TooLong { .. }), "{script}");
            }
        }
        let failure = shell("echo words >&2; yes", "", LONG, Group::Own)
            .expect_err("it does not end by itself");
        assert!(matches!(failure, Failure::TooMuch { stderr } if stderr == b"words\n"));
    }

    #[test]
    fn who_holds_the_pipes_does_not_hold_us() {
        for script in [
            "sleep 600 & echo done; exit",
            "setsid sleep 600 & echo done; exit",
        ] {
            let start = Instant::now();
            let ended = shell(script, "", LONG, Group::Own).expect("it ends by itself");
            assert_eq!(ended.stdout, b"done\n", "{script}");
            assert!(start.elapsed() < LONG, "{script}");
        }
    }

    #[test]
    fn an_interrupt_is_obeyed() {
        let interrupt = Arc::new(AtomicBool::new(true));
        let failure = interruptible("sleep 60", "", LONG, Group::Own, interrupt);
        assert!(matches!(failure, Err(Failure::Interrupted)));
    }
}
