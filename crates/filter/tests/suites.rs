//! Tests a configuration holds, and where run-time errors say they happened.

mod common;

use common::{bgp_route, error, program, run_on};
use godwit_filter::{Parser, ProgramBuilder, SourceMap, SuiteOutcome, lex};

#[test]
fn suites_run_their_assertions() {
    let text = r#"
        function next(int a) { return a + 1; }
        function t_good() int x; {
            bt_assert(next(1) = 2);
            bt_check_assign(x, 5);
            bt_check_assign(bgp_med, 7);
            bt_check_assign(preference, 15);
            bgp_path.prepend(5);
            bt_assert(bgp_path ~ [= 5 =]);
        }
        function t_bad() {
            bt_assert(next(1)
                = 3);
            print "goes on";
            bt_assert(1 / (next(1) - 2) = 1);
            bt_assert(true);
        }
        function t_ends() { bt_assert(true); accept; }
        bt_test_suite(t_good, "good things");
        bt_test_suite(t_bad, "bad things")
        bt_test_suite(t_ends, "a verdict");
    "#;
    let outcomes = program(text).run_tests();
    let told: Vec<_> = outcomes.iter().map(|o| (&*o.name, &*o.text, o.checks, o.passed())).collect();
    let wanted = [
        ("t_good", "good things", 5, true),
        ("t_bad", "bad things", 1, false),
        ("t_ends", "a verdict", 1, true),
    ];
    assert_eq!(told, wanted);
    let failures = [
        "test.conf:12: Assertion next(1)\n                = 3 failed",
        "test.conf:15: Mother told me not to divide by 0",
    ];
    assert_eq!(outcomes[1].failures, failures);
    assert_eq!(outcomes[1].messages, ["goes on"]);
}

#[test]
fn what_is_the_same_is_told() {
    let text = "
        function a() { return 1; } function b() { return 1; } function c() { return 2; }
        filter f { accept; } filter g { accept; } filter h { reject; }
        bt_test_same(a, b, 1); bt_test_same(a, c, 0); bt_test_same(a, c, 1);
        bt_test_same(f, g, 1); bt_test_same(f, h, 1); bt_test_same(a, f, 0);";
    let outcomes = program(text).run_tests();
    let passed: Vec<bool> = outcomes.iter().map(SuiteOutcome::passed).collect();
    assert_eq!(passed, [true, true, false, true, false, true]);
    assert_eq!(outcomes[2].failures, ["test.conf:4: a and c are not the same"]);
}

#[test]
fn wrong_tests_are_errors() {
    for (text, wanted) in [
        ("bt_test_suite(t, \"x\");", "1:15 syntax error, unexpected CF_SYM_UNDEFINED"),
        ("filter t { accept; } bt_test_suite(t, \"x\");", "1:36 a function is expected here"),
        (
            "function t(int a) { } bt_test_suite(t, \"x\");",
            "1:37 Function 't' expects 1 arguments, got 0 arguments",
        ),
        ("function t() { bt_assert(1); }", "1:26 Argument 1 of ASSERT must be of type bool, got type int"),
        ("function t() { bt_check_assign(net, 1.0.0.0/8); }", "1:32 This static attribute is read-only."),
    ] {
        assert_eq!(error(text), wanted, "{text}");
    }
}

/// As in BIRD, whose daemon has no test to tell.
#[test]
fn an_assertion_of_a_running_filter_is_an_error() {
    let program = program("filter f { bt_assert(true); accept; }");
    let filter = program.filter("f").expect("a filter");
    let outcome = run_on(&filter, "10.0.0.0/8", &bgp_route());
    let wanted = "filters, line 1: No bt_assert hook registered, can't assert (test.conf:1)";
    assert_eq!(outcome.error.as_deref(), Some(wanted));
}

/// Errors name the file the statement stands in, not the one the filter does.
#[test]
fn errors_name_their_file() {
    let mut map = SourceMap::default();
    let included = "\n\nfunction f() { return 1 / (preference - 100); }\n";
    let mut include = |_: &str, _: &str| Ok(vec![("functions.conf".to_owned(), included.to_owned())]);
    let main = "\ninclude \"functions.conf\";\nfilter inside { if f() = 1 then accept; }\nfilter here {\n\
                if f() + 1 / (preference - 100) = 1 then accept; }\nfilter also { krt_metric = krt_metric + 1; }";
    let tokens = lex("main.conf", main, &mut map, &mut include).expect("tokens");
    let mut p = Parser::new(&tokens);
    let mut builder = ProgramBuilder::new(false, &map);
    while !p.at_eof() {
        let function = p.eat_symbol("function");
        if function || p.eat_symbol("filter") {
            let parse = if function { ProgramBuilder::parse_function } else { ProgramBuilder::parse_filter };
            parse(&mut builder, &mut p).expect("a definition");
        }
    }
    let program = builder.finish();
    for (name, wanted) in [
        ("inside", "filters, line 3: Mother told me not to divide by 0 (functions.conf:3)"),
        ("here", "filters, line 3: Mother told me not to divide by 0 (functions.conf:3)"),
        ("also", "filters, line 6: Argument must be of type int, got type void (main.conf:6)"),
    ] {
        let filter = program.filter(name).expect("a filter");
        let outcome = run_on(&filter, "10.0.0.0/8", &bgp_route());
        assert_eq!(outcome.error.as_deref(), Some(wanted), "{name}");
    }
    // Of a command line there is none to name.
    let filter = program.filter_body("{ krt_metric = krt_metric + 1; }").expect("a filter");
    let outcome = run_on(&filter, "10.0.0.0/8", &bgp_route());
    let wanted = "filters, line 1: Argument must be of type int, got type void";
    assert_eq!(outcome.error.as_deref(), Some(wanted));
}
