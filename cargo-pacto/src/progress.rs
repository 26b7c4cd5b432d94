//! A bar on stderr while plugins run.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use pacto_build::driver::Progress;

/// What is faster than this needs no bar.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often the bar is drawn anew.
const PACE: Duration = Duration::from_millis(100);

/// A bar that is there until it is dropped.
#[derive(Debug)]
pub(crate) struct Bar {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    pub(crate) fn draw(progress: &Arc<Progress>) -> Self {
        let (end, ended) = mpsc::channel::<()>();
        let progress = Arc::clone(progress);
        let thread = thread::spawn(move || {
            let mut bar: Option<ProgressBar> = None;
            // Nothing is ever sent: the other side hangs up.
            while ended.recv_timeout(if bar.is_none() { PATIENCE } else { PACE })
                == Err(RecvTimeoutError::Timeout)
            {
                let bar = bar.get_or_insert_with(new_bar);
                bar.set_length(progress.all.load(Ordering::Relaxed) as u64);
                bar.set_position(progress.done.load(Ordering::Relaxed) as u64);
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

fn new_bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix:>12.cyan.bold} [{bar:25}] {pos}/{len} plugins");
    let style = style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(0).with_style(style).with_prefix("Running")
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // A bar that broke has done no harm.
            let _ = thread.join();
        }
    }
}
