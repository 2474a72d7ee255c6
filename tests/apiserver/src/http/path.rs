//! Paths of the API.

/// What a path points to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/version`
    Version,
    /// `/healthz`, `/livez`, `/readyz`
    Health,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/GROUP`
    Group(String),
    /// `/api/v1` or `/apis/GROUP/VERSION`
    Resources { group: String, version: String },
    /// Objects of a resource; what the path does not have is empty.
    Objects {
        group: String,
        version: String,
        namespace: String,
        plural: String,
        name: String,
        subresource: String,
    },
    /// Anything else.
    Nothing,
}

pub(crate) fn parse(path: &str) -> Place {
    let parts: Vec<String> = path.trim_end_matches('/').split('/').skip(1).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["version"] => Place::Version,
        ["healthz" | "livez" | "readyz"] => Place::Health,
        ["api"] => Place::CoreVersions,
        ["apis"] => Place::Groups,
        ["apis", group] => Place::Group((*group).to_owned()),
        ["api", version, rest @ ..] => objects("", version, rest),
        ["apis", group, version, rest @ ..] => objects(group, version, rest),
        _ => Place::Nothing,
    }
}

fn objects(group: &str, version: &str, rest: &[&str]) -> Place {
    let (namespace, plural, name, subresource) = match rest {
        [] => return Place::Resources { group: group.to_owned(), version: version.to_owned() },
        [plural] => ("", *plural, "", ""),
        [plural, name] => ("", *plural, *name, ""),
        ["namespaces", namespace, plural] => (*namespace, *plural, "", ""),
        ["namespaces", namespace, plural, name] => (*namespace, *plural, *name, ""),
        ["namespaces", namespace, plural, name, sub] => (*namespace, *plural, *name, *sub),
        [plural, name, sub] => ("", *plural, *name, *sub),
        _ => return Place::Nothing,
    };
    Place::Objects {
        group: group.to_owned(),
        version: version.to_owned(),
        namespace: namespace.to_owned(),
        plural: plural.to_owned(),
        name: name.to_owned(),
        subresource: subresource.to_owned(),
    }
}

/// Percent-decoding of one part; what is no valid escape stays as it is.
fn decode(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, after @ ..] => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, after))
            }
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(group: &str, namespace: &str, plural: &str, name: &str, subresource: &str) -> Place {
        let [group, namespace, plural, name, subresource] =
            [group, namespace, plural, name, subresource].map(str::to_owned);
        Place::Objects { group, version: "v1".to_owned(), namespace, plural, name, subresource }
    }

    #[test]
    fn paths_of_objects() {
        for (path, expected) in [
            ("/api/v1/nodes", place("", "", "nodes", "", "")),
            ("/api/v1/nodes/n%3a1/status", place("", "", "nodes", "n:1", "status")),
            ("/api/v1/namespaces", place("", "", "namespaces", "", "")),
            ("/api/v1/namespaces/a", place("", "", "namespaces", "a", "")),
            ("/api/v1/namespaces/a/services", place("", "a", "services", "", "")),
            ("/apis/x.io/v1/namespaces/a/things/b", place("x.io", "a", "things", "b", "")),
            ("/apis/x.io/v1/things/b%zz", place("x.io", "", "things", "b%zz", "")),
        ] {
            assert_eq!(parse(path), expected, "{path}");
        }
        assert_eq!(parse("/apis/"), Place::Groups);
        for path in ["", "/", "/api/v1/a/b/c/d/e/f", "/metrics"] {
            assert_eq!(parse(path), Place::Nothing, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_path_is_a_place(path in "(/(api|apis|v1|namespaces|%[0-9a-g]{0,2}|\\PC))*|\\PC*") {
            let _place = parse(&path);
        }
    }
}
