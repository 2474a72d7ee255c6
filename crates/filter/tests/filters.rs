//! Filters on routes.

mod common;

use common::{Dialect, bgp_route, error, kernel_route, printed, program, program_in, run, run_on};
use godwit_filter::{AttributeValue, Destination, KERNEL_FEATURES, KERNEL_LOCK, Verdict};

fn verdict(commands: &str) -> Verdict {
    let outcome = run(&format!("filter f {{ {commands} }}"), "10.1.0.0/16");
    assert_eq!(outcome.error, None, "{commands}");
    outcome.verdict
}

#[test]
fn verdicts() {
    for (commands, expected) in [
        ("accept;", Verdict::Accept),
        ("reject;", Verdict::Reject),
        ("error;", Verdict::Error),
        ("return true;", Verdict::Accept),
        ("return net.len = 8;", Verdict::Reject),
        ("if net ~ [10.0.0.0/8+] then accept; reject;", Verdict::Accept),
        ("if net = 10.1.0.0/16 then accept; else reject;", Verdict::Accept),
        ("if net ~ 10.0.0.0/8 && source = RTS_BGP then { accept; } reject;", Verdict::Accept),
        ("if proto ~ \"Mesh_*\" then accept; reject;", Verdict::Accept),
        ("if proto = \"Mesh_1\" then accept; reject;", Verdict::Accept),
        ("if ifname ~ \"eth*\" then accept; reject;", Verdict::Accept),
        ("if bgp_path ~ [= 65001 * =] then accept; reject;", Verdict::Accept),
        ("if bgp_path ~ [= * 65001 =] then accept; reject;", Verdict::Reject),
        ("if bgp_path ~ [65002] then accept; reject;", Verdict::Accept),
        ("if 65003 ~ bgp_path then accept; reject;", Verdict::Accept),
        ("if (65001,2) ~ bgp_community then accept; reject;", Verdict::Accept),
        ("if bgp_community ~ [(65001,3..9)] then accept; reject;", Verdict::Reject),
        ("if gw = 192.0.2.1 then accept; reject;", Verdict::Accept),
        ("if dest = RTD_UNICAST && scope = SCOPE_UNIVERSE then accept; reject;", Verdict::Accept),
        ("if false then accept; else if true then reject; else error;", Verdict::Reject),
        ("int a = 5; { int a = 6; } if a = 5 then accept; reject;", Verdict::Accept),
    ] {
        assert_eq!(verdict(commands), expected, "{commands}");
    }
}

#[test]
fn nothing_changed_is_nothing_copied() {
    let outcome = run("filter f { if net.len > 8 then accept; }", "10.1.0.0/16");
    assert!(outcome.attributes.is_none());
    let outcome = run("filter f { if net.len > 8 then reject; }", "10.1.0.0/16");
    assert!(outcome.attributes.is_none());
    // What is refused may be kept to be looked at.
    let outcome = run("filter f { preference = 150; reject; }", "10.1.0.0/16");
    assert_eq!(outcome.attributes.map(|a| a.preference), Some(150));
}

#[test]
fn constant_filters_need_not_run() {
    let program =
        program("define YES = true; filter a { accept; } filter b { if !YES then accept; reject; }");
    assert_eq!(program.filter("a").and_then(|f| f.always()), Some(Verdict::Accept));
    assert_eq!(program.filter("b").and_then(|f| f.always()), Some(Verdict::Reject));
    let all = program.where_filter("true").expect("filter");
    assert_eq!(all.always(), Some(Verdict::Accept));
}

#[test]
fn attributes_are_set() {
    let text = "attribute int my_tag;
        filter f {
          preference = 150; bgp_local_pref = 200; bgp_med = 5; bgp_origin = ORIGIN_EGP;
          bgp_path.prepend(65009); bgp_community.add((1,2)); bgp_community.delete([(65001,1)]);
          bgp_large_community.add((1,2,3)); bgp_ext_community.add((rt,1,2));
          bgp_originator_id = 1.2.3.4; bgp_cluster_list.add(5.6.7.8);
          bgp_next_hop = 198.51.100.1; krt_metric = 42; krt_tunnel = \"tunl0\"; krt_prefsrc = 10.0.0.1;
          my_tag = 7; scope = SCOPE_LINK; from = 9.9.9.9;
          accept;
        }";
    let outcome = run(text, "10.1.0.0/16");
    assert_eq!((outcome.verdict, outcome.error), (Verdict::Accept, None));
    let route = outcome.attributes.expect("changed");
    assert_eq!((route.preference, route.bgp.local_pref, route.bgp.med), (150, Some(200), Some(5)));
    assert!(route.fresh_med && route.fresh_next_hop);
    assert_eq!(
        route.bgp.as_path.as_ref().map(ToString::to_string).as_deref(),
        Some("65009 65001 65002 65003")
    );
    assert_eq!(&*route.bgp.communities, [65001 << 16 | 2, 1 << 16 | 2]);
    assert_eq!(route.bgp.large_communities().len(), 1);
    assert_eq!(route.bgp.ext_communities().first().map(ToString::to_string).as_deref(), Some("(rt, 1, 2)"));
    assert_eq!(route.bgp.originator_id(), Some([1, 2, 3, 4].into()));
    assert_eq!(route.bgp.cluster_list(), [0x0506_0708]);
    assert_eq!(route.extra("krt_metric"), Some(&AttributeValue::Int(42)));
    assert_eq!(route.extra("krt_tunnel"), Some(&AttributeValue::String("tunl0".into())));
    assert_eq!(route.extra("my_tag"), Some(&AttributeValue::Int(7)));
}

#[test]
fn unset_leaves_no_trace() {
    let outcome = run(
        "filter f { bgp_large_community.add((1,2,3)); unset(bgp_large_community); unset(bgp_path);
           bgp_community.empty; unset(krt_metric); accept; }",
        "10.1.0.0/16",
    );
    let route = outcome.attributes.expect("changed");
    assert!(route.bgp.rare.is_none() && route.bgp.as_path.is_none() && route.bgp.communities.is_empty());
}

#[test]
fn destinations_are_set() {
    for (command, expected) in [
        ("dest = RTD_BLACKHOLE;", Some(Destination::Blackhole)),
        ("dest = RTD_PROHIBIT;", Some(Destination::Prohibit)),
        ("dest = RTD_UNICAST;", None),
        ("ifname = \"none0\";", None),
        ("weight = 300;", None),
    ] {
        let outcome = run(&format!("filter f {{ {command} accept; }}"), "10.1.0.0/16");
        let accepted = outcome.attributes.filter(|_| outcome.verdict == Verdict::Accept);
        assert_eq!(accepted.map(|a| a.destination), expected, "{command}");
        assert_eq!(outcome.error.is_some(), expected.is_none(), "{command}");
    }
    let outcome = run("filter f { ifname = \"cali1\"; accept; }", "10.1.0.0/16");
    let hop = outcome.attributes.and_then(|a| a.destination.next_hops().first().cloned()).expect("hop");
    assert_eq!((hop.ifindex, hop.gateway), (7, None));
}

#[test]
fn undefined_attributes() {
    assert_eq!(
        printed(
            "print defined(bgp_med), defined(bgp_large_community), defined(bgp_community);
             print bgp_med, bgp_large_community, bgp_med = 5, bgp_med != 5;
             print defined(bgp_aggregator), defined(ifname), bgp_large_community.len;"
        ),
        ["FALSEFALSETRUE", "(void)(lclist )FALSETRUE", "FALSETRUE0"]
    );
    let old = program_in("filter f { print defined(bgp_large_community); accept; }", Dialect::Bird16);
    let filter = old.ok().and_then(|p| p.filter("f")).expect("filter");
    assert_eq!(run_on(&filter, "10.0.0.0/8", &bgp_route()).messages, ["TRUE"]);
}

#[test]
fn runtime_errors_reject_and_say_why() {
    for (commands, expected) in [
        ("bgp_med = bgp_local_pref;", "filters, line 2: "),
        ("krt_metric = krt_metric + 1;", "filters, line 2: Argument must be of type int, got type void"),
        (
            "if bgp_path < bgp_path then accept;",
            "filters, line 2: Can't compare values of incompatible types",
        ),
        ("if net ~ [1] then accept;", "filters, line 2: ~ applied on unknown type pair"),
        ("bgp_path.add(5);", "filters, line 2: Can't add to path"),
        ("bgp_community.add(5);", "filters, line 2: Can't add non-pair"),
        ("dest = RTD_BLACKHOLE; weight = 3;", "filters, line 2: Setting weight needs regular nexthop"),
        ("gw = 198.51.100.1;", "filters, line 2: Invalid gw address"),
        ("dest = RTD_BLACKHOLE; gw = fe80::1;", "filters, line 2: Invalid gw address"),
        ("return 5;", "filters: Can't return non-bool from non-function"),
        ("preference = 1 / (preference - 100);", "filters, line 2: Mother told me not to divide by 0"),
        ("print 1;", "Filter f did not return accept nor reject. Make up your mind"),
    ] {
        let outcome = run(&format!("filter f {{\n {commands} }}"), "10.1.0.0/16");
        assert_eq!(outcome.verdict, Verdict::Error, "{commands}");
        let error = outcome.error.expect("an error");
        assert!(error.starts_with(expected), "{commands}: {error}");
    }
    let filter = program("").filter_body("{ }").expect("filter");
    let error = run_on(&filter, "10.0.0.0/8", &kernel_route()).error;
    assert_eq!(
        error.as_deref(),
        Some("Filter (unnamed) did not return accept nor reject. Make up your mind")
    );
}

/// What is undefined comes before everything in the order, in both dialects.
#[test]
fn undefined_is_least() {
    for (commands, expected) in [
        ("if bgp_med < 5 then accept; reject;", Verdict::Accept),
        ("if bgp_med <= 5 then accept; reject;", Verdict::Accept),
        ("if bgp_med > 5 then accept; reject;", Verdict::Reject),
        ("if 5 < bgp_med then accept; reject;", Verdict::Reject),
        ("if bgp_med <= bgp_local_pref then accept; reject;", Verdict::Accept),
        ("unset(bgp_next_hop); if bgp_next_hop < 0.0.0.0 then accept; reject;", Verdict::Accept),
    ] {
        assert_eq!(verdict(&format!("unset(bgp_local_pref); {commands}")), expected, "{commands}");
    }
}

/// A gateway brings the interface it is behind.
#[test]
fn gateways_are_neighbors() {
    for (commands, expected) in [
        ("ifname = \"cali1\"; gw = 192.0.2.7;", 2),
        ("dest = RTD_BLACKHOLE; gw = 192.0.2.7;", 2),
        ("ifname = \"cali1\"; gw = fe80::1;", 7),
        ("ifname = \"cali1\"; onlink = true; gw = 198.51.100.1;", 7),
    ] {
        let outcome = run(&format!("filter f {{ {commands} accept; }}"), "10.1.0.0/16");
        let attributes = outcome.attributes.expect("changed");
        let [hop] = attributes.destination.next_hops() else { panic!("{commands}") };
        assert_eq!(hop.ifindex, expected, "{commands}");
        assert!(hop.gateway.is_some(), "{commands}");
    }
}

/// What a filter on the way into a table sets is not sent abroad, but for what is set alone.
#[test]
fn what_is_fresh_in_a_table() {
    for (commands, expected) in [
        ("bgp_med = 5;", (true, false)),
        ("bgp_next_hop = 192.0.2.7;", (false, true)),
        ("bgp_med = 5; bgp_next_hop = 192.0.2.7;", (false, false)),
        ("bgp_med = 5; bgp_community.add((1,2));", (false, false)),
        ("bgp_med = 5; krt_prefsrc = 192.0.2.7;", (false, false)),
    ] {
        let filter = program("").filter_body(&format!("{{ {commands} accept; }}")).expect("filter");
        let bare = godwit_filter::RouteAttributes::new(
            godwit_filter::RouteSource::Static,
            200,
            Destination::Blackhole,
        );
        let mut after = run_on(&filter, "10.0.0.0/8", &bare).attributes.expect("changed");
        after.enter_table();
        assert_eq!((after.fresh_med, after.fresh_next_hop), expected, "{commands}");
    }
}

/// A preference has 16 bits; the rest of a number is dropped.
#[test]
fn preferences_are_cut() {
    let outcome = run("filter f { preference = 70000; accept; }", "10.1.0.0/16");
    assert_eq!(outcome.attributes.map(|a| a.preference), Some(4_464));
}

#[test]
fn cluster_ids_are_addresses() {
    let list = "bgp_cluster_list.add(9.9.9.9); bgp_cluster_list.add(10.0.0.1);";
    for (commands, expected) in [
        ("if bgp_cluster_list ~ [9.9.9.9] then accept; reject;", Verdict::Accept),
        ("if bgp_cluster_list ~ [9.9.9.8, 10.0.0.2..10.0.0.9] then accept; reject;", Verdict::Reject),
        (
            "bgp_cluster_list.delete([9.0.0.0..9.255.255.255]); if bgp_cluster_list.len = 1 then accept; reject;",
            Verdict::Accept,
        ),
        (
            "bgp_cluster_list.filter([9.9.9.9]); if 10.0.0.1 ~ bgp_cluster_list then accept; reject;",
            Verdict::Reject,
        ),
    ] {
        assert_eq!(verdict(&format!("{list} {commands}")), expected, "{commands}");
    }
    let outcome = run("filter f { bgp_cluster_list.add([9.9.9.9]); accept; }", "10.1.0.0/16");
    assert_eq!(outcome.verdict, Verdict::Error);
}

/// In 1.6 a path that is not there is not an empty one, and only functions return.
#[test]
fn paths_and_returns_of_1_6() {
    for (commands, expected) in [
        ("if defined(bgp_path) then accept; reject;", Verdict::Reject),
        ("if bgp_path ~ [= * =] then accept; reject;", Verdict::Error),
        ("bgp_path.prepend(5); accept;", Verdict::Error),
        ("bgp_path.empty; bgp_path.prepend(5); accept;", Verdict::Accept),
        ("return true;", Verdict::Error),
    ] {
        let program = program_in(&format!("filter f {{ {commands} }}"), Dialect::Bird16);
        let filter = program.ok().and_then(|p| p.filter("f")).expect("filter");
        assert_eq!(run_on(&filter, "10.0.0.0/8", &kernel_route()).verdict, expected, "{commands}");
    }
}

#[test]
fn short_circuit_guards() {
    assert_eq!(verdict("if defined(krt_metric) && krt_metric > 5 then reject; accept;"), Verdict::Accept);
    assert_eq!(verdict("if !defined(krt_metric) || krt_metric > 5 then accept; reject;"), Verdict::Accept);
}

#[test]
fn functions() {
    let text = "
        function in_pool(prefix p) { return p ~ [10.0.0.0/8{16,24}]; }
        function decide(bool b) { if b then accept \"by \", \"function\"; }
        function 'with-dash.1'() prefix p; { p = net; return p.len; }
        filter f { print 'with-dash.1'(); decide(in_pool(net)); reject; }";
    let outcome = run(text, "10.1.0.0/16");
    assert_eq!(outcome.verdict, Verdict::Accept);
    assert_eq!(outcome.messages, ["16", "by function"]);
    assert_eq!(run(text, "10.0.0.0/8").verdict, Verdict::Reject);
}

#[test]
fn loops_and_cases() {
    assert_eq!(
        printed(
            "int n = 0; for int a in bgp_path do { n = n + a; } print n;
             for pair c in bgp_community do print c;
             case net.len { 8: print \"eight\"; 9..16, 24: print \"more\"; print \"still\"; else: print \"other\"; }
             case source { RTS_BGP: print \"bgp\"; }
             case (65001, 5) { (65001, *): print \"ours\"; else: print \"theirs\"; }
             case bgp_med { 0: print 0; else: print \"none\"; }
             case true { true: if false then print 1; else: print 2; }"
        ),
        ["195006", "(65001,1)", "(65001,2)", "more", "still", "bgp", "ours", "none"]
    );
}

#[test]
fn printing() {
    assert_eq!(printed("printn \"a\"; print 1, true, (1,2); printn \"rest\";"), ["a1TRUE(1,2)", "rest"]);
    let outcome = run("filter f { reject \"no \", net; }", "10.1.0.0/16");
    assert_eq!(outcome.messages, ["no 10.1.0.0/16"]);
}

#[test]
fn masks_built_when_run() {
    let text = "function has(int a; int set s) { return bgp_path ~ [= a s * =]; }
        filter f { if has(65001, [65002, 65009]) && !has(65002, [1]) then accept; reject; }";
    assert_eq!(run(text, "10.1.0.0/16").verdict, Verdict::Accept);
}

#[test]
fn dialect_16() {
    let text = "filter f { if dest = RTD_ROUTER && cast = RTC_UNICAST && net ~ [10.0.0.0:255.0.0.0+]
                then accept; reject; }";
    let filter = program_in(text, Dialect::Bird16).ok().and_then(|p| p.filter("f")).expect("filter");
    assert_eq!(run_on(&filter, "10.1.0.0/16", &bgp_route()).verdict, Verdict::Accept);
    assert_eq!(error("filter f { print RTD_ROUTER; }"), "1:18 syntax error, unexpected CF_SYM_UNDEFINED");
}

#[test]
fn a_calico_export_filter() {
    let text = "
        function reject_local() { if (net ~ 169.254.0.0/16) then { reject; } }
        function 'bgp_my-filter_importFilterV4'() { }
        function calico_aggr () {
          if ( net = 10.65.0.0/26 ) then { accept; }
          if ( net ~ 10.65.0.0/26 ) then { reject; }
        }
        filter calico_export_to_bgp_peers {
          reject_local();
          'bgp_my-filter_importFilterV4'();
          calico_aggr();
          if ( net ~ 10.65.0.0/16 ) then { accept; }
          reject;
        }
        filter calico_kernel_programming {
          if ( net ~ 10.65.0.0/16 ) then {
            if (defined(bgp_next_hop) && (bgp_next_hop ~ 192.0.2.0/24)) then { krt_tunnel = \"\"; accept; }
            krt_tunnel = \"tunl0\"; accept;
          }
          accept;
        }";
    let program = program_in(text, Dialect::Bird16).unwrap_or_else(|(m, e)| panic!("{}", m.render(&e)));
    let export = program.filter("calico_export_to_bgp_peers").expect("filter");
    for (net, expected) in [
        ("10.65.0.0/26", Verdict::Accept),
        ("10.65.0.1/32", Verdict::Reject),
        ("10.65.1.0/26", Verdict::Accept),
        ("169.254.1.0/24", Verdict::Reject),
        ("192.168.0.0/24", Verdict::Reject),
    ] {
        assert_eq!(run_on(&export, net, &bgp_route()).verdict, expected, "{net}");
    }
    let kernel = program.filter("calico_kernel_programming").expect("filter");
    let outcome = run_on(&kernel, "10.65.1.0/26", &bgp_route());
    let tunnel = outcome.attributes.and_then(|a| a.extra("krt_tunnel").cloned());
    assert_eq!(tunnel, Some(AttributeValue::String("".into())));
}

#[test]
fn equality_is_by_what_they_do() {
    let one =
        "define N = [10.0.0.0/8+]; function g() { return net ~ N; } filter f { if g() then accept; reject; }";
    let moved = one.replace("; ", ";\n\n ");
    let other = one.replace("10.0.0.0/8+", "10.0.0.0/8");
    let filter = |text: &str| program(text).filter("f").expect("filter");
    assert_eq!(filter(one), filter(&moved));
    assert_ne!(filter(one), filter(&other));
}

#[test]
fn recursion_and_loops_end() {
    let text = "function r(int n) { return r(n + 1); } filter f { if r(0) = 1 then accept; }";
    let error = run(text, "10.1.0.0/16").error.expect("an error");
    assert!(error.contains("Maximum recursion depth reached"), "{error}");
    let text = "function b(int n) { if n > 0 then { b(n - 1); b(n - 1); } } filter f { b(60); accept; }";
    let error = run(text, "10.1.0.0/16").error.expect("an error");
    assert!(error.contains("Filter takes too long"), "{error}");
}

/// The costliest ways to nest and recurse fit the stack of a thread.
#[test]
fn the_stack_suffices() {
    for body in [
        "case n { 0..4294967295: if n >= 0 then { for int a in bgp_path do { return r(n + 1); } } }",
        "if !!(defined(format(add(-empty-, (1, (((((r(n + 1)))))))))) ) then return 1;",
        "return 1 + (2 * (3 - (r(n + 1) / (1 + 1))));",
        "return [= 1 (r(n)) =] = [= 1 =] && r(n) ~ [1] || 1.2.3.4.mask(r(n)) = 1.2.3.4;",
        "print format((1, r(n), 2)); return (rt, r(n), r(n));",
        "if bgp_path ~ [= (r(n)) =] then return 1;",
    ] {
        let text = format!(
            "function r(int n) {{ {body} return 1; }} filter f {{ if r(0) = 1 then accept; reject; }}"
        );
        let error = run(&text, "10.1.0.0/16").error.unwrap_or_else(|| panic!("{body}"));
        assert!(error.contains("Maximum recursion depth reached"), "{body}: {error}");
    }
}

/// A filter nested as deep as the parser lets it be.
#[test]
fn the_deepest_program_runs() {
    let deep = |n: usize| {
        format!(
            "filter f {{ if {}true{} then {} accept; {} reject; }}",
            "(".repeat(n),
            ")".repeat(n),
            "{ if true then ".repeat(n / 2),
            "}".repeat(n / 2)
        )
    };
    assert_eq!(run(&deep(40), "10.1.0.0/16").verdict, Verdict::Accept);
    let blocks = format!("filter f {{ {} accept; {} }}", "if net.len > 1 then { ".repeat(49), "}".repeat(49));
    assert_eq!(run(&blocks, "10.1.0.0/16").verdict, Verdict::Accept);
}

/// Bits of one set: the first that is set makes all of them defined.
#[test]
fn kernel_locks_and_features_are_bits() {
    let set = "krt_lock_mtu = true; krt_lock_rto_min = true; krt_lock_mtu = false; krt_feature_ecn = true;";
    let check = "if defined(krt_lock_cwnd) && krt_lock_cwnd = false && krt_lock_rto_min && !krt_lock_mtu then accept;";
    let whole = |text: &str, dialect| {
        let text = format!("filter f {{ if defined(krt_lock_mtu) then reject; {set} {text} }}");
        let program = program_in(&text, dialect).unwrap_or_else(|(m, e)| panic!("{}", m.render(&e)));
        let filter = program.filter("f").expect("filter");
        let outcome = run_on(&filter, "10.0.0.0/8", &kernel_route());
        assert_eq!((outcome.verdict, outcome.error), (Verdict::Accept, None), "{text}");
        let route = outcome.attributes.expect("changed");
        let number = |name: &str| match route.extra(name) {
            Some(AttributeValue::Int(set)) => Some(*set),
            _ => None,
        };
        (number(KERNEL_LOCK), number(KERNEL_FEATURES), route.extra("krt_lock_mtu").is_some())
    };
    for dialect in [Dialect::Bird2, Dialect::Bird16] {
        assert_eq!(whole(check, dialect), (Some(1 << 13), Some(1), false));
    }
    assert_eq!(whole("unset(krt_lock_mtu); accept;", Dialect::Bird2), (None, Some(1), false));
    assert_eq!(whole("unset(krt_lock_mtu); accept;", Dialect::Bird16), (None, Some(1), false));
    assert!(program_in("filter f { krt_congctl = \"reno\"; accept; }", Dialect::Bird2).is_ok());
    assert!(program_in("filter f { krt_congctl = \"reno\"; accept; }", Dialect::Bird16).is_err());
}
