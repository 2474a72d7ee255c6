//! The lines of an answer that goes on and on.

use http_body_util::BodyExt;
use kube::client::Body;

use super::problem::{Cause, Problem};

/// The longest line: some times what an API server stores as one object.
const LENGTH_MAX: usize = 32 << 20;

/// The body of a watch, cut at its line ends.
pub(super) struct Lines {
    body: Body,
    /// What has come of lines not handed out.
    buffer: Vec<u8>,
    /// Up to where the lines in the buffer are handed out.
    done: usize,
    /// Up to where there is no line end in the rest.
    looked: usize,
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self { body, buffer: Vec::new(), done: 0, looked: 0 }
    }

    /// The next line without its end; none at the end of the answer.
    ///
    /// # Errors
    /// The connection broke, or the answer ended within a line, or a line is too long.
    pub(super) async fn next(&mut self) -> Result<Option<&[u8]>, Problem> {
        let end = loop {
            let rest = self.buffer.get(self.looked..).unwrap_or_default();
            if let Some(at) = rest.iter().position(|octet| *octet == b'\n') {
                break self.looked + at;
            }
            self.buffer.drain(..self.done);
            self.done = 0;
            self.looked = self.buffer.len();
            if self.buffer.len() > LENGTH_MAX {
                let text = format!("the watch sent a line of more than {LENGTH_MAX} octets");
                return Err(Problem::new(Cause::Lost, text));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.buffer.extend(frame.data_ref().into_iter().flatten()),
                Some(Err(error)) => {
                    return Err(Problem::chain(Cause::Broken, "the watch broke", &error));
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    let text = "the watch ended in the middle of an event";
                    return Err(Problem::new(Cause::Broken, text));
                }
            }
        };
        let start = self.done;
        self.done = end + 1;
        self.looked = self.done;
        Ok(self.buffer.get(start..end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8]) -> (Vec<String>, Option<Problem>) {
        let mut lines = Lines::new(Body::from(text.to_vec()));
        let mut seen = Vec::new();
        loop {
            match lines.next().await {
                Ok(Some(line)) => seen.push(String::from_utf8_lossy(line).into_owned()),
                Ok(None) => return (seen, None),
                Err(problem) => return (seen, Some(problem)),
            }
        }
    }

    #[tokio::test]
    async fn what_ends_within_a_line_is_a_fault_after_the_whole_ones() {
        assert_eq!(all(b"a\n\nbc\n").await, (vec!["a".into(), String::new(), "bc".into()], None));
        let (lines, problem) = all(b"a\nb").await;
        assert_eq!(lines, ["a"]);
        assert_eq!(problem.map(|p| p.cause), Some(Cause::Broken));
        assert_eq!(all(b"").await, (vec![], None));
    }
}
