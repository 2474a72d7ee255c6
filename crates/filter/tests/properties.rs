//! Nothing panics, and sets hold what they should.

mod common;

use common::{Dialect, bgp_route, program_in, run_on};
use ipnetwork::{IpNetwork, Ipv4Network};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "filter",
    "function",
    "define",
    "f",
    "g",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "[=",
    "=]",
    ";",
    ",",
    ":",
    ".",
    "..",
    "=",
    "!=",
    "<",
    ">",
    "~",
    "!~",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "*",
    "/",
    "?",
    "1",
    "70000",
    "10.0.0.0/8",
    "10.0.0.1",
    "2001:db8::/32",
    "\"s\"",
    "true",
    "int",
    "pair",
    "prefix",
    "set",
    "bgppath",
    "clist",
    "a",
    "b",
    "if",
    "then",
    "else",
    "else:",
    "case",
    "for",
    "in",
    "do",
    "return",
    "accept",
    "reject",
    "print",
    "net",
    "bgp_path",
    "bgp_community",
    "bgp_med",
    "krt_metric",
    "len",
    "prepend",
    "add",
    "delete",
    "filter",
    "empty",
    "defined",
    "unset",
    "rt",
    "unknown",
    "RTS_BGP",
    "source",
    "preference",
    "gw",
    "mask",
    "first",
    "'q-1'",
];

fn soup(words: &[usize]) -> String {
    words.iter().map(|i| WORDS[i % WORDS.len()]).collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text(text in "\\PC*", dialect in any::<bool>()) {
        let dialect = if dialect { Dialect::Bird16 } else { Dialect::Bird2 };
        if let Err((map, error)) = program_in(&text, dialect) {
            let _ = map.render(&error).to_string();
        }
    }

    #[test]
    fn any_tokens(words in prop::collection::vec(any::<usize>(), 0..40)) {
        let text = format!("filter f {{ {} }}", soup(&words));
        if let Ok(program) = program_in(&text, Dialect::Bird2) {
            let filter = program.filter("f").expect("the filter");
            let _ = run_on(&filter, "10.1.0.0/16", &bgp_route());
            let _ = filter.normal_form();
        }
        let _ = program_in("", Dialect::Bird2).ok().map(|p| p.eval(&soup(&words)));
    }

    #[test]
    fn any_expression(text in expression(4)) {
        let program = format!("filter f {{ int v = 3; print {text}; bgp_med = 1; print {text}; accept; }}");
        if let Ok(program) = program_in(&program, Dialect::Bird2) {
            let filter = program.filter("f").expect("the filter");
            let _ = run_on(&filter, "10.1.0.0/16", &bgp_route());
            let _ = filter.normal_form();
        }
    }

    #[test]
    fn prefix_sets(patterns in prop::collection::vec(pattern(), 1..12), nets in prop::collection::vec(net(), 40)) {
        let items: Vec<String> = patterns.iter().map(|(n, low, high)| format!("{n}{{{low},{high}}}")).collect();
        let text = format!("define S = [{}]; filter f {{ if net ~ S then accept; reject; }}", items.join(", "));
        let program = program_in(&text, Dialect::Bird2).map_err(|(_, e)| TestCaseError::fail(e.message))?;
        let filter = program.filter("f").expect("the filter");
        let near = patterns.iter().map(|(n, ..)| *n);
        for net in nets.iter().copied().chain(near) {
            let expected = patterns.iter().any(|p| fits(p, net));
            let verdict = run_on(&filter, &net.to_string(), &bgp_route()).verdict;
            prop_assert_eq!(verdict == godwit_filter::Verdict::Accept, expected, "{} in {:?}", net, items);
        }
    }

    #[test]
    fn int_sets(ranges in prop::collection::vec((0u32..60, 0u32..60), 1..8), value in 0u32..64) {
        let items: Vec<String> = ranges.iter().map(|(a, b)| format!("{a}..{b}")).collect();
        let program = program_in("", Dialect::Bird2).map_err(|(_, e)| TestCaseError::fail(e.message))?;
        let found = program.eval(&format!("{value} ~ [{}]", items.join(",")));
        let expected = ranges.iter().any(|(a, b)| (*a..=*b).contains(&value));
        let wanted = if expected { "TRUE" } else { "FALSE" };
        prop_assert_eq!(found.unwrap_or_else(|e| e.message), wanted);
    }
}

/// The rule of bird.conf's manual, word by word.
fn fits((prefix, low, high): &(Ipv4Network, u8, u8), net: Ipv4Network) -> bool {
    let length = net.prefix().min(prefix.prefix());
    let shift = |n: Ipv4Network| u64::from(u32::from(n.ip())) >> (32 - length);
    (*low..=*high).contains(&net.prefix()) && shift(*prefix) == shift(net)
}

fn net() -> impl Strategy<Value = Ipv4Network> {
    // Few distinct bits, so that nets meet.
    (0u32..64, 0u8..=32).prop_map(|(bits, length)| {
        let address = bits << 26 | bits << 4;
        let net = Ipv4Network::new(address.into(), length).expect("length");
        Ipv4Network::new(net.network(), length).expect("length")
    })
}

fn pattern() -> impl Strategy<Value = (Ipv4Network, u8, u8)> {
    (net(), 0u8..=32, 0u8..=32).prop_map(|(net, a, b)| (net, a.min(b), a.max(b)))
}

fn expression(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec![
        "1",
        "0",
        "v",
        "true",
        "\"a*\"",
        "net",
        "proto",
        "bgp_path",
        "bgp_community",
        "bgp_med",
        "gw",
        "10.0.0.0/8",
        "1.2.3.4",
        "(1,2)",
        "(1,2,3)",
        "(rt,1,2)",
        "[1..5]",
        "[10.0.0.0/8+]",
        "[= * 1 + =]",
        "+empty+",
        "-empty-",
        "RTS_BGP",
        "[(1,*)]",
        "bgp_ext_community",
        "source",
        "[]",
        "krt_tunnel",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(depth, 32, 3, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", "=", "!=", "<", ">=", "~", "!~", "&&", "||"]);
        let accessor =
            prop::sample::select(vec!["len", "first", "last", "ip", "asn", "data", "type", "min", "empty"]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            (inner.clone(), accessor).prop_map(|(a, n)| format!("({a}).{n}")),
            inner.clone().prop_map(|a| format!("!{a}")),
            inner.clone().prop_map(|a| format!("defined({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("add({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("prepend({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}, {b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("filter({a}, {b})")),
        ]
    })
    .boxed()
}

#[test]
fn v6_prefix_sets() {
    let text = "define S = [2001:db8::/32{40,48}, ::/0, fe80::/10-];
        filter f { if net ~ S then accept; reject; }";
    let filter = program_in(text, Dialect::Bird2).ok().and_then(|p| p.filter("f")).expect("filter");
    for (net, expected) in [
        ("2001:db8:1::/48", true),
        ("2001:db8::/32", false),
        ("2001:db8:1:2::/64", false),
        ("::/0", true),
        ("fe00::/8", true),
        ("fe80::/10", true),
        ("fe80::/16", false),
        ("10.0.0.0/8", false),
    ] {
        let net: IpNetwork = net.parse().expect("net");
        let verdict = run_on(&filter, &net.to_string(), &bgp_route()).verdict;
        assert_eq!(verdict == godwit_filter::Verdict::Accept, expected, "{net}");
    }
}
