//! Reply framing: `CCCC-text` goes on, `CCCC text` ends, one blank stands for a repeated code.

/// Text past this many octets is replaced, as BIRD does with a line its buffer cannot hold.
const MAX_TEXT: usize = 500;

/// Collects the lines of one reply in wire form.
#[derive(Debug, Default)]
pub struct Framer {
    out: Vec<u8>,
    last: Option<u16>,
}

impl Framer {
    /// An empty reply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line that is not the last; each line of a text of several gets its own framing.
    pub fn line(&mut self, code: u16, text: &str) {
        for part in text.split('\n') {
            self.put(code, part, b'-');
        }
    }

    /// Adds the last line and forgets the code.
    pub fn end(&mut self, code: u16, text: &str) {
        // A line break inside the last line would be read as a line of the next reply.
        let text = text.replace('\n', " ");
        self.put(code, &text, b' ');
        self.last = None;
    }

    fn put(&mut self, code: u16, text: &str, mark: u8) {
        let (code, text) = if text.len() > MAX_TEXT { (8000, "<line overflow>") } else { (code, text) };
        if mark == b'-' && self.last == Some(code) {
            self.out.push(b' ');
        } else {
            self.out.extend_from_slice(format!("{code:04}").as_bytes());
            self.out.push(mark);
            self.last = Some(code);
        }
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'\n');
    }

    /// The octets so far; what comes next still knows the last code.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(f: &mut Framer) -> String {
        String::from_utf8(f.take()).unwrap()
    }

    #[test]
    fn repeated_code_is_one_blank() {
        let mut f = Framer::new();
        f.line(1007, "a");
        f.line(1007, "b");
        f.line(1008, "c");
        f.line(1007, "");
        f.line(1007, "");
        f.end(0, "");
        assert_eq!(text(&mut f), "1007-a\n b\n1008-c\n1007-\n \n0000 \n");
    }

    #[test]
    fn code_is_forgotten_after_the_end_and_kept_over_take() {
        let mut f = Framer::new();
        f.line(1007, "a");
        assert_eq!(text(&mut f), "1007-a\n");
        f.line(1007, "b");
        f.end(1010, "x");
        f.line(1010, "y");
        assert_eq!(text(&mut f), " b\n1010 x\n1010-y\n");
    }

    #[test]
    fn long_and_broken_lines() {
        let mut f = Framer::new();
        f.line(1012, &"x".repeat(501));
        f.end(9001, "a\nb");
        assert_eq!(text(&mut f), "8000-<line overflow>\n9001 a b\n");
    }
}
