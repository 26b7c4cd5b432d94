//! The flags that commands share, and what becomes of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use pacto_build::driver::{Interrupt, Progress};

use crate::progress::Bar;
use crate::shell::Shell;

/// What a command ends with after Ctrl-C.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// What a command ends with that could not do its work, as Cargo's own do.
pub(crate) const EXIT_ERROR: u8 = 101;

/// What a command ends with that met with both: that the user wants to stop outweighs all else, and else the last.
pub(crate) fn weightier(first: ExitCode, last: ExitCode) -> ExitCode {
    if first == ExitCode::from(EXIT_INTERRUPTED) {
        first
    } else {
        last
    }
}

/// What a command ends with that found something out of date or invalid.
pub(crate) const EXIT_NOT_RIGHT: u8 = 1;

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Say nothing but errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Display"
    )]
    quiet: bool,
    /// Say more: what is fresh, every file, and what plugins write to stderr
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Display")]
    verbose: u8,
    /// Coloring
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        help_heading = "Display"
    )]
    color: Option<Color>,
    /// How results are printed on stdout
    #[arg(long, global = true, value_name = "FMT", value_enum, default_value_t = MessageFormat::Human, help_heading = "Display")]
    pub(crate) message_format: MessageFormat,
    /// How many plugins run at once; the number of cores unless given
    #[arg(short, long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

/// Which packages, in Cargo's words.
#[derive(Debug, Args)]
pub(crate) struct Packages {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "Package selection")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Package to process: a name, a pattern such as `order*`, or a specification such as `orders@1.0`
    #[arg(short, long, value_name = "SPEC", help_heading = "Package selection")]
    pub(crate) package: Vec<String>,
    /// Process all packages of the workspace
    #[arg(long, alias = "all", help_heading = "Package selection")]
    pub(crate) workspace: bool,
    /// Package to leave out, named in the same ways
    #[arg(
        long,
        value_name = "SPEC",
        requires = "workspace",
        help_heading = "Package selection"
    )]
    pub(crate) exclude: Vec<String>,
    /// Assert that Cargo.lock stays unchanged
    #[arg(long, help_heading = "Manifest options")]
    pub(crate) locked: bool,
    /// Run without accessing the network
    #[arg(long, help_heading = "Manifest options")]
    pub(crate) offline: bool,
    /// Both --locked and --offline
    #[arg(long, help_heading = "Manifest options")]
    pub(crate) frozen: bool,
}

impl Packages {
    /// What Cargo is told in turn.
    pub(crate) fn cargo_flags(&self) -> impl Iterator<Item = &'static str> {
        let flags = [
            (self.locked, "--locked"),
            (self.offline, "--offline"),
            (self.frozen, "--frozen"),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
        flags.map(|(_, flag)| flag)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// What a command needs besides its arguments.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) shell: Shell,
    pub(crate) format: MessageFormat,
    pub(crate) jobs: usize,
    pub(crate) progress: Arc<Progress>,
    pub(crate) interrupt: Interrupt,
}

impl Common {
    pub(crate) fn context(&self) -> Context {
        let color = self.color.or_else(|| {
            // As Cargo reads it; a value that it would refuse is Cargo's to refuse.
            let name = std::env::var("CARGO_TERM_COLOR").ok()?;
            Color::from_str(&name, true).ok()
        });
        match color {
            Some(Color::Always) => anstream::ColorChoice::Always.write_global(),
            Some(Color::Never) => anstream::ColorChoice::Never.write_global(),
            Some(Color::Auto) | None => {}
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Context {
            shell: Shell::new(self.quiet, self.verbose),
            format: self.message_format,
            jobs: self.jobs.map_or(cores, usize::from),
            progress: Arc::default(),
            interrupt: interrupt(),
        }
    }
}

impl Context {
    /// Shows how far the plugins are, until what is returned is dropped.
    pub(crate) fn watch(&self) -> Option<Bar> {
        self.shell.is_watched().then(|| Bar::draw(&self.progress))
    }
}

/// A flag that Ctrl-C sets: plugins are in groups of their own, so that we must end them. The second
/// Ctrl-C does not wait for that.
fn interrupt() -> Interrupt {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    let handler = move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(EXIT_INTERRUPTED.into());
        }
    };
    // Without a handler Ctrl-C ends us as it ends any program, only the plugins live on a little.
    let _ = ctrlc::set_handler(handler);
    flag
}
