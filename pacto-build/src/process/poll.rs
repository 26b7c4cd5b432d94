//! Pipes that one thread serves, with the system's `poll`: no thread is started for a plugin.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, RawFd};
use std::time::Duration;

use super::{End, Ends, Limits, Pipes, Said};
use crate::sys::{self, Interest};

/// How much is read at once: what a pipe of Linux holds.
const CHUNK: usize = 64 * 1024;

/// A pipe that is ready takes this much without making us wait (`PIPE_BUF`).
const ATOMIC: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

pub(super) struct PolledPipes {
    stdin: Option<PipeWriter>,
    input: Vec<u8>,
    written: usize,
    stdout: Pipe,
    stderr: Pipe,
    chunk: Vec<u8>,
}

/// The end of a pipe that we read.
struct Pipe {
    /// `None` once it is closed.
    end: Option<PipeReader>,
    content: Vec<u8>,
    limit: usize,
}

impl Pipes for PolledPipes {
    fn new(ends: Ends, input: Vec<u8>, limits: &Limits) -> Self {
        Self {
            stdin: Some(ends.stdin),
            input,
            written: 0,
            stdout: Pipe::new(ends.stdout, limits.stdout),
            stderr: Pipe::new(ends.stderr, limits.stderr),
            chunk: vec![0; CHUNK],
        }
    }

    fn is_talking(&self) -> bool {
        self.stdout.end.is_some() || self.stderr.end.is_some()
    }

    fn is_open(&self) -> bool {
        self.stdin.is_some() || self.is_talking()
    }

    fn exchange(&mut self, time: Duration) -> Result<bool, End> {
        let [input, out, err] = sys::poll(
            [
                (descriptor(self.stdin.as_ref()), Interest::Write),
                (descriptor(self.stdout.end.as_ref()), Interest::Read),
                (descriptor(self.stderr.end.as_ref()), Interest::Read),
            ],
            time,
        )
        .map_err(End::Io)?;
        if input {
            self.feed();
        }
        if out && self.stdout.read(&mut self.chunk).map_err(End::Io)? {
            return Err(End::TooMuch);
        }
        if err {
            // What is too much on stderr is dropped, so that a talkative program is not held up.
            self.stderr.read(&mut self.chunk).map_err(End::Io)?;
        }
        Ok(input || out || err)
    }

    fn into_said(self) -> Said {
        Said {
            stdout: self.stdout.content,
            stderr: self.stderr.content,
        }
    }
}

impl PolledPipes {
    fn feed(&mut self) {
        let Some(stdin) = &mut self.stdin else { return };
        let rest = &self.input[self.written..];
        match stdin.write(&rest[..rest.len().min(ATOMIC)]) {
            Ok(count) if self.written + count < self.input.len() => self.written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // All is written, or nobody reads: a program that does not is fine, and its exit status
            // says what it thinks.
            _ => self.stdin = None,
        }
    }
}

fn descriptor(end: Option<&impl AsFd>) -> Option<RawFd> {
    end.map(|end| end.as_fd().as_raw_fd())
}

impl Pipe {
    fn new(end: PipeReader, limit: usize) -> Self {
        Self {
            end: Some(end),
            content: Vec::new(),
            limit,
        }
    }

    /// Reads once, and keeps what is below the limit; whether there was more.
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<bool> {
        let Some(end) = &mut self.end else {
            return Ok(false);
        };
        match end.read(chunk) {
            Ok(0) => self.end = None,
            Ok(read) => {
                let room = self.limit - self.content.len();
                self.content.extend_from_slice(&chunk[..read.min(room)]);
                return Ok(read > room);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(false)
    }
}
