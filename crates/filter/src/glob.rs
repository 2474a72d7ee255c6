//! Shell patterns as BIRD has them: `*`, `?`, `\` escapes; no `[set]`.

/// Whether `text` matches `pattern` as a whole.
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_bytes(pattern.as_bytes(), text.as_bytes())
}

/// The last `*` is the only place to go back to, so this is linear in practice and never recurses.
fn matches_bytes(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some(b'?') => {
                p += 1;
                t += 1;
                continue;
            }
            Some(b'\\') if pattern.get(p + 1) == text.get(t) => {
                p += 2;
                t += 1;
                continue;
            }
            Some(c) if *c != b'\\' && Some(c) == text.get(t) => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = star else { return false };
        p = after;
        t = from + 1;
        star = Some((after, t));
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == b'*'))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("eth*", "eth0", true),
            ("eth*", "veth0", false),
            ("*eth*0", "my-eth-10", true),
            ("e?h0", "eth0", true),
            ("e?h0", "eh0", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern:?} {text:?}");
        }
    }
}
