//! Answers about routes: which tables are asked, and the pages of what they have.

use std::sync::Arc;

use godwit_api::{Cursor, NetSelector, Refusal, RoutePage, RouteQuery};
use godwit_config::{ChannelConfig, ProtocolConfig};
use godwit_rib::NetKey;
use godwit_wire::AddressFamily;
use tokio::sync::oneshot;

use crate::links::LinkTable;
use crate::protocol::{AnyTable, Command, CommandSender, Tables};
use crate::query::{self, Imported};
use crate::supervisor::Supervisor;
use crate::table::TableShell;

impl Supervisor {
    /// The tables a question is about.
    pub(super) fn route_tables(&self, query: &RouteQuery) -> Result<Vec<Asked>, Refusal> {
        if let Some(missing) = query.tables.iter().find(|t| !self.tables.contains_key(*t)) {
            return Err(Refusal::NoSuchTable(missing.clone()));
        }
        let of_protocol = query.export.as_ref().map(|(_, name)| name).or(query.protocol.as_ref());
        let mut names = query.tables.clone();
        if let Some(name) = of_protocol {
            let protocol = self.protocols_there_are().find(|p| p.name == *name);
            let protocol = protocol.ok_or_else(|| Refusal::NoSuchProtocol(name.clone()))?;
            if query.export.is_some() && self.instances.get(name).is_none_or(|i| i.running.is_none()) {
                return Err(Refusal::ProtocolDown);
            }
            if names.is_empty() && query.channel_table.is_none() {
                names = protocol.channels.iter().map(|c| c.table.clone()).collect();
            }
        }
        if names.is_empty() && query.channel_table.is_none() {
            let first = |family| self.config.tables.iter().find(move |t| t.family == family);
            let defaults = [AddressFamily::IPV4, AddressFamily::IPV6].into_iter().filter_map(first);
            names = defaults.map(|t| t.name.clone()).collect();
        }
        let mut asked: Vec<Asked> = names.into_iter().map(|name| Asked { name, of: Of::Table }).collect();
        if let Some(of) = &query.channel_table {
            let protocol = self.protocols_there_are().find(|p| p.name == of.protocol);
            let channel = protocol.and_then(|p| p.channels.iter().find(|c| c.family == of.family));
            let running = self.instances.get(&of.protocol).and_then(|i| i.running.as_ref());
            let asked_of = |protocol: &ProtocolConfig, channel: &ChannelConfig| match running {
                Some(running) if of.import => {
                    let tables = [AddressFamily::IPV4, AddressFamily::IPV6]
                        .map(|family| protocol.igp_table(channel, family).to_owned());
                    Of::Imported(running.commands.clone(), of.family, tables)
                }
                _ => Of::Exported,
            };
            let found = protocol.and_then(|p| Some((p, channel?)));
            asked.extend(found.map(|(p, c)| Asked { name: c.table.clone(), of: asked_of(p, c) }));
        }
        // An exact or longest match question is about tables of its family only.
        let ipv4 = match query.nets {
            NetSelector::Exact(net) | NetSelector::ForPrefix(net) | NetSelector::In(net) => {
                Some(net.is_ipv4())
            }
            NetSelector::ForAddress(address) => Some(address.is_ipv4()),
            NetSelector::All => None,
        };
        if let Some(ipv4) = ipv4 {
            asked.retain(|t| matches!(self.tables.get(&t.name), Some(AnyTable::Ipv4(_))) == ipv4);
            if asked.is_empty() {
                return Err(Refusal::Other("No valid tables".into()));
            }
        }
        Ok(asked)
    }
}

/// A table that a question is about.
pub(super) struct Asked {
    name: String,
    of: Of,
}

/// What of it.
enum Of {
    Table,
    /// What was exported from it.
    Exported,
    /// What came for it, as its session keeps it.
    Imported(CommandSender, AddressFamily, [String; 2]),
}

impl Asked {
    /// Its name in an answer.
    fn shown(&self) -> &str {
        match self.of {
            Of::Table => &self.name,
            Of::Exported => "export",
            Of::Imported(..) => "import",
        }
    }
}

/// A page of one table, or of what came for it.
fn one_page<K: NetKey>(
    shell: &TableShell<K>,
    query: &RouteQuery,
    links: &Arc<LinkTable>,
    index: u32,
    imported: Option<&Imported>,
) -> RoutePage {
    match imported {
        Some(imported) => query::show_imported(shell, query, links, index, imported),
        None => query::page(shell, query, links, index),
    }
}

/// Resolves the next hops of a page that are looked up in other tables than the session's.
async fn look_up(imported: &mut Imported, tables: &Tables, igp_tables: &[String; 2]) {
    for (name, ipv4) in igp_tables.iter().zip([true, false]) {
        let hops = imported.looked_up_elsewhere(ipv4);
        let found = match tables.get(name).filter(|_| !hops.is_empty()) {
            Some(AnyTable::Ipv4(t)) => t.call(move |shell| query::resolve(shell, &hops)).await,
            Some(AnyTable::Ipv6(t)) => t.call(move |shell| query::resolve(shell, &hops)).await,
            None => None,
        };
        imported.elsewhere.extend(found.into_iter().flatten());
    }
}

pub(super) async fn page(
    query: &RouteQuery,
    asked: &[Asked],
    tables: &Tables,
    links: &Arc<LinkTable>,
) -> RoutePage {
    let index = query.cursor.map_or(0, |c| c.table);
    let mut answer = RoutePage {
        tables: asked.iter().map(|t| t.shown().into()).collect(),
        counts: vec![(0, 0, 0); asked.len()],
        ..RoutePage::default()
    };
    let this = asked.get(index as usize);
    let table = this.and_then(|t| tables.get(&t.name));
    let (mut query, links) = (query.clone(), links.clone());
    let mut imported = None;
    match this.map(|t| &t.of) {
        Some(Of::Imported(session, family, igp_tables)) => {
            let (reply, kept) = oneshot::channel();
            let ask = Command::Imported(*family, Box::new(query.clone()), reply);
            if session.send(ask).await.is_ok() {
                imported = kept.await.ok().flatten();
            }
            // The channel is down.
            let Some(kept) = &mut imported else { return answer };
            look_up(kept, tables, igp_tables).await;
        }
        Some(Of::Exported) => {}
        Some(Of::Table) | None => query.channel_table = None,
    }
    let one = match table {
        Some(AnyTable::Ipv4(t)) => {
            t.call(move |shell| one_page(shell, &query, &links, index, imported.as_ref())).await
        }
        Some(AnyTable::Ipv6(t)) => {
            t.call(move |shell| one_page(shell, &query, &links, index, imported.as_ref())).await
        }
        None => None,
    };
    let Some(one) = one else { return answer };
    answer.routes = one.routes;
    if let (Some(place), Some(count)) = (answer.counts.get_mut(index as usize), one.counts.first()) {
        *place = *count;
    }
    let more = (index as usize + 1) < asked.len();
    answer.next = one.next.or_else(|| more.then_some(Cursor { table: index + 1, ..Cursor::default() }));
    answer
}
