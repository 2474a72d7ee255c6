//! What went wrong, in words that say what to check.

use std::error::Error;

use tonic::{Code, Status};

/// What kind of error etcd answered with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// The user may not read the keys.
    Denied,
    /// The token is not good any more: log in again.
    Token,
    /// etcd has no users: go on without one.
    NoAuth,
    /// The user or its password is wrong.
    Login,
    /// etcd wants a user and was told none.
    NoUser,
    /// The revision is compacted.
    Compacted,
    /// Anything else.
    Other,
}

/// What kind of error it is. Codes alone do not tell them apart, so etcd's texts are looked for.
pub(super) fn refusal(status: &Status) -> Refusal {
    let text = status.message();
    let has = |what: &str| text.contains(what);
    match status.code() {
        Code::PermissionDenied => Refusal::Denied,
        _ if has("invalid auth token") || has("auth store is old") || has("revision in header is old") => {
            Refusal::Token
        }
        Code::FailedPrecondition if has("authentication is not enabled") => Refusal::NoAuth,
        _ if has("invalid user ID or password") => Refusal::Login,
        _ if has("user name is empty") => Refusal::NoUser,
        Code::OutOfRange if has("compacted") => Refusal::Compacted,
        Code::Unauthenticated => Refusal::Token,
        _ => Refusal::Other,
    }
}

/// An error with what caused it, each thing said once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        // A status prints its whole inside; its message is what is meant.
        let text = match error.downcast_ref::<Status>() {
            Some(status) => status.message().to_owned(),
            None => error.to_string(),
        };
        // "transport error" says nothing that its cause does not.
        if !text.is_empty() && text != "transport error" && !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
        next = error.source();
    }
    if line.is_empty() { error.to_string() } else { line.replace('\n', " ") }
}

/// How the way to etcd was meant to be: for the hints.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// The URL, without any user in it.
    pub(super) endpoint: String,
    /// The CA that is trusted, if not the system's.
    pub(super) ca: Option<String>,
    /// There is a client certificate.
    pub(super) has_certificate: bool,
    /// Who we are, if told.
    pub(super) user: Option<String>,
    /// There was an answer on this connection.
    pub(super) worked: bool,
}

impl Way {
    /// The connection failed, or broke: by its causes.
    pub(super) fn broke(&self, error: &(dyn Error + 'static)) -> String {
        let causes = chain(error);
        let endpoint = &self.endpoint;
        match self.tls(&causes) {
            Some(hint) => format!("etcd {endpoint}: TLS: {hint} ({causes})"),
            None if self.hung_up(&causes) && endpoint.starts_with("https:") => {
                let ours = self.ours();
                format!(
                    "etcd {endpoint}: TLS: it hung up; if it does not accept our certificate, {ours} ({causes})"
                )
            }
            None if self.hung_up(&causes) => {
                format!("etcd {endpoint}: {causes}; if it wants TLS, the URL has to begin with https")
            }
            None => format!("etcd {endpoint}: {causes}"),
        }
    }

    /// A call was refused.
    pub(super) fn refused(&self, what: &str, status: &Status) -> String {
        let endpoint = &self.endpoint;
        let user = self.user.as_deref().unwrap_or_default();
        match refusal(status) {
            Refusal::Denied => {
                let who = match (&self.user, self.has_certificate) {
                    (Some(user), _) => format!("user '{user}'"),
                    (None, true) => "the user that the client certificate names".to_owned(),
                    (None, false) => "a client without a user".to_owned(),
                };
                format!(
                    "etcd {endpoint}: permission denied: {who} may not read {what}; allow it: etcdctl role \
                     grant-permission ROLE --prefix=true read {what}"
                )
            }
            Refusal::Login => format!(
                "etcd {endpoint}: no such user, or the wrong password, for '{user}'; check ETCD_USERNAME and \
                 ETCD_PASSWORD"
            ),
            Refusal::NoUser => format!(
                "etcd {endpoint}: it wants a user; set ETCD_USERNAME and ETCD_PASSWORD, or ETCD_CERT_FILE and \
                 ETCD_KEY_FILE of a certificate that names one"
            ),
            Refusal::Token => {
                format!("etcd {endpoint}: it does not take the login any more: {}", status.message())
            }
            Refusal::Compacted | Refusal::NoAuth => format!("etcd {endpoint}: {what}: {}", status.message()),
            Refusal::Other if status.source().is_some() => self.broke(status),
            Refusal::Other => format!("etcd {endpoint}: {what}: {} ({:?})", status.message(), status.code()),
        }
    }

    /// What TLS does not like, and what to check.
    fn tls(&self, causes: &str) -> Option<String> {
        let has = |what: &str| causes.contains(what);
        let ca = match &self.ca {
            Some(file) => format!("check ETCD_CA_CERT_FILE ({file})"),
            None => "set ETCD_CA_CERT_FILE: so far the system's CAs are trusted".to_owned(),
        };
        Some(if has("UnknownIssuer") || has("BadSignature") {
            format!("the server's certificate is not of a CA that is trusted; {ca}")
        } else if has("NotValidForName") || has("not valid for name") {
            "the server's certificate is not for the host of this URL; check ETCD_ENDPOINTS".to_owned()
        } else if ["Expired", "expired", "NotValidYet", "not valid yet"].into_iter().any(has) {
            "the server's certificate is not valid now; check it and the clock".to_owned()
        } else if has("invalid peer certificate") {
            format!("the server's certificate is refused; {ca}")
        } else if has("InvalidContentType") || has("tls handshake eof") {
            "it does not speak TLS, as it seems; should the URL begin with http?".to_owned()
        } else if has("fatal alert") {
            format!("it does not accept our certificate; {}", self.ours())
        } else {
            return None;
        })
    }

    fn ours(&self) -> &'static str {
        if self.has_certificate {
            "check ETCD_CERT_FILE and ETCD_KEY_FILE"
        } else {
            "set ETCD_CERT_FILE and ETCD_KEY_FILE"
        }
    }

    /// It ended the connection without an answer, ever: it did not like how we began.
    fn hung_up(&self, causes: &str) -> bool {
        !self.worked
            && ["preface", "broken pipe", "reset", "closed"].into_iter().any(|word| causes.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way() -> Way {
        Way {
            endpoint: "https://e:2379".into(),
            ca: Some("/ca.pem".into()),
            has_certificate: false,
            user: Some("godwit".into()),
            worked: false,
        }
    }

    #[test]
    fn refusals_are_told_apart_by_text_where_codes_do_not() {
        for (status, expected) in [
            (Status::permission_denied("etcdserver: permission denied"), Refusal::Denied),
            (Status::unauthenticated("etcdserver: invalid auth token"), Refusal::Token),
            (Status::invalid_argument("etcdserver: revision of auth store is old"), Refusal::Token),
            (Status::failed_precondition("etcdserver: authentication is not enabled"), Refusal::NoAuth),
            (
                Status::invalid_argument("etcdserver: authentication failed, invalid user ID or password"),
                Refusal::Login,
            ),
            (Status::invalid_argument("etcdserver: user name is empty"), Refusal::NoUser),
            (
                Status::out_of_range("etcdserver: mvcc: required revision has been compacted"),
                Refusal::Compacted,
            ),
            // Of the same code, but not the same.
            (Status::out_of_range("Error, decoded message length too large"), Refusal::Other),
            (Status::unavailable("etcdserver: no leader"), Refusal::Other),
        ] {
            assert_eq!(refusal(&status), expected, "{status}");
        }
    }

    #[test]
    fn hints_name_what_to_check() {
        let denied = way().refused("/calico/", &Status::permission_denied("etcdserver: permission denied"));
        assert!(denied.contains("permission denied: user 'godwit' may not read /calico/"), "{denied}");
        let login =
            Status::invalid_argument("etcdserver: authentication failed, invalid user ID or password");
        assert!(way().refused("", &login).contains("ETCD_PASSWORD"));
        for (cause, hint) in [
            ("invalid peer certificate: UnknownIssuer", "ETCD_CA_CERT_FILE (/ca.pem)"),
            ("invalid peer certificate: NotValidForName", "ETCD_ENDPOINTS"),
            ("invalid peer certificate: certificate expired: verification time", "and the clock"),
            ("invalid peer certificate: certificate not valid for name \"a\"", "ETCD_ENDPOINTS"),
            ("tls handshake eof", "begin with http?"),
            ("received fatal alert: CertificateRequired", "set ETCD_CERT_FILE"),
            ("received corrupt message of type InvalidContentType", "does not speak TLS"),
        ] {
            let line = way().broke(&std::io::Error::other(cause));
            assert!(line.starts_with("etcd https://e:2379: TLS: ") && line.contains(hint), "{line}");
        }
        let plain = Way { endpoint: "http://e:2379".into(), ..way() };
        let hung_up = std::io::Error::other("stream closed because of a broken pipe");
        assert!(plain.broke(&hung_up).ends_with("has to begin with https"));
        let worked = Way { worked: true, ..plain };
        assert!(worked.broke(&hung_up).ends_with("broken pipe"));
        let refused = way().broke(&std::io::Error::other("Connection refused"));
        assert_eq!(refused, "etcd https://e:2379: Connection refused");
    }

    #[test]
    fn a_chain_says_each_cause_once() {
        let error = std::io::Error::other(std::io::Error::other("inner"));
        assert_eq!(chain(&error), "inner");
    }
}
