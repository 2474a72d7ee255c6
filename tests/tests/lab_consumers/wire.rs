//! The control socket as its clients see it: octets and lines, each line within a deadline.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// What Calico's clients wait for a line.
const LINE_DEADLINE: Duration = Duration::from_secs(2);

/// The same on a machine whose processors have other work, too; and of a daemon that is not optimised, which is some
/// twenty times slower, three times longer.
fn line_deadline() -> Duration {
    let optimised = godwit_lab::godwit().is_ok_and(|p| p.parent().is_some_and(|p| p.ends_with("release")));
    godwit_lab::as_busy(LINE_DEADLINE) * if optimised { 1 } else { 3 }
}

/// A connection on which every line has to come in time.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    buffer: Vec<u8>,
    deadline: Duration,
}

impl Connection {
    /// Connects; reads nothing.
    pub(crate) fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).with_context(|| format!("{}", socket.display()))?;
        let deadline = line_deadline();
        stream.set_write_timeout(Some(deadline))?;
        Ok(Self { stream, buffer: Vec::new(), deadline })
    }

    /// Sends a command and its line end at once.
    pub(crate) fn send(&mut self, command: &str) -> Result<()> {
        Ok(self.stream.write_all(format!("{command}\n").as_bytes())?)
    }

    /// The next line without its line end.
    pub(crate) fn line(&mut self) -> Result<String> {
        let began = Instant::now();
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).take(end).collect();
                return String::from_utf8(line).context("a line that is not UTF-8");
            }
            self.fill(self.deadline.saturating_sub(began.elapsed()))?;
        }
    }

    /// Everything up to octets for which `ends` holds.
    pub(crate) fn until(&mut self, ends: impl Fn(&[u8]) -> bool) -> Result<String> {
        while !ends(&self.buffer) {
            self.fill(self.deadline)?;
        }
        Ok(String::from_utf8(std::mem::take(&mut self.buffer))?)
    }

    fn fill(&mut self, left: Duration) -> Result<()> {
        ensure!(!left.is_zero(), "no line for {:?}", self.deadline);
        self.stream.set_read_timeout(Some(left))?;
        let mut some = [0; 16_384];
        match self.stream.read(&mut some) {
            Ok(0) => bail!("the connection was closed"),
            Ok(n) => self.buffer.extend(some.iter().take(n)),
            // The kernel gives up a read with a deadline when the process was stopped for a while.
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                bail!("no line for {:?}", self.deadline);
            }
            Err(e) => return Err(e.into()),
        }
        Ok(())
    }
}

/// A line as it is meant: its code, whether it is the last, and its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) code: u16,
    pub(crate) last: bool,
    pub(crate) text: String,
}

/// Reads one reply with the rules of the framing held to the octet: a code is written exactly
/// where it changes, and the last line always has one.
pub(crate) fn reply(connection: &mut Connection) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    loop {
        let line = connection.line()?;
        let before = lines.last().map(|l| l.code);
        if let Some(text) = line.strip_prefix(' ') {
            let code = before.with_context(|| format!("nothing goes before {line:?}"))?;
            lines.push(Line { code, last: false, text: text.to_owned() });
            continue;
        }
        let (head, text) = line.split_at_checked(5).with_context(|| format!("too short: {line:?}"))?;
        let (digits, mark) = head.split_at(4);
        ensure!(digits.bytes().all(|b| b.is_ascii_digit()), "no code: {line:?}");
        let (code, last) = (digits.parse()?, mark == " ");
        ensure!(last || mark == "-", "neither the last line nor one more: {line:?}");
        ensure!(last || before != Some(code), "the code is written twice: {line:?}");
        lines.push(Line { code, last, text: text.to_owned() });
        if last {
            return Ok(lines);
        }
    }
}

/// The reply to one command on a connection of its own, whose greeting is read first.
pub(crate) fn ask(socket: &Path, command: &str) -> Result<Vec<Line>> {
    let mut connection = Connection::open(socket)?;
    let greeting = reply(&mut connection)?;
    let greets = matches!(greeting.as_slice(), [one] if one.code == 1);
    ensure!(greets, "{greeting:?} is no greeting");
    connection.send(command)?;
    reply(&mut connection).with_context(|| command.to_owned())
}
