//! A router of the 1.6 dialect as one of 2.x.

use std::collections::BTreeSet;
use std::sync::Arc;

use godwit_filter::Filter;
use godwit_wire::AddressFamily;

use crate::model::{
    AigpMode, BgpChannelConfig, BgpConfig, ChannelConfig, Dialect, IgpTables, Policy, ProtocolConfig,
    ProtocolKind, RouterConfig, StaticConfig, StaticRoa,
};

/// The default table of 1.6.
const MASTER: &str = "master";

/// The same router in the 2.x dialect, and what is said about that; or why there is none.
pub(super) fn in_bird2(config: &RouterConfig) -> Result<(RouterConfig, Vec<String>), Vec<String>> {
    if config.dialect == Dialect::Bird2 {
        return Ok((config.clone(), Vec::new()));
    }
    let ipv6 = config.tables.first().is_some_and(|t| t.family == AddressFamily::IPV6);
    let mut restate = Restate {
        config,
        family: if ipv6 { AddressFamily::IPV6 } else { AddressFamily::IPV4 },
        problems: Vec::new(),
        notes: BTreeSet::new(),
    };
    let mut router = RouterConfig { dialect: Dialect::Bird2, listen: None, ..config.clone() };
    router.tables = RouterConfig::new(Dialect::Bird2, false).tables;
    router.tables.extend(config.tables.iter().filter(|t| t.name != MASTER).cloned());
    router.protocols = config.protocols.iter().map(|p| Arc::new(restate.protocol(p))).collect();
    for table in &mut router.roa_tables {
        let roas = std::mem::take(&mut table.roas);
        if !roas.is_empty() {
            let static_roas = roas.into_iter().map(|roa| StaticRoa { roa, commands: None });
            let channel = ChannelConfig::new(table.family, table.name.clone(), 200);
            let kind = ProtocolKind::Static(StaticConfig {
                roa_channel: Some(Box::new(channel)),
                roas: static_roas.collect(),
                ..StaticConfig::default()
            });
            let name = format!("{}_roas", table.name);
            if config.program.lookup(&name).is_some() {
                restate.problems.push(format!("the ROAs of table {} need a protocol {name}", table.name));
            }
            router
                .protocols
                .push(Arc::new(ProtocolConfig { debug: config.debug, ..ProtocolConfig::new(name, kind) }));
        }
    }
    let notes = restate.notes.into_iter().map(str::to_owned).collect();
    if restate.problems.is_empty() { Ok((router, notes)) } else { Err(restate.problems) }
}

struct Restate<'c> {
    config: &'c RouterConfig,
    family: AddressFamily,
    problems: Vec<String>,
    notes: BTreeSet<&'static str>,
}

impl Restate<'_> {
    fn table(&self, name: &mut String) {
        if name == MASTER {
            *name = if self.family == AddressFamily::IPV6 { "master6" } else { "master4" }.into();
        }
    }

    fn igp_tables(&self, tables: &mut IgpTables) {
        tables.ipv4.iter_mut().chain(&mut tables.ipv6).for_each(|name| self.table(name));
    }

    fn protocol(&mut self, protocol: &ProtocolConfig) -> ProtocolConfig {
        let mut protocol = protocol.clone();
        let name = protocol.name.clone();
        for channel in &mut protocol.channels {
            self.table(&mut channel.table);
            self.igp_tables(&mut channel.bgp.igp_tables);
        }
        match &mut protocol.kind {
            ProtocolKind::Bgp(bgp) => {
                self.session(&name, bgp);
                let channels = protocol.channels.iter_mut();
                channels.for_each(|channel| self.bgp_channel(&name, bgp, &mut channel.bgp));
            }
            ProtocolKind::Kernel(kernel) => {
                // 2.x exports what filters let through.
                if !std::mem::replace(&mut kernel.device_routes, true) {
                    let channels = protocol.channels.iter_mut();
                    channels.for_each(|channel| self.without_device_routes(&name, &mut channel.export));
                }
            }
            ProtocolKind::Static(config) => self.igp_tables(&mut config.igp_tables),
            ProtocolKind::Pipe(pipe) => {
                self.table(&mut pipe.channel.table);
                self.table(&mut pipe.peer_table);
                if pipe.opaque {
                    self.problems.push(format!("{name}: 2.x has no `mode opaque`"));
                }
            }
            ProtocolKind::Device(_)
            | ProtocolKind::Direct(_)
            | ProtocolKind::Rpki(_)
            | ProtocolKind::Bfd(_) => {}
        }
        protocol
    }

    fn session(&mut self, name: &str, bgp: &mut BgpConfig) {
        if let Some(listen) = &self.config.listen {
            bgp.local_port = listen.port;
            match (listen.address, bgp.local_address) {
                (None, _) => {}
                (Some(at), Some(own)) if at == own => bgp.strict_bind = true,
                (Some(at), _) => self.problems.push(format!(
                    "{name}: in 2.x sessions listen on their own address: it must have `source address {at}` as `listen bgp` has"
                )),
            }
        }
        if !bgp.advertise_ipv4 {
            self.problems.push(format!("{name}: 2.x has no `advertise ipv4`"));
        }
        if !bgp.is_internal() {
            self.notes.insert(
                "2.x sends external neighbors a MED only if the export filter sets it; 1.6 sends its own routes' too",
            );
        }
        self.notes.insert(
            "export filters of 2.x see the AS path and the next hop before our own are put in, those of 1.6 after that",
        );
    }

    fn bgp_channel(&mut self, name: &str, bgp: &BgpConfig, channel: &mut BgpChannelConfig) {
        // What 1.6 has by default is said.
        let keep = bgp.next_hop_keep(channel, Dialect::Bird16);
        if bgp.next_hop_keep(channel, Dialect::Bird2) != keep {
            channel.next_hop_keep = Some(keep);
        }
        if channel.aigp.is_none() && bgp.aigp(channel) != AigpMode::Off {
            channel.aigp = Some(AigpMode::Off);
        }
        if channel.missing_lladdr.take().is_some() {
            self.problems.push(format!("{name}: 2.x has no `missing lladdr`"));
        }
    }

    /// 1.6 keeps routes of interfaces out of the kernel by itself.
    fn without_device_routes(&mut self, name: &str, export: &mut Policy) {
        // Without a direct protocol there are none.
        let direct = |p: &Arc<ProtocolConfig>| matches!(p.kind, ProtocolKind::Direct(_));
        if !self.config.protocols.iter().any(direct) {
            return;
        }
        let program = &self.config.program;
        let told = match export {
            Policy::None => return,
            Policy::All => program.where_filter("source != RTS_DEVICE"),
            Policy::Filter(filter) => match self.body(filter) {
                Body::Where(term) => program.where_filter(&format!("source != RTS_DEVICE && ({term})")),
                Body::Commands(before, after) => {
                    program.filter_body(&format!("{before}{{ if source = RTS_DEVICE then reject; {after}"))
                }
                Body::Unknown => {
                    self.problems.push(format!(
                        "{name}: 2.x has no `device routes off`, and its export filter has no text"
                    ));
                    return;
                }
            },
        };
        match told {
            Ok(filter) => *export = Policy::Filter(filter),
            Err(error) => self.problems.push(format!("{name}: export: {}", error.message)),
        }
    }

    fn body(&self, filter: &Filter) -> Body {
        let named = filter.name().and_then(|name| {
            self.config.program.definitions().iter().find(|d| &*d.name == name).map(|d| d.text.to_string())
        });
        let is_named = named.is_some();
        let Some(text) = named.or_else(|| filter.text().map(str::to_owned)) else { return Body::Unknown };
        if let Some(term) = text.strip_prefix("where ").filter(|_| !is_named) {
            return Body::Where(term.to_owned());
        }
        let Some((before, after)) = text.split_once('{') else { return Body::Unknown };
        // `filter NAME`, then declarations.
        let before = if is_named {
            let rest = before.trim_start().strip_prefix("filter").unwrap_or(before).trim_start();
            let name = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            rest.get(name..).unwrap_or_default().trim()
        } else {
            before.trim()
        };
        Body::Commands(before.to_owned(), after.to_owned())
    }
}

/// What a filter says.
enum Body {
    /// `where` this.
    Where(String),
    /// What stands before its brace, and after it.
    Commands(String, String),
    /// There is no text.
    Unknown,
}
