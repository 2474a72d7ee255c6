//! `show route`.

use godwit_api::{ExportMode, NetSelector, ProtocolState, Refusal, Reply, Request, RouteQuery, Selector};
use godwit_config::Dialect;
use tokio::io::{self, AsyncWriteExt};

use super::faults::{Refused, SYM, known, protocol_name, refuse};
use super::{Context, Session, Sink};
use crate::command::ShowRoute;
use crate::format::RouteLines;
use crate::{Framer, policy};

impl Session<'_> {
    /// Whether a protocol's exports can be shown. In 1.6 one that is only starting has none, as one that is down.
    async fn exports(&self, name: &str, c: &Context) -> bool {
        if c.dialect == Dialect::Bird2 {
            return true;
        }
        match self.backend.ask(Request::Protocols(Selector::Name(name.to_owned()))).await {
            Reply::Protocols(list) => list.iter().all(|p| p.state == ProtocolState::Up),
            _ => true,
        }
    }

    /// Asks for the next page only when the client has taken the last.
    pub(super) async fn show_route(&self, r: &ShowRoute, c: &Context, sink: Sink<'_>) -> io::Result<()> {
        let mut out = Framer::new();
        let mut query = match query(r, c) {
            Ok(query) => query,
            Err((code, text)) => {
                out.end(code, &text);
                return sink.write_all(&out.take()).await;
            }
        };
        if let Some((_, name)) = &r.export
            && !self.exports(name, c).await
        {
            refuse(&mut out, Reply::Refused(Refusal::ProtocolDown));
            return sink.write_all(&out.take()).await;
        }
        let times = self.times(c);
        let mut lines = RouteLines::default();
        lines.all = r.all;
        lines.stats = r.stats;
        lines.count = r.count;
        lines.tables_named = !r.tables.is_empty();
        lines.one_net =
            matches!(r.nets, NetSelector::Exact(_) | NetSelector::ForAddress(_) | NetSelector::ForPrefix(_));
        loop {
            match self.backend.ask(Request::Routes(Box::new(query.clone()))).await {
                Reply::Routes(page) => {
                    lines.page(&mut out, &page, &times);
                    // A page that says to go on from where it began would never end.
                    if page.next.is_none() || page.next == query.cursor {
                        lines.finish(&mut out, c.dialect);
                        return sink.write_all(&out.take()).await;
                    }
                    query.cursor = page.next;
                    sink.write_all(&out.take()).await?;
                }
                other => {
                    refuse(&mut out, other);
                    return sink.write_all(&out.take()).await;
                }
            }
        }
    }
}

fn query(r: &ShowRoute, c: &Context) -> Result<RouteQuery, Refused> {
    let bird2 = c.dialect == Dialect::Bird2;
    for t in &r.tables {
        if !c.config.tables.iter().any(|have| have.name == *t) {
            return Err((
                9001,
                match (bird2, known(&c.config, t)) {
                    (true, false) => {
                        "syntax error, unexpected CF_SYM_UNDEFINED, expecting CF_SYM_KNOWN or ALL".into()
                    }
                    _ => format!("{t} is not a table"),
                },
            ));
        }
    }
    // The wording of `show route` differs from that of `show protocols` in its code only.
    let named = |name: &str, expected| protocol_name(c, name, expected).map_err(|(_, text)| (9001, text));
    if let Some(name) = &r.protocol {
        named(name, SYM)?;
    }
    if let Some((mode, name)) = &r.export {
        named(name, if *mode == ExportMode::Export { "CF_SYM_KNOWN or TABLE" } else { SYM })?;
        if let Some(channel) = &r.export_channel {
            has_channel(c, name, channel)?;
        }
    }
    if let Some(t) = &r.channel_table {
        named(&t.protocol, SYM)?;
        has_channel(c, &t.protocol, &t.channel)?;
        let way = if t.import { "import" } else { "export" };
        return Err((9001, format!("No {way} table in channel {}.{}", t.protocol, t.channel)));
    }
    let filter = match &r.filter {
        Some(text) => Some(policy::filter(&c.config, text).map_err(|e| (9001, e))?),
        None => None,
    };
    let tables = if r.all_tables {
        c.config.tables.iter().map(|t| t.name.clone()).collect()
    } else {
        r.tables.clone()
    };
    Ok(RouteQuery {
        nets: r.nets,
        tables,
        protocol: r.protocol.clone(),
        filter,
        primary: r.primary,
        filtered: r.filtered,
        export: r.export.clone(),
        count_only: r.count,
        cursor: None,
    })
}

fn has_channel(c: &Context, protocol: &str, channel: &str) -> Result<(), Refused> {
    let of = c.config.protocols.iter().find(|p| p.name == protocol);
    if of.is_some_and(|p| p.channels.iter().any(|have| have.family.to_string() == channel)) {
        return Ok(());
    }
    Err((
        9001,
        match channel {
            "ipv4" | "ipv6" => format!("Channel {protocol}.{channel} not found"),
            _ => "syntax error, unexpected CF_SYM_UNDEFINED".into(),
        },
    ))
}
