//! Pipes with a thread at each, for systems without `poll`.

use std::io::{self, PipeReader, Read as _, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{End, Ends, Limits, Pipes, Said};

pub(super) struct ThreadedPipes {
    news: Receiver<News>,
    /// How many pipes are open still.
    open: usize,
    /// Shared, so that what was said is there even if somebody holds the pipe open for ever.
    said: Arc<Mutex<Said>>,
}

/// What a thread at a pipe tells.
enum News {
    Closed,
    TooMuch,
    Failed(io::Error),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

impl Pipes for ThreadedPipes {
    fn new(ends: Ends, input: Vec<u8>, limits: &Limits) -> Self {
        let (sender, news) = mpsc::channel();
        let said = Arc::default();
        let mut stdin = ends.stdin;
        // A program that does not read its input is fine; its exit status says what it thinks.
        thread::spawn(move || drop(stdin.write_all(&input)));
        listen(ends.stdout, Stream::Stdout, limits.stdout, &said, &sender);
        listen(ends.stderr, Stream::Stderr, limits.stderr, &said, &sender);
        Self {
            news,
            open: 2,
            said,
        }
    }

    fn is_talking(&self) -> bool {
        self.open > 0
    }

    /// The thread that feeds the child needs nobody.
    fn is_open(&self) -> bool {
        self.is_talking()
    }

    fn exchange(&mut self, time: Duration) -> Result<bool, End> {
        match self.news.recv_timeout(time) {
            Ok(News::Closed) => self.open -= 1,
            Ok(News::TooMuch) => return Err(End::TooMuch),
            Ok(News::Failed(error)) => return Err(End::Io(error)),
            Err(RecvTimeoutError::Timeout) => return Ok(false),
            // Both threads have told their last.
            Err(RecvTimeoutError::Disconnected) => self.open = 0,
        }
        Ok(true)
    }

    fn into_said(self) -> Said {
        // A reader that panicked leaves what it had read.
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn listen(
    pipe: PipeReader,
    stream: Stream,
    limit: usize,
    said: &Arc<Mutex<Said>>,
    news: &Sender<News>,
) {
    let (said, news) = (Arc::clone(said), news.clone());
    // The receiver is gone only when nobody wants to know any more.
    thread::spawn(move || drop(news.send(keep(pipe, stream, limit, &said))));
}

/// Reads to the end and keeps the first `limit` bytes; more on stdout is an end of its own, more on
/// stderr is dropped, so that a talkative program is not held up.
fn keep(mut pipe: PipeReader, stream: Stream, limit: usize, said: &Mutex<Said>) -> News {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = match pipe.read(&mut chunk) {
            Ok(0) => return News::Closed,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return News::Failed(error),
        };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = match stream {
            Stream::Stdout => &mut said.stdout,
            Stream::Stderr => &mut said.stderr,
        };
        let room = limit - kept.len();
        kept.extend_from_slice(&chunk[..read.min(room)]);
        if read > room && stream == Stream::Stdout {
            return News::TooMuch;
        }
    }
}
