//! The router of one family, put together from parts that are made again only when what they are made of
//! changed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use godwit_config::{Policy as ChannelPolicy, ProtocolConfig, RouterConfig};
use godwit_filter::{Diagnostic, Parser, Program, ProgramBuilder, SourceMap, SymbolClass, lex};
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

use super::frame::{Family, Frame};
use super::peer::Peer;
use super::peer_policy::{Direction, Named, PeerPolicy, by_peer_type, definition, rules};
use super::policy::Policy;
use super::services::ServiceRoutes;
use super::session::{self, PasswordState};
use super::{Problem, Work, base};
use crate::cluster::Cluster;
use crate::resource::{AffinityState, IpPool, Node};
use crate::{Id, Kind};

/// The table of a family's router.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) family: AddressFamily,
}

/// The only table there is.
pub(crate) fn table(family: Family) -> Table {
    let family = match family {
        Family::V4 => AddressFamily::IPV4,
        Family::V6 => AddressFamily::IPV6,
    };
    Table { name: "master", family }
}

/// What is not as it was when the router was put together last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changed {
    /// What holds for every session.
    pub(crate) frame: bool,
    /// The filters.
    pub(crate) program: bool,
}

/// What a protocol was made of, and the protocol.
#[derive(Debug)]
struct Built {
    peer: Arc<Peer>,
    password: PasswordState,
    import: ChannelPolicy,
    export: ChannelPolicy,
    config: Arc<ProtocolConfig>,
}

/// The text of all definitions, by name of the BGPFilter and direction where it is one's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Texts {
    common: String,
    filters: BTreeMap<(Box<str>, Direction), FilterText>,
}

/// The function of a BGPFilter.
#[derive(Clone, PartialEq, Eq, Debug)]
struct FilterText {
    text: String,
    /// It is told the kind of session.
    by_peer_type: bool,
}

/// The parts of a family's router.
#[derive(Debug)]
pub(crate) struct FamilyParts {
    family: Family,
    texts: Texts,
    program: Program,
    /// Functions that are defined.
    defined: BTreeMap<(Box<str>, Direction), Named>,
    policies: BTreeMap<PeerPolicy, ChannelPolicy>,
    kernel_export: ChannelPolicy,
    sessions: BTreeMap<String, Built>,
    fixed: Vec<Arc<ProtocolConfig>>,
    blocks: Vec<(IpNetwork, AffinityState)>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) config: Arc<RouterConfig>,
}

/// What the common filters and the protocols that are no sessions are made of.
#[derive(Debug)]
pub(crate) struct Common<'c> {
    pub(crate) frame: &'c Frame,
    pub(crate) cluster: &'c Cluster,
    pub(crate) services: &'c ServiceRoutes,
    /// Our node's name.
    pub(crate) own: &'c str,
}

impl FamilyParts {
    pub(crate) fn new(family: Family) -> Self {
        Self {
            family,
            texts: Texts::default(),
            program: Program::default(),
            defined: BTreeMap::new(),
            policies: BTreeMap::new(),
            kernel_export: ChannelPolicy::None,
            sessions: BTreeMap::new(),
            fixed: Vec::new(),
            blocks: Vec::new(),
            problems: Vec::new(),
            config: Arc::new(RouterConfig::default()),
        }
    }

    /// Writes the filters again, and compiles them if that gave another text; whether it did.
    pub(crate) fn filters(&mut self, of: &Common<'_>, work: &mut Work) -> bool {
        self.blocks = blocks(of, self.family);
        let pools = pools(of.cluster, self.family);
        let wireguard = wireguard(of, self.family);
        let policy = Policy {
            frame: of.frame,
            family: self.family,
            pools: &pools,
            blocks: &self.blocks,
            services: of.services,
            wireguard: &wireguard,
        };
        let texts = Texts { common: policy.text(), filters: self.filter_texts(of.cluster) };
        if self.texts == texts {
            return false;
        }
        work.programs_compiled += 1;
        self.problems.clear();
        match self.compile(&texts) {
            Ok(()) => self.texts = texts,
            Err(error) => {
                // The text is ours: this would be a fault of ours, and no reason to lose what runs.
                let text =
                    format!("the filters of IPv{} do not compile: {}", self.family.digit(), error.message);
                tracing::error!("{text}");
                self.problems.push(Problem::new(Id::new(Kind::BgpConfiguration, "default"), text));
            }
        }
        true
    }

    fn filter_texts(&self, cluster: &Cluster) -> BTreeMap<(Box<str>, Direction), FilterText> {
        let mut texts = BTreeMap::new();
        for (name, filter) in &cluster.filters {
            for direction in [Direction::Import, Direction::Export] {
                let rules = rules(filter, self.family, direction);
                if !rules.is_empty() {
                    let text = definition(name, rules, self.family, direction);
                    let by_peer_type = by_peer_type(rules);
                    texts.insert((name.clone(), direction), FilterText { text, by_peer_type });
                }
            }
        }
        texts
    }

    /// Compiles every definition. What gives the same filter as before stays what it was, so that nobody
    /// takes it for a change.
    fn compile(&mut self, texts: &Texts) -> Result<(), Diagnostic> {
        let mut sources = SourceMap::default();
        let mut builder = ProgramBuilder::new(true, &sources);
        let mut defined = BTreeMap::new();
        for ((name, direction), function) in &texts.filters {
            let named = match define(&mut builder, &mut sources, &function.text) {
                Ok(()) => Named::Rules { name: name.clone(), by_peer_type: function.by_peer_type },
                Err(error) => {
                    let text = format!("does not compile, so its peers pass nothing: {}", error.message);
                    self.problems.push(Problem::new(Id::new(Kind::BgpFilter, name), text));
                    Named::Broken
                }
            };
            defined.insert((name.clone(), *direction), named);
        }
        define(&mut builder, &mut sources, &texts.common)?;
        self.program = builder.finish();
        self.defined = defined;
        let export = self.program.filter("calico_kernel_programming").map(ChannelPolicy::Filter);
        let export = export.unwrap_or(ChannelPolicy::None);
        if self.kernel_export != export {
            self.kernel_export = export;
        }
        Ok(())
    }

    /// A policy compiled against the program of now.
    fn policy(&self, frame: &Frame, of: &PeerPolicy) -> ChannelPolicy {
        let Some(text) = of.text(frame, self.family) else { return ChannelPolicy::All };
        match self.program.filter_body(&text) {
            Ok(filter) => ChannelPolicy::Filter(filter),
            Err(error) => {
                tracing::error!("a peer's filter does not compile: {}", error.message);
                ChannelPolicy::None
            }
        }
    }

    /// Makes `kernel1`, `device1`, `direct1` and `static1` again; those that are as before stay.
    fn fixed(&mut self, of: &Common<'_>, gateways: &[(IpAddr, IpAddr)], work: &mut Work) {
        let mut now: Vec<Arc<ProtocolConfig>> =
            base::protocols(of.frame, self.family, self.kernel_export.clone())
                .into_iter()
                .map(Arc::new)
                .collect();
        now.extend(base::static_routes(self.family, &self.blocks, &of.services.routes, gateways));
        for protocol in &mut now {
            match self.fixed.iter().find(|p| p.name == protocol.name) {
                Some(same) if same == protocol => *protocol = same.clone(),
                _ => work.protocols_built += 1,
            }
        }
        self.fixed = now;
    }

    /// Puts the router together. `peers` are by name.
    pub(crate) fn assemble(
        &mut self,
        of: &Common<'_>,
        peers: &BTreeMap<String, Arc<Peer>>,
        password: &mut dyn FnMut(&Peer) -> PasswordState,
        changed: Changed,
        work: &mut Work,
    ) {
        let old_policies = if changed.program { std::mem::take(&mut self.policies) } else { BTreeMap::new() };
        let mut sessions = BTreeMap::new();
        let mut same_names = peers.len() == self.sessions.len();
        for (name, peer) in peers {
            let password = password(peer);
            let import = self.peer_policy(of, peer, Direction::Import, &old_policies, work);
            let export = self.peer_policy(of, peer, Direction::Export, &old_policies, work);
            let built = match self.sessions.remove(name) {
                Some(old)
                    if !changed.frame
                        && same_peer(&old.peer, peer)
                        && old.password == password
                        && same(&old.import, &import)
                        && same(&old.export, &export) =>
                {
                    old
                }
                old => {
                    work.protocols_built += 1;
                    same_names &= old.is_some();
                    let config = session::protocol(of.frame, peer, &password, import.clone(), export.clone());
                    let config = match old {
                        Some(old) if *old.config == config => old.config,
                        _ => Arc::new(config),
                    };
                    Built { peer: peer.clone(), password, import, export, config }
                }
            };
            sessions.insert(name.clone(), built);
        }
        self.sessions = sessions;
        let gateways: Vec<(IpAddr, IpAddr)> =
            peers.values().filter_map(|p| Some((p.address, p.reachable_by?))).collect();
        self.fixed(of, &gateways, work);
        let program = if same_names && !changed.program && !self.config.protocols.is_empty() {
            self.config.program.clone()
        } else {
            Arc::new(self.symbols())
        };
        let protocols = self.fixed.iter().chain(self.sessions.values().map(|b| &b.config)).cloned().collect();
        let config = RouterConfig { protocols, program, ..base::router(of.frame, self.family) };
        if *self.config != config {
            self.config = Arc::new(config);
        }
    }

    /// The program, with the names of protocols and tables in it.
    fn symbols(&self) -> Program {
        let mut builder = ProgramBuilder::from(self.program.clone());
        let names =
            self.fixed.iter().map(|p| p.name.as_str()).chain(self.sessions.keys().map(String::as_str));
        for name in names {
            // No function can have the name of a protocol of ours.
            let _ = builder.declare(name, SymbolClass::Protocol, godwit_filter::Span::default());
        }
        let _ = builder.declare(table(self.family).name, SymbolClass::Table, godwit_filter::Span::default());
        builder.finish()
    }

    /// A peer's policy of a direction. `old` are those of the program before.
    fn peer_policy(
        &mut self,
        of: &Common<'_>,
        peer: &Peer,
        direction: Direction,
        old: &BTreeMap<PeerPolicy, ChannelPolicy>,
        work: &mut Work,
    ) -> ChannelPolicy {
        let filters =
            peer.filters.iter().filter_map(|name| self.named(of.cluster, name, direction)).collect();
        let internal = session::is_internal_to_filters(of.frame, peer);
        let key = PeerPolicy { direction, internal, filters };
        if let Some(known) = self.policies.get(&key) {
            return known.clone();
        }
        work.filters_compiled += 1;
        let now = self.policy(of.frame, &key);
        // The same as before is what it was before.
        let policy = old.get(&key).filter(|before| **before == now).cloned().unwrap_or(now);
        self.policies.insert(key, policy.clone());
        policy
    }

    /// A BGPFilter that a peer names, if it has rules for the direction.
    fn named(&self, cluster: &Cluster, name: &str, direction: Direction) -> Option<Named> {
        if let Some(named) = self.defined.get(&(name.into(), direction)) {
            return Some(named.clone());
        }
        let refused = cluster.refused().contains_key(&Id::new(Kind::BgpFilter, name));
        (refused && !cluster.filters.contains_key(name)).then_some(Named::Broken)
    }
}

fn same_peer(a: &Arc<Peer>, b: &Arc<Peer>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// Whether two policies are one.
fn same(a: &ChannelPolicy, b: &ChannelPolicy) -> bool {
    match (a, b) {
        (ChannelPolicy::Filter(a), ChannelPolicy::Filter(b)) => Arc::ptr_eq(a, b),
        _ => a == b,
    }
}

/// Reads definitions of functions and filters.
fn define(builder: &mut ProgramBuilder, sources: &mut SourceMap, text: &str) -> Result<(), Diagnostic> {
    let tokens = lex("calico", text, sources, &mut |_, _| Err("nothing is included".into()))?;
    let mut parser = Parser::new(&tokens);
    while !parser.at_eof() {
        if parser.eat_symbol("function") {
            builder.parse_function(&mut parser)?;
        } else {
            parser.expect_symbol("filter")?;
            builder.parse_filter(&mut parser)?;
        }
    }
    Ok(())
}

/// One pool for each prefix: that of the lowest name.
fn pools(cluster: &Cluster, family: Family) -> Vec<IpPool> {
    let mut seen = BTreeSet::new();
    let of_family = cluster.pools.values().filter(|pool| family.has(pool.cidr));
    of_family.filter(|pool| seen.insert(pool.cidr)).cloned().collect()
}

/// Our blocks that are there, in the order of their text.
fn blocks(of: &Common<'_>, family: Family) -> Vec<(IpNetwork, AffinityState)> {
    let mut blocks: BTreeMap<String, (IpNetwork, AffinityState)> = BTreeMap::new();
    let mut add = |cidr: IpNetwork, state| {
        if family.has(cidr) && state != AffinityState::Pending {
            blocks.entry(cidr.to_string()).or_insert((cidr, state));
        }
    };
    if of.frame.use_pod_cidr {
        of.frame.own.pod_cidrs.iter().for_each(|cidr| add(*cidr, AffinityState::Confirmed));
    } else {
        of.cluster.affinities.values().for_each(|it| add(it.cidr, it.state));
    }
    blocks.into_values().collect()
}

/// The addresses of other nodes that have WireGuard.
fn wireguard(of: &Common<'_>, family: Family) -> BTreeSet<IpAddr> {
    let has = |node: &Node| of.frame.has_wireguard(family, node);
    if !has(&of.frame.own) {
        return BTreeSet::new();
    }
    let others = of.cluster.nodes.iter().filter(|(name, node)| ***name != *of.own && has(node));
    others.filter_map(|(_, node)| Some(family.of(node)?.ip())).collect()
}
