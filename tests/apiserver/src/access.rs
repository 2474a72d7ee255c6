//! Who may do what: bearer tokens and forbidden resources.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::Kind;
use crate::status::Failure;

/// What a request does, in the words of Kubernetes' authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read a collection.
    List,
    /// Follow a collection.
    Watch,
    /// Make an object.
    Create,
    /// Replace an object.
    Update,
    /// Change an object by a patch.
    Patch,
    /// Delete an object.
    Delete,
}

impl Verb {
    /// The word for it, for example `list`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// Tokens and rules of a server; all of it may change while it runs.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// The valid tokens; none at all means that everybody is let in.
    pub(crate) tokens: Option<BTreeSet<String>>,
    /// Resources nobody may touch, with the exceptions: `namespace` or `namespace/name`.
    forbidden: BTreeMap<String, BTreeSet<String>>,
}

impl Access {
    /// Errors: 401 if tokens are asked for and `header` (`Authorization`) has no valid one.
    pub(crate) fn authenticate(&self, header: Option<&str>) -> Result<(), Failure> {
        let Some(tokens) = &self.tokens else { return Ok(()) };
        let token = header.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
        match token {
            Some(token) if tokens.contains(token) => Ok(()),
            _ => Err(Failure::new(401, "Unauthorized")),
        }
    }

    pub(crate) fn forbid(&mut self, resource: &str) {
        self.forbidden.insert(resource.to_owned(), BTreeSet::new());
    }

    pub(crate) fn allow(&mut self, resource: &str) {
        self.forbidden.remove(resource);
    }

    /// An exception from a prohibition: a namespace, or one object as a role with `resourceNames` has it.
    pub(crate) fn allow_only(&mut self, resource: &str, exception: &str) {
        self.forbidden.entry(resource.to_owned()).or_default().insert(exception.to_owned());
    }

    /// `name` is the object asked for: of the path, or the one that the field selector of a list names.
    ///
    /// Errors: 403.
    pub(crate) fn authorize(
        &self,
        kind: &Kind,
        verb: Verb,
        namespace: &str,
        name: &str,
    ) -> Result<(), Failure> {
        let Some(exceptions) = self.forbidden.get(&kind.resource()) else { return Ok(()) };
        let named = !name.is_empty() && exceptions.contains(&format!("{namespace}/{name}"));
        if exceptions.contains(namespace) || named {
            return Ok(());
        }
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{namespace}\"")
        };
        let (plural, group) = (&kind.plural, &kind.group);
        let user = "system:serviceaccount:calico-system:calico-node";
        let mut failure = Failure::new(
            403,
            format!(
                "{} is forbidden: User \"{user}\" cannot {} resource \"{plural}\" in API group \"{group}\" {place}",
                kind.qualified_plural(),
                verb.name()
            ),
        );
        failure.details = serde_json::json!({"name": name, "group": group, "kind": plural});
        Err(failure)
    }
}
