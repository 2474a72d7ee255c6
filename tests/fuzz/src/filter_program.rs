use std::sync::Arc;

use godwit_filter::{
    AttributeValue, Destination, Diagnostic, NextHop, Parser, Program, ProgramBuilder, RouteAttributes,
    RouteSource, SourceMap, Subject, Surroundings, SymbolClass, Verdict, lex,
};
use godwit_wire::{AsPath, Origin};

use crate::text;

/// Functions and filters in either dialect (the first octet), and every filter that compiles run on
/// routes of both families.
pub fn filter_program(data: &[u8]) {
    let Some((dialect, rest)) = data.split_first() else { return };
    let (bird16, text) = (dialect & 1 != 0, text(rest));
    let mut sources = SourceMap::default();
    let program = match read(text, &mut sources, bird16) {
        Ok(program) => program,
        Err(error) => {
            // What is wrong can be told, wherever it is.
            let _ = (sources.one_line(&error), sources.render(&error).to_string());
            return;
        }
    };
    let routes = [from_bgp(), from_kernel()];
    for (name, class) in program.symbols() {
        let Some(filter) = program.filter(&name) else {
            assert_ne!(class, SymbolClass::Filter);
            continue;
        };
        assert_eq!(filter, program.filter(&name).expect("as before"));
        assert!(filter.text().is_some());
        let _ = filter.normal_form();
        for (net, attributes) in ["10.1.0.0/16", "2001:db8::/32"].iter().zip(&routes) {
            let net = net.parse().expect("a prefix");
            let subject = Subject { net, protocol: "Mesh_1", attributes, surroundings: &Interfaces };
            let outcome = filter.run(&subject);
            if outcome.error.is_some() {
                assert_eq!(outcome.verdict, Verdict::Error);
            }
            if let Some(always) = filter.always() {
                assert_eq!(outcome.verdict, always);
            }
        }
    }
}

fn read(text: &str, sources: &mut SourceMap, bird16: bool) -> Result<Program, Diagnostic> {
    let tokens = lex("fuzz.conf", text, sources, &mut |_, _| Err("no files here".into()))?;
    let mut parser = Parser::new(&tokens);
    let mut builder = ProgramBuilder::new(bird16, sources);
    while !parser.at_eof() {
        if parser.eat_punct(";") {
        } else if parser.eat_symbol("define") {
            builder.parse_define(&mut parser)?;
        } else if parser.eat_symbol("function") {
            builder.parse_function(&mut parser)?;
        } else if parser.eat_symbol("filter") {
            builder.parse_filter(&mut parser)?;
        } else if parser.eat_symbol("attribute") {
            builder.parse_attribute(&mut parser)?;
        } else {
            return Err(parser.unexpected("a definition"));
        }
    }
    Ok(builder.finish())
}

fn from_bgp() -> RouteAttributes {
    let gateway = Some("192.0.2.1".parse().expect("an address"));
    let hop = NextHop { gateway, ifindex: 2, weight: 1, onlink: false };
    let mut route = RouteAttributes::new(RouteSource::Bgp, 100, Destination::Unicast(hop));
    route.bgp.origin = Some(Origin::Igp);
    route.bgp.as_path = Some(AsPath::from_sequence(&[65001, 65002, 65003]));
    route.bgp.next_hop = gateway;
    route.bgp.communities = vec![65001 << 16 | 1, 65001 << 16 | 2].into();
    route
}

fn from_kernel() -> RouteAttributes {
    let hop = NextHop { gateway: None, ifindex: 7, weight: 1, onlink: false };
    let mut route = RouteAttributes::new(RouteSource::Inherit, 10, Destination::Unicast(hop));
    route.set_extra("krt_metric", Some(AttributeValue::Int(1024)));
    route
}

/// Two interfaces.
#[derive(Debug)]
struct Interfaces;

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
