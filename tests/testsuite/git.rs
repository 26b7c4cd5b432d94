//! Repositories of git: real ones, with nobody's configuration.

use std::process::{Command, Stdio};

use crate::support::Project;

const GIT: &[&str] = &[
    "-c",
    "user.name=A",
    "-c",
    "user.email=a@example.com",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "core.autocrlf=false",
];

/// Runs git in the project; whether it succeeds is for the caller to know.
pub(crate) fn git(project: &Project, arguments: &str) -> Option<i32> {
    let mut git = Command::new("git");
    git.args(GIT).args(arguments.split_whitespace());
    // The checkout's own, and nobody's configuration.
    git.current_dir(project.root())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    // Within a hook these would name the repository that is tested.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(name);
    }
    git.stdout(Stdio::null()).stderr(Stdio::null());
    git.status().expect("git is installed").code()
}
