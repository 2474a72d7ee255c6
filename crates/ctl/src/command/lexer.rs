//! Words of a command line.

/// One token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token {
    /// A keyword or a symbol.
    Word(String),
    /// A symbol in apostrophes: never a keyword.
    Quoted(String),
    /// Text in double quotes.
    Text(String),
    /// What begins with a digit or holds a colon: a number, an address, a prefix.
    Number(String),
    /// Anything else, one character.
    Other(char),
    /// The end of the line.
    End,
}

/// Tokens with their places (first octet, one past the last).
pub(super) fn tokens(line: &str) -> Vec<(Token, usize, usize)> {
    let mut out = Vec::new();
    let mut rest = line.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '#' {
            break;
        }
        if c == '"' || c == '\'' {
            let mut end = None;
            for (i, d) in rest.by_ref() {
                if d == c {
                    end = Some(i);
                    break;
                }
            }
            let Some(end) = end else {
                out.push((Token::Other(c), start, line.len()));
                break;
            };
            let body = line.get(start + 1..end).unwrap_or("").to_owned();
            out.push((if c == '"' { Token::Text(body) } else { Token::Quoted(body) }, start, end + 1));
            continue;
        }
        if !is_word(c) && c != ':' {
            out.push((Token::Other(c), start, start + c.len_utf8()));
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut number = c.is_ascii_digit() || c == ':';
        while let Some((i, d)) = rest.peek().copied() {
            // Addresses and prefixes are one token: nothing a command says needs `1.2` in parts.
            if !(is_word(d) || d == ':' || (number && matches!(d, '.' | '/' | '%'))) {
                break;
            }
            number |= d == ':';
            end = i + d.len_utf8();
            rest.next();
        }
        let body = line.get(start..end).unwrap_or("").to_owned();
        out.push((if number { Token::Number(body) } else { Token::Word(body) }, start, end));
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
