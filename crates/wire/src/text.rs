//! What a neighbor calls text, made safe to show.

/// Octets as text: no control characters, line separators or changes of direction, which could forge
/// a line of a log or hide part of it; what is not UTF-8 is replaced.
pub(crate) fn printable(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).chars().map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_left_out() {
        assert_eq!(printable("näher 東京".as_bytes()), "näher 東京");
        assert_eq!(printable(b"a\x1b[31m\nb\0\x7f"), "a [31m b  ");
        assert_eq!(printable("a\u{202e}b\u{2028}c\u{2066}d\u{feff}e\u{85}f".as_bytes()), "a b c d e f");
        assert_eq!(
            printable(&[b'a', 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, b'b']),
            "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}b"
        );
    }
}
