//! The connection to an API server: from the settings to a client, and which of Calico's groups is there.

mod config;

use std::sync::OnceLock;
use std::time::Duration;

use http::header::{ACCEPT, RETRY_AFTER, USER_AGENT};
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::timeout;

pub(super) use self::config::describe;
use super::Timing;
use super::place::Group;
use super::problem::{Cause, Problem};
use crate::settings::KubernetesSettings;

/// What the watchers share.
#[derive(Debug)]
pub(super) struct Connection {
    settings: KubernetesSettings,
    answer_max: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// Counts the clients.
    generation: u64,
    /// Which group is there, if that was asked and answered.
    group: Option<Group>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// A client, and which one.
#[derive(Clone)]
pub(super) struct Link {
    client: Client,
    generation: u64,
}

/// A group and whether that is certain. If it is not: why.
pub(super) type Found = (Group, Option<Problem>);

impl Connection {
    pub(super) fn new(settings: KubernetesSettings, timing: Timing) -> Self {
        Self { settings, answer_max: timing.answer_max, state: Mutex::default() }
    }

    /// A client, made now if there is none.
    ///
    /// # Errors
    /// The settings, or the files they name, make none.
    pub(super) async fn link(&self) -> Result<Link, Problem> {
        let mut state = self.state.lock().await;
        if let Some(client) = &state.client {
            return Ok(Link { client: client.clone(), generation: state.generation });
        }
        let made = timeout(self.answer_max, config::client(&self.settings)).await;
        let client = made.map_err(|_| self.no_answer("the credentials"))?;
        let client = client.map_err(|text| Problem::new(Cause::Unreachable, text))?;
        state.generation += 1;
        state.client = Some(client.clone());
        Ok(Link { client, generation: state.generation })
    }

    /// The client does not work: the next one is made anew, from what the files say then.
    pub(super) async fn renew(&self, link: &Link) {
        let mut state = self.state.lock().await;
        if state.generation == link.generation {
            state.client = None;
            state.group = None;
        }
    }

    /// Where Calico's kinds are (§1.2). If the server's answer does not tell, they are taken to be where they
    /// are in most clusters.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) async fn group(&self, link: &Link) -> Result<Found, Problem> {
        if let Some(group) = self.settings.api_group.as_deref().and_then(Group::parse) {
            return Ok((group, None));
        }
        // Held while it is asked: one asks, the others wait for the answer.
        let mut state = self.state.lock().await;
        if let Some(group) = state.group {
            return Ok((group, None));
        }
        let answer = self.get(link, "/apis", "application/json").await;
        let body = match answer {
            Ok(response) => self.body(response).await,
            Err(problem) if problem.is_of_connection() => return Err(problem),
            Err(problem) => Err(problem),
        };
        match body.and_then(|body| choose(&body)) {
            Ok(group) => {
                tracing::debug!("Calico's kinds are in {}", group.name());
                state.group = Some(group);
                Ok((group, None))
            }
            Err(problem) => Ok((Group::V1, Some(problem))),
        }
    }

    /// A kind is not where it was looked for: the group is asked for again.
    pub(super) async fn forget_group(&self) {
        self.state.lock().await.group = None;
    }

    /// Asks for a path with its query, and waits for the begin of the answer.
    ///
    /// # Errors
    /// There is no answer, or it is a failure.
    pub(super) async fn get(&self, link: &Link, path: &str, accept: &str) -> Result<Response<Body>, Problem> {
        let request = Request::get(path).header(ACCEPT, accept).header(USER_AGENT, user_agent());
        let request = request.body(Body::empty()).map_err(|e| {
            // Of our own making; the server is asked nothing.
            Problem::chain(Cause::Refused, "the request cannot be made", &e)
        })?;
        let response = match timeout(self.answer_max, link.client.send(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let tried = format!("{} does not answer", self.place());
                return Err(Problem::chain(Cause::Unreachable, &tried, &error));
            }
            Err(_) => return Err(self.no_answer(&self.place())),
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let code = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        // What it says helps people; without it the code is enough.
        let body = self.body(response).await.unwrap_or_default();
        Err(Problem::answer(code, retry_after.as_deref(), &body))
    }

    /// All of an answer.
    ///
    /// # Errors
    /// It broke off, or took too long.
    pub(super) async fn body(&self, response: Response<Body>) -> Result<Vec<u8>, Problem> {
        match timeout(self.answer_max, response.into_body().collect_bytes()).await {
            Ok(Ok(bytes)) => Ok(bytes.into()),
            Ok(Err(error)) => Err(Problem::chain(Cause::Broken, "the answer broke off", &error)),
            Err(_) => Err(self.no_answer(&self.place())),
        }
    }

    fn place(&self) -> String {
        self.settings.endpoint.clone().unwrap_or_else(|| "the API server".into())
    }

    fn no_answer(&self, who: &str) -> Problem {
        let secs = self.answer_max.as_secs_f32();
        Problem::new(Cause::Unreachable, format!("{who}: no answer within {secs} s"))
    }
}

fn user_agent() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| format!("godwit/{}", env!("CARGO_PKG_VERSION")))
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// `projectcalico.org` beside `crd.projectcalico.org` is served from the latter by an API server of
/// Calico; there is no need to go through that.
fn choose(body: &[u8]) -> Result<Group, Problem> {
    let groups: Groups = serde_json::from_slice(body)
        .map_err(|e| Problem::chain(Cause::Refused, "the list of API groups cannot be read", &e))?;
    let has = |name: &str| groups.groups.iter().any(|group| group.name == name);
    let v3 = has("projectcalico.org") && !has("crd.projectcalico.org");
    Ok(if v3 { Group::V3 } else { Group::V1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_resources_are_taken_only_where_there_are_no_classic_ones() {
        let groups = |names: &[&str]| {
            let groups: Vec<_> = names.iter().map(|n| serde_json::json!({"name": n})).collect();
            choose(serde_json::json!({ "groups": groups }).to_string().as_bytes()).ok()
        };
        assert_eq!(groups(&["apps", "projectcalico.org"]), Some(Group::V3));
        assert_eq!(groups(&["projectcalico.org", "crd.projectcalico.org"]), Some(Group::V1));
        assert_eq!(groups(&["crd.projectcalico.org"]), Some(Group::V1));
        assert_eq!(groups(&["apps"]), Some(Group::V1));
        assert!(choose(b"<html>").is_err());
    }
}
