//! Passwords and keys of a session.

use godwit_filter::Diagnostic;

use crate::bird::Reader;
use crate::bird::draft::{Method, Session};
use crate::lang::Parsed;
use crate::model::{BgpConfig, Password, TcpAoAlgorithm, TcpAoKey, TcpAoPreference};

/// A key while it is read.
#[derive(Debug, Default)]
struct Draft {
    send_id: Option<u8>,
    recv_id: Option<u8>,
    algorithm: TcpAoAlgorithm,
    secret: Option<Password>,
    preference: TcpAoPreference,
}

impl Reader<'_> {
    pub(super) fn authentication_option(
        &mut self,
        config: &mut BgpConfig,
        session: &mut Session,
    ) -> Parsed<bool> {
        if self.l.eat_word("password") {
            config.password = Some(Password::new(self.text()?));
        } else if self.l.eat_word("authentication") {
            let method = match self.l.word() {
                Some("none") => Method::None,
                Some("md5") => Method::Md5,
                Some("ao") => Method::Ao,
                _ => return Err(self.unknown_word(["none", "md5", "ao"].into_iter())),
            };
            self.l.bump();
            session.authentication = Some(method);
        } else if self.l.eat_word("keys") {
            let mut keys = Vec::new();
            self.block(&mut |reader| {
                if !reader.l.eat_word("key") {
                    return Err(reader.unknown_word(["key"].into_iter()));
                }
                keys.push(reader.key()?);
                reader.end()
            })?;
            config.tcp_ao_keys = keys;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// `{ id N; secret "…"; … }`
    fn key(&mut self) -> Parsed<TcpAoKey> {
        let start = self.l.span();
        let mut draft = Draft::default();
        let before = self.errors();
        let end = self.block(&mut |reader| reader.key_option(&mut draft))?;
        let missing = match &draft {
            Draft { send_id: None, .. } => "Send ID of the key must be specified",
            Draft { recv_id: None, .. } => "Recv ID of the key must be specified",
            _ => "Secret of the key must be specified",
        };
        match (draft.send_id, draft.recv_id, draft.secret) {
            (Some(send_id), Some(recv_id), Some(secret)) => Ok(TcpAoKey {
                send_id,
                recv_id,
                algorithm: draft.algorithm,
                secret,
                preference: draft.preference,
            }),
            _ if self.errors() > before => Err(Diagnostic::error(start, "a key that is not complete")),
            _ => Err(Diagnostic::error(end, missing)),
        }
    }

    fn key_option(&mut self, draft: &mut Draft) -> Parsed<()> {
        if self.l.eat_words(&["send", "id"]) {
            draft.send_id = Some(self.key_id()?);
        } else if self.l.eat_words(&["recv", "id"]) {
            draft.recv_id = Some(self.key_id()?);
        } else if self.l.eat_word("id") {
            let id = self.key_id()?;
            (draft.send_id, draft.recv_id) = (Some(id), Some(id));
        } else if self.l.eat_word("secret") {
            draft.secret = Some(Password::new(self.text()?));
        } else if self.l.eat_word("algorithm") {
            let words = |algorithm: TcpAoAlgorithm| algorithm.words().split(' ').collect::<Vec<_>>();
            let found = TcpAoAlgorithm::ALL.into_iter().find(|a| self.l.eat_words(&words(*a)));
            draft.algorithm = found.ok_or_else(|| self.unknown_word(["hmac", "cmac"].into_iter()))?;
        } else if self.l.eat_word("preferred") {
            draft.preference = TcpAoPreference::Preferred;
        } else if self.l.eat_word("deprecated") {
            draft.preference = TcpAoPreference::Deprecated;
        } else {
            let words = ["id", "send", "recv", "secret", "algorithm", "preferred", "deprecated"];
            return Err(self.unknown_word(words.into_iter()));
        }
        self.end()
    }

    fn key_id(&mut self) -> Parsed<u8> {
        Ok(self.number_in(0, u8::MAX.into(), "Key ID must be in range 0-255")? as u8)
    }
}
