//! How a protocol that ends by itself has the supervisor stop it.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::over_limit::OverLimit;

/// A protocol asks to be stopped.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) name: String,
    /// Which of its lives has ended: by the time it is heard, the operator may have begun another.
    pub(crate) life: u64,
    pub(crate) why: String,
    /// The limits it had, if one of them was passed.
    pub(crate) over_limit: Option<Arc<OverLimit>>,
}

/// The protocol's end. Nothing is lost while the supervisor is busy, and the protocol need not wait for it.
#[derive(Debug)]
pub(crate) struct ExitSender {
    name: String,
    life: u64,
    to: mpsc::Sender<Exit>,
    /// What is not told yet.
    why: Option<String>,
    over_limit: Option<Arc<OverLimit>>,
}

impl ExitSender {
    /// That of a life of a protocol.
    pub(crate) fn new(name: &str, life: u64, to: mpsc::Sender<Exit>) -> Self {
        Self { name: name.to_owned(), life, to, why: None, over_limit: None }
    }

    /// It ends. What was the first reason is the reason.
    pub(crate) fn end(&mut self, why: impl Into<String>) {
        self.why.get_or_insert_with(|| why.into());
    }

    /// It ends since it has passed one of these limits.
    pub(crate) fn end_over_limit(&mut self, over_limit: Arc<OverLimit>) {
        self.end("Automatic shutdown: Route limit exceeded");
        self.over_limit = Some(over_limit);
    }

    /// Tells the supervisor as soon as there is something to tell, and room for it. It can be dropped at any point
    /// without losing that.
    pub(crate) async fn tell(&mut self) {
        if self.why.is_some()
            && let Ok(permit) = self.to.reserve().await
            && let Some(why) = self.why.take()
        {
            let (name, over_limit) = (self.name.clone(), self.over_limit.take());
            permit.send(Exit { name, life: self.life, why, over_limit });
            return;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn an_end_waits_for_room() {
        let (to, mut heard) = mpsc::channel(1);
        let mut one = ExitSender::new("one", 1, to.clone());
        let mut two = ExitSender::new("two", 2, to);
        one.end("first");
        two.end("second");
        two.end("third");
        one.tell().await;
        assert!(tokio::time::timeout(Duration::from_millis(1), two.tell()).await.is_err());
        assert_eq!(heard.recv().await.unwrap().why, "first");
        two.tell().await;
        let Exit { name, life, why, .. } = heard.recv().await.unwrap();
        assert_eq!((name.as_str(), life, why.as_str()), ("two", 2, "second"));
        assert!(tokio::time::timeout(Duration::from_millis(1), two.tell()).await.is_err());
    }
}
