//! Which form of answer a client accepts.

use crate::status::Failure;

/// The form of objects in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The objects themselves.
    Full,
    /// `PartialObjectMetadata`: for single objects and the events of watches.
    Metadata,
    /// `PartialObjectMetadataList`: for lists.
    MetadataList,
}

impl Form {
    /// Errors: 406 if a list was asked for where there is one object, or the other way round.
    pub(crate) fn fits(self, list: bool) -> Result<(), Failure> {
        let message = match (self, list) {
            (Self::Metadata, true) => {
                "you requested PartialObjectMetadata, but the requested object is a list"
            }
            (Self::MetadataList, false) => {
                "you requested PartialObjectMetadataList, but the requested object is not a list"
            }
            _ => return Ok(()),
        };
        Err(Failure::new(406, message))
    }
}

/// The first form in `Accept` that the server has; without the header, the objects themselves.
///
/// Errors: 406 if there is none.
pub(crate) fn form(accept: &str) -> Result<Form, Failure> {
    if accept.trim().is_empty() {
        return Ok(Form::Full);
    }
    accept
        .split(',')
        .find_map(offered)
        .ok_or_else(|| Failure::new(406, "only the following media types are accepted: application/json"))
}

fn offered(range: &str) -> Option<Form> {
    let mut parts = range.split(';').map(str::trim);
    if !matches!(parts.next(), Some("application/json" | "application/*" | "*/*")) {
        return None;
    }
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let value = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let Some(form) = value("as") else { return Some(Form::Full) };
    let known = value("g") == Some("meta.k8s.io") && matches!(value("v"), Some("v1" | "v1beta1"));
    match form {
        "PartialObjectMetadata" if known => Some(Form::Metadata),
        "PartialObjectMetadataList" if known => Some(Form::MetadataList),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_known_is_taken() {
        let list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        let one = "application/json; as=PartialObjectMetadata; g=meta.k8s.io; v=v1";
        let proto = "application/vnd.kubernetes.protobuf";
        for (accept, expected) in [
            (String::new(), Form::Full),
            ("*/*".to_owned(), Form::Full),
            ("application/json".to_owned(), Form::Full),
            (list.to_owned(), Form::MetadataList),
            (one.to_owned(), Form::Metadata),
            (format!("{proto}, application/json"), Form::Full),
            (
                format!("{proto};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{one},application/json"),
                Form::Metadata,
            ),
            ("application/json;as=Table;g=meta.k8s.io;v=v1,application/json".to_owned(), Form::Full),
        ] {
            assert_eq!(form(&accept), Ok(expected), "{accept}");
        }
        for accept in [proto, "text/html", "application/json;as=Table;g=meta.k8s.io;v=v1"] {
            assert_eq!(form(accept).unwrap_err().code, 406, "{accept}");
        }
    }
}
