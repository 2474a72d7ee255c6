//! Policies: none, such as Calico writes for its nodes, and a long list of prefixes.

use std::fmt::Write as _;
use std::sync::Arc;

use godwit_filter::{Diagnostic, Filter, Parser, Program, ProgramBuilder, SourceMap, lex};
use ipnetwork::Ipv4Network;

/// What a node tells its neighbors: blocks of its pools as they are or as aggregates, the networks of
/// services, whatever a policy of ten terms lets through, and nothing else.
const CALICO: &str = r#"
function aggregates() {
  if (net = 10.244.64.0/26) then { accept; }
  if (net = 10.244.128.0/26) then { accept; }
  if (net ~ 10.244.64.0/26) then { reject; }
  if (net ~ 10.244.128.0/26) then { reject; }
}

function pools(bool external) {
  if (net ~ 10.244.0.0/16) then {
    if (defined(bgp_community) && (65535, 65281) ~ bgp_community) then { reject; }
    accept;
  }
  if (net ~ 10.96.0.0/12) then { accept; }
  if (external && (net ~ 198.51.100.0/24)) then { accept; }
}

function terms() {
  if ((net ~ 44.0.0.0/16) && (net.len <= 24)) then { accept; }
  if ((net ~ 45.0.0.0/16) && (ifname ~ "eth*")) then { reject; }
  if ((net = 46.2.0.0/16)) then { accept; }
  if ((net ~ [ 47.0.0.0/8{16,24} ])) then { accept; }
  if ((net ~ 48.0.0.0/12) && (source = RTS_STATIC)) then { reject; }
  if ((net ~ [ 49.0.0.0/8+, 50.0.0.0/8+ ])) then { accept; }
  if ((net = 51.0.0.0/8)) then { reject; }
  if ((net ~ 52.0.0.0/8) && (bgp_path.len > 3)) then { accept; }
  if ((bgp_path ~ [= * 64999 * =])) then { reject; }
  if ((net ~ [ 0.0.0.0/0{25,32} ])) then { reject; }
}

filter policy {
  if (defined(source) && source = RTS_BGP && defined(bgp_local_pref)) then {
    krt_metric = 2147483647 - bgp_local_pref;
  } else {
    if (!defined(krt_metric)) then { krt_metric = 1024; }
    bgp_local_pref = 2147483647 - krt_metric;
  }
  terms();
  aggregates();
  pools(true);
  accept;
}
"#;

/// The Calico node's policy.
///
/// # Errors
/// The text is not what the filter language is any more.
pub fn calico() -> Result<Arc<Filter>, String> {
    compiled(CALICO)
}

/// A policy that accepts these nets only.
///
/// # Errors
/// As [`calico`].
pub fn prefix_set(nets: &[Ipv4Network]) -> Result<Arc<Filter>, String> {
    let mut text = String::from("define WANTED = [ ");
    for (i, net) in nets.iter().enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{net}+");
    }
    text.push_str(" ];\nfilter policy { if net ~ WANTED then accept; reject; }\n");
    compiled(&text)
}

/// The filter `policy` of a text.
fn compiled(text: &str) -> Result<Arc<Filter>, String> {
    let mut sources = SourceMap::default();
    let program = read(text, &mut sources).map_err(|error| sources.one_line(&error))?;
    program.filter("policy").ok_or_else(|| "there is no filter of this name".to_owned())
}

fn read(text: &str, sources: &mut SourceMap) -> Result<Program, Diagnostic> {
    let tokens = lex("bench.conf", text, sources, &mut |_, _| Err("nothing to include".into()))?;
    let mut parser = Parser::new(&tokens);
    let mut builder = ProgramBuilder::new(false, sources);
    while !parser.at_eof() {
        if parser.eat_symbol("define") {
            builder.parse_define(&mut parser)?;
        } else if parser.eat_symbol("function") {
            builder.parse_function(&mut parser)?;
        } else if parser.eat_symbol("filter") {
            builder.parse_filter(&mut parser)?;
        } else {
            return Err(parser.unexpected("a definition"));
        }
    }
    Ok(builder.finish())
}
