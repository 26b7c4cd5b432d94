//! As much HTTP as two paths need.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::contract;

/// The orders that there are: id, item, quantity.
const ORDERS: [(u32, &str, u32); 3] = [(1003, "tea", 2), (1002, "coffee", 1), (1001, "cups", 6)];

/// The longest request that is read, in bytes.
const MAX_REQUEST: u64 = 8 * 1024;

/// Serves until it is ended.
pub(crate) fn serve() -> io::Result<()> {
    let address = (contract::DEFAULT_BIND_ADDRESS, contract::PORT_HTTP_API);
    let listener = TcpListener::bind(address)?;
    eprintln!(
        "{} listens on http://{}",
        contract::SERVICE,
        listener.local_addr()?
    );
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = answer(&stream) {
                eprintln!("a client went away: {error}");
            }
        });
    }
    Ok(())
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let timeout = Duration::from_secs(contract::DEFAULT_READ_TIMEOUT_SECONDS);
    stream.set_read_timeout(Some(timeout))?;
    let mut lines = BufReader::new(stream.take(MAX_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // What a client sends beyond the first line must be read, or it sees a reset connection.
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let (status, body) = response(&request);
    if contract::DEFAULT_LOG_REQUESTS {
        eprintln!("{request:?} {status}");
    }
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Status and body for the first line of a request.
fn response(request: &str) -> (&'static str, String) {
    match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET", "/health", _] => ("200 OK", r#"{"status":"ok"}"#.to_owned()),
        ["GET", "/orders", _] => ("200 OK", orders()),
        ["GET", _, _] => ("404 Not Found", r#"{"error":"not found"}"#.to_owned()),
        [_, _, _] => (
            "405 Method Not Allowed",
            r#"{"error":"only GET"}"#.to_owned(),
        ),
        _ => ("400 Bad Request", r#"{"error":"no HTTP"}"#.to_owned()),
    }
}

fn orders() -> String {
    let page = usize::try_from(contract::DEFAULT_PAGE_SIZE).unwrap_or(usize::MAX);
    let orders = ORDERS.iter().take(page).map(|(id, item, quantity)| {
        format!(r#"{{"id":{id},"item":"{item}","quantity":{quantity}}}"#)
    });
    format!("[{}]", orders.collect::<Vec<_>>().join(","))
}
