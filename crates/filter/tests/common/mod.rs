//! What the tests share: reading a piece of configuration, and a route to filter.
#![allow(dead_code, unreachable_pub)]

use std::sync::Arc;

use godwit_filter::{
    Destination, Diagnostic, NextHop, Outcome, Parser, Program, ProgramBuilder, RouteAttributes, RouteSource,
    SourceMap, Subject, Surroundings, lex,
};
use godwit_wire::{AsPath, Origin};

/// Interfaces eth0 (2) and cali1 (7).
#[derive(Debug)]
pub struct Interfaces;

impl Surroundings for Interfaces {
    fn interface_name(&self, ifindex: u32) -> Option<Arc<str>> {
        match ifindex {
            2 => Some("eth0".into()),
            7 => Some("cali1".into()),
            _ => None,
        }
    }

    fn interface_index(&self, name: &str) -> Option<u32> {
        match name {
            "eth0" => Some(2),
            "cali1" => Some(7),
            _ => None,
        }
    }

    /// 192.0.2.0/24 is behind eth0.
    fn neighbor_interface(&self, address: std::net::IpAddr) -> Option<u32> {
        matches!(address, std::net::IpAddr::V4(ip) if ip.octets().starts_with(&[192, 0, 2])).then_some(2)
    }
}

/// Which BIRD a text is written for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    Bird16,
    Bird2,
}

/// Reads definitions of constants, functions, filters and attributes.
pub fn program_in(text: &str, dialect: Dialect) -> Result<Program, (SourceMap, Diagnostic)> {
    let mut map = SourceMap::default();
    match read(text, &mut map, dialect) {
        Ok(program) => Ok(program),
        Err(error) => Err((map, error)),
    }
}

fn read(text: &str, map: &mut SourceMap, dialect: Dialect) -> Result<Program, Diagnostic> {
    let tokens = lex("test.conf", text, map, &mut |_, _| Err("no files here".into()))?;
    let mut p = Parser::new(&tokens);
    let mut builder = ProgramBuilder::new(dialect == Dialect::Bird16, map);
    while !p.at_eof() {
        if p.eat_punct(";") {
        } else if p.eat_symbol("define") {
            builder.parse_define(&mut p)?;
        } else if p.eat_symbol("function") {
            builder.parse_function(&mut p)?;
        } else if p.eat_symbol("filter") {
            builder.parse_filter(&mut p)?;
        } else if p.eat_symbol("attribute") {
            builder.parse_attribute(&mut p)?;
        } else if p.eat_symbol("bt_test_suite") {
            builder.parse_test_suite(&mut p)?;
        } else if p.eat_symbol("bt_test_same") {
            builder.parse_test_same(&mut p)?;
        } else {
            return Err(p.unexpected("a definition"));
        }
    }
    Ok(builder.finish())
}

pub fn program(text: &str) -> Program {
    program_in(text, Dialect::Bird2).unwrap_or_else(|(map, e)| panic!("{}", map.render(&e)))
}

/// The error of a text, as `LINE:COLUMN MESSAGE`.
pub fn error(text: &str) -> String {
    match program_in(text, Dialect::Bird2) {
        Ok(_) => "no error".into(),
        Err((map, e)) => map.one_line(&e).trim_start_matches("test.conf:").into(),
    }
}

/// A route from BGP with a path, communities and a gateway.
pub fn bgp_route() -> RouteAttributes {
    let hop = NextHop {
        gateway: Some("192.0.2.1".parse().expect("address")),
        ifindex: 2,
        weight: 1,
        onlink: false,
    };
    let mut route = RouteAttributes::new(RouteSource::Bgp, 100, Destination::Unicast(hop));
    route.bgp.origin = Some(Origin::Igp);
    route.bgp.as_path = Some(AsPath::from_sequence(&[65001, 65002, 65003]));
    route.bgp.next_hop = Some("192.0.2.1".parse().expect("address"));
    route.bgp.communities = vec![65001 << 16 | 1, 65001 << 16 | 2].into();
    route
}

/// A route from the kernel.
pub fn kernel_route() -> RouteAttributes {
    let hop = NextHop { gateway: None, ifindex: 7, weight: 1, onlink: false };
    RouteAttributes::new(RouteSource::Inherit, 10, Destination::Unicast(hop))
}

pub fn run_on(filter: &godwit_filter::Filter, net: &str, route: &RouteAttributes) -> Outcome {
    filter.run(&Subject {
        net: net.parse().expect("prefix"),
        protocol: "Mesh_1",
        attributes: route,
        surroundings: &Interfaces,
    })
}

/// Runs the filter `f` of a text on the BGP route for a net.
pub fn run(text: &str, net: &str) -> Outcome {
    let program = program(text);
    let filter = program.filter("f").expect("a filter f");
    run_on(&filter, net, &bgp_route())
}

/// Runs commands on the BGP route for 10.1.0.0/16 and gives what they printed.
pub fn printed(commands: &str) -> Vec<String> {
    let outcome = run(&format!("filter f {{ {commands} accept; }}"), "10.1.0.0/16");
    assert_eq!(outcome.error, None, "{commands}");
    outcome.messages
}
