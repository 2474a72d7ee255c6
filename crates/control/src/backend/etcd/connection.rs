//! One connection to one endpoint: TLS, login, calls.

use std::error::Error;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Uri};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::settings::EtcdSettings;

use super::explain::{Refusal, Way, refusal};
use super::pace::Timing;
use super::rpc::{
    AuthenticateRequest, AuthenticateResponse, RangeRequest, RangeResponse, StatusRequest, StatusResponse,
    WatchCreateRequest, WatchRequest, WatchResponse,
};
use super::target;

/// Of an answer, in octets: a page of keys of any sensible size, with etcd's limit of 1.5 MB each as the worst.
const ANSWER_MAX: usize = 1 << 30;
/// Requests on a watch: the watchers, then one progress request at a time.
const REQUESTS: usize = 16;

/// A connection, logged in if a user is set.
pub(super) struct Connection {
    grpc: Grpc<Channel>,
    login: Option<AuthenticateRequest>,
    token: Option<MetadataValue<Ascii>>,
    answer: Duration,
    /// How it was made.
    pub(super) way: Way,
}

/// A watch: what is asked, what is answered.
pub(super) struct Stream {
    pub(super) requests: mpsc::Sender<WatchRequest>,
    pub(super) responses: Streaming<WatchResponse>,
}

/// Why a call failed.
pub(super) enum Failure {
    /// etcd's answer.
    Refused(Status),
    /// None in time.
    Late,
}

impl Connection {
    /// Connects and logs in.
    ///
    /// # Errors
    /// One line: what was tried and what came of it.
    pub(super) async fn open(settings: &EtcdSettings, url: &str, timing: &Timing) -> Result<Self, String> {
        let way = target::way(settings, url);
        let said = |why: String| format!("etcd {}: {why}", way.endpoint);
        let endpoint = target::endpoint(settings, url, timing).map_err(said)?;
        let late = || format!("etcd {}: no connection within {:?}", way.endpoint, timing.connect);
        let connected = timeout(timing.connect, endpoint.connect()).await.map_err(|_| late())?;
        let channel = connected.map_err(|e| way.broke(&e))?;
        let login = settings.user.clone().map(|(name, password)| AuthenticateRequest { name, password });
        let grpc = Grpc::new(channel).max_decoding_message_size(ANSWER_MAX);
        let mut connection = Self { grpc, login, token: None, answer: timing.answer, way };
        let login = connection.log_in().await;
        login.map_err(|failure| connection.explain("the login", &failure))?;
        Ok(connection)
    }

    /// A failure of a call in words.
    pub(super) fn explain(&self, what: &str, failure: &Failure) -> String {
        match failure {
            Failure::Refused(status) => self.way.refused(what, status),
            Failure::Late => {
                format!("etcd {}: {what}: no answer within {:?}", self.way.endpoint, self.answer)
            }
        }
    }

    async fn log_in(&mut self) -> Result<(), Failure> {
        let Some(login) = self.login.clone() else { return Ok(()) };
        let path = "/etcdserverpb.Auth/Authenticate";
        let answer: Result<AuthenticateResponse, Failure> = self.call(path, login).await;
        match answer {
            Ok(answer) => {
                let token = MetadataValue::try_from(answer.token);
                self.token = Some(token.map_err(|_| Status::internal("a token that is no text"))?);
                Ok(())
            }
            // etcd's own client takes that as no error: users are not in use.
            Err(Failure::Refused(status)) if refusal(&status) == Refusal::NoAuth => {
                self.token = None;
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Keys and values; logs in again when the token is too old.
    ///
    /// # Errors
    /// It was refused, or not answered.
    pub(super) async fn range(&mut self, request: RangeRequest) -> Result<RangeResponse, Failure> {
        let path = "/etcdserverpb.KV/Range";
        match self.call(path, request.clone()).await {
            Err(Failure::Refused(status)) if self.login.is_some() && refusal(&status) == Refusal::Token => {
                self.log_in().await?;
                self.call(path, request).await
            }
            other => other,
        }
    }

    /// How far the member is; `None` if it does not want to say.
    ///
    /// # Errors
    /// It was not answered.
    pub(super) async fn status(&mut self) -> Result<Option<StatusResponse>, Failure> {
        match self.call("/etcdserverpb.Maintenance/Status", StatusRequest {}).await {
            Ok(status) => Ok(Some(status)),
            // An answer of etcd has no cause; what breaks the connection has one.
            Err(Failure::Refused(status)) if status.source().is_none() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Opens a watch with these watchers.
    ///
    /// # Errors
    /// It was refused, or not answered.
    pub(super) async fn watch(&mut self, watchers: Vec<WatchCreateRequest>) -> Result<Stream, Failure> {
        let (requests, receiver) = mpsc::channel(REQUESTS.max(watchers.len()));
        for watcher in watchers {
            let full = |_| Status::internal("too many watchers");
            requests.try_send(WatchRequest::create(watcher)).map_err(full)?;
        }
        let mut request = self.request(ReceiverStream::new(receiver));
        // A member that has lost its leader then ends the stream instead of being silent.
        request.metadata_mut().insert("hasleader", MetadataValue::from_static("true"));
        let codec = ProstCodec::<WatchRequest, WatchResponse>::default();
        let answer = self.answer;
        let open = async {
            self.grpc.ready().await.map_err(|e| Status::from_error(e.into()))?;
            let path = Uri::from_static("/etcdserverpb.Watch/Watch").into_parts().path_and_query;
            self.grpc.streaming(request, path.ok_or_else(no_path)?, codec).await
        };
        let responses = timeout(answer, open).await.map_err(|_| Failure::Late)??;
        Ok(Stream { requests, responses: responses.into_inner() })
    }

    async fn call<M1, M2>(&mut self, path: &'static str, message: M1) -> Result<M2, Failure>
    where
        M1: prost::Message + 'static,
        M2: prost::Message + Default + 'static,
    {
        let request = self.request(message);
        let call = async {
            self.grpc.ready().await.map_err(|e| Status::from_error(e.into()))?;
            let path = Uri::from_static(path).into_parts().path_and_query;
            self.grpc.unary(request, path.ok_or_else(no_path)?, ProstCodec::<M1, M2>::default()).await
        };
        let answer = timeout(self.answer, call).await.map_err(|_| Failure::Late)??;
        self.way.worked = true;
        Ok(answer.into_inner())
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("token", token.clone());
        }
        request
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Refused(status)
    }
}

fn no_path() -> Status {
    Status::internal("a call without a path")
}
