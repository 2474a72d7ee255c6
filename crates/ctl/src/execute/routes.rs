//! `show route`.

use godwit_api::{
    ChannelStatus, ExportMode, NetSelector, ProtocolState, Refusal, Reply, Request, RouteQuery, Selector,
};
use godwit_config::{ChannelConfig, Dialect};
use tokio::io::{self, AsyncWriteExt};

use super::faults::{Refused, SYM, known, protocol_name, refuse};
use super::{Context, Session, Sink};
use crate::command::{ChannelTable, ShowRoute};
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

    /// Whether a channel's table is there now: only while the channel is up.
    async fn has_table(&self, table: &ChannelTable) -> bool {
        let is_up = |c: &ChannelStatus| c.state == "UP" && c.family.to_string() == table.channel;
        match self.backend.ask(Request::Protocols(Selector::Name(table.protocol.clone()))).await {
            Reply::Protocols(list) => list.iter().any(|p| p.channels.iter().any(is_up)),
            _ => false,
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
        if let Some(table) = &r.channel_table
            && !self.has_table(table).await
        {
            out.end(9001, &no_table(table));
            return sink.write_all(&out.take()).await;
        }
        let times = self.times(c);
        let mut lines = RouteLines::default();
        lines.all = r.all;
        lines.stats = r.stats;
        lines.count = r.count;
        let is_of_protocol = r.export.is_some() || r.protocol.is_some();
        lines.tables_named =
            !is_of_protocol && (r.all_tables || !r.tables.is_empty() || r.channel_table.is_some());
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
    // In 1.6 all that is filtered is as good.
    if bird2 && r.filtered && r.primary {
        return Err((9001, "Incompatible show route options".into()));
    }
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
    let mut channel_table = None;
    if let Some(t) = &r.channel_table {
        named(&t.protocol, SYM)?;
        has_channel(c, &t.protocol, &t.channel)?;
        let channels = c.config.protocols.iter().filter(|p| p.name == t.protocol).flat_map(|p| &p.channels);
        let mut channels = channels.filter(|channel| channel.family.to_string() == t.channel);
        let keeps = |c: &&ChannelConfig| if t.import { c.bgp.import_table } else { c.bgp.export_table };
        match channels.next().filter(keeps) {
            Some(_) if r.export.is_some() => return Err((9001, "No valid tables".into())),
            Some(channel) => {
                let (protocol, family) = (t.protocol.clone(), channel.family);
                channel_table = Some(godwit_api::ChannelTable { import: t.import, protocol, family });
            }
            None => return Err((9001, no_table(t))),
        }
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
        channel_table,
        count_only: r.count,
        cursor: None,
    })
}

fn no_table(t: &ChannelTable) -> String {
    let way = if t.import { "import" } else { "export" };
    format!("No {way} table in channel {}.{}", t.protocol, t.channel)
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
