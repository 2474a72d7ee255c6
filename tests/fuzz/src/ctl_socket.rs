mod router;

use std::task::{Context, Poll, Waker};

use godwit_ctl::client::print_reply;
use godwit_ctl::command::{Command, parse};
use godwit_ctl::{ServerConfig, converse};
use time::UtcOffset;

use router::Router;

/// The longest command that is read.
const LINE_MAX: usize = 4096;

/// What a client of the control socket sends, as it comes: after the dialect (the first octet) lines of any length
/// and content. Each command gets one reply, which our own client reads to its end.
pub fn ctl_socket(data: &[u8]) {
    let Some((dialect, sent)) = data.split_first() else { return };
    let config = ServerConfig {
        version: "2.0.12".into(),
        config_file: "bird.conf".into(),
        utc_offset: UtcOffset::UTC,
    };
    let said = answers(sent, &Router::of_dialect(*dialect), &config);
    for verbose in [false, true] {
        let mut rest = said.as_slice();
        let mut printed = Vec::new();
        let mut replies = 0;
        while !rest.is_empty() {
            print_reply(&mut rest, &mut printed, verbose).expect("a reply to its end");
            replies += 1;
        }
        assert_eq!(replies, 1 + commands(sent), "the greeting, and a reply to each command");
    }
}

/// All that is said to the one who sends this.
fn answers(sent: &[u8], router: &Router, config: &ServerConfig) -> Vec<u8> {
    let mut said = Vec::new();
    let mut talk = Box::pin(converse(sent, &mut said, router, config));
    // The router answers at once, and neither stream ever waits.
    match talk.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => end.expect("streams in memory do not fail"),
        Poll::Pending => panic!("it waits"),
    }
    drop(talk);
    said
}

/// How many lines ask for a reply.
fn commands(sent: &[u8]) -> usize {
    let Some(end) = sent.iter().rposition(|octet| *octet == b'\n') else { return 0 };
    sent[..end].split(|octet| *octet == b'\n').filter(|line| asks(line)).count()
}

fn asks(line: &[u8]) -> bool {
    let line: Vec<u8> = line.iter().copied().filter(|octet| *octet != b'\r').collect();
    line.len() > LINE_MAX || parse(&String::from_utf8_lossy(&line)) != Ok(Command::Empty)
}
