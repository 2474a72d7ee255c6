//! What is refused at load time, and where the error points.

mod common;

use common::{Dialect, error, program_in};
use godwit_filter::{SourceMap, lex};

#[test]
fn errors_have_places() {
    for (text, expected) in [
        ("filter f { accept }", "1:19 syntax error, unexpected '}', expecting ';'"),
        (
            "filter f { if net then accept; }",
            "1:15 Argument 1 of CONDITION must be of type bool, got type prefix",
        ),
        ("filter f {\n  bgp_med = \"a\";\n}", "2:13 Argument 1 of SET must be of type int, got type string"),
        ("filter f { net = 10.0.0.0/8; }", "1:12 This static attribute is read-only."),
        ("filter f { bgp_aggregator = 1; }", "1:12 Setting opaque attribute is not allowed"),
        ("filter f { print bgp_aggregator; }", "1:18 Reading opaque attribute is not allowed"),
        ("define A = 1; define A = 2;", "1:22 Symbol 'A' already defined"),
        ("filter f { int a; int a; accept; }", "1:23 Symbol 'a' already defined"),
        ("define A = 1; filter f { A = 2; }", "1:26 You may set only variables."),
        ("filter f { g(); }", "1:12 syntax error, unexpected CF_SYM_UNDEFINED"),
        ("filter f { bgp_community.prepend(5); }", "1:26 Type clist has no method 'prepend'"),
        ("filter f { unset(preference); }", "1:18 Only dynamic attributes can be unset"),
        (
            "function f() { return 1; }\nfunction g() { return f(1); }",
            "2:23 Function 'f' expects 0 arguments, got 1 arguments",
        ),
        (
            "filter f { case net.len { (1,2): accept; } }",
            "1:27 Items of 'case' must be of the type of its value",
        ),
        (
            "filter f { for int a in bgp_community do print a; }",
            "1:20 Loop variable 'a' must be pair, is int",
        ),
        ("filter f { /* no end", "1:12 Unterminated comment"),
        ("filter f { /* a /* b */ }", "1:12 Comment nesting not supported"),
        ("filter f { print \"a\nb\"; }", "1:18 Unterminated string"),
        ("define A = 1;\r\n", "1:14 Unknown character"),
        ("define A = 1", "1:13 syntax error, unexpected end of file, expecting `;`"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

/// BIRD loads these; only a route that comes to the place is refused there.
#[test]
fn what_bird_loads_loads() {
    for body in [
        "if net ~ [1] then accept;",
        "if bgp_path ~ [(1,2)] then accept;",
        "if bgp_path < bgp_path then accept;",
        "bgp_path.add(5);",
        "bgp_path.filter(5);",
        "bgp_community.add(5);",
        "bgp_community.add([(1,2)]);",
        "bgp_community.filter((1,2));",
        "bgp_ext_community.add((1,2));",
        "return 5;",
    ] {
        assert_eq!(error(&format!("filter f {{ {body} }}")), "no error", "{body}");
    }
}

#[test]
fn near_names_are_suggested() {
    let help = |text: &str| program_in(text, Dialect::Bird2).err().and_then(|(_, e)| e.help);
    assert_eq!(help("filter f { bgp_local_perf = 5; }").as_deref(), Some("did you mean 'bgp_local_pref'?"));
    assert_eq!(
        help("filter f { if sourse = RTS_BGP then accept; }").as_deref(),
        Some("did you mean 'source'?")
    );
    assert_eq!(help("filter f { print RTS_BPG; }").as_deref(), Some("did you mean 'RTS_BGP'?"));
    assert_eq!(
        help("function calico() { } filter f { calcio(); }").as_deref(),
        Some("did you mean 'calico'?")
    );
    assert_eq!(help("filter f { print bgp_path.length; }"), None);
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("(", ")"), ("!", ""), ("[ (", ") ]"), ("defined(", ")")] {
        let text = format!("define A = {}1{};", open.repeat(5_000), close.repeat(5_000));
        assert!(error(&text).ends_with("Nested too deeply"), "{open}");
    }
    let blocks = format!("filter f {}", "{".repeat(5_000));
    assert!(error(&blocks).ends_with("Nested too deeply"));
    // Long chains do not nest.
    let chain = format!("define A = 1{};", " + 1".repeat(50_000));
    assert_eq!(error(&chain), "no error");
    let logic = format!("define A = true{};", " && true".repeat(50_000));
    assert_eq!(error(&logic), "no error");
    let branches = "if net.len = 1 then accept; else ".repeat(5_000);
    assert_eq!(error(&format!("filter f {{ {branches} reject; }}")), "no error");
}

#[test]
fn includes() {
    let mut map = SourceMap::default();
    let text = "define A = 1;\n  include \"sub/*.conf\";\ndefine D = 4; include \"no\";";
    let mut read = |deep: &str| {
        lex("main.conf", text, &mut map, &mut |pattern, from| match (pattern, from) {
            ("sub/*.conf", "main.conf") => Ok(vec![
                ("sub/a.conf".into(), "define B = 2;\ninclude \"deep\" ;".into()),
                ("sub/b.conf".into(), String::new()),
            ]),
            ("deep", "sub/a.conf") => Ok(vec![("sub/deep".into(), deep.into())]),
            other => panic!("{other:?}"),
        })
    };
    assert!(read("define C = 3;").is_ok());
    let error = read("define C = 3;\n$").expect_err("the error in sub/deep");
    assert_eq!(map.one_line(&error), "sub/deep:2:1 Unknown character");
    let missing = lex("main.conf", text, &mut map, &mut |_, _| Err("Unable to open".into()));
    assert_eq!(missing.map_err(|e| map.one_line(&e)).err().as_deref(), Some("main.conf:2:3 Unable to open"));
}

#[test]
fn include_depth_is_bounded() {
    let mut map = SourceMap::default();
    let text = "include \"a\";";
    let error = lex("a", text, &mut map, &mut |_, _| Ok(vec![("a".into(), text.into())]));
    assert_eq!(error.map_err(|e| e.message).err().as_deref(), Some("Max include depth reached"));
}

/// Lines and columns are those one counts.
#[test]
fn places_in_a_text() {
    for text in ["", "\n", "one", "one\ntwo", "one\r\n\ntw\u{f6}\n", "\n\n\n"] {
        let mut map = godwit_filter::SourceMap::default();
        let file = map.add("name", text);
        for start in 0..=text.len() as u32 + 2 {
            let span = godwit_filter::Span { file, start, end: start };
            let before = text.get(..start as usize).unwrap_or(text);
            let line = before.split('\n').count();
            let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
            let (_, found_line, found_column) = map.position(span);
            assert_eq!((found_line, found_column), (line, column), "{text:?} {start}");
            let shown = map.render(&godwit_filter::Diagnostic::error(span, "here")).to_string();
            let expected = format!("{line} | {}\n", text.lines().nth(line - 1).unwrap_or(""));
            assert!(shown.contains(&expected), "{shown} {expected}");
        }
    }
}

/// On the stack of a thread of tests.
#[test]
fn any_number_of_comments_is_read() {
    for text in ["# x\n".repeat(100_000), "/* x */ ".repeat(100_000), " \n#\n\t".repeat(100_000)] {
        common::program(&format!("{text}define A = 1;"));
    }
}
