//! The normal form: what means the same looks the same, and means what the filter means.

#![allow(clippy::format_push_string)]

mod common;

use common::{Dialect, bgp_route, kernel_route, program_in, run_on};
use godwit_filter::{Program, Verdict};
use proptest::prelude::*;

fn read(text: &str, dialect: Dialect) -> Program {
    program_in(text, dialect).unwrap_or_else(|(map, e)| panic!("{}", map.render(&e)))
}

/// The normal form of the filter `f` among definitions.
fn form(text: &str) -> Vec<String> {
    read(text, Dialect::Bird16).filter("f").expect("a filter f").normal_form()
}

fn body(commands: &str) -> Vec<String> {
    form(&format!("filter f {{ {commands} }}"))
}

#[test]
fn bodies_that_mean_the_same() {
    for (a, b) in [
        ("accept;", "if true then { accept; } reject;"),
        ("accept;", "accept; reject;"),
        ("accept;", "if net ~ 10.0.0.0/8 then accept; accept;"),
        ("reject;", "if net ~ 10.0.0.0/8 then { } reject;"),
        ("if net ~ 10.0.0.0/8 then accept; reject;", "if net ~ 10.0.0.0/8 then accept; else reject;"),
        ("if net ~ 10.0.0.0/8 then accept; reject;", "if net ~ [10.0.0.0/8+] then accept; reject;"),
        ("if net = 10.0.0.0/8 then accept; reject;", "if net ~ [10.0.0.0/8] then accept; reject;"),
        (
            "if net ~ [1.0.0.0/8, 2.0.0.0/8] then accept; reject;",
            "if net ~ [2.0.0.0/8{8,8}, 1.0.0.0/8] then accept; reject;",
        ),
        ("if source ~ [ RTS_BGP ] then accept; reject;", "if source = RTS_BGP then accept; reject;"),
        (
            "if defined(source) && source = RTS_BGP then accept; reject;",
            "if RTS_BGP = source then accept; reject;",
        ),
        ("if source !~ [ RTS_BGP ] then accept; reject;", "if source != RTS_BGP then accept; reject;"),
        (
            "if ifname ~ \"tunl0\" then accept; reject;",
            "if defined(ifname) then if ifname = \"tunl0\" then accept; reject;",
        ),
        (
            "if bgp_med = 1 then { if bgp_local_pref = 2 then { accept; } } reject;",
            "if bgp_med = 1 && bgp_local_pref = 2 then accept; reject;",
        ),
        (
            "if (bgp_med = 1 && (bgp_med = 2 && bgp_med = 3)) then accept; reject;",
            "if ((bgp_med = 1 && bgp_med = 2) && bgp_med = 3) then accept; reject;",
        ),
        (
            "if bgp_med = 1 then accept; if bgp_med = 2 then accept; reject;",
            "if bgp_med = 2 || bgp_med = 1 then accept; reject;",
        ),
        (
            "if bgp_med = 1 then accept; if bgp_med = 1 then accept; reject;",
            "if bgp_med = 1 then accept; reject;",
        ),
        (
            "if bgp_med = 1 then accept; else { if bgp_med = 2 then accept; } reject;",
            "if bgp_med = 2 then accept; if bgp_med = 1 then accept; reject;",
        ),
        (
            "if bgp_med = 1 then accept; if bgp_med = 2 then reject; reject;",
            "if bgp_med = 1 then accept; reject;",
        ),
        (
            "if defined(bgp_med) then { if bgp_med = 1 then reject; if bgp_med = 2 then reject; } accept;",
            "if defined(bgp_med) && (bgp_med = 2 || bgp_med = 1) then reject; accept;",
        ),
        (
            "if bgp_med != 1 then krt_metric = 1; else krt_metric = 2; accept;",
            "if bgp_med = 1 then krt_metric = 2; else krt_metric = 1; accept;",
        ),
        (
            "if bgp_med != 1 then krt_metric = 1; else reject; accept;",
            "if bgp_med = 1 then reject; krt_metric = 1; accept;",
        ),
        ("int unused; accept;", "accept;"),
        ("if bgp_med > 1 + 1 then accept; reject;", "if bgp_med > 2 then accept; reject;"),
        ("if bgp_med > 5 then { } else { accept; } reject;", "if bgp_med <= 5 then accept; reject;"),
        (
            "int a; int b; b = 1; a = bgp_med; if a = b then accept; reject;",
            "int y; int x; x = 1; y = bgp_med; if y = x then accept; reject;",
        ),
    ] {
        assert_eq!(body(a), body(b), "{a}\n{b}");
    }
}

#[test]
fn what_a_variable_holds_from_the_turn_before_counts() {
    let text = |declared: &str| {
        body(&format!(
            "int m; for int n in bgp_path do {{ {declared} if m = 1 then reject; m = n; }} accept;"
        ))
    };
    assert_ne!(text(""), text("int m;"));
}

#[test]
fn bodies_that_differ() {
    for (a, b) in [
        ("accept;", "reject;"),
        ("if bgp_med = 1 then accept; reject;", "if bgp_med = 2 then accept; reject;"),
        ("if net ~ 10.0.0.0/8 then accept; reject;", "if net = 10.0.0.0/8 then accept; reject;"),
        (
            "if bgp_med = 1 then accept; if bgp_med = 2 then reject; accept;",
            "if bgp_med = 2 then reject; if bgp_med = 1 then accept; accept;",
        ),
        (
            "if bgp_med = 1 then accept; reject;",
            "if bgp_med = 1 then { bgp_local_pref = 5; accept; } reject;",
        ),
        ("bgp_med = 1; bgp_local_pref = bgp_med; accept;", "bgp_local_pref = bgp_med; bgp_med = 1; accept;"),
        ("bgp_community.add((1,2)); accept;", "bgp_community.delete((1,2)); accept;"),
        ("if ifname ~ \"tun*\" then accept; reject;", "if ifname = \"tun*\" then accept; reject;"),
        (
            "if bgp_med = 1 && (bgp_med = 2 || bgp_med = 3) then accept; reject;",
            "if (bgp_med = 1 && bgp_med = 2) || bgp_med = 3 then accept; reject;",
        ),
        ("accept \"yes\";", "accept;"),
        ("if bgp_med = 1 then reject \"a\"; accept;", "if bgp_med = 1 then reject \"b\"; accept;"),
    ] {
        assert_ne!(body(a), body(b), "{a}\n{b}");
    }
}

#[test]
fn functions_stand_where_they_are_called() {
    let plain = body("if net = 10.0.0.0/24 then { accept; } if net ~ 10.0.0.0/24 then { reject; } reject;");
    for text in [
        "function blocks() { if net = 10.0.0.0/24 then { accept; } if net ~ 10.0.0.0/24 then { reject; } }
         filter f { blocks(); reject; }",
        "function nothing() { }
         function 'one-1'(bool on; bool off) { if on then { if net = 10.0.0.0/24 then accept; } if off then reject; }
         function other(prefix p) { if net ~ p then { reject; } }
         filter f { nothing(); 'one-1'(true, false); other(10.0.0.0/24); reject; }",
        "function both(prefix p) { if net = p then accept; if net ~ p then reject; }
         function outer(prefix q) { both(q); }
         filter f { outer(10.0.0.0/24); if bgp_med = 5 then reject; reject; bgp_med = 7; }",
        "function is_it(prefix p) { return net = p; }
         filter f { if is_it(10.0.0.0/24) then accept; reject; }",
    ] {
        assert_eq!(form(text), plain, "{text}");
    }
}

#[test]
fn an_argument_that_changes_under_way_keeps_its_first_value() {
    let once = form(
        "function set(int n) { bgp_med = 5; bgp_local_pref = n; }
         filter f { set(bgp_med); accept; }",
    );
    let twice = body("bgp_med = 5; bgp_local_pref = bgp_med; accept;");
    assert_ne!(once, twice);
    assert_eq!(once, body("int n; n = bgp_med; bgp_med = 5; bgp_local_pref = n; accept;"));
}

#[test]
fn functions_that_stay_are_compared_by_what_they_do() {
    let text = |name: &str, other: &str, value: u32| {
        format!(
            "function {other}() {{ if bgp_med = 1 then return 4; return 9; }}
             function {name}(int n) {{ if n > {value} then return {other}(); return 2; }}
             filter f {{ bgp_med = {name}(bgp_local_pref); accept; }}"
        )
    };
    assert_eq!(form(&text("a", "b", 1)), form(&text("y", "x", 1)));
    assert_ne!(form(&text("a", "b", 1)), form(&text("a", "b", 2)));
    let lines = form(&text("a", "b", 1));
    assert_eq!(lines.first().map(String::as_str), Some("bgp_med = function1(bgp_local_pref);"), "{lines:#?}");
    assert!(lines.iter().any(|l| l == "function2() {"), "{lines:#?}");
}

#[test]
fn recursion_and_calls_that_multiply_come_to_an_end() {
    let mut text = String::from("function a0() { if bgp_med = 1 then accept; bgp_med = 2; }\n");
    for i in 1..60 {
        text += &format!("function a{i}() {{ a{0}(); bgp_med = {i}; a{0}(); }}\n", i - 1);
    }
    text += "function down(int n) { if n > 0 then down(n - 1); }
        filter f { a59(); down(5); accept; }";
    let lines = form(&text);
    assert!(lines.len() < 10_000, "{}", lines.len());
}

#[test]
fn an_export_to_a_mesh_is_one_thing_in_two_words() {
    let called = "
        function tag_ours () { }
        function own_blocks () {
          if ( net = 10.0.1.0/26 ) then { accept; }
          if ( net ~ 10.0.1.0/26 ) then { reject; }
        }
        function keep_here () {
          if (defined(ifname)) then { if (ifname ~ \"ebpf*.here\") then { reject; } }
        }
        function to_peers(bool mesh) {
          if (mesh) then {
            if (defined(ifname)) then {
              if ((ifname ~ \"*.wl\") || (ifname ~ \"*.vx\") || (ifname ~ \"tunl0\")) then { reject; }
            }
          }
          keep_here();
          tag_ours();
          own_blocks();
        }
        filter f {
          if (defined(source) && source = RTS_BGP && defined(bgp_local_pref)) then {
            krt_metric = 2147483647 - bgp_local_pref;
          } else {
            if (!defined(krt_metric)) then { krt_metric = 1024; }
            bgp_local_pref = 2147483647 - krt_metric;
          }
          to_peers(true);
          reject;
        }";
    let own = "
        filter f {
          if source = RTS_BGP && defined(bgp_local_pref) then krt_metric = 2147483647 - bgp_local_pref;
          else { if !defined(krt_metric) then krt_metric = 1024; bgp_local_pref = 2147483647 - krt_metric; }
          if ifname = \"tunl0\" then reject;
          if ifname ~ \"*.wl\" then reject;
          if ifname ~ \"*.vx\" || ifname ~ \"ebpf*.here\" then reject;
          if net = 10.0.1.0/26 then accept;
          reject;
        }";
    assert_eq!(form(called), form(own), "{:#?}", form(called));
}

#[test]
fn a_condition_is_a_filter() {
    let program = read("", Dialect::Bird2);
    let condition = program.where_filter("net ~ 10.0.0.0/8").expect("a condition").normal_form();
    let filter = program.filter_body("{ return net ~ 10.0.0.0/8; }").expect("a body");
    let body = program.filter_body("{ if net ~ 10.0.0.0/8 then accept; reject; }").expect("a body");
    assert_eq!(condition, body.normal_form());
    assert_ne!(condition, filter.normal_form());
    assert_eq!(program.filter_body("{ return true; }").expect("a body").normal_form(), ["accept;"]);
}

fn condition() -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec![
        "net ~ 10.0.0.0/8",
        "net = 10.1.0.0/16",
        "net ~ [ 10.0.0.0/8{8,16}, 0.0.0.0/0 ]",
        "net ~ [ 10.1.0.0/16- ]",
        "source ~ [ RTS_BGP ]",
        "source != RTS_INHERIT",
        "defined(bgp_med)",
        "defined(source)",
        "defined(bgp_community)",
        "bgp_med = 1",
        "bgp_med > 1",
        "bgp_local_pref <= 100",
        "ifname ~ \"eth0\"",
        "ifname ~ \"*i1\"",
        "(65001, 1) ~ bgp_community",
        "bgp_community ~ [ (65001, 2..7), (1, *) ]",
        "bgp_path ~ [= 65001 * =]",
        "even(3)",
        "less(bgp_med)",
        "true",
        "false",
        "is_on",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} && {b} || {c})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
    .boxed()
}

fn block(calls: &'static [&'static str]) -> BoxedStrategy<String> {
    let mut plain = vec![
        "accept;",
        "reject;",
        "bgp_med = 1;",
        "bgp_med = 2;",
        "bgp_local_pref = bgp_med + 1;",
        "unset(bgp_med);",
        "bgp_community.add((65001, 9));",
        "krt_metric = 5;",
        "{ }",
        "case bgp_med { 1: reject; 2..9: bgp_local_pref = 7; else: krt_metric = 1; }",
    ];
    plain.extend(calls);
    let leaf = prop::sample::select(plain).prop_map(str::to_owned);
    let command = leaf.prop_recursive(3, 24, 4, |inner| {
        let some = prop::collection::vec(inner, 0..3).prop_map(|list| list.join(" "));
        prop_oneof![
            (condition(), some.clone()).prop_map(|(c, a)| format!("if {c} then {{ {a} }}")),
            (condition(), some.clone(), some.clone())
                .prop_map(|(c, a, b)| format!("if {c} then {{ {a} }} else {{ {b} }}")),
            (condition(), some.clone(), condition(), some.clone(), some).prop_map(|(c, a, d, b, e)| format!(
                "if {c} then {{ {a} }} else if {d} then {{ {b} }} else {{ {e} }}"
            )),
        ]
    });
    prop::collection::vec(command, 0..5).prop_map(|list| list.join("\n")).boxed()
}

const CALLS: &[&str] = &["g(true);", "g(false);", "h(bgp_med, false);"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// The lines are a filter, and it does what the filter does.
    #[test]
    fn lines_mean_what_the_filter_means(
        g in block(&[]),
        h in block(&["g(is_on);"]),
        f in block(CALLS),
        last in prop::sample::select(vec!["accept;", "reject;", ""]),
        old in any::<bool>(),
    ) {
        let dialect = if old { Dialect::Bird16 } else { Dialect::Bird2 };
        // `is_on` is an argument everywhere; functions that only compute are put in place too.
        let helpers = "function even(int n) { return n = 2; } function less(int n) { return n < 7; }";
        let text = format!(
            "{helpers}
             function g(bool is_on) {{ {g} }}
             function h(int n; bool is_on) {{ {h} bgp_local_pref = n; }}
             function entry(bool is_on) {{ {f} {last} }}
             filter f {{ entry(true); }}"
        );
        let program = read(&text, dialect);
        let filter = program.filter("f").expect("a filter");
        let lines = filter.normal_form().join("\n");
        // A variable that holds an argument is declared where it begins.
        let mut declared = String::new();
        for i in 1..100 {
            if lines.contains(&format!("variable{i} ")) {
                declared += &format!("int variable{i}; ");
            }
        }
        let again = program.filter_body(&format!("{declared} {{ {lines} }}"));
        let again = again.map_err(|e| TestCaseError::fail(format!("{}\n{text}\n{lines}", e.message)))?;
        let mut med = bgp_route();
        med.bgp.med = Some(1);
        med.bgp.local_pref = Some(100);
        for route in [bgp_route(), kernel_route(), med] {
            for net in ["10.1.0.0/16", "10.1.2.0/24", "192.0.2.0/24", "0.0.0.0/0"] {
                let (a, b) = (run_on(&filter, net, &route), run_on(&again, net, &route));
                // An error at a place that was moved or left out is as good as none.
                if a.verdict == Verdict::Error || b.verdict == Verdict::Error {
                    continue;
                }
                prop_assert_eq!(a.verdict, b.verdict, "{}\n{}\n{}", net, text, lines);
                let changed = |o: &godwit_filter::Outcome| o.attributes.as_deref().cloned().unwrap_or_else(|| route.clone());
                prop_assert_eq!(changed(&a), changed(&b), "{}\n{}\n{}", net, text, lines);
            }
        }
        // What is in its normal form stays in it.
        if declared.is_empty() {
            prop_assert_eq!(again.normal_form().join("\n"), lines, "{}", text);
        }
    }
}
