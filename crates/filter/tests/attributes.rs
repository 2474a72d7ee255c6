//! Custom attributes and what else a route has that is not among the usual.

mod common;

use common::{bgp_route, error, kernel_route, program, run_on};
use godwit_filter::{AttributeValue, Outcome, Parser, ProgramBuilder, Roa, SourceMap, lex};

/// Runs commands after custom attributes of each type are declared.
fn run(commands: &str) -> Outcome {
    let text = format!(
        "attribute int i; attribute ip a; attribute quad q; attribute bgppath p; attribute clist c;
         attribute eclist e; attribute lclist l; attribute string s; attribute bytestring b;
         attribute bgp 50 bytestring o; filter f {{ {commands} accept; }}"
    );
    run_on(&program(&text).filter("f").expect("f"), "10.0.0.0/8", &kernel_route())
}

fn printed(commands: &str) -> Vec<String> {
    let outcome = run(commands);
    assert_eq!(outcome.error, None, "{commands}");
    outcome.messages
}

#[test]
fn lists_are_attributes() {
    for (commands, wanted) in [
        ("print c, e, l, p;", "(clist )(eclist )(lclist )(path )"),
        ("print defined(c), defined(e), defined(l), defined(p);", "FALSEFALSEFALSEFALSE"),
        ("c.add((1,2)); c.add((3,4)); print c, c.len, defined(c);", "(clist (1,2) (3,4))2TRUE"),
        ("c = add(c, (1,2)); print (1,2) ~ c, c ~ [(1,*)], (2,1) ~ c;", "TRUETRUEFALSE"),
        ("c.add((1,2)); c.delete([(1,*)]); print c, defined(c);", "(clist )FALSE"),
        ("e.add((rt,1,2)); print e, e ~ [(rt,1,*)];", "(eclist (rt, 1, 2))TRUE"),
        ("l.add((1,2,3)); print l, l.max;", "(lclist (1, 2, 3))(1, 2, 3)"),
        ("p.prepend(5); p.prepend(6); print p, p.first, p ~ [= 6 * =];", "(path 6 5)6TRUE"),
        ("p = +empty+; print defined(p);", "FALSE"),
        ("c.add((1,2)); unset(c); print defined(c), c.len;", "FALSE0"),
        ("c.add((1,2)); for pair x in c do print x;", "(1,2)"),
        ("s = \"text\"; print s, defined(b);", "textFALSE"),
        ("ra_preference = RA_PREF_LOW; print ra_preference = RA_PREF_LOW, ra_preference;", "TRUE(enum 37)24"),
        ("print gw_mpls;", "3"),
    ] {
        assert_eq!(printed(commands), [wanted], "{commands}");
    }
}

#[test]
fn a_list_without_members_is_not_kept() {
    let attributes = run("c.add((1,2)); p = +empty+;").attributes.expect("changes");
    assert_eq!(attributes.extra("c"), Some(&AttributeValue::Clist([1 << 16 | 2].into())));
    let attributes = run("c.add((1,2)); c.empty;").attributes.expect("changes");
    assert_eq!(attributes.extra("c"), None);
}

#[test]
fn attributes_of_bgp_without_a_meaning_are_octets() {
    assert_eq!(printed("print defined(o), o;"), ["FALSE(void)"]);
    let outcome = run("print defined(o);");
    assert!(outcome.attributes.is_none());
}

#[test]
fn wrong_attributes_are_errors() {
    for (text, wanted) in [
        ("attribute prefix x;", "1:11 Custom route attribute of unsupported type"),
        ("attribute bgp 50 int x;", "1:18 Attributes of BGP must be of type bytestring"),
        ("attribute bgp 8 bytestring x;", "1:15 Invalid attribute number"),
        ("attribute bgp 300 bytestring x;", "1:15 Invalid attribute number"),
        ("filter f { gw_mpls = 5; accept; }", "1:12 MPLS labels are not supported"),
        (
            "attribute clist c; filter f { c = +empty+; accept; }",
            "1:35 Argument 1 of SET must be of type clist, got type bgppath",
        ),
    ] {
        assert_eq!(error(text), wanted, "{text}");
    }
}

/// What only nets of other types have is an error of the route.
#[test]
fn nets_of_ip_have_no_more_than_an_address_and_a_length() {
    for (commands, wanted) in [
        ("print net.maxlen;", "ROA expected"),
        ("print net.asn;", "Net type, pair or large community expected"),
        ("print net.rd;", "VPN address expected"),
        ("print net.src;", "SADR or flow expected"),
        ("print net.dst;", "Flow expected"),
    ] {
        let error = run(commands).error.unwrap_or_default();
        assert!(error.contains(wanted), "{commands}: {error}");
    }
}

#[test]
fn an_empty_path_is_none() {
    for (commands, wanted) in [
        ("print defined(bgp_path);", "TRUE"),
        ("bgp_path = +empty+; print defined(bgp_path);", "FALSE"),
        ("bgp_path = +empty+; print defined(prepend(bgp_path, 5));", "TRUE"),
    ] {
        let program = program(&format!("filter f {{ {commands} accept; }}"));
        let outcome = run_on(&program.filter("f").expect("f"), "10.0.0.0/8", &bgp_route());
        assert_eq!(outcome.messages, [wanted], "{commands}");
    }
}

/// Ranges that overlap are found as in BIRD's tree, and the rest by the first.
#[test]
fn overlapping_ranges_of_case() {
    for (items, wanted) in [
        ("16..24: print 1; 20: print 2;", "12"),
        ("20: print 2; 10..30: print 1;", "12"),
        ("10..30: print 1; 16: print 3; 20..21: print 2;", "12"),
        ("20: print 1; 20: print 2;", "-2"),
        ("20: print 1; 20: print 2; 20: print 3;", "-2"),
        // BIRD 2.0.12 finds nothing for 16, which is past 12 in its tree.
        ("10..30: print 1; 11: print 3; 12: print 3; 13: print 3;", "11"),
        // `else` is in the tree.
        ("0..20: print 1; 10..24: print 2;", "22"),
        ("0..20: print 1; 10..24: print 2; else: print 3;", "11"),
    ] {
        let of = |n: u32| {
            let told = printed(&format!("i = {n}; case i {{ {items} }}"));
            told.first().cloned().unwrap_or("-".into())
        };
        assert_eq!(of(17) + &of(20), wanted, "{items}");
    }
    assert_eq!(printed("case 20 { 20: print 1; 20: print 2; }"), ["1"]);
}

/// BIRD 2 knows IPv4 addresses by their place among those of IPv6.
#[test]
fn mapped_addresses_are_those_of_ipv4() {
    let told = printed(
        "print ::ffff:1.2.3.4, ::ffff:1.2.3.4 = 1.2.3.4, ::ffff:1.2.3.4.is_v4, ::ffff:1.2.3.4 ~ 1.0.0.0/8;",
    );
    assert_eq!(told, ["1.2.3.4TRUETRUETRUE"]);
}

/// What a table of authorizations says (RFC 6811 §2), of a net and of the route itself.
#[test]
fn origins_are_checked() {
    let text = "attribute int x; filter f { print roa_check(r4), roa_check(r6); accept; }
        filter g { bgp_path = +empty+; if roa_check(r4) = ROA_VALID then accept; }";
    let mut map = SourceMap::default();
    let tokens = lex("test.conf", text, &mut map, &mut |_, _| Err(String::new())).expect("tokens");
    let mut p = Parser::new(&tokens);
    let mut builder = ProgramBuilder::new(false, &map);
    for table in ["r4", "r6"] {
        builder.declare_roa_table(table, p.span()).expect("a name");
    }
    p.eat_symbol("attribute");
    builder.parse_attribute(&mut p).expect("an attribute");
    while p.eat_symbol("filter") {
        builder.parse_filter(&mut p).expect("a filter");
    }
    // They come after the filters that ask for them.
    let nets = [
        ("10.0.0.0/8", 24, 65001),
        ("10.0.0.0/8", 16, 65002),
        ("12.0.0.0/8", 16, 0),
        ("10.1.0.0/16", 16, 65003),
    ];
    for (prefix, max_len, asn) in nets {
        builder.add_roa("r4", Roa { prefix: prefix.parse().expect("prefix"), max_len, asn });
    }
    builder.add_roa("r6", Roa { prefix: "2001:db8::/32".parse().expect("prefix"), max_len: 48, asn: 65001 });
    let program = builder.finish();
    for (asked, wanted) in [
        ("r4, 10.1.0.0/16, 5", "ROA_INVALID"),
        ("r4, 10.1.0.0/16, 65001", "ROA_VALID"),
        ("r4, 10.1.0.0/16, 65003", "ROA_VALID"),
        ("r4, 10.1.0.0/24, 65001", "ROA_VALID"),
        ("r4, 10.1.0.0/24, 65003", "ROA_INVALID"),
        ("r4, 10.1.0.0/25, 65001", "ROA_INVALID"),
        ("r4, 10.2.0.0/16, 65002", "ROA_VALID"),
        ("r4, 10.1.0.0/16, 0", "ROA_INVALID"),
        ("r4, 11.1.0.0/16, 65001", "ROA_UNKNOWN"),
        ("r4, 10.0.0.0/7, 65001", "ROA_UNKNOWN"),
        ("r4, 12.0.0.0/8, 0", "ROA_INVALID"),
        ("r4, 2001:db8::/32, 65001", "ROA_UNKNOWN"),
        ("r6, 2001:db8::/32, 65001", "ROA_VALID"),
        ("r6, 2001:db8::/32, 5", "ROA_INVALID"),
        ("r6, 10.0.0.0/8, 65001", "ROA_UNKNOWN"),
    ] {
        let told = program.eval(&format!("roa_check({asked}) = {wanted}"));
        assert_eq!(told.as_deref().ok(), Some("TRUE"), "{asked}");
    }
    let outcome = run_on(&program.filter("f").expect("f"), "10.1.0.0/16", &bgp_route());
    assert_eq!(outcome.messages, ["(enum 35)1(enum 35)0"]);
    let outcome = run_on(&program.filter("g").expect("g"), "10.1.0.0/16", &bgp_route());
    assert!(outcome.error.is_some_and(|e| e.contains("Missing AS_PATH attribute")));
    for (text, wanted) in [
        ("roa_check(x)", "'x' is not a ROA table"),
        ("roa_check(5)", "The name of a ROA table is expected here"),
        ("roa_check(r4, 10.0.0.0/8)", "roa_check expects a table, or a table, a net and an AS"),
        ("roa_check(r4, 5, 5)", "Argument 1 of ROA_CHECK must be of type prefix, got type int"),
    ] {
        assert_eq!(program.eval(text).map_err(|e| e.message), Err(wanted.to_owned()));
    }
}

/// A filter is another one when what it asks says something else, also if a function asks for it.
#[test]
fn what_a_table_of_authorizations_says_is_part_of_a_filter() {
    let text =
        "function ours() { return roa_check(r4) = ROA_VALID; } filter f { if ours() then accept; reject; }";
    let read = |asn: u32| {
        let mut map = SourceMap::default();
        let tokens = lex("test.conf", text, &mut map, &mut |_, _| Err(String::new())).expect("tokens");
        let mut p = Parser::new(&tokens);
        let mut builder = ProgramBuilder::new(false, &map);
        builder.declare_roa_table("r4", p.span()).expect("a name");
        p.eat_symbol("function");
        builder.parse_function(&mut p).expect("a function");
        p.eat_symbol("filter");
        builder.parse_filter(&mut p).expect("a filter");
        builder.add_roa("r4", Roa { prefix: "10.0.0.0/8".parse().expect("prefix"), max_len: 24, asn });
        builder.finish().filter("f").expect("f")
    };
    assert_eq!(read(65001), read(65001));
    assert_ne!(read(65001), read(65002));
}

/// As BIRD 2.0.12 answers: only `+empty+` itself is no path.
#[test]
fn an_empty_path_is_one_unless_it_was_set_to_be_none() {
    let cases = [
        ("", true),
        ("bgp_path = +empty+;", false),
        ("bgp_path = +empty+; bgp_path.delete(9);", false),
        ("bgp_path = +empty+; bgp_path.prepend(9);", true),
        ("bgp_path = +empty+; bgp_path.prepend(9); bgp_path.delete(9);", true),
        ("bgp_path.filter([4294967295]);", true),
        ("bgp_path = delete(bgp_path, [1..4294967295]);", true),
        ("bgp_path = delete(+empty+, 4);", false),
        ("unset(bgp_path); bgp_path = delete(bgp_path, 4);", false),
        ("unset(bgp_path); bgp_path.delete(4);", false),
        ("unset(bgp_path); bgp_path.prepend(4); bgp_path.delete(4);", true),
        ("unset(bgp_path);", false),
        ("bgp_path = +empty+; unset(bgp_path);", false),
    ];
    for (text, defined) in cases {
        let filter = format!("filter t {{ {text} if defined(bgp_path) then accept; reject; }}");
        let filter = common::program(&filter).filter("t").expect("t");
        let verdict = run_on(&filter, "10.1.0.0/16", &bgp_route()).verdict;
        assert_eq!(verdict == godwit_filter::Verdict::Accept, defined, "{text}");
    }
    let mut received = bgp_route();
    received.bgp.as_path = Some(godwit_wire::AsPath::default());
    let filter = common::program("filter t { if defined(bgp_path) then accept; reject; }");
    let outcome = run_on(&filter.filter("t").expect("t"), "10.1.0.0/16", &received);
    assert_eq!(outcome.verdict, godwit_filter::Verdict::Accept);
}
