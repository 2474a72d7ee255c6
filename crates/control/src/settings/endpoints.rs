//! The URLs of etcd.

/// Reads URLs with commas between them.
pub(super) fn parse(text: &str) -> Result<Vec<String>, String> {
    let urls = text.split(',').map(str::trim).filter(|url| !url.is_empty());
    let urls = urls.map(|url| check(url).map(|()| url.to_owned())).collect::<Result<Vec<_>, _>>()?;
    if urls.is_empty() {
        return Err(format!("there is no URL: {EXPECTED}"));
    }
    Ok(urls)
}

const EXPECTED: &str = "expected http://HOST:PORT or https://HOST:PORT";

/// Refuses what is no URL of etcd.
pub(super) fn check(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match rest {
        Some(rest) if rest.contains('@') => {
            Err("there is a user in a URL: set the user name and the password by themselves".into())
        }
        Some(rest) if is_authority(rest.trim_end_matches('/')) => Ok(()),
        _ => Err(format!("'{url}' is no URL of etcd: {EXPECTED}")),
    }
}

/// `host`, `host:2379`, `[::1]:2379`.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, port))) => (host, port.strip_prefix(':').or(port.is_empty().then_some("2379"))),
        Some(None) => return false,
        None => text.split_once(':').map_or((text, Some("2379")), |(host, port)| (host, Some(port))),
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '%');
    !host.is_empty()
        && host.chars().all(is_host)
        && port.is_some_and(|p| p.parse::<u16>().is_ok_and(|port| port != 0))
}

/// Refuses what is no URL of an API server, which may have a path.
pub(super) fn check_scheme(url: &str) -> Result<(), ()> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).ok_or(())?;
    let authority = rest.split('/').next().unwrap_or_default();
    if is_authority(authority) { Ok(()) } else { Err(()) }
}
