//! `spawn COUNT JOBS REQUEST PROGRAM` starts a program COUNT times, at most JOBS at once, writes the
//! file REQUEST to its stdin and reads its stdout: the least that running plugins can cost.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [count, jobs, request, program] = arguments.as_slice() else {
        panic!("spawn COUNT JOBS REQUEST PROGRAM");
    };
    let (count, jobs): (usize, usize) = (count.parse().unwrap(), jobs.parse().unwrap());
    let request = fs::read(request).unwrap();
    let started = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while started.fetch_add(1, Ordering::Relaxed) < count {
                    let mut command = Command::new(program);
                    let mut child = command
                        .stdin(Stdio::piped())
                        .stdout(Stdio::piped())
                        .spawn()
                        .unwrap();
                    child.stdin.take().unwrap().write_all(&request).unwrap();
                    assert!(child.wait_with_output().unwrap().status.success());
                }
            });
        }
    });
}
